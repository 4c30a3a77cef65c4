//! Bytes to values, and reading in bytes without decoding all of them.

use std::borrow::Cow;

use rockhopper_sql::{Type, Value};

use super::*;
use crate::datetime::MICROS_PER_DAY;
use crate::error::{Error, Result};

/// The value that bytes of [`encode`] or [`encode_key`] stand for. Fails if they are not exactly one value.
pub fn decode(bytes: &[u8]) -> Result<Value> {
    let (value, rest) = take_value(bytes, 0)?;
    if rest.is_empty() { Ok(value) } else { Err(corrupt("bytes follow the value")) }
}

/// The type of an encoded value; undefined for bytes that are no value.
pub fn type_of(bytes: &[u8]) -> Type {
    match bytes.first() {
        Some(&(FALSE | TRUE)) => Type::Bool,
        Some(&NUMBER) if bytes.get(NUMBER_BYTES - 1) == Some(&INT_TYPE) => Type::Int,
        Some(&NUMBER) => Type::Float,
        Some(&STRING) => Type::String,
        Some(&BYTES) => Type::Bytes,
        Some(&INSTANT) => match bytes.get(INSTANT_BYTES - 1) {
            Some(&DATE_TYPE) => Type::Date,
            Some(&DATETIME_TYPE) => Type::DateTime,
            _ => Type::Timestamp,
        },
        Some(&TIME) => Type::Time,
        Some(&MICROSECONDS) => Type::MicrosecondInterval,
        Some(&MONTHS) => Type::MonthInterval,
        Some(&ARRAY) => Type::Array,
        Some(&OBJECT) => Type::Object,
        Some(&NULL) => Type::Null,
        _ => Type::Undefined,
    }
}

/// The text of an encoded string, borrowed unless it holds a NUL; None for other types.
pub fn str_of(bytes: &[u8]) -> Option<Cow<'_, str>> {
    match bytes {
        [STRING, rest @ ..] => take_str(rest).ok().map(|(text, _)| text),
        _ => None,
    }
}

/// The elements of an encoded array, each as its own bytes. Fails if it is no array. An iterator over damaged bytes
/// ends early.
pub fn elements(bytes: &[u8]) -> Result<Elements<'_>> {
    match bytes {
        [ARRAY, rest @ ..] => Ok(Elements { rest }),
        _ => Err(corrupt("it is not an array")),
    }
}

/// The members of an encoded object, sorted by name. Fails if it is no object. An iterator over damaged bytes ends
/// early.
pub fn members(bytes: &[u8]) -> Result<Members<'_>> {
    match bytes {
        [OBJECT, rest @ ..] => Ok(Members { rest }),
        _ => Err(corrupt("it is not an object")),
    }
}

/// The bytes of one member of an encoded object; None if there is none or it is no object.
pub fn member<'a>(bytes: &'a [u8], name: &str) -> Option<&'a [u8]> {
    for (found, value) in members(bytes).ok()? {
        match found.as_ref().cmp(name) {
            std::cmp::Ordering::Less => {}
            std::cmp::Ordering::Equal => return Some(value),
            std::cmp::Ordering::Greater => return None,
        }
    }
    None
}

/// See [`elements`].
#[derive(Clone, Debug)]
pub struct Elements<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Elements<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let size = value_bytes(self.rest)?;
        let (element, rest) = self.rest.split_at(size);
        self.rest = rest;
        Some(element)
    }
}

/// See [`members`].
#[derive(Clone, Debug)]
pub struct Members<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Members<'a> {
    type Item = (Cow<'a, str>, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (MEMBER, rest) = self.rest.split_first().map(|(tag, rest)| (*tag, rest))? else { return None };
        let (name, rest) = take_str(rest).ok()?;
        let (value, rest) = rest.split_at(value_bytes(rest)?);
        self.rest = rest;
        Some((name, value))
    }
}

/// How many bytes the value at the start has; None at an end mark, and where no whole value is.
fn value_bytes(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    let mut open: Vec<u8> = Vec::new();
    loop {
        let tag = *bytes.get(at)?;
        at += match tag {
            FALSE | TRUE | NULL | UNDEFINED => 1,
            NUMBER => NUMBER_BYTES,
            INSTANT => INSTANT_BYTES,
            TIME | MICROSECONDS | MONTHS => COUNT_BYTES,
            STRING | BYTES => 1 + text_bytes(&bytes[at + 1..])?,
            ARRAY | OBJECT => {
                open.push(tag);
                1
            }
            END => {
                open.pop()?;
                1
            }
            _ => return None,
        };
        if open.is_empty() {
            return (at <= bytes.len()).then_some(at);
        }
        if open.last() == Some(&OBJECT) && bytes.get(at) == Some(&MEMBER) {
            at += 1 + text_bytes(bytes.get(at + 1..)?)?;
        }
    }
}

/// How many bytes an escaped text has with its end mark.
fn text_bytes(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += bytes[at..].iter().position(|byte| *byte == END)? + 1;
        if bytes.get(at) != Some(&ESCAPED) {
            return Some(at);
        }
        at += 1;
    }
}

