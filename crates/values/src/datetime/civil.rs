//! Days and microseconds since 1970 to year, month, day and so on, and back.

use super::{MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND};
use crate::error::{Error, Result};

/// A civil date and time, field by field. Every field is in its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    /// The year; 0 is 1 BC.
    pub year: i64,
    /// 1 to 12.
    pub month: i64,
    /// 1 to the length of the month.
    pub day: i64,
    /// 0 to 23.
    pub hour: i64,
    /// 0 to 59.
    pub minute: i64,
    /// 0 to 59.
    pub second: i64,
    /// 0 to 999,999.
    pub microsecond: i64,
}

impl Civil {
    /// The fields of a civil time in microseconds since 1970.
    pub fn from_us(us: i64) -> Civil {
        let (year, month, day) = from_days(us.div_euclid(MICROS_PER_DAY));
        let of_day = us.rem_euclid(MICROS_PER_DAY);
        Civil {
            year,
            month,
            day,
            hour: of_day / MICROS_PER_HOUR,
            minute: of_day / MICROS_PER_MINUTE % 60,
            second: of_day / MICROS_PER_SECOND % 60,
            microsecond: of_day % MICROS_PER_SECOND,
        }
    }

    /// Microseconds since 1970; an error if they pass 64 bits.
    pub fn to_us(self) -> Result<i64> {
        days(self.year, self.month, self.day)
            .checked_mul(MICROS_PER_DAY)
            .and_then(|us| us.checked_add(time_us(self.hour, self.minute, self.second, self.microsecond)))
            .ok_or_else(|| Error::out_of_range(format_args!("The year {}", self.year)))
    }
}

/// The date of a civil time in microseconds.
pub fn date_of(us: i64) -> i32 {
    // 2^63 microseconds are some 107 million days.
    us.div_euclid(MICROS_PER_DAY) as i32
}

/// The time of day of a civil time, both in microseconds.
pub fn time_of(us: i64) -> i64 {
    us.rem_euclid(MICROS_PER_DAY)
}

/// Days since 1970 of a date whose fields are checked: a year from 1 to 9999, a month, a day of that month.
pub fn checked_days(year: i64, month: i64, day: i64) -> Result<i32> {
    let valid = (1..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=month_days(year, month)).contains(&day);
    // Years to 9999 are within 3 million days.
    if valid {
        Ok(days(year, month, day) as i32)
    } else {
        Err(invalid(format!("{year:04}-{month:02}-{day:02}"), "date"))
    }
}

/// Microseconds since midnight of a time whose fields are checked.
pub fn checked_time_us(hour: i64, minute: i64, second: i64, microsecond: i64) -> Result<i64> {
    let valid = (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..60).contains(&second)
        && (0..MICROS_PER_SECOND).contains(&microsecond);
    if valid {
        Ok(time_us(hour, minute, second, microsecond))
    } else {
        Err(invalid(format!("{hour:02}:{minute:02}:{second:02}.{microsecond:06}"), "time"))
    }
}

/// Days since 1970. The month must be 1 to 12; the day may be any and is counted from the month's start.
pub fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years that start in March have the leap day at their end (Hinnant's algorithm).
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Year, month and day of a count of days since 1970.
pub fn from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// How many days a month has.
pub fn month_days(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Sunday is 0, Saturday 6.
pub fn weekday(days: i64) -> i64 {
    (days + 4).rem_euclid(7)
}

/// The place of a day in its year, from 1.
pub fn day_of_year(days_since_1970: i64) -> i64 {
    let (year, _, _) = from_days(days_since_1970);
    days_since_1970 - days(year, 1, 1) + 1
}

/// The ISO 8601 year and week (1 to 53) of a day.
pub fn iso_week(days_since_1970: i64) -> (i64, i64) {
    let monday_first = (weekday(days_since_1970) + 6) % 7;
    let thursday = days_since_1970 - monday_first + 3;
    let (year, _, _) = from_days(thursday);
    (year, (thursday - days(year, 1, 1)) / 7 + 1)
}

/// Microseconds in 64 bits reach no year beyond 300,000.
const MOST_MONTHS: i64 = 12 * 300_000;

/// The date moved by whole months; a day that the month lacks becomes its last.
pub fn add_months(days_since_1970: i64, months: i64) -> Result<i64> {
    let (year, month, day) = from_days(days_since_1970);
    let total = (year * 12 + month - 1)
        .checked_add(months)
        .filter(|total| (-MOST_MONTHS..MOST_MONTHS).contains(total))
        .ok_or_else(|| Error::out_of_range("The date"))?;
    let (year, month) = (total.div_euclid(12), total.rem_euclid(12) + 1);
    Ok(days(year, month, day.min(month_days(year, month))))
}

fn time_us(hour: i64, minute: i64, second: i64, microsecond: i64) -> i64 {
    hour * MICROS_PER_HOUR + minute * MICROS_PER_MINUTE + second * MICROS_PER_SECOND + microsecond
}

fn invalid(text: String, what: &str) -> Error {
    Error::invalid_argument(format!("{text} is not a valid {what}"))
}
