//! The functions that make dates, times and intervals of other values, and numbers of them.

use rockhopper_sql::{Function, Value};

use super::unit::{self, Length, Unit};
use super::zone::Zone;
use super::*;
use crate::compare::instant_us;
use crate::error::{Error, Result};

/// Calls one of the functions of the chapter that take no text. None if the arguments' types are wrong.
pub fn call(function: Function, arguments: &[Value]) -> Result<Option<Value>> {
    use Function::*;
    match function {
        CurrentDate | Date => date(arguments),
        CurrentTime | Time => time(arguments),
        CurrentDateTime | DateTime => datetime(arguments),
        CurrentTimestamp | Timestamp => Ok(arguments.first().and_then(instant_us).map(Value::Timestamp)),
        AtTimeZone => at_time_zone(arguments),
        Extract => match arguments {
            [Value::String(part), value] => unit::extract(part, value),
            _ => Ok(None),
        },
        TimestampMicros => timestamp(arguments, 1),
        TimestampMillis => timestamp(arguments, MICROS_PER_MILLI),
        TimestampSeconds => timestamp(arguments, MICROS_PER_SECOND),
        UnixMicros => Ok(unix(arguments, 1)),
        UnixMillis => Ok(unix(arguments, MICROS_PER_MILLI)),
        UnixSeconds => Ok(unix(arguments, MICROS_PER_SECOND)),
        DateTrunc | DateDiff | DateAdd | TimeBucket => by_unit(function, arguments),
        _ => interval(function, arguments),
    }
}

fn date(arguments: &[Value]) -> Result<Option<Value>> {
    Ok(match arguments {
        [date @ Value::Date(_)] => Some(date.clone()),
        [Value::Int(year), Value::Int(month), Value::Int(day)] => {
            Some(Value::Date(civil::checked_days(*year, *month, *day)?))
        }
        _ => civil_us(arguments)?.map(|us| Value::Date(civil::date_of(us))),
    })
}

fn time(arguments: &[Value]) -> Result<Option<Value>> {
    Ok(match (arguments, ints(arguments).as_deref()) {
        ([time @ Value::Time(_)], _) => Some(time.clone()),
        (_, Some([hour, minute, second, rest @ ..])) if rest.len() <= 1 => {
            let microsecond = rest.first().copied().unwrap_or(0);
            Some(Value::Time(civil::checked_time_us(*hour, *minute, *second, microsecond)?))
        }
        _ => civil_us(arguments)?.map(|us| Value::Time(civil::time_of(us))),
    })
}

fn datetime(arguments: &[Value]) -> Result<Option<Value>> {
    Ok(match (arguments, ints(arguments).as_deref()) {
        ([Value::Date(days), Value::Time(us)], _) => {
            Some(Value::DateTime(i64::from(*days).saturating_mul(MICROS_PER_DAY).saturating_add(*us)))
        }
        ([Value::Date(days)], _) => Some(Value::DateTime(i64::from(*days).saturating_mul(MICROS_PER_DAY))),
        (_, Some([year, month, day, hour, minute, second, rest @ ..])) if rest.len() <= 1 => {
            let days = civil::checked_days(*year, *month, *day)?;
            let microsecond = rest.first().copied().unwrap_or(0);
            let time_us = civil::checked_time_us(*hour, *minute, *second, microsecond)?;
            Some(Value::DateTime(i64::from(days) * MICROS_PER_DAY + time_us))
        }
        _ => civil_us(arguments)?.map(Value::DateTime),
    })
}

/// The civil time of `(timestamp)`, `(timestamp, zone)` or `(datetime)`.
fn civil_us(arguments: &[Value]) -> Result<Option<i64>> {
    match arguments {
        [Value::Timestamp(us) | Value::DateTime(us)] => Ok(Some(*us)),
        [Value::Timestamp(us), zone] => match Zone::from_value(zone) {
            Some(zone) => zone?.to_civil_us(*us).map(Some),
            None => Ok(None),
        },
        _ => Ok(None),
    }
}

fn at_time_zone(arguments: &[Value]) -> Result<Option<Value>> {
    let [value, zone] = arguments else { return Ok(None) };
    let Some(zone) = Zone::from_value(zone) else { return Ok(None) };
    Ok(match value {
        Value::Timestamp(us) => Some(Value::DateTime(zone?.to_civil_us(*us)?)),
        Value::DateTime(_) | Value::Date(_) => {
            let civil_us = instant_us(value).unwrap_or_default();
            Some(Value::Timestamp(zone?.to_instant_us(civil_us)?))
        }
        _ => None,
    })
}

fn timestamp(arguments: &[Value], unit_us: i64) -> Result<Option<Value>> {
    let overflow = || Error::out_of_range("The timestamp");
    Ok(match arguments {
        [Value::Int(count)] => Some(Value::Timestamp(count.checked_mul(unit_us).ok_or_else(overflow)?)),
        [Value::Float(count)] => {
            Some(Value::Timestamp(float_us((count * unit_us as f64).floor()).ok_or_else(overflow)?))
        }
        _ => None,
    })
}

fn unix(arguments: &[Value], unit_us: i64) -> Option<Value> {
    arguments.first().and_then(instant_us).map(|us| Value::Int(us.div_euclid(unit_us)))
}

