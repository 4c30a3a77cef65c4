//! INTERVAL literals: microseconds or months.

use crate::Value;
use crate::tree::{Interval, IntervalUnit};

/// The value of an INTERVAL literal, or what is wrong with it.
pub(super) fn value(interval: &Interval) -> Result<Value, String> {
    let text = interval.value.trim();
    let parsed = match (interval.unit, interval.to) {
        (Some(IntervalUnit::Year), Some(IntervalUnit::Month)) => years_months(text),
        (Some(IntervalUnit::Year), Some(_)) => None,
        (Some(unit), Some(_)) if unit >= IntervalUnit::Day => clock(text),
        (Some(_), Some(_)) => None,
        (Some(unit), None) => amount(text, unit),
        (None, _) => with_units(text).or_else(|| clock(text)),
    };
    parsed.ok_or_else(|| {
        format!(
            "`{text}` is no interval; write INTERVAL 5 MINUTE, INTERVAL '1 DAY' or INTERVAL '3-4' YEAR TO MONTH \
             (months and years are whole numbers)"
        )
    })
}

/// Months of a unit that is no fixed time.
fn months_of(unit: IntervalUnit) -> Option<i64> {
    match unit {
        IntervalUnit::Year => Some(12),
        IntervalUnit::Quarter => Some(3),
        IntervalUnit::Month => Some(1),
        _ => None,
    }
}

fn microseconds_of(unit: IntervalUnit) -> i128 {
    match unit {
        IntervalUnit::Week => 7 * 86_400_000_000,
        IntervalUnit::Day => 86_400_000_000,
        IntervalUnit::Hour => 3_600_000_000,
        IntervalUnit::Minute => 60_000_000,
        IntervalUnit::Second => 1_000_000,
        IntervalUnit::Millisecond => 1_000,
        _ => 1,
    }
}

/// A number of one unit.
fn amount(text: &str, unit: IntervalUnit) -> Option<Value> {
    match months_of(unit) {
        Some(months) => text.parse::<i64>().ok()?.checked_mul(months).map(Value::MonthInterval),
        None => {
            let microseconds = scaled(text, microseconds_of(unit))?;
            i64::try_from(microseconds).ok().map(Value::MicrosecondInterval)
        }
    }
}

/// A decimal number times `unit`, cut toward zero.
fn scaled(text: &str, unit: i128) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    // More digits than these are beyond any interval or below a microsecond.
    let fits = whole.len() <= 19 && whole.len() + fraction.len() > 0;
    if !fits || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let fraction = &fraction[..fraction.len().min(18)];
    let parse = |text: &str| if text.is_empty() { Some(0) } else { text.parse::<i128>().ok() };
    let part = parse(fraction)? * unit / 10_i128.pow(fraction.len() as u32);
    let value = parse(whole)? * unit + part;
    Some(if negative { -value } else { value })
}

/// `[-]Y-M`
fn years_months(text: &str) -> Option<Value> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let (years, months) = text.split_once('-').unwrap_or((text, "0"));
    let (years, months): (u32, u32) = (years.parse().ok()?, months.parse().ok()?);
    Some(Value::MonthInterval(sign * (i64::from(years) * 12 + i64::from(months))))
}

/// `1 DAY`, `2 hours 30 minutes`, `1 year 2 months`
fn with_units(text: &str) -> Option<Value> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut sum: Option<Value> = None;
    for pair in words.chunks(2) {
        let [number, unit] = pair else { return None };
        let value = amount(number, IntervalUnit::from_name(unit)?)?;
        sum = Some(match (sum, value) {
            (None, value) => value,
            (Some(Value::MonthInterval(one)), Value::MonthInterval(two)) => {
                Value::MonthInterval(one.checked_add(two)?)
            }
            (Some(Value::MicrosecondInterval(one)), Value::MicrosecondInterval(two)) => {
                Value::MicrosecondInterval(one.checked_add(two)?)
            }
            _ => return None,
        });
    }
    sum
}

/// `[-][D ]H:M[:S[.ffffff]]`
fn clock(text: &str) -> Option<Value> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (days, time) = text.split_once(' ').unwrap_or(("0", text));
    let parts: Vec<&str> = time.trim().split(':').collect();
    let (hours, minutes, seconds) = match parts.as_slice() {
        [hours, minutes] => (*hours, *minutes, "0"),
        [hours, minutes, seconds] => (*hours, *minutes, *seconds),
        _ => return None,
    };
    let whole = |text: &str| text.parse::<u32>().ok().map(i128::from);
    let clock = (whole(days)? * 24 + whole(hours)?) * 60 + whole(minutes)?;
    let microseconds = clock * 60_000_000 + scaled(seconds, 1_000_000)?;
    i64::try_from(if negative { -microseconds } else { microseconds }).ok().map(Value::MicrosecondInterval)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(value: &str, unit: Option<IntervalUnit>, to: Option<IntervalUnit>) -> Option<Value> {
        super::value(&Interval { value: value.to_owned(), is_text: true, unit, to }).ok()
    }

    #[test]
    fn every_form_has_its_value() {
        use IntervalUnit::*;
        let micros = |value| Some(Value::MicrosecondInterval(value));
        let months = |value| Some(Value::MonthInterval(value));
        assert_eq!(interval("5", Some(Minute), None), micros(300_000_000));
        assert_eq!(interval("-1.5", Some(Day), None), micros(-129_600_000_000));
        assert_eq!(interval("1", Some(Week), None), micros(604_800_000_000));
        assert_eq!(interval("12", Some(Month), None), months(12));
        assert_eq!(interval("3-4", Some(Year), Some(Month)), months(40));
        assert_eq!(interval("-3-4", Some(Year), Some(Month)), months(-40));
        assert_eq!(interval("1 2:03:04.5", Some(Day), Some(Second)), micros(93_784_500_000));
        assert_eq!(interval("7 day", None, None), micros(604_800_000_000));
        assert_eq!(interval("1 year 2 MONTHS", None, None), months(14));
        assert_eq!(interval("02:30", None, None), micros(9_000_000_000));
    }

    #[test]
    fn what_is_none_is_refused() {
        assert_eq!(interval("1.5", Some(IntervalUnit::Month), None), None);
        assert_eq!(interval("1 day 1 month", None, None), None);
        assert_eq!(interval("a", Some(IntervalUnit::Day), None), None);
        assert_eq!(interval("", Some(IntervalUnit::Day), None), None);
        assert_eq!(interval("99999999999999999999", Some(IntervalUnit::Day), None), None);
    }
}
