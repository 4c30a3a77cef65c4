//! Functions on objects, and on JSON.

use std::collections::HashMap;

use rockhopper_sql::{Function, Value};

use crate::cast::text;
use crate::error::{Error, Result};
use crate::{json, json_path};

/// Calls one of the object or JSON functions. None if the arguments' types are wrong.
pub fn call(function: Function, arguments: &[Value]) -> Result<Option<Value>> {
    use Function::*;
    Ok(match (function, arguments) {
        (Object, []) => Some(Value::Object(Vec::new())),
        (Object, [Value::Array(names), Value::Array(values)]) => Some(from_arrays(names, values)?),
        (Zip, [Value::Array(entries)]) => Some(zip(entries)?),
        (Keys, [Value::Object(members)]) => {
            Some(Value::Array(present(members).map(|(name, _)| Value::String(name.clone())).collect()))
        }
        (Values, [Value::Object(members)]) => {
            Some(Value::Array(present(members).map(|(_, v)| v.clone()).collect()))
        }
        (Items, [Value::Object(members)]) => {
            let item = |(name, value): &(String, Value)| {
                Value::Array(vec![Value::String(name.clone()), value.clone()])
            };
            Some(Value::Array(present(members).map(item).collect()))
        }
        (Merge, _) => merge(arguments),
        (Erase, [Value::Object(members), Value::String(name)]) => Some(erase(members, |found| found == name)),
        (Erase, [Value::Object(members), Value::Array(names)]) => Some(erase(members, |found| {
            names.iter().any(|name| matches!(name, Value::String(name) if name == found))
        })),
        (JsonParse, [Value::String(text)]) => Some(json::parse(text)?),
        (JsonFormat, [Value::Undefined]) => Some(Value::Null),
        (JsonFormat, [value]) => Some(Value::String(json_text(value))),
        (JsonExtract | JsonExtractScalar, [Value::String(source), Value::String(path)]) => {
            Some(extract(function, &json::parse(source)?, path)?)
        }
        (
            JsonExtract | JsonExtractScalar,
            [value @ (Value::Array(_) | Value::Object(_)), Value::String(path)],
        ) => Some(extract(function, value, path)?),
        _ => None,
    })
}

/// An object of members in which a name may occur twice: the last counts, at the place of the first.
pub(crate) fn unique(members: impl IntoIterator<Item = (String, Value)>) -> Value {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut kept: Vec<(String, Value)> = Vec::new();
    for (name, value) in members {
        match places.get(&name) {
            Some(place) => kept[*place].1 = value,
            None => {
                places.insert(name.clone(), kept.len());
                kept.push((name, value));
            }
        }
    }
    Value::Object(kept)
}

fn present(members: &[(String, Value)]) -> impl Iterator<Item = &(String, Value)> {
    members.iter().filter(|(_, value)| !matches!(value, Value::Undefined))
}

fn from_arrays(names: &[Value], values: &[Value]) -> Result<Value> {
    if names.len() != values.len() {
        return Err(Error::invalid_argument(format!(
            "OBJECT needs as many values as names; there are {} names and {} values",
            names.len(),
            values.len()
        )));
    }
    let members: Result<Vec<_>> =
        names.iter().zip(values).map(|(n, value)| Ok((name(n)?, value.clone()))).collect();
    Ok(unique(members?))
}

fn zip(entries: &[Value]) -> Result<Value> {
    let members: Result<Vec<_>> = entries
        .iter()
        .map(|entry| match entry {
            Value::Array(pair) if pair.len() == 2 => Ok((name(&pair[0])?, pair[1].clone())),
            _ => Err(Error::invalid_argument("Each entry of ZIP must be an array of a name and a value")),
        })
        .collect();
    Ok(unique(members?))
}

fn name(value: &Value) -> Result<String> {
    match value {
        Value::String(name) => Ok(name.clone()),
        other => Err(Error::invalid_argument(format!(
            "The name of a member must be a string, not {}",
            other.type_of()
        ))),
    }
}

fn merge(arguments: &[Value]) -> Option<Value> {
    let mut all = Vec::new();
    for argument in arguments {
        let Value::Object(members) = argument else { return None };
        all.extend(present(members).cloned());
    }
    Some(unique(all))
}

fn erase(members: &[(String, Value)], unwanted: impl Fn(&str) -> bool) -> Value {
    Value::Object(members.iter().filter(|(name, _)| !unwanted(name)).cloned().collect())
}

fn json_text(value: &Value) -> String {
    let mut out = String::new();
    json::write(value, &mut out);
    out
}

fn extract(function: Function, value: &Value, path: &str) -> Result<Value> {
    let found = json_path::extract(value, path)?;
    Ok(match function {
        Function::JsonExtract if matches!(found, Value::Undefined) => Value::Null,
        Function::JsonExtract => found.clone(),
        _ => text(found)?.map_or(Value::Null, Value::String),
    })
}
