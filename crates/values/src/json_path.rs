//! `JSON_EXTRACT` and its paths: `$.a.b[0]['c']`. Indexes start at 0, as everywhere in JSON.

use rockhopper_sql::Value;

use crate::error::{Error, Result};

/// The value at a path; undefined if nothing is there. Fails for a path of another form.
pub fn extract<'a>(value: &'a Value, path: &str) -> Result<&'a Value> {
    let wrong = || Error::invalid_argument(format!("'{path}' is not a JSON path such as '$.a[0].b'"));
    let mut rest = path.trim().strip_prefix('$').ok_or_else(wrong)?;
    let mut found = value;
    while !rest.is_empty() {
        let (step, after) = take_step(rest).ok_or_else(wrong)?;
        found = match (step, found) {
            (Step::Member(name), Value::Object(members)) => {
                members.iter().find(|(found, _)| found == name).map_or(&Value::Undefined, |(_, value)| value)
            }
            (Step::Element(index), Value::Array(elements)) => {
                elements.get(index).unwrap_or(&Value::Undefined)
            }
            _ => &Value::Undefined,
        };
        rest = after;
    }
    Ok(found)
}

enum Step<'a> {
    Member(&'a str),
    Element(usize),
}

fn take_step(path: &str) -> Option<(Step<'_>, &str)> {
    if let Some(name) = path.strip_prefix('.') {
        let end = name.find(['.', '[']).unwrap_or(name.len());
        return (end > 0).then(|| (Step::Member(&name[..end]), &name[end..]));
    }
    let inside = path.strip_prefix('[')?;
    for quote in ['"', '\''] {
        if let Some(name) = inside.strip_prefix(quote) {
            let end = name.find(quote)?;
            return Some((Step::Member(&name[..end]), name[end + 1..].strip_prefix(']')?));
        }
    }
    let end = inside.find(']')?;
    Some((Step::Element(inside[..end].parse().ok()?), &inside[end + 1..]))
}
