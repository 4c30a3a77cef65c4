//! Query parameters as the REST API brings them.

use rockhopper_sql::resolved::CastMode;
use rockhopper_sql::{Type, Value};
use serde_json::Value as Json;

use crate::cast::cast;
use crate::json;

/// The value of a parameter. `declared_type` is a name of a type in any case, or empty for the type of the value as it
/// is. The value is usually a string with the text of a literal, but may be of the declared type itself, or extended
/// JSON. Arrays and objects may be given as JSON text. The error is a sentence without the parameter's name.
pub fn parse(declared_type: &str, value: &Json) -> Result<Value, String> {
    let value = json::from_json(value.clone()).map_err(|error| error.message)?;
    if declared_type.is_empty() {
        return Ok(value);
    }
    let to = Type::from_name(declared_type)
        .ok_or_else(|| format!("type '{declared_type}' is not known; use {TYPE_NAMES}"))?;
    let wrong = || format!("a value of type {} cannot be read as {to}", value.type_of());
    match (to, &value) {
        (Type::Null | Type::Undefined, _) | (_, Value::Null | Value::Undefined) => Ok(Value::Null),
        (Type::Array | Type::Object, Value::String(text)) => {
            let parsed = json::parse(text).map_err(|error| error.message)?;
            if parsed.type_of() == to { Ok(parsed) } else { Err(format!("the JSON text is not an {to}")) }
        }
        (Type::Int | Type::Float | Type::Bool, Value::String(text)) => {
            cast(&Value::String(text.trim().to_owned()), to, CastMode::Cast).map_err(|error| error.message)
        }
        // A float that is whole is how some clients send an int; one with a fraction is a mistake.
        (Type::Int, Value::Float(float)) if float.fract() != 0.0 => Err(wrong()),
        (Type::Int, Value::Bool(_)) | (Type::Bool, Value::Int(_) | Value::Float(_)) => Err(wrong()),
        (Type::MicrosecondInterval | Type::MonthInterval, Value::String(text)) => {
            let count = cast(&Value::String(text.trim().to_owned()), Type::Int, CastMode::Cast);
            count.and_then(|count| cast(&count, to, CastMode::Cast)).map_err(|error| error.message)
        }
        _ => cast(&value, to, CastMode::Cast).map_err(|error| error.message),
    }
}

const TYPE_NAMES: &str =
    "string, int, float, bool, date, time, datetime, timestamp, array, object, bytes or null";
