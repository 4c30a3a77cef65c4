//! Functions on arrays. Elements are compared by [`crate::order`]: numbers by value, null equals null.

use std::cmp::Ordering;

use rand::seq::SliceRandom;
use rockhopper_sql::{Function, Kind, Value};

use crate::cast::text;
use crate::codec::encode_key;
use crate::compare::{distinct, order};
use crate::datetime::arithmetic;
use crate::error::{Error, Result};
use crate::strings::{check_size, start_index};

/// The most elements that one call may make of nothing (SEQUENCE, REPEAT).
pub const ARRAY_ELEMENTS_LIMIT: usize = 1_000_000;

/// Calls one of the array functions. None if the arguments' types are wrong.
pub fn call(function: Function, arguments: &[Value]) -> Result<Option<Value>> {
    use Function::*;
    Ok(match (function, arguments) {
        (ArrayCreate, _) => Some(Value::Array(arguments.to_vec())),
        (ElementAt, [container, key]) => element_at(container, key),
        (Cardinality | Length, [Value::Array(a)]) => Some(Value::Int(a.len() as i64)),
        (Cardinality | Length, [Value::Object(members)]) => Some(Value::Int(members.len() as i64)),
        (Slice, [Value::Array(a), Value::Int(start)]) => Some(slice(a, *start, i64::MAX)?),
        (Slice, [Value::Array(a), Value::Int(start), Value::Int(length)]) => Some(slice(a, *start, *length)?),
        (ArrayConcat, _) => concat(arguments),
        (ArrayContains, [Value::Array(a), wanted]) => {
            Some(Value::Bool(a.iter().any(|element| !distinct(element, wanted))))
        }
        (ArrayPosition, [Value::Array(a), wanted]) => {
            let index = a.iter().position(|element| !distinct(element, wanted));
            Some(Value::Int(index.map_or(0, |index| index as i64 + 1)))
        }
        (ArrayLastPosition, [Value::Array(a), wanted]) => {
            let index = a.iter().rposition(|element| !distinct(element, wanted));
            Some(Value::Int(index.map_or(0, |index| index as i64 + 1)))
        }
        (ArrayRemove, [Value::Array(a), unwanted]) => {
            Some(Value::Array(a.iter().filter(|element| distinct(element, unwanted)).cloned().collect()))
        }
        (ArrayFlatten, [Value::Array(a)]) => flatten(a),
        (ArrayJoin, [Value::Array(a), Value::String(delimiter)]) => join(a, delimiter, None)?,
        (ArrayJoin, [Value::Array(a), Value::String(delimiter), Value::String(null)]) => {
            join(a, delimiter, Some(null))?
        }
        (ArraySort, [Value::Array(a)]) => {
            let mut sorted = a.clone();
            sorted.sort_by(order);
            Some(Value::Array(sorted))
        }
        (ArrayShuffle, [Value::Array(a)]) => {
            let mut shuffled = a.clone();
            shuffled.shuffle(&mut rand::rng());
            Some(Value::Array(shuffled))
        }
        (ArrayMap, [Value::String(name), Value::Array(a)]) => Some(map(name, a)?),
        (Sequence, [start, stop]) => sequence(start, stop, None)?,
        (Sequence, [start, stop, step]) => sequence(start, stop, Some(step))?,
        (Repeat, [value, Value::Int(count)]) => Some(repeat(value, *count)?),
        (ArrayDistinct, [Value::Array(a)]) => Some(set(a.iter(), |_| true)),
        (_, [Value::Array(a), Value::Array(b)]) => sets(function, a, b),
        _ => None,
    })
}

/// An element from 1 or from the end, or a member; null if there is none. None for other types.
fn element_at(container: &Value, key: &Value) -> Option<Value> {
    let found = match (container, key) {
        (Value::Array(a), Value::Int(index)) => start_index(*index, a.len()).map(|index| &a[index]),
        (Value::Object(members), Value::String(name)) => {
            members.iter().find(|(found, _)| found == name).map(|(_, value)| value)
        }
        _ => return None,
    };
    Some(found.filter(|value| !value.is_null()).cloned().unwrap_or(Value::Null))
}

fn slice(a: &[Value], start: i64, length: i64) -> Result<Value> {
    if start == 0 {
        return Err(Error::invalid_argument("SLICE counts from 1, or from -1 backward; 0 is no place"));
    }
    let length = usize::try_from(length)
        .map_err(|_| Error::invalid_argument("The length of SLICE must not be negative"))?;
    let elements = match start_index(start, a.len()) {
        Some(index) => a[index..].iter().take(length).cloned().collect(),
        None => Vec::new(),
    };
    Ok(Value::Array(elements))
}

fn concat(arguments: &[Value]) -> Option<Value> {
    let mut whole = Vec::new();
    for argument in arguments {
        let Value::Array(a) = argument else { return None };
        whole.extend_from_slice(a);
    }
    Some(Value::Array(whole))
}

/// Null elements hold nothing. None if another element is no array.
fn flatten(a: &[Value]) -> Option<Value> {
    let mut whole = Vec::new();
    for element in a {
        match element {
            Value::Array(inner) => whole.extend_from_slice(inner),
            Value::Null | Value::Undefined => {}
            _ => return None,
        }
    }
    Some(Value::Array(whole))
}

