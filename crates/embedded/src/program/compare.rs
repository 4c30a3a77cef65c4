//! The comparison operators on whole columns.

use arrow::array::{AsArray, BooleanArray};
use arrow::compute::kernels::cmp;
use arrow::datatypes::Float64Type;
use rockhopper_sql::{Function, Value};
use rockhopper_values::{codec, compare};

use super::Vector;
use super::side::Side;
use crate::error::Failure;
use crate::kind::Kind;

/// The comparison of two vectors with nulls as Arrow nulls; None where it has to be done value by value.
pub(super) fn by_column(
    operator: Function,
    left: &Vector,
    right: &Vector,
    rows: usize,
) -> Result<Option<BooleanArray>, Failure> {
    if is_null_constant(left) || is_null_constant(right) {
        return Ok(Some(BooleanArray::new_null(rows)));
    }
    match (left.kind(), right.kind()) {
        (Some(Kind::Any), Some(_)) => Ok(any_equals_constant(operator, left, right)),
        (Some(_), Some(Kind::Any)) => Ok(any_equals_constant(operator, right, left)),
        (Some(Kind::Float), Some(Kind::Float)) => Ok(floats(operator, left, right)),
        (Some(a), Some(b)) if a == b => native(operator, a, left, right).map(Some),
        (Some(a), Some(b)) if !comparable(a, b) => Ok(Some(BooleanArray::new_null(rows))),
        _ => Ok(None),
    }
}

/// The comparison of two rows.
pub(super) fn by_row(
    operator: Function,
    left: &Vector,
    right: &Vector,
    rows: usize,
) -> Result<BooleanArray, Failure> {
    let mut found = Vec::with_capacity(rows);
    for row in 0..rows {
        found.push(compare::relation(operator, &left.value(row)?, &right.value(row)?));
    }
    Ok(found.into())
}

/// Whether values of two native kinds can compare to anything but null.
fn comparable(left: Kind, right: Kind) -> bool {
    (left.is_number() && right.is_number()) || (left.is_date_family() && right.is_date_family())
}

fn is_null_constant(vector: &Vector) -> bool {
    matches!(vector, Vector::Constant(value) if value.is_null())
}

fn native(operator: Function, kind: Kind, left: &Vector, right: &Vector) -> Result<BooleanArray, Failure> {
    let (left, right) = (Side::of(left, kind)?, Side::of(right, kind)?);
    let (left, right) = (left.datum(), right.datum());
    Ok(match operator {
        Function::Equal => cmp::eq(left, right)?,
        Function::NotEqual => cmp::neq(left, right)?,
        Function::Less => cmp::lt(left, right)?,
        Function::LessOrEqual => cmp::lt_eq(left, right)?,
        Function::Greater => cmp::gt(left, right)?,
        Function::GreaterOrEqual => cmp::gt_eq(left, right)?,
        other => return Err(Failure::internal(format!("{} is no comparison", other.name()))),
    })
}

/// Arrow orders floats totally (NaN equals NaN, -0 is below 0); SQL does not.
fn floats(operator: Function, left: &Vector, right: &Vector) -> Option<BooleanArray> {
    let test: fn(f64, f64) -> Option<bool> = match operator {
        Function::Equal => |a, b| relation(Function::Equal, a, b),
        Function::NotEqual => |a, b| relation(Function::NotEqual, a, b),
        Function::Less => |a, b| relation(Function::Less, a, b),
        Function::LessOrEqual => |a, b| relation(Function::LessOrEqual, a, b),
        Function::Greater => |a, b| relation(Function::Greater, a, b),
        Function::GreaterOrEqual => |a, b| relation(Function::GreaterOrEqual, a, b),
        _ => return None,
    };
    match (left, right) {
        (Vector::Array { array, .. }, Vector::Constant(Value::Float(constant))) => {
            Some(array.as_primitive::<Float64Type>().iter().map(|value| test(value?, *constant)).collect())
        }
        (Vector::Constant(Value::Float(constant)), Vector::Array { array, .. }) => {
            Some(array.as_primitive::<Float64Type>().iter().map(|value| test(*constant, value?)).collect())
        }
        (Vector::Array { array: left, .. }, Vector::Array { array: right, .. }) => {
            let pairs =
                left.as_primitive::<Float64Type>().iter().zip(right.as_primitive::<Float64Type>().iter());
            Some(pairs.map(|(a, b)| test(a?, b?)).collect())
        }
        _ => None,
    }
}

fn relation(operator: Function, left: f64, right: f64) -> Option<bool> {
    compare::relation(operator, &Value::Float(left), &Value::Float(right))
}

/// `=` of mixed values with a string: equal bytes are equal values, other strings are unequal, other types are null.
fn any_equals_constant(operator: Function, any: &Vector, constant: &Vector) -> Option<BooleanArray> {
    let (Function::Equal, Vector::Array { array, .. }, Vector::Constant(Value::String(text))) =
        (operator, any, constant)
    else {
        return None;
    };
    let mut wanted = Vec::new();
    codec::encode_str(text, &mut wanted);
    let one = |bytes: &[u8]| (bytes.first() == wanted.first()).then(|| bytes == wanted);
    Some(array.as_binary::<i32>().iter().map(|bytes| one(bytes?)).collect())
}

/// Whether two rows are distinct, null and undefined being one value.
pub(super) fn distinct(left: &Vector, right: &Vector, rows: usize) -> Result<BooleanArray, Failure> {
    let mut found = Vec::with_capacity(rows);
    for row in 0..rows {
        let (left, right) = (left.value(row)?, right.value(row)?);
        found.push(match (left.is_null(), right.is_null()) {
            (true, true) => false,
            (false, false) => compare::distinct(&left, &right),
            _ => true,
        });
    }
    Ok(found.into())
}
