//! One column of a batch, ready to write its cells as JSON.

use std::io::Write;

use arrow::array::ArrayRef;
use arrow::array::{
    Array, AsArray, BinaryArray, BooleanArray, Date32Array, DurationMicrosecondArray, Float64Array,
    Int64Array, StringArray, Time64MicrosecondArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{
    DataType, Date32Type, DurationMicrosecondType, Field, Float64Type, Int64Type, Time64MicrosecondType,
    TimeUnit, TimestampMicrosecondType,
};
use rockhopper_engine::{ABSENT_KEY, JSON_TYPE, TYPE_KEY};
use rockhopper_sql::Value;
use rockhopper_values::json;

use crate::{Error, Result};

/// One column of a batch.
pub struct Column<'a> {
    array: &'a ArrayRef,
    cells: Cells<'a>,
    /// Whether an Arrow null is an undefined value, which is left out; else it is an explicit null.
    absent_is_undefined: bool,
}

enum Cells<'a> {
    Bool(&'a BooleanArray),
    Int(&'a Int64Array),
    MonthInterval(&'a Int64Array),
    Float(&'a Float64Array),
    Text(&'a StringArray),
    /// The text is JSON already.
    Json(&'a StringArray),
    Bytes(&'a BinaryArray),
    Timestamp(&'a TimestampMicrosecondArray),
    DateTime(&'a TimestampMicrosecondArray),
    Date(&'a Date32Array),
    Time(&'a Time64MicrosecondArray),
    MicrosecondInterval(&'a DurationMicrosecondArray),
    /// Every cell is null.
    Null,
}

impl<'a> Column<'a> {
    /// Looks at a column as its field's metadata says.
    ///
    /// # Errors
    /// The engine made a column of a type that its interface does not have.
    pub fn new(field: &Field, array: &'a ArrayRef) -> Result<Column<'a>> {
        let kind = field.metadata().get(TYPE_KEY).map(String::as_str).unwrap_or_default();
        let cells = match array.data_type() {
            DataType::Null => Cells::Null,
            DataType::Boolean => Cells::Bool(array.as_boolean()),
            DataType::Int64 if kind == "month_interval" => {
                Cells::MonthInterval(array.as_primitive::<Int64Type>())
            }
            DataType::Int64 => Cells::Int(array.as_primitive::<Int64Type>()),
            DataType::Float64 => Cells::Float(array.as_primitive::<Float64Type>()),
            DataType::Utf8 if kind == JSON_TYPE => Cells::Json(array.as_string::<i32>()),
            DataType::Utf8 => Cells::Text(array.as_string::<i32>()),
            DataType::Binary => Cells::Bytes(array.as_binary::<i32>()),
            DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => {
                Cells::Timestamp(array.as_primitive::<TimestampMicrosecondType>())
            }
            DataType::Timestamp(TimeUnit::Microsecond, None) => {
                Cells::DateTime(array.as_primitive::<TimestampMicrosecondType>())
            }
            DataType::Date32 => Cells::Date(array.as_primitive::<Date32Type>()),
            DataType::Time64(TimeUnit::Microsecond) => {
                Cells::Time(array.as_primitive::<Time64MicrosecondType>())
            }
            DataType::Duration(TimeUnit::Microsecond) => {
                Cells::MicrosecondInterval(array.as_primitive::<DurationMicrosecondType>())
            }
            other => {
                return Err(Error::Internal(format!("column \"{}\" has the type {other}", field.name())));
            }
        };
        let absent = field.metadata().get(ABSENT_KEY).map(String::as_str).unwrap_or_default();
        let absent_is_undefined = kind == JSON_TYPE || absent == "undefined";
        Ok(Column { array, cells, absent_is_undefined })
    }

    /// Whether the cell is undefined: objects leave the member out.
    pub fn is_left_out(&self, row: usize) -> bool {
        self.absent_is_undefined && self.is_absent(row)
    }

    /// Appends the cell as JSON.
    pub fn write(&self, row: usize, out: &mut Vec<u8>) {
        if self.is_absent(row) {
            out.extend_from_slice(b"null");
            return;
        }
        match &self.cells {
            Cells::Null => out.extend_from_slice(b"null"),
            Cells::Bool(cells) => out.extend_from_slice(if cells.value(row) { b"true" } else { b"false" }),
            Cells::Int(cells) => {
                // Writing to a Vec cannot fail.
                let _ = write!(out, "{}", cells.value(row));
            }
            Cells::Text(cells) => {
                let _ = serde_json::to_writer(out, cells.value(row));
            }
            Cells::Json(cells) => out.extend_from_slice(cells.value(row).as_bytes()),
            Cells::Float(cells) => write_value(&Value::Float(cells.value(row)), out),
            Cells::MonthInterval(cells) => write_value(&Value::MonthInterval(cells.value(row)), out),
            Cells::Bytes(cells) => write_value(&Value::Bytes(cells.value(row).to_vec()), out),
            Cells::Timestamp(cells) => write_value(&Value::Timestamp(cells.value(row)), out),
            Cells::DateTime(cells) => write_value(&Value::DateTime(cells.value(row)), out),
            Cells::Date(cells) => write_value(&Value::Date(cells.value(row)), out),
            Cells::Time(cells) => write_value(&Value::Time(cells.value(row)), out),
            Cells::MicrosecondInterval(cells) => {
                write_value(&Value::MicrosecondInterval(cells.value(row)), out)
            }
        }
    }

    fn is_absent(&self, row: usize) -> bool {
        matches!(self.cells, Cells::Null) || self.array.is_null(row)
    }
}

fn write_value(value: &Value, out: &mut Vec<u8>) {
    let mut text = String::new();
    json::write(value, &mut text);
    out.extend_from_slice(text.as_bytes());
}