fn by_unit(function: Function, arguments: &[Value]) -> Result<Option<Value>> {
    match (function, arguments) {
        (Function::DateTrunc, [Value::String(name), value]) => {
            let unit = Unit::from_name(name)?;
            map_civil(value, |us| unit::truncate_us(unit, us))
        }
        (Function::DateDiff, [Value::String(name), from, to]) => {
            let unit = Unit::from_name(name)?;
            match (clock_us(from), clock_us(to)) {
                (Some(from_us), Some(to_us)) if is_time(from) == is_time(to) => {
                    unit::difference(unit, from_us, to_us).map(|count| Some(Value::Int(count)))
                }
                _ => Ok(None),
            }
        }
        (Function::DateAdd, [Value::String(name), Value::Int(count), value]) => {
            let count = Value::Int(*count);
            let length = match Unit::from_name(name)?.length() {
                Length::Micros(us) => Value::MicrosecondInterval(us),
                Length::Months(months) => Value::MonthInterval(months),
            };
            let Some(length) = arithmetic::multiply(&length, &count)? else { return Ok(None) };
            let whole_days = matches!(length, Value::MicrosecondInterval(us) if us % MICROS_PER_DAY == 0);
            Ok(match (value, arithmetic::add(value, &length)?) {
                (Value::Date(_), Some(Value::DateTime(us))) if whole_days => {
                    Some(Value::Date(civil::date_of(us)))
                }
                (_, sum) => sum,
            })
        }
        (Function::TimeBucket, [length, value]) => time_bucket(length, value, 0),
        (Function::TimeBucket, [length, value, origin]) => match instant_us(origin) {
            Some(origin_us) => time_bucket(length, value, origin_us),
            None => Ok(None),
        },
        _ => Ok(None),
    }
}

fn time_bucket(length: &Value, value: &Value, origin_us: i64) -> Result<Option<Value>> {
    match length {
        Value::MicrosecondInterval(1..) | Value::MonthInterval(1..) => {}
        Value::MicrosecondInterval(_) | Value::MonthInterval(_) => {
            return Err(Error::invalid_argument("The interval of TIME_BUCKET must be above zero"));
        }
        _ => return Ok(None),
    }
    // A bucket shorter than a day starts within the day.
    let value = match (value, length) {
        (Value::Date(days), Value::MicrosecondInterval(us)) if us % MICROS_PER_DAY != 0 => {
            &Value::DateTime(i64::from(*days).saturating_mul(MICROS_PER_DAY))
        }
        _ => value,
    };
    map_civil(value, |us| match length {
        Value::MonthInterval(months) => unit::bucket_months(*months, us, origin_us),
        Value::MicrosecondInterval(length_us) => unit::bucket_us(*length_us, us, origin_us),
        _ => Ok(us),
    })
}

/// Applies a function to the microseconds of a date or time and keeps the type. None for other types.
fn map_civil(value: &Value, apply: impl Fn(i64) -> Result<i64>) -> Result<Option<Value>> {
    Ok(match value {
        Value::Timestamp(us) => Some(Value::Timestamp(apply(*us)?)),
        Value::DateTime(us) => Some(Value::DateTime(apply(*us)?)),
        Value::Date(days) => {
            let us = apply(i64::from(*days).saturating_mul(MICROS_PER_DAY))?;
            Some(Value::Date(civil::date_of(us)))
        }
        Value::Time(us) => Some(Value::Time(civil::time_of(apply(*us)?))),
        _ => None,
    })
}

fn interval(function: Function, arguments: &[Value]) -> Result<Option<Value>> {
    use Function::*;
    let [argument] = arguments else { return Ok(None) };
    Ok(match function {
        Microseconds => microseconds(function, argument, 1)?,
        Milliseconds => microseconds(function, argument, MICROS_PER_MILLI)?,
        Seconds => microseconds(function, argument, MICROS_PER_SECOND)?,
        Minutes => microseconds(function, argument, MICROS_PER_MINUTE)?,
        Hours => microseconds(function, argument, MICROS_PER_HOUR)?,
        Days => microseconds(function, argument, MICROS_PER_DAY)?,
        Months => months(function, argument, 1)?,
        Years => months(function, argument, 12)?,
        DurationMicros => duration(argument, 1),
        DurationMillis => duration(argument, MICROS_PER_MILLI),
        DurationSeconds => duration(argument, MICROS_PER_SECOND),
        DurationMonths => match argument {
            Value::MonthInterval(months) => Some(Value::Int(*months)),
            _ => None,
        },
        _ => None,
    })
}

fn microseconds(function: Function, argument: &Value, unit_us: i64) -> Result<Option<Value>> {
    let us = match argument {
        Value::Int(count) => count.checked_mul(unit_us),
        Value::Float(count) => float_us((count * unit_us as f64).round()),
        _ => return Ok(None),
    };
    us.map(|us| Some(Value::MicrosecondInterval(us)))
        .ok_or_else(|| Error::overflow(function, rockhopper_sql::Type::MicrosecondInterval))
}

fn months(function: Function, argument: &Value, unit: i64) -> Result<Option<Value>> {
    let Value::Int(count) = argument else { return Ok(None) };
    let months = count.checked_mul(unit);
    months
        .map(|months| Some(Value::MonthInterval(months)))
        .ok_or_else(|| Error::overflow(function, rockhopper_sql::Type::MonthInterval))
}

fn duration(argument: &Value, unit_us: i64) -> Option<Value> {
    match argument {
        Value::MicrosecondInterval(us) => Some(Value::Int(us / unit_us)),
        _ => None,
    }
}

/// Microseconds of a date or time of any type.
fn clock_us(value: &Value) -> Option<i64> {
    match value {
        Value::Time(us) => Some(*us),
        _ => instant_us(value),
    }
}

fn is_time(value: &Value) -> bool {
    matches!(value, Value::Time(_))
}

fn ints(arguments: &[Value]) -> Option<Vec<i64>> {
    let int = |argument: &Value| if let Value::Int(int) = argument { Some(*int) } else { None };
    arguments.iter().map(int).collect()
}

/// None for NaN and what does not fit.
fn float_us(us: f64) -> Option<i64> {
    (us.abs() < i64::MAX as f64).then_some(us as i64)
}
