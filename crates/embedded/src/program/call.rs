//! Functions and operators: on whole columns where that is known to give the same, else row by row.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, StringBuilder, TimestampMicrosecondArray};
use arrow::compute::not;
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use rockhopper_sql::{Function, Value};
use rockhopper_values as values;
use rockhopper_values::datetime::unit::TimePart;

use super::{Vector, arithmetic, compare};
use crate::error::Failure;
use crate::kind::{Kind, UTC};

const US_PER_MS: i64 = 1_000;
const US_PER_S: i64 = 1_000_000;

/// A function's values for `rows` rows.
pub(super) fn call(function: Function, arguments: Vec<Vector>, rows: usize) -> Result<Vector, Failure> {
    let all_constant = arguments.iter().all(|argument| matches!(argument, Vector::Constant(_)));
    if all_constant && !function.is_volatile() {
        let constants: Vec<Value> =
            arguments.iter().map(|argument| argument.value(0)).collect::<Result<_, _>>()?;
        return Ok(Vector::Constant(values::call(function, &constants)?));
    }
    if let Some(found) = by_column(function, &arguments, rows)? {
        return Ok(found);
    }
    by_row(function, &arguments, rows)
}

fn by_column(function: Function, arguments: &[Vector], rows: usize) -> Result<Option<Vector>, Failure> {
    use Function::*;
    Ok(match (function, arguments) {
        (Equal | NotEqual | Less | LessOrEqual | Greater | GreaterOrEqual, [left, right]) => {
            let found = match compare::by_column(function, left, right, rows)? {
                Some(found) => found,
                None => compare::by_row(function, left, right, rows)?,
            };
            Some(Vector::bools(found))
        }
        (IsDistinctFrom, [left, right]) => Some(Vector::bools(compare::distinct(left, right, rows)?)),
        (IsNotDistinctFrom, [left, right]) => {
            Some(Vector::bools(not(&compare::distinct(left, right, rows)?)?))
        }
        (Add | Subtract | Multiply | Divide | Modulo, [left, right]) => {
            arithmetic::by_column(function, left, right)
        }
        (Lower, [Vector::Array { kind: Kind::String, array, .. }]) => Some(lower(array)),
        (UnixMicros, [Vector::Array { kind: Kind::Timestamp, array, .. }]) => Some(unix(array, 1)),
        (UnixMillis, [Vector::Array { kind: Kind::Timestamp, array, .. }]) => Some(unix(array, US_PER_MS)),
        (UnixSeconds, [Vector::Array { kind: Kind::Timestamp, array, .. }]) => Some(unix(array, US_PER_S)),
        (TimestampMicros, [Vector::Array { kind: Kind::Int, array, .. }]) => instants(array, 1),
        (TimestampMillis, [Vector::Array { kind: Kind::Int, array, .. }]) => instants(array, US_PER_MS),
        (TimestampSeconds, [Vector::Array { kind: Kind::Int, array, .. }]) => instants(array, US_PER_S),
        (
            Extract,
            [Vector::Constant(Value::String(part)), Vector::Array { kind: Kind::Timestamp, array, .. }],
        ) => TimePart::from_name(part).map(|part| {
            let instants = array.as_primitive::<TimestampMicrosecondType>();
            let parts: Int64Array = instants.unary(|us| part.of(us));
            Vector::native(Kind::Int, Arc::new(parts))
        }),
        (
            TimeBucket,
            [
                Vector::Constant(Value::MicrosecondInterval(width)),
                Vector::Array { kind: Kind::Timestamp, array, .. },
            ],
        ) if *width > 0 => buckets(array, *width),
        _ => None,
    })
}

fn by_row(function: Function, arguments: &[Vector], rows: usize) -> Result<Vector, Failure> {
    let mut row_values: Vec<Value> =
        arguments.iter().map(|argument| argument.value(0)).collect::<Result<_, _>>()?;
    let mut found = Vec::with_capacity(rows);
    for row in 0..rows {
        for (value, argument) in row_values.iter_mut().zip(arguments) {
            // A constant is in its place already.
            if !matches!(argument, Vector::Constant(_)) {
                *value = argument.value(row)?;
            }
        }
        found.push(values::call(function, &row_values)?);
    }
    Ok(Vector::Values(found))
}

fn lower(array: &ArrayRef) -> Vector {
    let texts = array.as_string::<i32>();
    let mut builder = StringBuilder::with_capacity(texts.len(), texts.value_data().len());
    let mut buffer = String::new();
    for text in texts {
        match text {
            None => builder.append_null(),
            Some(text) if text.is_ascii() => {
                buffer.clear();
                buffer.push_str(text);
                buffer.make_ascii_lowercase();
                builder.append_value(&buffer);
            }
            Some(text) => builder.append_value(text.to_lowercase()),
        }
    }
    Vector::native(Kind::String, Arc::new(builder.finish()))
}

fn unix(array: &ArrayRef, unit_us: i64) -> Vector {
    let units: Int64Array =
        array.as_primitive::<TimestampMicrosecondType>().unary(|us| us.div_euclid(unit_us));
    Vector::native(Kind::Int, Arc::new(units))
}

/// None where an instant is out of range.
fn instants(array: &ArrayRef, unit_us: i64) -> Option<Vector> {
    let ints = array.as_primitive::<Int64Type>();
    let in_range = |int: i64| (i64::MIN / unit_us..=i64::MAX / unit_us).contains(&int);
    if ints.iter().flatten().any(|int| !in_range(int)) {
        return None;
    }
    let instants: TimestampMicrosecondArray = ints.unary(|int| int.wrapping_mul(unit_us));
    Some(Vector::native(Kind::Timestamp, Arc::new(instants.with_timezone(UTC))))
}

/// None where a bucket starts before the first instant there is.
fn buckets(array: &ArrayRef, width_us: i64) -> Option<Vector> {
    let instants = array.as_primitive::<TimestampMicrosecondType>();
    if instants.iter().flatten().any(|us| us.checked_sub(us.rem_euclid(width_us)).is_none()) {
        return None;
    }
    let starts: TimestampMicrosecondArray = instants.unary(|us| us.wrapping_sub(us.rem_euclid(width_us)));
    Some(Vector::native(Kind::Timestamp, Arc::new(starts.with_timezone(UTC))))
}
