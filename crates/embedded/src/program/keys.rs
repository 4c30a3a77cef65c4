//! Values as bytes that are equal where SQL takes the values for equal: what sets, groups and joins look up.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryBuilder};
use rockhopper_sql::{Type, Value};
use rockhopper_values::codec;

use super::Vector;
use super::vector::is_encoded_null;
use crate::error::Failure;
use crate::kind::Kind;

/// The values that `IN (SELECT ..)` looks in.
#[derive(Debug, Default)]
pub(crate) struct KeySet {
    keys: HashSet<Vec<u8>>,
    has_null: bool,
    /// One bit for each family of types that compare with each other.
    families: u32,
}

impl KeySet {
    /// Adds a value.
    pub(crate) fn insert(&mut self, value: &Value) {
        if value.is_null() {
            self.has_null = true;
            return;
        }
        self.families |= family(value.type_of());
        if matches!(value, Value::Float(float) if float.is_nan()) {
            // It equals nothing.
            return;
        }
        let mut key = Vec::new();
        codec::encode_key(value, &mut key);
        self.keys.insert(key);
    }

    /// Whether it equals one of the values; None is SQL's null. `buffer` is scratch space.
    pub(crate) fn contains(&self, value: &Value, buffer: &mut Vec<u8>) -> Option<bool> {
        if self.families == 0 && !self.has_null {
            return Some(false);
        }
        if value.is_null() {
            return None;
        }
        buffer.clear();
        codec::encode_key(value, buffer);
        let is_nan = matches!(value, Value::Float(float) if float.is_nan());
        if !is_nan && self.keys.contains(buffer.as_slice()) {
            return Some(true);
        }
        // A value of a type that does not compare is null, as in `=`.
        let all_compare = self.families & !family(value.type_of()) == 0;
        (all_compare && !self.has_null).then_some(false)
    }
}

fn family(value_type: Type) -> u32 {
    let representative = match value_type {
        Type::Float => Type::Int,
        Type::Date | Type::DateTime => Type::Timestamp,
        other => other,
    };
    1 << representative as u32
}

/// A column of the values' keys. An Arrow null stands for null, undefined and, if `for_join`, what equals nothing (NaN).
///
/// Groups are shown by their keys, so a date stays a date there, though a timestamp at its midnight is another group
/// then. Joins find both equal.
pub(crate) fn key_array(values: &Vector, rows: usize, for_join: bool) -> Result<ArrayRef, Failure> {
    let mut builder = BinaryBuilder::with_capacity(rows, rows * 16);
    let mut buffer = Vec::new();
    let bytes = match values {
        Vector::Array { kind: Kind::Any, array, .. } => Some(array.as_binary::<i32>()),
        _ => None,
    };
    for row in 0..rows {
        buffer.clear();
        match bytes {
            Some(bytes) if bytes.is_null(row) || is_encoded_null(bytes.value(row)) => builder.append_null(),
            Some(bytes) if !for_join && is_date(codec::type_of(bytes.value(row))) => {
                builder.append_value(bytes.value(row));
            }
            Some(bytes) if !for_join => {
                codec::encode_key_of(bytes.value(row), &mut buffer)?;
                builder.append_value(&buffer);
            }
            _ => match values.value(row)? {
                value if value.is_null() => builder.append_null(),
                Value::Float(float) if for_join && float.is_nan() => builder.append_null(),
                value if !for_join && is_date(value.type_of()) => {
                    codec::encode(&value, &mut buffer);
                    builder.append_value(&buffer);
                }
                value => {
                    codec::encode_key(&value, &mut buffer);
                    builder.append_value(&buffer);
                }
            },
        }
    }
    Ok(Arc::new(builder.finish()))
}

fn is_date(value_type: Type) -> bool {
    matches!(value_type, Type::Date | Type::DateTime | Type::Timestamp)
}
