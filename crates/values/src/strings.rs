//! Functions on strings and bytes. Places and lengths count characters (Unicode code points).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rockhopper_sql::{Function, Value};
use unicode_normalization::UnicodeNormalization;

use crate::cast::text;
use crate::error::{Error, Result};
use crate::json;

/// The most bytes that one call may make of smaller arguments.
pub const VALUE_BYTES_LIMIT: usize = 64 << 20;

/// Calls one of the string functions. None if the arguments' types are wrong.
pub fn call(function: Function, arguments: &[Value]) -> Result<Option<Value>> {
    use Function::*;
    match (function, arguments) {
        (Concat, _) => concat(arguments),
        (Format, [Value::String(pattern), rest @ ..]) => {
            format(pattern, rest).map(|text| Some(Value::String(text)))
        }
        (FromHex | FromBase64 | ToHex | ToBase64 | FromUtf8 | ToUtf8, [value]) => code(function, value),
        (Length, [Value::Bytes(bytes)]) => Ok(Some(Value::Int(bytes.len() as i64))),
        (Chr, [Value::Int(point)]) => chr(*point).map(Some),
        (_, [Value::String(s)]) => Ok(one(function, s)),
        (Normalize, [Value::String(s), Value::String(form)]) => normalize(s, form).map(Some),
        (Replace, [Value::String(s), Value::String(search)]) => Ok(Some(replace(s, search, ""))),
        (Replace, [Value::String(s), Value::String(search), Value::String(by)]) => {
            check_size(s.len() / search.len().max(1) * by.len())?;
            Ok(Some(replace(s, search, by)))
        }
        (Split, [Value::String(s), Value::String(delimiter), rest @ ..]) => split(s, delimiter, rest),
        (SplitPart, [Value::String(s), Value::String(delimiter), Value::Int(n)]) => {
            split_part(s, delimiter, *n).map(Some)
        }
        (Strpos, [Value::String(s), Value::String(search)])
        | (Position, [Value::String(search), Value::String(s)]) => Ok(Some(position(s, search))),
        (Substr, [Value::String(s), Value::Int(start)]) => Ok(Some(substr(s, *start, None))),
        (Substr, [Value::String(s), Value::Int(start), Value::Int(length)]) => {
            Ok(Some(substr(s, *start, Some(*length))))
        }
        (Tokenize, [Value::String(s), Value::String(_)]) => Ok(one(Tokenize, s)),
        (Prefixes, [Value::String(s), Value::Int(n)]) => prefixes(s, *n).map(Some),
        _ => Ok(None),
    }
}

/// The place of an element or character that `start` names, from 0, in something of `length`: from 1, or from the end
/// if it is negative. None where there is none.
pub(crate) fn start_index(start: i64, length: usize) -> Option<usize> {
    let from_end = usize::try_from(start.unsigned_abs()).ok()?;
    if start > 0 { Some(from_end - 1).filter(|index| *index < length) } else { length.checked_sub(from_end) }
        .filter(|_| start != 0)
}

/// Fails for a size that the result of one call must not have.
pub(crate) fn check_size(bytes: usize) -> Result<()> {
    if bytes <= VALUE_BYTES_LIMIT {
        return Ok(());
    }
    Err(Error::new("value_too_large", format!("A value would have more than {VALUE_BYTES_LIMIT} bytes")))
}

fn one(function: Function, s: &str) -> Option<Value> {
    use Function::*;
    Some(match function {
        Length => Value::Int(s.chars().count() as i64),
        Lower => Value::String(s.to_lowercase()),
        Upper => Value::String(s.to_uppercase()),
        Trim => Value::String(s.trim().to_owned()),
        Ltrim => Value::String(s.trim_start().to_owned()),
        Rtrim => Value::String(s.trim_end().to_owned()),
        Normalize => Value::String(s.nfc().collect()),
        Reverse => Value::String(s.chars().rev().collect()),
        Ascii => Value::Int(s.chars().next().map_or(0, |first| i64::from(u32::from(first)))),
        Tokenize => Value::Array(words(s).map(Value::String).collect()),
        _ => return None,
    })
}

/// The texts of scalars one after another. None with an array or object.
fn concat(arguments: &[Value]) -> Result<Option<Value>> {
    let mut whole = String::new();
    for argument in arguments {
        match argument {
            Value::String(string) => whole.push_str(string),
            other => match text(other)? {
                Some(text) => whole.push_str(&text),
                None => return Ok(None),
            },
        }
    }
    Ok(Some(Value::String(whole)))
}

fn format(pattern: &str, arguments: &[Value]) -> Result<String> {
    let wrong = |why: &str| Error::new("invalid_format", format!("The format '{pattern}' {why}"));
    let mut out = String::new();
    let mut rest = arguments.iter();
    let mut chars = pattern.chars().peekable();
    while let Some(next) = chars.next() {
        match (next, chars.peek()) {
            ('{', Some('{')) | ('}', Some('}')) => {
                out.push(next);
                chars.next();
            }
            ('{', Some('}')) => {
                chars.next();
                let argument = rest.next().ok_or_else(|| wrong("has more slots than there are arguments"))?;
                match text(argument)? {
                    Some(text) => out.push_str(&text),
                    None => json::write(argument, &mut out),
                }
            }
            ('{' | '}', _) => return Err(wrong("has a lone brace; write {{ or }} for a brace")),
            _ => out.push(next),
        }
    }
    if rest.next().is_some() {
        return Err(wrong("has fewer slots than there are arguments"));
    }
    Ok(out)
}

