//! The elements of arrays, one row for each.

use std::sync::Arc;

use arrow::array::{Array, ArrayBuilder, ArrayRef, AsArray, BinaryBuilder};
use rockhopper_sql::{Span, Type, Value};
use rockhopper_values::codec;

use super::Vector;
use crate::error::Failure;
use crate::kind::Kind;

/// The elements of the arrays of some rows, in order.
pub(crate) struct Elements {
    /// For each row, how many elements it has.
    pub(crate) counts: Vec<u32>,
    /// All elements as a column of kind [`Kind::Any`].
    pub(crate) values: ArrayRef,
}

/// The elements of each row's array. Null and undefined have none; what else is no array is an error.
pub(crate) fn explode(arrays: &Vector, rows: usize, span: Span) -> Result<Elements, Failure> {
    let mut counts = Vec::with_capacity(rows);
    let mut builder = BinaryBuilder::new();
    match arrays {
        Vector::Array { kind: Kind::Any, array, .. } => {
            let bytes = array.as_binary::<i32>();
            for row in 0..rows {
                let before = builder.len();
                if bytes.is_valid(row) {
                    append_encoded(bytes.value(row), &mut builder, span)?;
                }
                counts.push((builder.len() - before) as u32);
            }
        }
        other => {
            let mut buffer = Vec::new();
            for row in 0..rows {
                let elements = match other.value(row)? {
                    Value::Array(elements) => elements,
                    value if value.is_null() => Vec::new(),
                    value => return Err(no_array(value.type_of(), span)),
                };
                counts.push(elements.len() as u32);
                for element in &elements {
                    buffer.clear();
                    codec::encode(element, &mut buffer);
                    builder.append_value(&buffer);
                }
            }
        }
    }
    Ok(Elements { counts, values: Arc::new(builder.finish()) })
}

fn append_encoded(bytes: &[u8], builder: &mut BinaryBuilder, span: Span) -> Result<(), Failure> {
    match codec::type_of(bytes) {
        Type::Array => {
            for element in codec::elements(bytes)? {
                builder.append_value(element);
            }
            Ok(())
        }
        Type::Null | Type::Undefined => Ok(()),
        other => Err(no_array(other, span)),
    }
}

fn no_array(found: Type, span: Span) -> Failure {
    let message = format!(
        "UNNEST needs an array, not a value of type {found}; test TYPEOF(x) = 'array' first, or use ITEMS(x) for objects"
    );
    Failure::expression("unnest_needs_array", message, span)
}
