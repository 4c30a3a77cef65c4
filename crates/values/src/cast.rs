//! Casts: CAST, TRY_CAST, STATIC_CAST, TRY_STATIC_CAST.

use rockhopper_sql::resolved::CastMode;
use rockhopper_sql::{Type, Value};

use crate::compare::instant_us;
use crate::datetime::zone::Zone;
use crate::datetime::{MICROS_PER_DAY, civil, interval, iso};
use crate::error::{Error, Result};
use crate::truth::truth;

/// The value as another type. Null and undefined become null in every mode; the `Try` modes give null where the others
/// fail. `Static` knows bool, int and float only, but takes the truth of any value.
pub fn cast(value: &Value, to: Type, mode: CastMode) -> Result<Value> {
    if value.is_null() {
        return Ok(Value::Null);
    }
    match mode {
        CastMode::Cast => cast_value(value, to),
        CastMode::Static => cast_static(value, to),
        CastMode::Try => Ok(cast_value(value, to).unwrap_or(Value::Null)),
        CastMode::TryStatic => Ok(cast_static(value, to).unwrap_or(Value::Null)),
    }
}

/// The text that CAST to string and CONCAT give. None for arrays, objects, null and undefined; an error for bytes that
/// are not UTF-8.
pub fn text(value: &Value) -> Result<Option<String>> {
    Ok(Some(match value {
        Value::Undefined | Value::Null | Value::Array(_) | Value::Object(_) => return Ok(None),
        Value::Bool(bool) => bool.to_string(),
        Value::Int(int) => int.to_string(),
        Value::Float(float) => float_text(*float),
        Value::String(string) => string.clone(),
        Value::Bytes(bytes) => std::str::from_utf8(bytes)
            .map_err(|_| {
                Error::new("invalid_cast", "The bytes are not UTF-8; use TO_HEX or TO_BASE64 to show them")
            })?
            .to_owned(),
        Value::Timestamp(us) => iso::format_timestamp(*us),
        Value::Date(days) => iso::format_date(*days),
        Value::DateTime(us) => iso::format_datetime(*us),
        Value::Time(us) => iso::format_time(*us),
        Value::MicrosecondInterval(us) => interval::format_us(*us),
        Value::MonthInterval(months) => interval::format_months(*months),
    }))
}

/// A float as text: whole ones without a point, very large and small ones with an exponent.
pub fn float_text(float: f64) -> String {
    let size = float.abs();
    if float.is_nan() {
        "NaN".to_owned()
    } else if float.is_infinite() {
        if float > 0.0 { "Infinity".to_owned() } else { "-Infinity".to_owned() }
    } else if size != 0.0 && !(1e-5..1e16).contains(&size) {
        format!("{float:e}")
    } else {
        float.to_string()
    }
}

/// The int that a float is when cut toward zero; None for NaN and what is out of range.
pub(crate) fn truncated(float: f64) -> Option<i64> {
    crate::compare::float_as_int(float.trunc())
}

fn cast_value(value: &Value, to: Type) -> Result<Value> {
    let cast = match to {
        _ if value.type_of() == to => Some(value.clone()),
        Type::Bool => to_bool(value)?,
        Type::Int => to_int(value)?,
        Type::Float => to_float(value)?,
        Type::String => text(value)?.map(Value::String),
        Type::Bytes => match value {
            Value::String(string) => Some(Value::Bytes(string.as_bytes().to_vec())),
            _ => None,
        },
        Type::Date => to_date(value)?,
        Type::Time => to_time(value)?,
        Type::DateTime => to_datetime(value)?,
        Type::Timestamp => to_timestamp(value)?,
        Type::MicrosecondInterval => to_count(value)?.map(Value::MicrosecondInterval),
        Type::MonthInterval => to_count(value)?.map(Value::MonthInterval),
        Type::Array | Type::Object | Type::Null | Type::Undefined => None,
    };
    cast.ok_or_else(|| unsupported(value, to))
}

