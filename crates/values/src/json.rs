//! JSON text to values and back, Rockset's extended JSON included.
//!
//! `{"__rockset_type": "date", "value": "2018-05-26"}` is a date. Timestamps are written as plain strings and bytes as
//! base64 text, as Rockset's answers have them; they are read as values only in the extended form.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rockhopper_sql::{Type, Value};
use serde_json::{Map, Value as Json};

use crate::cast::cast;
use crate::datetime::zone::Zone;
use crate::datetime::{iso, parse as formats};
use crate::error::{Error, Result};
use rockhopper_sql::resolved::CastMode;

/// The member that marks extended JSON.
pub const TYPE_MEMBER: &str = "__rockset_type";

/// The value of a JSON text. A number without point and exponent that fits 64 bits is an int, any other a float; of
/// members with the same name the last counts. Fails if it is not JSON or an extended value is wrong.
pub fn parse(text: &str) -> Result<Value> {
    let json: Json = serde_json::from_str(text)
        .map_err(|error| Error::new("invalid_json", format!("The text is not JSON: {error}")))?;
    from_json(json)
}

/// The value of parsed JSON; the rules of [`parse`].
pub fn from_json(json: Json) -> Result<Value> {
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(bool) => Value::Bool(bool),
        Json::Number(number) => match number.as_i64() {
            Some(int) => Value::Int(int),
            None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(string) => Value::String(string),
        Json::Array(elements) => Value::Array(elements.into_iter().map(from_json).collect::<Result<_>>()?),
        Json::Object(members) => match extended_type(&members) {
            Some(to) => extended(to, &members)?,
            None => Value::Object(
                members
                    .into_iter()
                    .map(|(name, value)| Ok((name, from_json(value)?)))
                    .collect::<Result<_>>()?,
            ),
        },
    })
}

/// Appends the value as compact JSON. Undefined members are left out; undefined elsewhere, NaN and infinity are `null`.
pub fn write(value: &Value, out: &mut String) {
    match value {
        Value::Undefined | Value::Null => out.push_str("null"),
        Value::Bool(bool) => out.push_str(if *bool { "true" } else { "false" }),
        Value::Int(int) => out.push_str(&int.to_string()),
        // The number type writes null for what JSON has no form for.
        Value::Float(float) => out.push_str(&Json::from(*float).to_string()),
        Value::String(string) => write_string(string, out),
        Value::Bytes(bytes) => {
            out.push('"');
            STANDARD.encode_string(bytes, out);
            out.push('"');
        }
        Value::Timestamp(us) => write_string(&iso::format_timestamp(*us), out),
        Value::Date(days) => write_extended(Type::Date, &iso::format_date(*days), out),
        Value::DateTime(us) => write_extended(Type::DateTime, &iso::format_datetime(*us), out),
        Value::Time(us) => write_extended(Type::Time, &iso::format_time(*us), out),
        Value::MicrosecondInterval(length) | Value::MonthInterval(length) => {
            out.push_str(&format!(r#"{{"{TYPE_MEMBER}":"{}","value":{length}}}"#, value.type_of()));
        }
        Value::Array(elements) => {
            out.push('[');
            for (index, element) in elements.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(element, out);
            }
            out.push(']');
        }
        Value::Object(members) => write_object(members, out),
    }
}

/// Appends a string in quotes, with JSON's escapes.
pub fn write_string(string: &str, out: &mut String) {
    out.push('"');
    let mut start = 0;
    for (at, byte) in string.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&string[start..at]);
        start = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            _ => out.push_str(&format!("\\u{byte:04x}")),
        }
    }
    out.push_str(&string[start..]);
    out.push('"');
}

fn write_object(members: &[(String, Value)], out: &mut String) {
    out.push('{');
    let mut first = true;
    for (name, value) in members.iter().filter(|(_, value)| !matches!(value, Value::Undefined)) {
        if !first {
            out.push(',');
        }
        first = false;
        write_string(name, out);
        out.push(':');
        write(value, out);
    }
    out.push('}');
}

fn write_extended(of: Type, text: &str, out: &mut String) {
    out.push_str(&format!(r#"{{"{TYPE_MEMBER}":"{of}","value":"{text}"}}"#));
}

/// The type that an object is the extended form of. One of a type that values do not have stays an object.
fn extended_type(members: &Map<String, Json>) -> Option<Type> {
    let to = Type::from_name(members.get(TYPE_MEMBER)?.as_str()?)?;
    members.contains_key("value").then_some(to)
}

fn extended(to: Type, members: &Map<String, Json>) -> Result<Value> {
    let option = |name: &str| members.get(name).and_then(Json::as_str);
    let wrong =
        |why: &str| Error::new("invalid_json", format!("The extended JSON of type {to} is wrong: {why}"));
    let value = match (to, &members["value"]) {
        (Type::Undefined, _) => return Ok(Value::Undefined),
        (_, json @ (Json::Array(_) | Json::Object(_))) => from_json(json.clone())?,
        (Type::Timestamp, Json::Number(number)) => {
            Value::Timestamp(number.as_i64().ok_or_else(|| wrong("the value is not an int of microseconds"))?)
        }
        (Type::Bytes, Json::String(text)) => match option("encoding") {
            Some(encoding) if !encoding.eq_ignore_ascii_case("base64") => {
                return Err(wrong("the encoding must be base64"));
            }
            _ => Value::Bytes(STANDARD.decode(text).map_err(|_| wrong("the value is not base64"))?),
        },
        (Type::Date | Type::Time | Type::DateTime | Type::Timestamp, Json::String(text)) => {
            instant(to, text, option("format"), option("timezone"))?
        }
        (_, scalar) => from_json(scalar.clone())?,
    };
    cast(&value, to, CastMode::Cast).map_err(|error| wrong(&error.message))
}

fn instant(to: Type, text: &str, format: Option<&str>, zone: Option<&str>) -> Result<Value> {
    let zone = zone.map_or(Ok(Zone::UTC), Zone::from_name)?;
    Ok(match (format.filter(|format| !format.eq_ignore_ascii_case("iso8601")), to) {
        (Some(format), _) => {
            let parsed = formats::parse(format, text)?;
            match to {
                Type::Timestamp => {
                    let zone = parsed.offset_us.map_or(zone, Zone::Fixed);
                    Value::Timestamp(zone.to_instant_us(parsed.civil_us)?)
                }
                _ => Value::DateTime(parsed.civil_us),
            }
        }
        (None, Type::Timestamp) => Value::Timestamp(iso::parse_timestamp(text, Some(zone))?),
        (None, _) => Value::String(text.to_owned()),
    })
}
