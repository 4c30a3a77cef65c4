//! Time zones: names of the IANA database and fixed offsets.

use chrono::{LocalResult, NaiveDateTime, Offset, TimeZone};
use chrono_tz::Tz;
use rockhopper_sql::Value;

use super::{MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND};
use crate::error::{Error, Result};

/// A zone, which relates instants and civil times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Zone {
    /// A zone of the IANA database.
    Named(Tz),
    /// Always so many microseconds east of UTC.
    Fixed(i64),
}

impl Zone {
    /// UTC.
    pub const UTC: Zone = Zone::Fixed(0);

    /// The zone that a function's argument names: a name or offset as a string, or an interval. None if it is neither.
    pub fn from_value(value: &Value) -> Option<Result<Zone>> {
        match value {
            Value::String(name) => Some(Zone::from_name(name)),
            Value::MicrosecondInterval(us) => Some(Zone::fixed(*us)),
            _ => None,
        }
    }

    /// `America/Los_Angeles` (any case), `UTC`, `Z` or an offset such as `+02:00`, `-0730`, `+2`.
    pub fn from_name(name: &str) -> Result<Zone> {
        if name.eq_ignore_ascii_case("utc") || name.eq_ignore_ascii_case("z") {
            return Ok(Zone::UTC);
        }
        if let Some((offset_us, "")) = take_offset(name) {
            return Zone::fixed(offset_us);
        }
        let in_any_case =
            || chrono_tz::TZ_VARIANTS.iter().copied().find(|tz| tz.name().eq_ignore_ascii_case(name));
        name.parse::<Tz>().ok().or_else(in_any_case).map(Zone::Named).ok_or_else(|| {
            Error::new(
                "invalid_timezone",
                format!("Unknown time zone '{name}'; use a name such as 'America/New_York' or an offset such as '+01:00'"),
            )
        })
    }

    /// How far civil time is ahead of UTC at an instant, in microseconds.
    pub fn offset_at_us(self, instant_us: i64) -> Result<i64> {
        match self {
            Zone::Fixed(offset_us) => Ok(offset_us),
            Zone::Named(tz) => {
                let offset = tz.offset_from_utc_datetime(&naive(instant_us)?);
                Ok(i64::from(offset.fix().local_minus_utc()) * MICROS_PER_SECOND)
            }
        }
    }

    /// The civil time at an instant, both in microseconds.
    pub fn to_civil_us(self, instant_us: i64) -> Result<i64> {
        instant_us
            .checked_add(self.offset_at_us(instant_us)?)
            .ok_or_else(|| Error::out_of_range("The timestamp"))
    }

    /// The instant of a civil time, both in microseconds. A time that occurs twice is the earlier one; one that is
    /// skipped is moved on by the gap.
    pub fn to_instant_us(self, civil_us: i64) -> Result<i64> {
        let offset_us = match self {
            Zone::Fixed(offset_us) => offset_us,
            Zone::Named(tz) => match tz.offset_from_local_datetime(&naive(civil_us)?) {
                LocalResult::Single(offset) | LocalResult::Ambiguous(offset, _) => {
                    i64::from(offset.fix().local_minus_utc()) * MICROS_PER_SECOND
                }
                // With the offset from before the gap the time comes out after it.
                LocalResult::None => self.offset_at_us(civil_us.saturating_sub(MICROS_PER_DAY))?,
            },
        };
        civil_us.checked_sub(offset_us).ok_or_else(|| Error::out_of_range("The datetime"))
    }

    fn fixed(offset_us: i64) -> Result<Zone> {
        if (-MICROS_PER_DAY + 1..MICROS_PER_DAY).contains(&offset_us) {
            Ok(Zone::Fixed(offset_us))
        } else {
            Err(Error::new("invalid_timezone", "A zone's offset must be below 24 hours"))
        }
    }
}

/// Reads an offset at the start of a text: `Z`, `+hh`, `+hhmm` or `+hh:mm`. Gives microseconds and what follows.
pub(crate) fn take_offset(text: &str) -> Option<(i64, &str)> {
    let sign = match text.as_bytes().first()? {
        b'Z' | b'z' => return Some((0, &text[1..])),
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, rest) = take_digits(&text[1..], 2)?;
    let after_colon = rest.strip_prefix(':');
    let (minutes, rest) = match take_digits(after_colon.unwrap_or(rest), 2) {
        Some((minutes, after)) => (minutes, after),
        None if after_colon.is_none() => (0, rest),
        None => return None,
    };
    (hours < 24 && minutes < 60)
        .then_some((sign * (hours * MICROS_PER_HOUR + minutes * MICROS_PER_MINUTE), rest))
}

/// Reads one to `most` ASCII digits at the start of a text. Gives their number and what follows.
pub(crate) fn take_digits(text: &str, most: usize) -> Option<(i64, &str)> {
    let count = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    let number = text[..count].parse().ok()?;
    Some((number, &text[count..]))
}

fn naive(us: i64) -> Result<NaiveDateTime> {
    chrono::DateTime::from_timestamp_micros(us)
        .map(|at| at.naive_utc())
        .ok_or_else(|| Error::out_of_range("The date in a time zone"))
}
