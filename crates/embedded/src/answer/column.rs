//! One column of the answer.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryBuilder, StringBuilder};
use arrow::datatypes::{DataType, Field};
use rockhopper_engine::{ABSENT_KEY, JSON_TYPE, TYPE_KEY};
use rockhopper_sql::{Type, Value};
use rockhopper_values::{codec, json};

use crate::error::Failure;
use crate::kind::{Absent, Kind};
use crate::program::{native_array, value_at};

/// A column under its name. One whose values are all of one scalar type has that type.
pub(super) fn finished(
    name: &str,
    kind: Kind,
    absent: Absent,
    array: &ArrayRef,
) -> Result<(Field, ArrayRef), Failure> {
    match kind.value_type() {
        Some(value_type) => Ok((typed(name, value_type, absent, array.data_type()), array.clone())),
        None => any(name, absent, array),
    }
}

/// A column of the members of a star, whose Arrow nulls are undefined.
pub(super) fn of_members(name: &str, array: &ArrayRef) -> Result<(Field, ArrayRef), Failure> {
    any(name, Absent::Undefined, array)
}

fn any(name: &str, absent: Absent, array: &ArrayRef) -> Result<(Field, ArrayRef), Failure> {
    let rows = array.len();
    match only_type(array, absent) {
        Some((Type::Bytes, absent)) => {
            let mut builder = BinaryBuilder::with_capacity(rows, rows * 16);
            for row in 0..rows {
                match value_at(Kind::Any, absent, array, row)? {
                    Value::Bytes(bytes) => builder.append_value(bytes),
                    _ => builder.append_null(),
                }
            }
            Ok((typed(name, Type::Bytes, absent, &DataType::Binary), Arc::new(builder.finish())))
        }
        Some((value_type, absent)) => {
            let values =
                native_array(Kind::of(value_type), rows, |row| value_at(Kind::Any, absent, array, row))?;
            Ok((typed(name, value_type, absent, values.data_type()), values))
        }
        None => json_text(name, absent, array),
    }
}

/// The scalar type of all values, and what the others are, if that is one thing.
fn only_type(array: &ArrayRef, absent: Absent) -> Option<(Type, Absent)> {
    let bytes = array.as_binary::<i32>();
    let mut found = None;
    let mut missing = Absent::Never;
    for row in 0..array.len() {
        let value_type =
            if bytes.is_valid(row) { codec::type_of(bytes.value(row)) } else { absent.value().type_of() };
        match value_type {
            Type::Null => missing = missing.union(Absent::Null)?,
            Type::Undefined => missing = missing.union(Absent::Undefined)?,
            Type::Array | Type::Object => return None,
            other if found.is_some_and(|found| found != other) => return None,
            other => found = Some(other),
        }
    }
    Some((found?, missing))
}

fn json_text(name: &str, absent: Absent, array: &ArrayRef) -> Result<(Field, ArrayRef), Failure> {
    let mut builder = StringBuilder::with_capacity(array.len(), array.len() * 16);
    let mut text = String::new();
    for row in 0..array.len() {
        match value_at(Kind::Any, absent, array, row)? {
            Value::Undefined => builder.append_null(),
            value => {
                text.clear();
                json::write(&value, &mut text);
                builder.append_value(&text);
            }
        }
    }
    let metadata = HashMap::from([(TYPE_KEY.to_owned(), JSON_TYPE.to_owned())]);
    let field = Field::new(name, DataType::Utf8, true).with_metadata(metadata);
    Ok((field, Arc::new(builder.finish())))
}

fn typed(name: &str, value_type: Type, absent: Absent, data_type: &DataType) -> Field {
    let absent = match absent {
        Absent::Undefined => Type::Undefined,
        Absent::Null | Absent::Never => Type::Null,
    };
    let metadata = HashMap::from([
        (TYPE_KEY.to_owned(), value_type.name().to_owned()),
        (ABSENT_KEY.to_owned(), absent.name().to_owned()),
    ]);
    Field::new(name, data_type.clone(), true).with_metadata(metadata)
}
