//! Intervals as text.

use super::iso::take_fraction;
use super::unit::{Length, Unit};
use super::zone::take_digits;
use super::*;
use crate::error::{Error, Result};

/// Microseconds of `90 minutes`, `1.5 DAY`, `[-][D ]HH:MM:SS[.ffffff]` or a bare count of seconds.
pub fn parse_us(text: &str) -> Result<i64> {
    let (negative, body) = sign(text);
    let us = clock_us(body).or_else(|| counted_us(body)).or_else(|| fixed_us(body, MICROS_PER_SECOND));
    us.and_then(|us| signed(negative, us)).ok_or_else(|| invalid(text, "90 minutes' or '1 02:03:04.5"))
}

/// Months of `5 months`, `2 YEAR`, `Y-M` or a bare count of months.
pub fn parse_months(text: &str) -> Result<i64> {
    let (negative, body) = sign(text);
    let months = years_and_months(body).or_else(|| counted_months(body)).or_else(|| body.parse().ok());
    months.and_then(|months| signed(negative, months)).ok_or_else(|| invalid(text, "5 months' or '3-4"))
}

/// `[-]D HH:MM:SS[.ffffff]`, which [`parse_us`] reads.
pub fn format_us(us: i64) -> String {
    let length = us.unsigned_abs();
    let day = MICROS_PER_DAY.unsigned_abs();
    // The rest of a day fits.
    let time = iso::format_time((length % day) as i64);
    format!("{}{} {time}", if us < 0 { "-" } else { "" }, length / day)
}

/// `[-]Y-M`, which [`parse_months`] reads.
pub fn format_months(months: i64) -> String {
    let length = months.unsigned_abs();
    format!("{}{}-{}", if months < 0 { "-" } else { "" }, length / 12, length % 12)
}

fn sign(text: &str) -> (bool, &str) {
    let text = text.trim();
    match text.strip_prefix('-') {
        Some(body) => (true, body.trim_start()),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn signed(negative: bool, count: i64) -> Option<i64> {
    if negative { count.checked_neg() } else { Some(count) }
}

fn clock_us(body: &str) -> Option<i64> {
    let (days, clock) = match body.split_once(' ') {
        Some((days, clock)) if clock.contains(':') => (days.parse::<u32>().ok()?, clock.trim_start()),
        _ => (0, body),
    };
    let (hours, rest) = take_digits(clock, 9)?;
    let (minutes, rest) = take_digits(rest.strip_prefix(':')?, 2)?;
    let (seconds, rest) = match rest.strip_prefix(':') {
        Some(after) => take_digits(after, 2)?,
        None => (0, rest),
    };
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(after) => take_fraction(after)?,
        None => (0, rest),
    };
    if !rest.is_empty() || minutes > 59 || seconds > 59 {
        return None;
    }
    let small = minutes * MICROS_PER_MINUTE + seconds * MICROS_PER_SECOND + fraction;
    i64::from(days)
        .checked_mul(MICROS_PER_DAY)?
        .checked_add(hours.checked_mul(MICROS_PER_HOUR)?)?
        .checked_add(small)
}

fn counted_us(body: &str) -> Option<i64> {
    let (count, unit) = body.split_once(char::is_whitespace)?;
    match Unit::from_name(unit.trim()).ok()?.length() {
        Length::Micros(length) => fixed_us(count, length),
        Length::Months(_) => None,
    }
}

fn counted_months(body: &str) -> Option<i64> {
    let (count, unit) = body.split_once(char::is_whitespace)?;
    match Unit::from_name(unit.trim()).ok()?.length() {
        Length::Months(length) => count.parse::<i64>().ok()?.checked_mul(length),
        Length::Micros(_) => None,
    }
}

fn years_and_months(body: &str) -> Option<i64> {
    let (years, months) = body.split_once('-')?;
    i64::from(years.parse::<u32>().ok()?).checked_mul(12)?.checked_add(i64::from(months.parse::<u32>().ok()?))
}

/// A decimal count of units of `length_us`, in microseconds.
fn fixed_us(count: &str, length_us: i64) -> Option<i64> {
    if let Ok(count) = count.parse::<i64>() {
        return count.checked_mul(length_us);
    }
    let us = (count.parse::<f64>().ok()? * length_us as f64).round();
    (us.abs() < i64::MAX as f64).then_some(us as i64)
}

fn invalid(text: &str, form: &str) -> Error {
    Error::new("invalid_format", format!("'{text}' is not an interval such as '{form}'"))
}
