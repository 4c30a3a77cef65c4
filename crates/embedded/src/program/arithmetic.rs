//! The arithmetic operators on whole columns of numbers and times.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Scalar};
use arrow::compute::kernels::numeric;
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use rockhopper_sql::Function;

use super::Vector;
use super::side::Side;
use crate::error::Failure;
use crate::kind::Kind;

/// The kind of a result, where it follows from the kinds of the operands.
pub(super) fn result_kind(operator: Function, left: Kind, right: Kind) -> Option<Kind> {
    use Function::*;
    Some(match (operator, left, right) {
        (Add | Subtract | Multiply | Divide | Modulo, Kind::Int, Kind::Int) => Kind::Int,
        (Add | Subtract | Multiply | Divide | Modulo, a, b) if a.is_number() && b.is_number() => Kind::Float,
        (Add | Subtract, Kind::Timestamp, Kind::MicrosecondInterval) => Kind::Timestamp,
        (Add, Kind::MicrosecondInterval, Kind::Timestamp) => Kind::Timestamp,
        (Add | Subtract, Kind::DateTime, Kind::MicrosecondInterval) => Kind::DateTime,
        (Subtract, Kind::Timestamp, Kind::Timestamp) => Kind::MicrosecondInterval,
        (Subtract, Kind::DateTime, Kind::DateTime) => Kind::MicrosecondInterval,
        (Add | Subtract, Kind::MicrosecondInterval, Kind::MicrosecondInterval) => Kind::MicrosecondInterval,
        _ => return None,
    })
}

/// The result for all rows at once. None where it has to be found row by row: for other types, and where a row
/// fails, so that the failure is the one of that row.
pub(super) fn by_column(operator: Function, left: &Vector, right: &Vector) -> Option<Vector> {
    if matches!((left, right), (Vector::Constant(_), Vector::Constant(_))) {
        return None;
    }
    let kind = result_kind(operator, left.kind()?, right.kind()?)?;
    let (left, right) = match kind {
        Kind::Float => (float_side(left)?, float_side(right)?),
        _ => (side(left)?, side(right)?),
    };
    let (left, right) = (left.datum(), right.datum());
    let array = match operator {
        Function::Add => numeric::add(left, right),
        Function::Subtract => numeric::sub(left, right),
        Function::Multiply => numeric::mul(left, right),
        Function::Divide => numeric::div(left, right),
        Function::Modulo => numeric::rem(left, right),
        _ => return None,
    };
    let array = array.ok().filter(|array| *array.data_type() == kind.data_type())?;
    Some(Vector::native(kind, array))
}

/// Ints as floats.
pub(super) fn to_floats(array: &ArrayRef) -> Option<Float64Array> {
    match array.data_type() {
        DataType::Float64 => Some(array.as_primitive::<Float64Type>().clone()),
        DataType::Int64 => Some(array.as_primitive::<Int64Type>().unary(|int| int as f64)),
        _ => None,
    }
}

fn side(vector: &Vector) -> Option<Side> {
    match vector {
        Vector::Array { array, .. } => Some(Side::Column(array.clone())),
        constant => Some(Side::One(Scalar::new(one(constant).ok()?))),
    }
}

fn float_side(vector: &Vector) -> Option<Side> {
    match vector {
        Vector::Array { array, .. } => Some(Side::Column(Arc::new(to_floats(array)?))),
        constant => Some(Side::One(Scalar::new(Arc::new(to_floats(&one(constant).ok()?)?)))),
    }
}

fn one(constant: &Vector) -> Result<ArrayRef, Failure> {
    constant.clone().into_array(constant.kind().unwrap_or(Kind::Any), 1)
}
