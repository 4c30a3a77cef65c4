//! The functions that format and parse dates and times.
//!
//! Formats are strftime's: `%Y %m %d %H %M %S %y %j %e %k %I %l %p %b %h %B %a %A %u %w %z %Ez %Z %s %f %E*S %E3S %T %D
//! %F %R %r %c %n %t %%`, and for output only `%C %U %W %V %G`. `%f` is microseconds.

use rockhopper_sql::{Function, Value};

use super::format::{Moment, format};
use super::parse::parse;
use super::zone::Zone;
use super::{MICROS_PER_DAY, civil, interval, iso};
use crate::error::{Error, Result};

/// Calls one of the `FORMAT_`, `PARSE_` and `DATE_PARSE` functions. None if the arguments' types are wrong.
pub fn call(function: Function, arguments: &[Value]) -> Result<Option<Value>> {
    use Function::*;
    match (function, arguments) {
        (FormatIso8601, [value]) => format_iso(value, None),
        (FormatIso8601, [value, zone]) => match Zone::from_value(zone) {
            Some(zone) => format_iso(value, Some(zone?)),
            None => Ok(None),
        },
        (FormatDate | FormatTime | FormatDateTime | FormatTimestamp, [Value::String(pattern), value]) => {
            format_value(pattern, value, Zone::UTC, "UTC")
        }
        (FormatTimestamp, [Value::String(pattern), value, zone]) => match Zone::from_value(zone) {
            Some(found) => {
                let name = if let Value::String(name) = zone { name } else { "" };
                format_value(pattern, value, found?, name)
            }
            None => Ok(None),
        },
        (ParseDurationSeconds, [Value::String(text)]) => {
            interval::parse_us(text).map(|us| Some(Value::MicrosecondInterval(us)))
        }
        (ParseDurationMonths, [Value::String(text)]) => {
            interval::parse_months(text).map(|months| Some(Value::MonthInterval(months)))
        }
        (DateParse, [Value::String(text), Value::String(pattern)]) => {
            Ok(Some(Value::DateTime(parse(pattern, text)?.civil_us)))
        }
        (ParseTimestamp, [Value::String(pattern), Value::String(text), zone]) => match Zone::from_value(zone)
        {
            Some(zone) => parse_instant(pattern, text, zone?),
            None => Ok(None),
        },
        (_, [Value::String(pattern), Value::String(text)]) => parse_value(function, pattern, text),
        (_, [Value::String(text)]) => parse_iso(function, text),
        _ => Ok(None),
    }
}

fn format_iso(value: &Value, zone: Option<Zone>) -> Result<Option<Value>> {
    let text = match (value, zone) {
        (Value::Timestamp(us), Some(zone)) => iso::format_timestamp_in(*us, zone)?,
        (Value::Timestamp(us), None) => iso::format_timestamp(*us),
        (Value::DateTime(us), None) => iso::format_datetime(*us),
        (Value::Date(days), None) => iso::format_date(*days),
        (Value::Time(us), None) => iso::format_time(*us),
        _ => return Ok(None),
    };
    Ok(Some(Value::String(text)))
}

/// Every kind of date or time is accepted by every function; the zone is for timestamps.
fn format_value(pattern: &str, value: &Value, zone: Zone, zone_name: &str) -> Result<Option<Value>> {
    let (civil_us, offset_us) = match value {
        Value::Timestamp(us) => (zone.to_civil_us(*us)?, zone.offset_at_us(*us)?),
        Value::DateTime(us) | Value::Time(us) => (*us, 0),
        Value::Date(days) => (i64::from(*days).saturating_mul(MICROS_PER_DAY), 0),
        _ => return Ok(None),
    };
    format(pattern, &Moment { civil_us, offset_us, zone_name }).map(|text| Some(Value::String(text)))
}

fn parse_value(function: Function, pattern: &str, text: &str) -> Result<Option<Value>> {
    use Function::*;
    if function == ParseTimestamp {
        return parse_instant(pattern, text, Zone::UTC);
    }
    let civil_us = parse(pattern, text)?.civil_us;
    Ok(match function {
        ParseDate => Some(Value::Date(civil::date_of(civil_us))),
        ParseTime => Some(Value::Time(civil::time_of(civil_us))),
        ParseDateTime => Some(Value::DateTime(civil_us)),
        _ => None,
    })
}

fn parse_instant(pattern: &str, text: &str, zone: Zone) -> Result<Option<Value>> {
    let parsed = parse(pattern, text)?;
    let zone = parsed.offset_us.map_or(zone, Zone::Fixed);
    Ok(Some(Value::Timestamp(zone.to_instant_us(parsed.civil_us)?)))
}

fn parse_iso(function: Function, text: &str) -> Result<Option<Value>> {
    use Function::*;
    let text = text.trim();
    Ok(Some(match function {
        ParseDateIso8601 => Value::Date(iso::parse_date(text)?),
        ParseTimeIso8601 => Value::Time(iso::parse_time(text)?),
        // Real queries pass texts with a zone of UTC.
        ParseDateTimeIso8601 => {
            Value::DateTime(iso::parse_datetime(text.strip_suffix(['Z', 'z']).unwrap_or(text))?)
        }
        ParseTimestampIso8601 => Value::Timestamp(iso::parse_timestamp(text, None)?),
        _ => return Err(Error::no_overload(function, &[Value::String(text.to_owned())])),
    }))
}
