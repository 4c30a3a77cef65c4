//! Many values of one expression: a constant, an Arrow array, or values one by one.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryBuilder, BooleanArray, BooleanBuilder, Date32Array,
    DurationMicrosecondArray, Float64Array, Int64Array, StringBuilder, Time64MicrosecondArray,
    TimestampMicrosecondArray, new_null_array,
};
use arrow::datatypes::{
    Date32Type, DurationMicrosecondType, Float64Type, Int64Type, Time64MicrosecondType,
    TimestampMicrosecondType,
};
use rockhopper_sql::{Type, Value};
use rockhopper_values::{codec, truth};

use crate::error::Failure;
use crate::kind::{Absent, Kind, UTC};

/// The values of an expression for the rows of a batch.
#[derive(Clone, Debug)]
pub(crate) enum Vector {
    /// The same value for every row.
    Constant(Value),
    /// A column.
    Array {
        /// How values are held.
        kind: Kind,
        /// What an Arrow null stands for.
        absent: Absent,
        /// One for each row.
        array: ArrayRef,
    },
    /// One for each row.
    Values(Vec<Value>),
}

impl Vector {
    /// A column whose Arrow nulls are the explicit null.
    pub(crate) fn native(kind: Kind, array: ArrayRef) -> Vector {
        Vector::Array { kind, absent: Absent::Null, array }
    }

    /// Truth values; an Arrow null is null.
    pub(crate) fn bools(array: BooleanArray) -> Vector {
        Vector::native(Kind::Bool, Arc::new(array))
    }

    /// The kind that all values have; None where they are held one by one or are null.
    pub(crate) fn kind(&self) -> Option<Kind> {
        match self {
            Vector::Constant(value) => match Kind::of(value.type_of()) {
                Kind::Any => None,
                kind => Some(kind),
            },
            Vector::Array { kind, .. } => Some(*kind),
            Vector::Values(_) => None,
        }
    }

    /// The value of a row.
    pub(crate) fn value(&self, row: usize) -> Result<Value, Failure> {
        match self {
            Vector::Constant(value) => Ok(value.clone()),
            Vector::Values(values) => Ok(values[row].clone()),
            Vector::Array { kind, absent, array } => value_at(*kind, *absent, array, row),
        }
    }

    /// Whether the row's value is null or undefined.
    pub(crate) fn is_null(&self, row: usize) -> bool {
        match self {
            Vector::Constant(value) => value.is_null(),
            Vector::Values(values) => values[row].is_null(),
            Vector::Array { kind: Kind::Any, array, .. } => {
                array.is_null(row) || is_encoded_null(array.as_binary::<i32>().value(row))
            }
            Vector::Array { array, .. } => array.is_null(row),
        }
    }

    /// Rockset's truth of each value; an Arrow null where it is unknown.
    pub(crate) fn truth(&self, rows: usize) -> Result<BooleanArray, Failure> {
        match self {
            Vector::Constant(value) => Ok(BooleanArray::from(vec![truth(value); rows])),
            Vector::Values(values) => Ok(values.iter().map(truth).collect()),
            Vector::Array { kind: Kind::Bool, array, .. } => Ok(array.as_boolean().clone()),
            Vector::Array { .. } => {
                let mut builder = BooleanBuilder::with_capacity(rows);
                for row in 0..rows {
                    builder.append_option(truth(&self.value(row)?));
                }
                Ok(builder.finish())
            }
        }
    }

    /// The values of the rows `indices` names, in that order.
    pub(crate) fn take(&self, indices: &arrow::array::UInt32Array) -> Result<Vector, Failure> {
        Ok(match self {
            Vector::Constant(value) => Vector::Constant(value.clone()),
            Vector::Values(values) => {
                Vector::Values(indices.values().iter().map(|index| values[*index as usize].clone()).collect())
            }
            Vector::Array { kind, absent, array } => {
                let array = arrow::compute::take(array, indices, None)?;
                Vector::Array { kind: *kind, absent: *absent, array }
            }
        })
    }

    /// The column of `kind` that holds the values. Values of another type are a defect of the planner's types.
    pub(crate) fn into_array(self, kind: Kind, rows: usize) -> Result<ArrayRef, Failure> {
        match self {
            Vector::Array { kind: own, absent, array } if own == kind => {
                if kind == Kind::Any && absent == Absent::Undefined && array.null_count() > 0 {
                    return any_array(rows, |row| value_at(own, absent, &array, row));
                }
                Ok(array)
            }
            Vector::Array { kind: own, absent, array } if kind == Kind::Any => {
                native_to_any(own, absent, &array)
            }
            Vector::Constant(value) => constant_array(&value, kind, rows),
            other if kind == Kind::Any => any_array(rows, |row| other.value(row)),
            other => native_array(kind, rows, |row| other.value(row)),
        }
    }
}

/// Whether the codec's bytes are those of null or undefined.
pub(crate) fn is_encoded_null(bytes: &[u8]) -> bool {
    matches!(codec::type_of(bytes), Type::Null | Type::Undefined)
}

