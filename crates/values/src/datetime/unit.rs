//! Units of time: truncating, differences, parts, buckets.

use rockhopper_sql::Value;

use super::civil::{self, Civil};
use super::*;
use crate::error::{Error, Result};

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// One millionth of a second.
    Microsecond,
    /// One thousandth of a second.
    Millisecond,
    /// A second.
    Second,
    /// 60 seconds.
    Minute,
    /// 60 minutes.
    Hour,
    /// 24 hours.
    Day,
    /// Seven days, from Sunday.
    Week,
    /// A calendar month.
    Month,
    /// Three calendar months, from January.
    Quarter,
    /// A calendar year.
    Year,
}

impl Unit {
    /// The unit of a name in any case, with or without a final `s`.
    pub fn from_name(name: &str) -> Result<Unit> {
        let lower = name.to_ascii_lowercase();
        Ok(match lower.strip_suffix('s').unwrap_or(&lower) {
            "microsecond" => Unit::Microsecond,
            "millisecond" => Unit::Millisecond,
            "second" => Unit::Second,
            "minute" => Unit::Minute,
            "hour" => Unit::Hour,
            "day" => Unit::Day,
            "week" => Unit::Week,
            "month" => Unit::Month,
            "quarter" => Unit::Quarter,
            "year" => Unit::Year,
            _ => {
                return Err(Error::invalid_argument(format!(
                    "Unknown unit '{name}'; use microsecond, millisecond, second, minute, hour, day, week, month, \
                     quarter or year"
                )));
            }
        })
    }

    /// The unit in microseconds or in months.
    pub(crate) fn length(self) -> Length {
        match self {
            Unit::Microsecond => Length::Micros(1),
            Unit::Millisecond => Length::Micros(MICROS_PER_MILLI),
            Unit::Second => Length::Micros(MICROS_PER_SECOND),
            Unit::Minute => Length::Micros(MICROS_PER_MINUTE),
            Unit::Hour => Length::Micros(MICROS_PER_HOUR),
            Unit::Day => Length::Micros(MICROS_PER_DAY),
            Unit::Week => Length::Micros(7 * MICROS_PER_DAY),
            Unit::Month => Length::Months(1),
            Unit::Quarter => Length::Months(3),
            Unit::Year => Length::Months(12),
        }
    }
}

/// The length of a [`Unit`].
pub(crate) enum Length {
    Micros(i64),
    Months(i64),
}

/// 1969-12-28, a Sunday.
const FIRST_SUNDAY_US: i64 = -4 * MICROS_PER_DAY;

/// The start of the unit that a civil time lies in, both in microseconds.
pub fn truncate_us(unit: Unit, us: i64) -> Result<i64> {
    let origin_us = if unit == Unit::Week { FIRST_SUNDAY_US } else { 0 };
    match unit.length() {
        Length::Micros(length_us) => bucket_us(length_us, us, origin_us),
        Length::Months(months) => bucket_months(months, us, 0),
    }
}

/// The start of the bucket of `length_us` that a time lies in; one of them starts at the origin.
pub fn bucket_us(length_us: i64, us: i64, origin_us: i64) -> Result<i64> {
    let past = (i128::from(us) - i128::from(origin_us)).rem_euclid(i128::from(length_us));
    i64::try_from(i128::from(us) - past).map_err(|_| Error::out_of_range("The start of the bucket"))
}

/// The same for buckets of months.
pub fn bucket_months(months: i64, us: i64, origin_us: i64) -> Result<i64> {
    let past = whole_months(origin_us, us);
    let mut index = past.div_euclid(months);
    // `whole_months` cuts toward zero; a bucket starts before what lies in it.
    if add_months_us(origin_us, index * months)? > us {
        index -= 1;
    }
    add_months_us(origin_us, index * months)
}

/// Whole units from one civil time to another, cut toward zero.
pub fn difference(unit: Unit, from_us: i64, to_us: i64) -> Result<i64> {
    match unit.length() {
        Length::Micros(length) => {
            i64::try_from((i128::from(to_us) - i128::from(from_us)) / i128::from(length))
                .map_err(|_| Error::out_of_range("The difference"))
        }
        Length::Months(months) => Ok(whole_months(from_us, to_us) / months),
    }
}