fn cast_static(value: &Value, to: Type) -> Result<Value> {
    let numeric = matches!(value, Value::Bool(_) | Value::Int(_) | Value::Float(_));
    match to {
        Type::Bool => Ok(truth(value).map_or(Value::Null, Value::Bool)),
        Type::Int | Type::Float if numeric => cast_value(value, to),
        _ if value.type_of() == to => Ok(value.clone()),
        _ => Err(unsupported(value, to)),
    }
}

fn to_bool(value: &Value) -> Result<Option<Value>> {
    Ok(match value {
        Value::Int(int) => Some(Value::Bool(*int != 0)),
        Value::Float(float) => Some(Value::Bool(*float != 0.0)),
        Value::String(string) if string.eq_ignore_ascii_case("true") => Some(Value::Bool(true)),
        Value::String(string) if string.eq_ignore_ascii_case("false") => Some(Value::Bool(false)),
        Value::String(string) => return Err(invalid(string, Type::Bool)),
        _ => None,
    })
}

fn to_int(value: &Value) -> Result<Option<Value>> {
    Ok(match value {
        Value::Float(_) => to_count(value)?.map(Value::Int),
        Value::Bool(bool) => Some(Value::Int(i64::from(*bool))),
        Value::String(string) => Some(Value::Int(string.parse().map_err(|_| invalid(string, Type::Int))?)),
        _ => None,
    })
}

fn to_float(value: &Value) -> Result<Option<Value>> {
    Ok(match value {
        Value::Int(int) => Some(Value::Float(*int as f64)),
        Value::Bool(bool) => Some(Value::Float(f64::from(u8::from(*bool)))),
        Value::String(string) => {
            Some(Value::Float(string.parse().map_err(|_| invalid(string, Type::Float))?))
        }
        _ => None,
    })
}

/// An int, or a float cut toward zero.
fn to_count(value: &Value) -> Result<Option<i64>> {
    match value {
        Value::Int(int) => Ok(Some(*int)),
        Value::Float(float) => truncated(*float).map(Some).ok_or_else(|| {
            Error::new(
                "invalid_cast",
                format!("Cannot cast {} to int: it is out of range", float_text(*float)),
            )
        }),
        _ => Ok(None),
    }
}

fn to_date(value: &Value) -> Result<Option<Value>> {
    Ok(match value {
        Value::Timestamp(us) | Value::DateTime(us) => Some(Value::Date(civil::date_of(*us))),
        Value::String(string) => Some(Value::Date(iso::parse_date(string).map_err(as_cast)?)),
        _ => None,
    })
}

fn to_time(value: &Value) -> Result<Option<Value>> {
    Ok(match value {
        Value::Timestamp(us) | Value::DateTime(us) => Some(Value::Time(civil::time_of(*us))),
        Value::String(string) => Some(Value::Time(iso::parse_time(string).map_err(as_cast)?)),
        _ => None,
    })
}

fn to_datetime(value: &Value) -> Result<Option<Value>> {
    Ok(match value {
        Value::Timestamp(us) => Some(Value::DateTime(*us)),
        Value::Date(days) => Some(Value::DateTime(i64::from(*days).saturating_mul(MICROS_PER_DAY))),
        Value::String(string) => Some(Value::DateTime(iso::parse_datetime(string).map_err(as_cast)?)),
        _ => None,
    })
}

fn to_timestamp(value: &Value) -> Result<Option<Value>> {
    Ok(match value {
        Value::String(string) => {
            Some(Value::Timestamp(iso::parse_timestamp(string, Some(Zone::UTC)).map_err(as_cast)?))
        }
        _ => instant_us(value).map(Value::Timestamp),
    })
}

fn as_cast(error: Error) -> Error {
    Error::new("invalid_cast", error.message)
}

fn invalid(text: &str, to: Type) -> Error {
    Error::new("invalid_cast", format!("Cannot cast string '{text}' to {to}"))
}

fn unsupported(value: &Value, to: Type) -> Error {
    Error::new("unsupported_cast", format!("Cannot cast {} to {to}", value.type_of()))
}
