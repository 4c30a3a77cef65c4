//! Parameter values as the REST API carries them: a declared type and a text.

use super::civil;
use crate::{Type, Value};

/// The value that `value` stands for as a parameter of the declared type.
///
/// Arrays and objects are JSON text. Dates and times are written as in Rockset (`2024-5-1`, `2024-05-01T10:00:00Z`); a
/// timestamp without an offset is UTC. Fails with a message that names the parameter, its type and the format.
pub fn parse(name: &str, declared_type: &str, value: &str) -> Result<Value, String> {
    let Some(value_type) = Type::from_name(declared_type.trim()) else {
        return Err(format!(
            "Parameter \"{name}\" has the unknown type \"{declared_type}\"; use one of string, int, float, bool, \
             date, datetime, time, timestamp, array, object or null"
        ));
    };
    if value_type == Type::String {
        return Ok(Value::String(value.to_owned()));
    }
    let text = value.trim();
    let parsed = match value_type {
        Type::Null => {
            matches!(text.to_ascii_lowercase().as_str(), "" | "null" | "none").then_some(Value::Null)
        }
        Type::Bool => boolean(text),
        Type::Int => text.parse().ok().map(Value::Int),
        Type::Float => text.parse().ok().map(Value::Float),
        Type::Date => civil::date(text).map(Value::Date),
        Type::Time => civil::time(text).map(Value::Time),
        Type::DateTime => civil::datetime(text).map(Value::DateTime),
        Type::Timestamp => civil::timestamp(text).map(Value::Timestamp),
        Type::Array | Type::Object => json(text).filter(|value| value.type_of() == value_type),
        _ => {
            return Err(format!(
                "Parameter \"{name}\" cannot be declared as {declared_type}; pass a string or number and convert it in \
                 the statement"
            ));
        }
    };
    parsed.ok_or_else(|| {
        format!(
            "Parameter \"{name}\" is declared as {value_type}, but its value \"{}\" is not {}",
            shortened(value),
            format_of(value_type)
        )
    })
}

fn boolean(text: &str) -> Option<Value> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(Value::Bool(true)),
        "false" => Some(Value::Bool(false)),
        _ => None,
    }
}

fn json(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().map(from_json)
}

fn from_json(json: serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(value),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(value) => Value::Int(value),
            None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        serde_json::Value::String(value) => Value::String(value),
        serde_json::Value::Array(values) => Value::Array(values.into_iter().map(from_json).collect()),
        serde_json::Value::Object(members) => {
            Value::Object(members.into_iter().map(|(name, value)| (name, from_json(value))).collect())
        }
    }
}

fn format_of(value_type: Type) -> &'static str {
    match value_type {
        Type::Null => "null",
        Type::Bool => "true or false",
        Type::Int => "a whole number within 64 bits",
        Type::Float => "a number",
        Type::Date => "a date such as 2024-05-31",
        Type::Time => "a time such as 10:30:20.345",
        Type::DateTime => "a datetime such as 2024-05-31T10:30:20.345",
        Type::Timestamp => "a timestamp such as 2024-05-31T10:30:20.345Z or 2024-05-31T12:30:20+02:00",
        Type::Array => "a JSON array such as [1, 2]",
        _ => "a JSON object such as {\"a\": 1}",
    }
}

/// The most characters of a value that an error message repeats.
const SHOWN_CHARACTERS: usize = 80;

fn shortened(value: &str) -> String {
    match value.char_indices().nth(SHOWN_CHARACTERS) {
        Some((end, _)) => format!("{}...", &value[..end]),
        None => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const DAY_US: i64 = 86_400_000_000;

    #[test]
    fn every_type_reads_its_text() {
        let cases = [
            ("string", " a b", Value::String(" a b".into())),
            ("int", "-5", Value::Int(-5)),
            ("integer", "7", Value::Int(7)),
            ("float", "2", Value::Float(2.0)),
            ("bool", "False", Value::Bool(false)),
            ("boolean", "TRUE", Value::Bool(true)),
            ("date", "1970-1-2", Value::Date(1)),
            ("date", "2000-03-01", Value::Date(11017)),
            ("date", "1969-12-31", Value::Date(-1)),
            ("time", "1:2:3.4", Value::Time(3_723_400_000)),
            ("time", "12:34", Value::Time(45_240_000_000)),
            ("datetime", "1970-01-02", Value::DateTime(DAY_US)),
            ("datetime", "1970-01-02 1:0:0", Value::DateTime(DAY_US + 3_600_000_000)),
            ("timestamp", "1970-01-02T00:00:00Z", Value::Timestamp(DAY_US)),
            ("timestamp", "1970-01-02T00:00:00.1234567", Value::Timestamp(DAY_US + 123_456)),
            ("timestamp", "1970-01-02T02:00+02:00", Value::Timestamp(DAY_US)),
            ("timestamp", "1970-01-01T16:00:00 -0800", Value::Timestamp(DAY_US)),
            ("null", "null", Value::Null),
            (
                "array",
                "[1, \"a\", null]",
                Value::Array(vec![Value::Int(1), Value::String("a".into()), Value::Null]),
            ),
            ("object", "{\"b\": 1.5}", Value::Object(vec![("b".into(), Value::Float(1.5))])),
        ];
        for (declared, text, value) in cases {
            assert_eq!(parse("p", declared, text), Ok(value), "{declared} {text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_by_name() {
        for (declared, text) in [
            ("int", "1.5"),
            ("int", "9223372036854775808"),
            ("bool", "yes"),
            ("date", "2024-02-30"),
            ("date", "2024-13-01"),
            ("time", "24:00"),
            ("timestamp", "2024-01-01T00:00:00 Mars/Olympus"),
            ("timestamp", "yesterday"),
            ("array", "{}"),
            ("object", "[1"),
        ] {
            let message = parse("since", declared, text).unwrap_err();
            assert!(message.contains("\"since\"") && message.contains(text), "{message}");
        }
        assert_eq!(
            parse("n", "money", "1").unwrap_err(),
            "Parameter \"n\" has the unknown type \"money\"; use one of string, int, float, bool, date, datetime, \
             time, timestamp, array, object or null"
        );
    }
}