/// The value in a column's row.
pub(crate) fn value_at(kind: Kind, absent: Absent, array: &ArrayRef, row: usize) -> Result<Value, Failure> {
    if array.is_null(row) {
        return Ok(absent.value());
    }
    Ok(match kind {
        Kind::Bool => Value::Bool(array.as_boolean().value(row)),
        Kind::Int => Value::Int(array.as_primitive::<Int64Type>().value(row)),
        Kind::Float => Value::Float(array.as_primitive::<Float64Type>().value(row)),
        Kind::String => Value::String(array.as_string::<i32>().value(row).to_owned()),
        Kind::Timestamp => Value::Timestamp(array.as_primitive::<TimestampMicrosecondType>().value(row)),
        Kind::Date => Value::Date(array.as_primitive::<Date32Type>().value(row)),
        Kind::DateTime => Value::DateTime(array.as_primitive::<TimestampMicrosecondType>().value(row)),
        Kind::Time => Value::Time(array.as_primitive::<Time64MicrosecondType>().value(row)),
        Kind::MicrosecondInterval => {
            Value::MicrosecondInterval(array.as_primitive::<DurationMicrosecondType>().value(row))
        }
        Kind::MonthInterval => Value::MonthInterval(array.as_primitive::<Int64Type>().value(row)),
        Kind::Any => codec::decode(array.as_binary::<i32>().value(row))?,
    })
}

fn constant_array(value: &Value, kind: Kind, rows: usize) -> Result<ArrayRef, Failure> {
    if kind != Kind::Any && value.is_null() {
        return Ok(new_null_array(&kind.data_type(), rows));
    }
    if kind == Kind::Any {
        any_array(rows, |_| Ok(value.clone()))
    } else {
        native_array(kind, rows, |_| Ok(value.clone()))
    }
}

/// A column of kind [`Kind::Any`] from values.
pub(crate) fn any_array(
    rows: usize,
    mut value: impl FnMut(usize) -> Result<Value, Failure>,
) -> Result<ArrayRef, Failure> {
    let mut builder = BinaryBuilder::with_capacity(rows, rows * 16);
    let mut buffer = Vec::new();
    for row in 0..rows {
        buffer.clear();
        codec::encode(&value(row)?, &mut buffer);
        builder.append_value(&buffer);
    }
    Ok(Arc::new(builder.finish()))
}

fn native_to_any(kind: Kind, absent: Absent, array: &ArrayRef) -> Result<ArrayRef, Failure> {
    let rows = array.len();
    let mut builder = BinaryBuilder::with_capacity(rows, rows * 16);
    let mut buffer = Vec::new();
    for row in 0..rows {
        buffer.clear();
        if array.is_null(row) {
            codec::encode(&absent.value(), &mut buffer);
        } else {
            match kind {
                Kind::String => codec::encode_str(array.as_string::<i32>().value(row), &mut buffer),
                Kind::Int => codec::encode_i64(array.as_primitive::<Int64Type>().value(row), &mut buffer),
                _ => codec::encode(&value_at(kind, absent, array, row)?, &mut buffer),
            }
        }
        builder.append_value(&buffer);
    }
    Ok(Arc::new(builder.finish()))
}

/// A column of a native kind from values of its type and nulls.
pub(crate) fn native_array(
    kind: Kind,
    rows: usize,
    mut value: impl FnMut(usize) -> Result<Value, Failure>,
) -> Result<ArrayRef, Failure> {
    macro_rules! collect {
        ($array:ty, $variant:ident) => {{
            let mut values = Vec::with_capacity(rows);
            for row in 0..rows {
                values.push(match value(row)? {
                    Value::$variant(inner) => Some(inner),
                    null if null.is_null() => None,
                    other => return Err(wrong_type(kind, &other)),
                });
            }
            <$array>::from(values)
        }};
    }
    Ok(match kind {
        Kind::Bool => Arc::new(collect!(BooleanArray, Bool)),
        Kind::Int => Arc::new(collect!(Int64Array, Int)),
        Kind::Float => Arc::new(collect!(Float64Array, Float)),
        Kind::Timestamp => Arc::new(collect!(TimestampMicrosecondArray, Timestamp).with_timezone(UTC)),
        Kind::Date => Arc::new(collect!(Date32Array, Date)),
        Kind::DateTime => Arc::new(collect!(TimestampMicrosecondArray, DateTime)),
        Kind::Time => Arc::new(collect!(Time64MicrosecondArray, Time)),
        Kind::MicrosecondInterval => Arc::new(collect!(DurationMicrosecondArray, MicrosecondInterval)),
        Kind::MonthInterval => Arc::new(collect!(Int64Array, MonthInterval)),
        Kind::String => {
            let mut builder = StringBuilder::with_capacity(rows, rows * 16);
            for row in 0..rows {
                match value(row)? {
                    Value::String(text) => builder.append_value(text),
                    null if null.is_null() => builder.append_null(),
                    other => return Err(wrong_type(kind, &other)),
                }
            }
            Arc::new(builder.finish())
        }
        Kind::Any => return any_array(rows, value),
    })
}

fn wrong_type(kind: Kind, value: &Value) -> Failure {
    Failure::internal(format!("a column planned as {kind:?} holds a value of type {}", value.type_of()))
}
