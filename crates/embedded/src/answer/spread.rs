//! Stars: the members of objects as columns.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayBuilder, ArrayRef, AsArray, BinaryBuilder};
use rockhopper_sql::Type;
use rockhopper_values::codec;

use crate::error::Failure;
use crate::kind::Kind;

/// Columns that a star may become.
const MAX_COLUMNS: usize = 10_000;
/// An Arrow offset, for each row of each column.
const OFFSET_BYTES: usize = 4;
/// What the engine adds to documents comes after what the user wrote.
const LAST: [&str; 3] = ["_id", "_event_time", "_meta"];

/// A column for each name that an object of the column has, in the order in which the names come up; an Arrow null
/// where a row's object has no such member. What is no object adds nothing.
pub(super) fn members(
    array: &ArrayRef,
    kind: Kind,
    max_bytes: usize,
) -> Result<Vec<(String, ArrayRef)>, Failure> {
    if kind != Kind::Any {
        return Ok(Vec::new());
    }
    let objects = array.as_binary::<i32>();
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let mut builders: Vec<(String, BinaryBuilder)> = Vec::new();
    for row in 0..objects.len() {
        if objects.is_null(row) || codec::type_of(objects.value(row)) != Type::Object {
            continue;
        }
        for (name, value) in codec::members(objects.value(row))? {
            let number = match numbers.get(name.as_ref()) {
                Some(number) => *number,
                None => {
                    builders.push((name.to_string(), BinaryBuilder::new()));
                    numbers.insert(name.to_string(), builders.len() - 1);
                    check(builders.len(), objects.len(), max_bytes)?;
                    builders.len() - 1
                }
            };
            let builder = &mut builders[number].1;
            builder.append_nulls(row - builder.len());
            builder.append_value(value);
        }
    }
    let mut columns: Vec<(String, ArrayRef)> = Vec::with_capacity(builders.len());
    for (name, mut builder) in builders {
        builder.append_nulls(objects.len() - builder.len());
        columns.push((name, Arc::new(builder.finish())));
    }
    columns.sort_by_key(|(name, _)| LAST.iter().position(|last| last == name).map_or(0, |place| place + 1));
    Ok(columns)
}

fn check(columns: usize, rows: usize, max_bytes: usize) -> Result<(), Failure> {
    let remedy = "name the columns that you need instead of *, or use EXCEPT";
    if columns > MAX_COLUMNS {
        return Err(Failure::limit("the columns of a star", MAX_COLUMNS.to_string(), remedy));
    }
    if columns * rows * OFFSET_BYTES > max_bytes {
        return Err(Failure::limit("the columns of a star", format!("{max_bytes} bytes"), remedy));
    }
    Ok(())
}
