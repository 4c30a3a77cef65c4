//! `+`, `-`, `*` and `/` where a date, time or interval takes part.

use rockhopper_sql::{Function, Value};

use super::unit::add_months_us;
use super::{MICROS_PER_DAY, civil};
use crate::compare::instant_us;
use crate::error::{Error, Result};

/// The sum; None if the types do not add.
pub fn add(left: &Value, right: &Value) -> Result<Option<Value>> {
    use Value::{MicrosecondInterval, MonthInterval};
    Ok(match (left, right) {
        (MicrosecondInterval(a), MicrosecondInterval(b)) => {
            Some(MicrosecondInterval(a.checked_add(*b).ok_or_else(|| too_long(Function::Add, left))?))
        }
        (MonthInterval(a), MonthInterval(b)) => {
            Some(MonthInterval(a.checked_add(*b).ok_or_else(|| too_long(Function::Add, left))?))
        }
        (MicrosecondInterval(us), when) | (when, MicrosecondInterval(us)) => move_us(when, *us)?,
        (MonthInterval(months), when) | (when, MonthInterval(months)) => move_months(when, *months)?,
        _ => None,
    })
}

/// The difference; None if the types do not subtract.
pub fn subtract(left: &Value, right: &Value) -> Result<Option<Value>> {
    match (left, right) {
        (Value::Time(a), Value::Time(b)) => Ok(Some(Value::MicrosecondInterval(a - b))),
        (_, Value::MicrosecondInterval(_) | Value::MonthInterval(_)) => match negate(right)? {
            Some(opposite) => add(left, &opposite),
            None => Ok(None),
        },
        _ => match (instant_us(left), instant_us(right)) {
            (Some(a), Some(b)) => {
                let us = a.checked_sub(b).ok_or_else(|| Error::out_of_range("The difference"))?;
                Ok(Some(Value::MicrosecondInterval(us)))
            }
            _ => Ok(None),
        },
    }
}

/// An interval times an int (either way around) or a float (rounded to microseconds); None for other types.
pub fn multiply(left: &Value, right: &Value) -> Result<Option<Value>> {
    let overflow = || too_long(Function::Multiply, left);
    Ok(match (left, right) {
        (Value::MicrosecondInterval(us), Value::Int(n)) | (Value::Int(n), Value::MicrosecondInterval(us)) => {
            Some(Value::MicrosecondInterval(us.checked_mul(*n).ok_or_else(overflow)?))
        }
        (Value::MonthInterval(months), Value::Int(n)) | (Value::Int(n), Value::MonthInterval(months)) => {
            Some(Value::MonthInterval(months.checked_mul(*n).ok_or_else(overflow)?))
        }
        (Value::MicrosecondInterval(us), Value::Float(n))
        | (Value::Float(n), Value::MicrosecondInterval(us)) => {
            let product = (*us as f64 * n).round();
            if product.abs() < i64::MAX as f64 {
                Some(Value::MicrosecondInterval(product as i64))
            } else {
                return Err(overflow());
            }
        }
        _ => None,
    })
}

/// The interval with the other sign; None for other types.
pub fn negate(value: &Value) -> Result<Option<Value>> {
    let overflow = || too_long(Function::Negate, value);
    Ok(match value {
        Value::MicrosecondInterval(us) => {
            Some(Value::MicrosecondInterval(us.checked_neg().ok_or_else(overflow)?))
        }
        Value::MonthInterval(months) => {
            Some(Value::MonthInterval(months.checked_neg().ok_or_else(overflow)?))
        }
        _ => None,
    })
}

/// A date becomes a datetime, a time of day wraps at midnight.
fn move_us(when: &Value, us: i64) -> Result<Option<Value>> {
    let moved = |start: i64| start.checked_add(us).ok_or_else(|| Error::out_of_range("The date"));
    Ok(match when {
        Value::Timestamp(start) => Some(Value::Timestamp(moved(*start)?)),
        Value::DateTime(start) => Some(Value::DateTime(moved(*start)?)),
        Value::Date(days) => Some(Value::DateTime(moved(i64::from(*days).saturating_mul(MICROS_PER_DAY))?)),
        Value::Time(start) => {
            Some(Value::Time((start + us.rem_euclid(MICROS_PER_DAY)).rem_euclid(MICROS_PER_DAY)))
        }
        _ => None,
    })
}

fn move_months(when: &Value, months: i64) -> Result<Option<Value>> {
    Ok(match when {
        Value::Timestamp(us) => Some(Value::Timestamp(add_months_us(*us, months)?)),
        Value::DateTime(us) => Some(Value::DateTime(add_months_us(*us, months)?)),
        // Any date that `add_months` gives is within 32 bits of days.
        Value::Date(days) => Some(Value::Date(civil::add_months(i64::from(*days), months)? as i32)),
        _ => None,
    })
}

fn too_long(function: Function, interval: &Value) -> Error {
    Error::overflow(function, interval.type_of())
}