fn take_value(bytes: &[u8], level: usize) -> Result<(Value, &[u8])> {
    if level > MAX_NESTING_LEVELS {
        return Err(corrupt("it is nested too deeply"));
    }
    let (&tag, rest) = bytes.split_first().ok_or_else(|| corrupt("it ends early"))?;
    Ok(match tag {
        FALSE => (Value::Bool(false), rest),
        TRUE => (Value::Bool(true), rest),
        NULL => (Value::Null, rest),
        UNDEFINED => (Value::Undefined, rest),
        NUMBER => take_number(rest)?,
        INSTANT => take_instant(rest)?,
        TIME => take_count(rest).map(|(us, rest)| (Value::Time(us), rest))?,
        MICROSECONDS => take_count(rest).map(|(us, rest)| (Value::MicrosecondInterval(us), rest))?,
        MONTHS => take_count(rest).map(|(months, rest)| (Value::MonthInterval(months), rest))?,
        STRING => take_str(rest).map(|(text, rest)| (Value::String(text.into_owned()), rest))?,
        BYTES => take_text(rest).map(|(text, rest)| (Value::Bytes(text.into_owned()), rest))?,
        ARRAY => take_array(rest, level)?,
        OBJECT => take_object(rest, level)?,
        _ => return Err(corrupt("it has an unknown first byte")),
    })
}

fn take_array(mut rest: &[u8], level: usize) -> Result<(Value, &[u8])> {
    let mut elements = Vec::new();
    loop {
        if let [END, after @ ..] = rest {
            return Ok((Value::Array(elements), after));
        }
        let (element, after) = take_value(rest, level + 1)?;
        elements.push(element);
        rest = after;
    }
}

fn take_object(mut rest: &[u8], level: usize) -> Result<(Value, &[u8])> {
    let mut members = Vec::new();
    loop {
        match rest {
            [END, after @ ..] => return Ok((Value::Object(members), after)),
            [MEMBER, after @ ..] => {
                let (name, after) = take_str(after)?;
                let (value, after) = take_value(after, level + 1)?;
                members.push((name.into_owned(), value));
                rest = after;
            }
            _ => return Err(corrupt("an object does not end")),
        }
    }
}

fn take_number(bytes: &[u8]) -> Result<(Value, &[u8])> {
    let (ordered, rest) = take_u64(bytes)?;
    let bits = if ordered & SIGN_BIT == 0 { !ordered } else { ordered & !SIGN_BIT };
    let float = f64::from_bits(bits);
    let [high, low, type_byte, rest @ ..] = rest else { return Err(corrupt("a number ends early")) };
    if *type_byte == FLOAT_TYPE {
        return Ok((Value::Float(float), rest));
    }
    let difference = i32::from(u16::from_be_bytes([*high, *low])) - REST_BIAS;
    let int = i64::try_from((float as i128).saturating_add(i128::from(difference)))
        .map_err(|_| corrupt("an int is too large"))?;
    Ok((Value::Int(int), rest))
}

fn take_instant(bytes: &[u8]) -> Result<(Value, &[u8])> {
    let (us, rest) = take_count(bytes)?;
    let (type_byte, rest) = rest.split_first().ok_or_else(|| corrupt("a timestamp ends early"))?;
    let value = match *type_byte {
        DATE_TYPE => Value::Date(us.div_euclid(MICROS_PER_DAY) as i32),
        DATETIME_TYPE => Value::DateTime(us),
        _ => Value::Timestamp(us),
    };
    Ok((value, rest))
}

fn take_count(bytes: &[u8]) -> Result<(i64, &[u8])> {
    take_u64(bytes).map(|(bits, rest)| ((bits ^ SIGN_BIT) as i64, rest))
}

fn take_u64(bytes: &[u8]) -> Result<(u64, &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<8>().ok_or_else(|| corrupt("a number ends early"))?;
    Ok((u64::from_be_bytes(*head), rest))
}

fn take_str(bytes: &[u8]) -> Result<(Cow<'_, str>, &[u8])> {
    let (text, rest) = take_text(bytes)?;
    let text = match text {
        Cow::Borrowed(text) => std::str::from_utf8(text).map(Cow::Borrowed).map_err(|_| not_utf8())?,
        Cow::Owned(text) => String::from_utf8(text).map(Cow::Owned).map_err(|_| not_utf8())?,
    };
    Ok((text, rest))
}

fn take_text(bytes: &[u8]) -> Result<(Cow<'_, [u8]>, &[u8])> {
    let size = text_bytes(bytes).ok_or_else(|| corrupt("a text does not end"))?;
    let (text, rest) = (&bytes[..size - 1], &bytes[size..]);
    if !text.contains(&END) {
        return Ok((Cow::Borrowed(text), rest));
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut escaped = false;
    for &byte in text {
        if !escaped {
            plain.push(byte);
        }
        escaped = !escaped && byte == END;
    }
    Ok((Cow::Owned(plain), rest))
}

fn not_utf8() -> Error {
    corrupt("a string is not UTF-8")
}

fn corrupt(why: &str) -> Error {
    Error::new("corrupt_value", format!("Stored bytes are not a value: {why}"))
}