fn join(a: &[Value], delimiter: &str, null_text: Option<&str>) -> Result<Option<Value>> {
    let mut texts = Vec::with_capacity(a.len());
    for element in a {
        match (text(element)?, null_text) {
            (Some(text), _) => texts.push(text),
            (None, Some(null)) if element.is_null() => texts.push(null.to_owned()),
            (None, None) if element.is_null() => {}
            _ => return Ok(None),
        }
    }
    check_size(texts.iter().map(|text| text.len() + delimiter.len()).sum())?;
    Ok(Some(Value::String(texts.join(delimiter))))
}

fn map(name: &str, a: &[Value]) -> Result<Value> {
    let function = Function::from_name(name)
        .filter(|function| {
            function.kind() == Kind::Scalar && function.arity().accepts(1) && !function.takes_now()
        })
        .ok_or_else(|| {
            Error::invalid_argument(format!("ARRAY_MAP knows no function `{name}` of one argument"))
        })?;
    let mapped: Result<Vec<Value>> =
        a.iter().map(|element| crate::call(function, std::slice::from_ref(element))).collect();
    Ok(Value::Array(mapped?))
}

fn sequence(start: &Value, stop: &Value, step: Option<&Value>) -> Result<Option<Value>> {
    let upward = order(start, stop) != Ordering::Greater;
    let step = match (step, start) {
        (Some(step), _) => step.clone(),
        (None, Value::Int(_)) => Value::Int(if upward { 1 } else { -1 }),
        (None, Value::Date(_) | Value::DateTime(_) | Value::Timestamp(_)) => {
            Value::MicrosecondInterval(if upward { 1 } else { -1 } * crate::datetime::MICROS_PER_DAY)
        }
        _ => return Ok(None),
    };
    let forward = match (start, &step) {
        (Value::Int(_), Value::Int(length)) if matches!(stop, Value::Int(_)) => length.signum(),
        (
            Value::Date(_) | Value::DateTime(_) | Value::Timestamp(_),
            Value::MicrosecondInterval(length) | Value::MonthInterval(length),
        ) if stop.type_of() == start.type_of() => length.signum(),
        _ => return Ok(None),
    };
    if forward == 0 {
        return Err(Error::invalid_argument("The step of SEQUENCE must not be zero"));
    }
    let mut elements: Vec<Value> = Vec::new();
    let mut count = 0;
    loop {
        let next = sequence_element(start, &step, count)?;
        let past = if forward > 0 { Ordering::Greater } else { Ordering::Less };
        match next {
            Some(next) if order(&next, stop) != past => elements.push(next),
            _ => return Ok(Some(Value::Array(elements))),
        }
        if elements.len() > ARRAY_ELEMENTS_LIMIT {
            return Err(too_many());
        }
        count += 1;
    }
}

/// `start + count * step`, counted from the start so that months do not wander; None past the range of ints.
fn sequence_element(start: &Value, step: &Value, count: i64) -> Result<Option<Value>> {
    if let (Value::Int(start), Value::Int(step)) = (start, step) {
        return Ok(step.checked_mul(count).and_then(|way| start.checked_add(way)).map(Value::Int));
    }
    let Some(way) = arithmetic::multiply(step, &Value::Int(count))? else { return Ok(None) };
    let moved = arithmetic::add(start, &way)?;
    Ok(match (start, moved) {
        (Value::Date(_), Some(Value::DateTime(us))) => Some(Value::Date(crate::datetime::civil::date_of(us))),
        (_, moved) => moved,
    })
}

fn repeat(value: &Value, count: i64) -> Result<Value> {
    let count = usize::try_from(count).unwrap_or(0);
    if count > ARRAY_ELEMENTS_LIMIT {
        return Err(too_many());
    }
    check_size(key(value).len() * count)?;
    Ok(Value::Array(vec![value.clone(); count]))
}

fn sets(function: Function, a: &[Value], b: &[Value]) -> Option<Value> {
    let in_b: std::collections::HashSet<Vec<u8>> = b.iter().map(key).collect();
    Some(match function {
        Function::ArrayContainsAny => Value::Bool(a.iter().any(|element| in_b.contains(&key(element)))),
        Function::ArrayUnion => set(a.iter().chain(b), |_| true),
        Function::ArrayIntersect => set(a.iter(), |key| in_b.contains(key)),
        Function::ArrayExcept => set(a.iter(), |key| !in_b.contains(key)),
        _ => return None,
    })
}

/// The first of equal elements whose key is wanted.
fn set<'a>(elements: impl Iterator<Item = &'a Value>, wanted: impl Fn(&Vec<u8>) -> bool) -> Value {
    let mut seen = std::collections::HashSet::new();
    Value::Array(
        elements
            .filter(|element| {
                let key = key(element);
                wanted(&key) && seen.insert(key)
            })
            .cloned()
            .collect(),
    )
}

fn key(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_key(value, &mut bytes);
    bytes
}

fn too_many() -> Error {
    Error::new("value_too_large", format!("An array would have more than {ARRAY_ELEMENTS_LIMIT} elements"))
}