fn code(function: Function, value: &Value) -> Result<Option<Value>> {
    use Function::*;
    Ok(Some(match (function, value) {
        (FromHex, Value::String(s)) => Value::Bytes(hex::decode(s).map_err(|_| bad_text(s, "hexadecimal"))?),
        (FromBase64, Value::String(s)) => {
            Value::Bytes(STANDARD.decode(s).map_err(|_| bad_text(s, "base64"))?)
        }
        (ToHex, Value::Bytes(bytes)) => Value::String(hex::encode(bytes)),
        (ToBase64, Value::Bytes(bytes)) => Value::String(STANDARD.encode(bytes)),
        (ToHex, Value::String(s)) => Value::String(hex::encode(s)),
        (ToBase64, Value::String(s)) => Value::String(STANDARD.encode(s)),
        (FromUtf8, Value::Bytes(bytes)) => Value::String(
            std::str::from_utf8(bytes)
                .map_err(|_| Error::new("invalid_format", "The bytes are not UTF-8"))?
                .to_owned(),
        ),
        (ToUtf8, Value::String(s)) => Value::Bytes(s.as_bytes().to_vec()),
        _ => return Ok(None),
    }))
}

fn chr(point: i64) -> Result<Value> {
    u32::try_from(point)
        .ok()
        .and_then(char::from_u32)
        .map(|char| Value::String(char.to_string()))
        .ok_or_else(|| Error::invalid_argument(format!("There is no character with code point {point}")))
}

fn normalize(s: &str, form: &str) -> Result<Value> {
    let text = match form.to_ascii_uppercase().as_str() {
        "NFC" => s.nfc().collect(),
        "NFD" => s.nfd().collect(),
        "NFKC" => s.nfkc().collect(),
        "NFKD" => s.nfkd().collect(),
        _ => {
            return Err(Error::invalid_argument(format!(
                "Unknown form '{form}'; use NFC, NFD, NFKC or NFKD"
            )));
        }
    };
    Ok(Value::String(text))
}

/// An empty search replaces nothing.
fn replace(s: &str, search: &str, by: &str) -> Value {
    Value::String(if search.is_empty() { s.to_owned() } else { s.replace(search, by) })
}

fn split(s: &str, delimiter: &str, rest: &[Value]) -> Result<Option<Value>> {
    let pieces: Vec<&str> = match rest {
        _ if delimiter.is_empty() => {
            return Err(Error::invalid_argument("The delimiter of SPLIT must not be empty"));
        }
        [] => s.split(delimiter).collect(),
        [Value::Int(limit @ 1..)] => {
            s.splitn(usize::try_from(*limit).unwrap_or(usize::MAX), delimiter).collect()
        }
        [Value::Int(_)] => return Err(Error::invalid_argument("The limit of SPLIT must be above zero")),
        _ => return Ok(None),
    };
    Ok(Some(Value::Array(pieces.into_iter().map(|piece| Value::String(piece.to_owned())).collect())))
}

fn split_part(s: &str, delimiter: &str, n: i64) -> Result<Value> {
    let index = usize::try_from(n).ok().and_then(|n| n.checked_sub(1));
    let index =
        index.ok_or_else(|| Error::invalid_argument("The pieces of SPLIT_PART are counted from 1"))?;
    if delimiter.is_empty() {
        return Err(Error::invalid_argument("The delimiter of SPLIT_PART must not be empty"));
    }
    Ok(s.split(delimiter).nth(index).map_or(Value::Null, |piece| Value::String(piece.to_owned())))
}

fn position(s: &str, search: &str) -> Value {
    Value::Int(s.find(search).map_or(0, |at| s[..at].chars().count() as i64 + 1))
}

fn substr(s: &str, start: i64, length: Option<i64>) -> Value {
    // Counting the characters is only needed from the end; a start past the end skips all in any case.
    let skipped = if start > 0 { Some((start - 1) as usize) } else { start_index(start, s.chars().count()) };
    let length = length.map_or(usize::MAX, |length| usize::try_from(length).unwrap_or(0));
    Value::String(match skipped {
        Some(skipped) => s.chars().skip(skipped).take(length).collect(),
        None => String::new(),
    })
}

/// The words of a text: letters and digits, compatibility-normalised, lower case.
fn words(s: &str) -> impl Iterator<Item = String> {
    let normalised: String = s.nfkc().collect::<String>().to_lowercase();
    let is_inside = |c: char| c.is_alphanumeric() || c == '\'' || c == '\u{2019}' || c == '_';
    let pieces: Vec<String> = normalised
        .split(|c| !is_inside(c))
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned())
        .collect();
    pieces.into_iter().filter(|word| !word.is_empty())
}

fn prefixes(s: &str, shortest: i64) -> Result<Value> {
    let shortest = usize::try_from(shortest)
        .ok()
        .filter(|shortest| *shortest > 0)
        .ok_or_else(|| Error::invalid_argument("The length of PREFIXES must be above zero"))?;
    let mut found = Vec::new();
    let mut bytes = 0;
    for word in words(s) {
        let ends = word.char_indices().map(|(at, char)| at + char.len_utf8());
        for end in ends.skip(shortest - 1) {
            bytes += end;
            check_size(bytes)?;
            found.push(Value::String(word[..end].to_owned()));
        }
    }
    Ok(Value::Array(found))
}

fn bad_text(text: &str, what: &str) -> Error {
    Error::new("invalid_format", format!("'{text}' is not {what} text"))
}
