//! Columns in the Arrow types that Grafana takes: integers, floats, text, booleans and nanosecond timestamps.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, StringArray, TimestampNanosecondArray,
};
use arrow::datatypes::{
    DataType, Date32Type, DurationMicrosecondType, Time64MicrosecondType, TimeUnit, TimestampMicrosecondType,
};
use base64::Engine as _;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta};

use crate::error::{Error, Result};

/// A column Grafana takes, and how many of its values had to be left out.
pub struct Cells {
    /// The values.
    pub array: ArrayRef,
    /// Times that nanoseconds since 1970 cannot hold (before 1678 or after 2261); they are null.
    pub out_of_range: usize,
}

/// Converts a column of the server's answer.
pub fn convert(column: &ArrayRef) -> Result<Cells> {
    let array: ArrayRef = match column.data_type() {
        DataType::Boolean | DataType::Int64 | DataType::Float64 | DataType::Utf8 => column.clone(),
        DataType::Timestamp(TimeUnit::Microsecond, _) => return Ok(nanoseconds(column)),
        DataType::Date32 => text(column.as_primitive::<Date32Type>().iter(), date_text),
        DataType::Time64(TimeUnit::Microsecond) => {
            text(column.as_primitive::<Time64MicrosecondType>().iter(), time_text)
        }
        DataType::Duration(TimeUnit::Microsecond) => {
            Arc::new(column.as_primitive::<DurationMicrosecondType>().iter().collect::<Int64Array>())
        }
        DataType::Binary => {
            text(column.as_binary::<i32>().iter(), |bytes| base64::prelude::BASE64_STANDARD.encode(bytes))
        }
        DataType::Null => Arc::new(StringArray::new_null(column.len())),
        other => return Err(Error::Format(format!("the server sent a column of the unknown type {other}"))),
    };
    Ok(Cells { array, out_of_range: 0 })
}

/// The same rows in another order, or some of them.
pub fn take(array: &ArrayRef, rows: &[usize]) -> ArrayRef {
    let chosen = |valid: usize| if array.is_null(valid) { None } else { Some(valid) };
    let rows = rows.iter().copied();
    match array.data_type() {
        DataType::Boolean => {
            let values = array.as_boolean();
            Arc::new(rows.map(|row| chosen(row).map(|row| values.value(row))).collect::<BooleanArray>())
        }
        DataType::Int64 => {
            let values = array.as_primitive::<arrow::datatypes::Int64Type>();
            Arc::new(rows.map(|row| chosen(row).map(|row| values.value(row))).collect::<Int64Array>())
        }
        DataType::Float64 => {
            let values = array.as_primitive::<arrow::datatypes::Float64Type>();
            Arc::new(rows.map(|row| chosen(row).map(|row| values.value(row))).collect::<Float64Array>())
        }
        DataType::Timestamp(..) => {
            let values = array.as_primitive::<arrow::datatypes::TimestampNanosecondType>();
            Arc::new(
                rows.map(|row| chosen(row).map(|row| values.value(row)))
                    .collect::<TimestampNanosecondArray>(),
            )
        }
        // `convert` gives no other type.
        _ => {
            let values = array.as_string::<i32>();
            Arc::new(rows.map(|row| chosen(row).map(|row| values.value(row))).collect::<StringArray>())
        }
    }
}

fn nanoseconds(column: &ArrayRef) -> Cells {
    let mut out_of_range = 0;
    let array: TimestampNanosecondArray = column
        .as_primitive::<TimestampMicrosecondType>()
        .iter()
        .map(|micros| {
            let nanos = micros?.checked_mul(1000);
            out_of_range += usize::from(nanos.is_none());
            nanos
        })
        .collect();
    Cells { array: Arc::new(array), out_of_range }
}

fn text<T>(values: impl Iterator<Item = Option<T>>, write: impl Fn(T) -> String) -> ArrayRef {
    Arc::new(values.map(|value| value.map(&write)).collect::<StringArray>())
}

fn date_text(days: i32) -> String {
    let epoch = DateTime::UNIX_EPOCH.date_naive();
    let distance = Days::new(u64::from(days.unsigned_abs()));
    let date = if days < 0 { epoch.checked_sub_days(distance) } else { epoch.checked_add_days(distance) };
    date.map_or_else(|| format!("{days} days since 1970-01-01"), |date: NaiveDate| date.to_string())
}

fn time_text(micros: i64) -> String {
    let (time, _) = NaiveTime::MIN.overflowing_add_signed(TimeDelta::microseconds(micros));
    time.format("%H:%M:%S%.f").to_string()
}
