//! ISO 8601 texts of dates and times, which are also the texts of literals, casts and parameters.

use super::civil::{Civil, checked_days, checked_time_us};
use super::zone::{Zone, take_digits, take_offset};
use super::{MICROS_PER_DAY, MICROS_PER_MINUTE};
use crate::error::{Error, Result};

/// `YYYY-[M]M-[D]D`: days since 1970.
pub fn parse_date(text: &str) -> Result<i32> {
    match take_date(text) {
        Some((days, "")) => days,
        _ => Err(invalid(text, "date", "YYYY-MM-DD")),
    }
}

/// `[H]H:[M]M[:[S]S[.D...]]`: microseconds since midnight. Digits after the sixth are cut.
pub fn parse_time(text: &str) -> Result<i64> {
    match take_time(text) {
        Some((us, "")) => us,
        _ => Err(invalid(text, "time", "HH:MM:SS.ffffff")),
    }
}

/// A date, and a time after a space or `T`, else midnight: microseconds since 1970.
pub fn parse_datetime(text: &str) -> Result<i64> {
    match take_datetime(text) {
        Some((us, "")) => us,
        _ => Err(invalid(text, "datetime", "YYYY-MM-DD HH:MM:SS.ffffff")),
    }
}

/// The same, and then a zone: `Z`, an offset, or a name after a space. Without one it is read in `default_zone`; None
/// demands one. Gives the instant in microseconds.
pub fn parse_timestamp(text: &str, default_zone: Option<Zone>) -> Result<i64> {
    let wrong = || invalid(text, "timestamp", "YYYY-MM-DDTHH:MM:SS.ffffffZ");
    let (civil_us, rest) = take_datetime(text).ok_or_else(wrong)?;
    let rest = rest.trim_start_matches(' ');
    let zone = match (rest, take_offset(rest)) {
        ("", _) => default_zone.ok_or_else(wrong)?,
        (_, Some((offset_us, ""))) => Zone::Fixed(offset_us),
        (name, _) if name.starts_with(|first: char| first.is_ascii_alphabetic()) => Zone::from_name(name)?,
        _ => return Err(wrong()),
    };
    zone.to_instant_us(civil_us?)
}

/// `2018-05-26`
pub fn format_date(days: i32) -> String {
    let civil = Civil::from_us(i64::from(days).saturating_mul(MICROS_PER_DAY));
    format!("{:04}-{:02}-{:02}", civil.year, civil.month, civil.day)
}

/// `10:30:20.345`: the fraction only as long as it has to be.
pub fn format_time(us: i64) -> String {
    let mut text = String::new();
    push_time(&mut text, &Civil::from_us(us));
    text
}

/// `2018-05-26T10:30:20.345`: the fraction only as long as it has to be.
pub fn format_datetime(us: i64) -> String {
    let civil = Civil::from_us(us);
    let mut text = format!("{:04}-{:02}-{:02}T", civil.year, civil.month, civil.day);
    push_time(&mut text, &civil);
    text
}

/// `2018-05-26T10:30:20.345000Z`: always six digits.
pub fn format_timestamp(us: i64) -> String {
    let Civil { year, month, day, hour, minute, second, microsecond } = Civil::from_us(us);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{microsecond:06}Z")
}

/// The same with the civil time and the offset of a zone: `2018-05-26T03:30:20.345000-07:00`.
pub fn format_timestamp_in(us: i64, zone: Zone) -> Result<String> {
    let mut text = format_timestamp(zone.to_civil_us(us)?);
    text.pop();
    text.push_str(&format_offset(zone.offset_at_us(us)?, ":"));
    Ok(text)
}

/// `+02:00` with the separator `:`.
pub(crate) fn format_offset(offset_us: i64, separator: &str) -> String {
    let minutes = offset_us.abs() / MICROS_PER_MINUTE;
    format!("{}{:02}{separator}{:02}", if offset_us < 0 { '-' } else { '+' }, minutes / 60, minutes % 60)
}

/// The digits of a fraction of a second, at least one, as microseconds, and what follows.
pub(crate) fn take_fraction(text: &str) -> Option<(i64, &str)> {
    let count = text.bytes().take_while(u8::is_ascii_digit).count();
    let kept = count.min(6);
    let digits: i64 = text[..kept].parse().ok()?;
    Some((digits * 10_i64.pow(6 - kept as u32), &text[count..]))
}

fn push_time(text: &mut String, civil: &Civil) {
    text.push_str(&format!("{:02}:{:02}:{:02}", civil.hour, civil.minute, civil.second));
    if civil.microsecond != 0 {
        text.push_str(format!(".{:06}", civil.microsecond).trim_end_matches('0'));
    }
}

fn take_datetime(text: &str) -> Option<(Result<i64>, &str)> {
    let (days, rest) = take_date(text)?;
    let midnight = days.map(|days| i64::from(days) * MICROS_PER_DAY);
    let after = rest.strip_prefix(['T', 't', ' ']).map(str::trim_start);
    match after.filter(|after| after.starts_with(|first: char| first.is_ascii_digit())) {
        Some(after) => {
            let (time, rest) = take_time(after)?;
            Some((midnight.and_then(|midnight| Ok(midnight + time?)), rest))
        }
        None => Some((midnight, rest)),
    }
}

/// None if the text has another form; an error inside if the form is right and the fields are not.
fn take_date(text: &str) -> Option<(Result<i32>, &str)> {
    if text.bytes().take_while(u8::is_ascii_digit).count() != 4 {
        return None;
    }
    let (year, rest) = take_digits(text, 4)?;
    let (month, rest) = take_digits(rest.strip_prefix('-')?, 2)?;
    let (day, rest) = take_digits(rest.strip_prefix('-')?, 2)?;
    Some((checked_days(year, month, day), rest))
}

fn take_time(text: &str) -> Option<(Result<i64>, &str)> {
    let (hour, rest) = take_digits(text, 2)?;
    let (minute, mut rest) = take_digits(rest.strip_prefix(':')?, 2)?;
    let (mut second, mut microsecond) = (0, 0);
    if let Some(after) = rest.strip_prefix(':') {
        (second, rest) = take_digits(after, 2)?;
        if let Some(after) = rest.strip_prefix('.') {
            (microsecond, rest) = take_fraction(after)?;
        }
    }
    Some((checked_time_us(hour, minute, second, microsecond), rest))
}

fn invalid(text: &str, what: &str, form: &str) -> Error {
    Error::new("invalid_format", format!("'{text}' is not a {what} of the form {form}"))
}
