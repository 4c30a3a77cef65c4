//! Comparing values: SQL's comparison that may be null, and the total order behind ORDER BY, MIN, GROUP BY and joins.

use std::cmp::Ordering;

use rockhopper_sql::{Function, Value};

use crate::datetime::MICROS_PER_DAY;

/// SQL's comparison. None is SQL's null: one of them is null or undefined, their types do not compare, or they are
/// arrays or objects. Ints compare with floats, and timestamps, datetimes and dates with each other (as UTC). NaN is
/// placed above all numbers; [`relation`] has the operators' rule for it.
pub fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Float(a), Value::Float(b)) => Some(order_floats(*a, *b)),
        (Value::Int(a), Value::Float(b)) => Some(order_int_float(*a, *b)),
        (Value::Float(a), Value::Int(b)) => Some(order_int_float(*b, *a).reverse()),
        (Value::String(a), Value::String(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Bytes(a), Value::Bytes(b)) => Some(a.cmp(b)),
        (Value::Time(a), Value::Time(b)) => Some(a.cmp(b)),
        (Value::MicrosecondInterval(a), Value::MicrosecondInterval(b)) => Some(a.cmp(b)),
        (Value::MonthInterval(a), Value::MonthInterval(b)) => Some(a.cmp(b)),
        _ => Some(instant_us(left)?.cmp(&instant_us(right)?)),
    }
}

/// SQL's `=`: None is null. Arrays and objects are equal if all they hold is; inside of them null equals null.
pub fn equals(left: &Value, right: &Value) -> Option<bool> {
    match (left, right) {
        (Value::Array(_), Value::Array(_)) | (Value::Object(_), Value::Object(_)) => {
            Some(order(left, right) == Ordering::Equal)
        }
        _ if is_nan(left) || is_nan(right) => compare(left, right).map(|_| false),
        _ => compare(left, right).map(Ordering::is_eq),
    }
}

/// One of the operators `= <> < <= > >=`: None is null, or another function. NaN equals nothing, and is neither above
/// nor below anything.
pub fn relation(operator: Function, left: &Value, right: &Value) -> Option<bool> {
    match operator {
        Function::Equal => return equals(left, right),
        Function::NotEqual => return equals(left, right).map(|equal| !equal),
        _ => {}
    }
    let order = compare(left, right)?;
    let comparable = !is_nan(left) && !is_nan(right);
    match operator {
        Function::Less => Some(comparable && order.is_lt()),
        Function::LessOrEqual => Some(comparable && order.is_le()),
        Function::Greater => Some(comparable && order.is_gt()),
        Function::GreaterOrEqual => Some(comparable && order.is_ge()),
        _ => None,
    }
}

/// `IS DISTINCT FROM`: never null. Null and undefined are one value, NaN equals itself, and values whose types do not
/// compare are distinct.
pub fn distinct(left: &Value, right: &Value) -> bool {
    order(left, right) != Ordering::Equal
}

/// The order of all values, as in ORDER BY with nulls last: bool, numbers (NaN above all), string, bytes, the dates and
/// timestamps, time, the two intervals, arrays, objects, null and undefined. Values that are equal by SQL are equal
/// here; so are null and undefined, and NaN and NaN. Objects are ordered by their members sorted by name.
///
/// The bytes of [`crate::codec::encode_key`] have the same order.
pub fn order(left: &Value, right: &Value) -> Ordering {
    if let Some(order) = compare(left, right) {
        return order;
    }
    match (left, right) {
        (Value::Array(a), Value::Array(b)) => {
            let differing = a.iter().zip(b).map(|(a, b)| order(a, b)).find(|order| order.is_ne());
            differing.unwrap_or_else(|| a.len().cmp(&b.len()))
        }
        (Value::Object(a), Value::Object(b)) => order_objects(a, b),
        _ => type_rank(left).cmp(&type_rank(right)),
    }
}

/// The members that are there, sorted by name: a member whose value is undefined is none.
pub(crate) fn sorted_members(members: &[(String, Value)]) -> Vec<&(String, Value)> {
    let mut sorted: Vec<&(String, Value)> =
        members.iter().filter(|(_, value)| !matches!(value, Value::Undefined)).collect();
    sorted.sort_by(|(a, _), (b, _)| a.cmp(b));
    sorted
}

/// Microseconds from 1970 in UTC to a timestamp, datetime or the midnight of a date; None for other types.
pub(crate) fn instant_us(value: &Value) -> Option<i64> {
    match value {
        Value::Timestamp(us) | Value::DateTime(us) => Some(*us),
        Value::Date(days) => Some(i64::from(*days).saturating_mul(MICROS_PER_DAY)),
        _ => None,
    }
}

/// The int that a whole float within the range of ints equals.
pub(crate) fn float_as_int(float: f64) -> Option<i64> {
    // 2^63 is a float, 2^63 - 1 is not.
    let in_range = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&float);
    (in_range && float.fract() == 0.0).then_some(float as i64)
}

fn order_objects(left: &[(String, Value)], right: &[(String, Value)]) -> Ordering {
    let (left, right) = (sorted_members(left), sorted_members(right));
    for ((left_name, left_value), (right_name, right_value)) in left.iter().zip(&right) {
        let found =
            left_name.as_bytes().cmp(right_name.as_bytes()).then_with(|| order(left_value, right_value));
        if found.is_ne() {
            return found;
        }
    }
    left.len().cmp(&right.len())
}

fn order_floats(left: f64, right: f64) -> Ordering {
    left.partial_cmp(&right).unwrap_or_else(|| left.is_nan().cmp(&right.is_nan()))
}

/// By value, not by the int's nearest float: 2^53 + 1 is above 2^53 as a float.
fn order_int_float(int: i64, float: f64) -> Ordering {
    if float.is_nan() {
        return Ordering::Less;
    }
    let floor = float.floor();
    match float_as_int(floor) {
        Some(whole) => int.cmp(&whole).then(if float > floor { Ordering::Less } else { Ordering::Equal }),
        None if float > 0.0 => Ordering::Less,
        None => Ordering::Greater,
    }
}

fn is_nan(value: &Value) -> bool {
    matches!(value, Value::Float(float) if float.is_nan())
}

fn type_rank(value: &Value) -> u8 {
    match value {
        Value::Bool(_) => 0,
        Value::Int(_) | Value::Float(_) => 1,
        Value::String(_) => 2,
        Value::Bytes(_) => 3,
        Value::Timestamp(_) | Value::Date(_) | Value::DateTime(_) => 4,
        Value::Time(_) => 5,
        Value::MicrosecondInterval(_) => 6,
        Value::MonthInterval(_) => 7,
        Value::Array(_) => 8,
        Value::Object(_) => 9,
        Value::Null | Value::Undefined => 10,
    }
}