/// A civil time moved by calendar months; a day that the month lacks becomes its last.
pub fn add_months_us(us: i64, months: i64) -> Result<i64> {
    civil::add_months(us.div_euclid(MICROS_PER_DAY), months)?
        .checked_mul(MICROS_PER_DAY)
        .and_then(|moved| moved.checked_add(civil::time_of(us)))
        .ok_or_else(|| Error::out_of_range("The date"))
}

/// A part of the time of day, such as the hour.
#[derive(Clone, Copy, Debug)]
pub struct TimePart {
    length_us: i64,
    /// So many of them make one of the next longer part.
    count: i64,
}

impl TimePart {
    /// The part of a name in any case; None for other parts than those of the time of day.
    pub fn from_name(name: &str) -> Option<TimePart> {
        let (length_us, count) = match name.to_ascii_lowercase().as_str() {
            "microsecond" => (1, MICROS_PER_SECOND),
            "millisecond" => (MICROS_PER_MILLI, 1000),
            "second" => (MICROS_PER_SECOND, 60),
            "minute" => (60 * MICROS_PER_SECOND, 60),
            "hour" => (3600 * MICROS_PER_SECOND, 24),
            _ => return None,
        };
        Some(TimePart { length_us, count })
    }

    /// The part of a civil time in microseconds.
    pub fn of(self, us: i64) -> i64 {
        us.div_euclid(self.length_us).rem_euclid(self.count)
    }
}

/// What `EXTRACT(part FROM x)` gives. None if the type has no such part.
pub fn extract(part: &str, value: &Value) -> Result<Option<Value>> {
    let (us, has_date, has_time) = match value {
        Value::Timestamp(us) | Value::DateTime(us) => (*us, true, true),
        Value::Date(days) => (i64::from(*days).saturating_mul(MICROS_PER_DAY), true, false),
        Value::Time(us) => (*us, false, true),
        _ => return Ok(None),
    };
    let name = part.to_ascii_lowercase();
    if let Some(part) = TimePart::from_name(&name) {
        return Ok(has_time.then_some(Value::Int(part.of(us))));
    }
    let civil = Civil::from_us(us);
    let days = us.div_euclid(MICROS_PER_DAY);
    let number = match name.as_str() {
        "date" => return Ok(has_date.then(|| Value::Date(civil::date_of(us)))),
        "day" => civil.day,
        "dayofweek" | "dow" => civil::weekday(days) + 1,
        "dayofyear" | "doy" => civil::day_of_year(days),
        "week" => (civil::day_of_year(days) + civil::weekday(civil::days(civil.year, 1, 1)) - 1) / 7 + 1,
        "isoweek" => civil::iso_week(days).1,
        "isoyear" => civil::iso_week(days).0,
        "month" => civil.month,
        "quarter" => (civil.month + 2) / 3,
        "year" => civil.year,
        "epoch" => us.div_euclid(MICROS_PER_SECOND),
        _ => {
            return Err(Error::invalid_argument(format!(
                "EXTRACT does not know the part '{part}'; use microsecond, millisecond, second, minute, hour, date, day, \
                 dow, doy, week, isoweek, isoyear, month, quarter, year or epoch"
            )));
        }
    };
    Ok(has_date.then_some(Value::Int(number)))
}

fn whole_months(from_us: i64, to_us: i64) -> i64 {
    let (from, to) = (Civil::from_us(from_us), Civil::from_us(to_us));
    let months = (to.year - from.year) * 12 + to.month - from.month;
    let rest = |civil: &Civil, us: i64| (civil.day, civil::time_of(us));
    let (from_rest, to_rest) = (rest(&from, from_us), rest(&to, to_us));
    // The last of a month completes the month for every later day: 31 January to 28 February is one.
    let to_is_last =
        to.day == civil::month_days(to.year, to.month) && from.day > to.day && to_rest.1 >= from_rest.1;
    if months > 0 && to_rest < from_rest && !to_is_last {
        months - 1
    } else if months < 0 && to_rest > from_rest {
        months + 1
    } else {
        months
    }
}
