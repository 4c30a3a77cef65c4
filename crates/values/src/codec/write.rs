//! Values to bytes.

use rockhopper_sql::Value;

use super::*;
use crate::compare::{float_as_int, instant_us, sorted_members};
use crate::error::Result;

/// Appends the value's bytes. [`decode`] gives it back, with the members of objects sorted by name and without
/// undefined ones. Scalars sort as [`crate::order`] says, and those it calls equal by their type.
pub fn encode(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Undefined => encode_undefined(out),
        Value::Null => encode_null(out),
        Value::Bool(bool) => encode_bool(*bool, out),
        Value::Int(int) => encode_i64(*int, out),
        Value::Float(float) => encode_f64(*float, out),
        Value::String(string) => encode_str(string, out),
        Value::Bytes(bytes) => {
            out.push(BYTES);
            put_text(bytes, out);
        }
        Value::Timestamp(us) => encode_timestamp(*us, out),
        Value::DateTime(us) => put_instant(*us, DATETIME_TYPE, out),
        Value::Date(_) => put_instant(instant_us(value).unwrap_or_default(), DATE_TYPE, out),
        Value::Time(us) => put_count(TIME, *us, out),
        Value::MicrosecondInterval(us) => put_count(MICROSECONDS, *us, out),
        Value::MonthInterval(months) => put_count(MONTHS, *months, out),
        Value::Array(elements) => put_array(elements, encode, out),
        Value::Object(members) => put_object(members, encode, out),
    }
}

/// Appends the value's bytes for grouping, DISTINCT, joins and sorting: values have equal bytes exactly if
/// [`crate::order`] calls them equal, and other bytes sort as it says. They can be decoded: whole floats have become
/// ints, undefined null, and dates and datetimes timestamps.
pub fn encode_key(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Undefined => encode_null(out),
        Value::Float(float) => match float_as_int(*float) {
            Some(int) => encode_i64(int, out),
            None => encode_f64(*float, out),
        },
        Value::DateTime(us) => encode_timestamp(*us, out),
        Value::Date(_) => encode_timestamp(instant_us(value).unwrap_or_default(), out),
        Value::Array(elements) => put_array(elements, encode_key, out),
        Value::Object(members) => put_object(members, encode_key, out),
        _ => encode(value, out),
    }
}

/// Appends the bytes of [`encode_key`] for a value given by its bytes of [`encode`]. Fails if these are not a value.
pub fn encode_key_of(encoded: &[u8], out: &mut Vec<u8>) -> Result<()> {
    match encoded.first() {
        // Their key is what they are; the rest is rare or long to rewrite.
        Some(&(STRING | BYTES | FALSE | TRUE | NULL | TIME | MICROSECONDS | MONTHS)) => {
            out.extend_from_slice(encoded)
        }
        _ => encode_key(&decode(encoded)?, out),
    }
    Ok(())
}

/// Appends the bytes of a string.
pub fn encode_str(string: &str, out: &mut Vec<u8>) {
    out.push(STRING);
    put_text(string.as_bytes(), out);
}

/// Appends the bytes of an int.
pub fn encode_i64(int: i64, out: &mut Vec<u8>) {
    let nearest = int as f64;
    // The rest is at most 512 in size: half the distance of two floats below 2^63.
    let rest = (i128::from(int) - nearest as i128) as i32;
    put_number(nearest, rest, INT_TYPE, out);
}

/// Appends the bytes of a float.
pub fn encode_f64(float: f64, out: &mut Vec<u8>) {
    let float = if float.is_nan() { f64::NAN.abs() } else { float };
    put_number(float, 0, FLOAT_TYPE, out);
}

/// Appends the bytes of a truth value.
pub fn encode_bool(bool: bool, out: &mut Vec<u8>) {
    out.push(if bool { TRUE } else { FALSE });
}

/// Appends the bytes of a timestamp in microseconds since 1970.
pub fn encode_timestamp(us: i64, out: &mut Vec<u8>) {
    put_instant(us, TIMESTAMP_TYPE, out);
}

/// Appends the byte of null.
pub fn encode_null(out: &mut Vec<u8>) {
    out.push(NULL);
}

/// Appends the byte of undefined.
pub fn encode_undefined(out: &mut Vec<u8>) {
    out.push(UNDEFINED);
}

/// Opens an array: the bytes of its elements follow, then [`end`].
pub fn begin_array(out: &mut Vec<u8>) {
    out.push(ARRAY);
}

/// Opens an object: for each member, in the order of the names, [`name`] and the bytes of its value follow, then
/// [`end`].
pub fn begin_object(out: &mut Vec<u8>) {
    out.push(OBJECT);
}

/// Appends the name of a member.
pub fn name(name: &str, out: &mut Vec<u8>) {
    out.push(MEMBER);
    put_text(name.as_bytes(), out);
}

/// Closes an array or object.
pub fn end(out: &mut Vec<u8>) {
    out.push(END);
}

fn put_number(nearest: f64, rest: i32, type_byte: u8, out: &mut Vec<u8>) {
    let bits = nearest.to_bits();
    let ordered = if bits & SIGN_BIT == 0 { bits | SIGN_BIT } else { !bits };
    let mut bytes = [0; NUMBER_BYTES];
    bytes[0] = NUMBER;
    bytes[1..9].copy_from_slice(&ordered.to_be_bytes());
    bytes[9..11].copy_from_slice(&((rest + REST_BIAS) as u16).to_be_bytes());
    bytes[11] = type_byte;
    out.extend_from_slice(&bytes);
}

fn put_instant(us: i64, type_byte: u8, out: &mut Vec<u8>) {
    put_count(INSTANT, us, out);
    out.push(type_byte);
}

fn put_count(tag: u8, count: i64, out: &mut Vec<u8>) {
    out.push(tag);
    out.extend_from_slice(&(count as u64 ^ SIGN_BIT).to_be_bytes());
}

fn put_text(text: &[u8], out: &mut Vec<u8>) {
    out.reserve(text.len() + 1);
    if text.contains(&END) {
        for &byte in text {
            out.push(byte);
            if byte == END {
                out.push(ESCAPED);
            }
        }
    } else {
        out.extend_from_slice(text);
    }
    out.push(END);
}

fn put_array(elements: &[Value], put: fn(&Value, &mut Vec<u8>), out: &mut Vec<u8>) {
    out.push(ARRAY);
    for element in elements {
        put(element, out);
    }
    out.push(END);
}

fn put_object(members: &[(String, Value)], put: fn(&Value, &mut Vec<u8>), out: &mut Vec<u8>) {
    out.push(OBJECT);
    for (name, value) in sorted_members(members) {
        out.push(MEMBER);
        put_text(name.as_bytes(), out);
        put(value, out);
    }
    out.push(END);
}
