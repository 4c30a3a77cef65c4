//! Regular expressions: linear time, Unicode, flags only inside the pattern (`(?i)`).

use std::cell::RefCell;

use regex::Regex;
use rockhopper_sql::{Function, Value};

use crate::error::{Error, Result};
use crate::strings::check_size;

/// How many compiled patterns each thread keeps.
pub const PATTERN_CACHE_ENTRIES: usize = 32;
/// The memory that one compiled pattern may take.
pub const PATTERN_SIZE_BYTES: usize = 4 << 20;

thread_local! {
    // The last used is at the end. A query has a handful of patterns, so that a look through all is the fastest way.
    static CACHE: RefCell<Vec<(String, Regex)>> = const { RefCell::new(Vec::new()) };
}

/// The compiled pattern; cheap for those that were used lately. Fails with the place in the pattern.
pub fn compiled(pattern: &str) -> Result<Regex> {
    CACHE.with_borrow_mut(|cache| {
        if let Some(at) = cache.iter().rposition(|(cached, _)| cached == pattern) {
            let entry = cache.remove(at);
            let regex = entry.1.clone();
            cache.push(entry);
            return Ok(regex);
        }
        let regex =
            regex::RegexBuilder::new(pattern).size_limit(PATTERN_SIZE_BYTES).build().map_err(|error| {
                Error::new("invalid_regex", format!("Invalid regular expression '{pattern}': {error}"))
            })?;
        if cache.len() == PATTERN_CACHE_ENTRIES {
            cache.remove(0);
        }
        cache.push((pattern.to_owned(), regex.clone()));
        Ok(regex)
    })
}

/// Calls one of the `REGEXP_` functions. None if the arguments' types are wrong.
pub fn call(function: Function, arguments: &[Value]) -> Result<Option<Value>> {
    use Function::*;
    let [Value::String(text), Value::String(pattern), rest @ ..] = arguments else { return Ok(None) };
    let regex = compiled(pattern)?;
    Ok(Some(match (function, rest) {
        (RegexpLike, []) => Value::Bool(regex.is_match(text)),
        (RegexpSplit, []) => Value::Array(regex.split(text).map(string).collect()),
        (RegexpReplace, []) => string(&regex.replace_all(text, "")),
        (RegexpReplace, [Value::String(by)]) => Value::String(replace(&regex, text, by)?),
        (RegexpExtract | RegexpExtractAll, []) => extract(function, &regex, text, 0)?,
        (RegexpExtract | RegexpExtractAll, [Value::Int(group)]) => extract(function, &regex, text, *group)?,
        _ => return Ok(None),
    }))
}

fn extract(function: Function, regex: &Regex, text: &str, group: i64) -> Result<Value> {
    let group =
        usize::try_from(group).ok().filter(|group| *group < regex.captures_len()).ok_or_else(|| {
            Error::invalid_argument(format!(
                "The pattern '{regex}' has {} groups and none with number {group}",
                regex.captures_len() - 1
            ))
        })?;
    let found =
        |captures: regex::Captures| captures.get(group).map_or(Value::Null, |found| string(found.as_str()));
    Ok(match function {
        Function::RegexpExtractAll => Value::Array(regex.captures_iter(text).map(found).collect()),
        _ => regex.captures(text).map_or(Value::Null, found),
    })
}

/// `\0` to `\9` in the replacement are groups; a backslash before anything else stands for what follows it.
fn replace(regex: &Regex, text: &str, by: &str) -> Result<String> {
    let mut out = String::new();
    let mut copied = 0;
    for captures in regex.captures_iter(text) {
        let whole = captures.get_match();
        out.push_str(&text[copied..whole.start()]);
        copied = whole.end();
        push_replacement(&captures, by, &mut out);
        check_size(out.len())?;
    }
    out.push_str(&text[copied..]);
    Ok(out)
}

fn push_replacement(captures: &regex::Captures, by: &str, out: &mut String) {
    let mut chars = by.chars();
    while let Some(next) = chars.next() {
        if next != '\\' {
            out.push(next);
            continue;
        }
        match chars.next() {
            Some(digit @ '0'..='9') => {
                let group = digit as usize - '0' as usize;
                out.push_str(captures.get(group).map_or("", |found| found.as_str()));
            }
            other => out.push(other.unwrap_or('\\')),
        }
    }
}

fn string(text: &str) -> Value {
    Value::String(text.to_owned())
}
