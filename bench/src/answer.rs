//! Our answers as rows of JSON values, to be compared with those of others.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Int64Type, TimeUnit, TimestampMicrosecondType};
use rockhopper_client::QueryAnswer;
use serde_json::Value;

use crate::compare::Rows;

/// The rows. A timestamp is its milliseconds since 1970.
pub fn rows(answer: &QueryAnswer) -> Rows {
    answer.batches.iter().flat_map(batch_rows).collect()
}

fn batch_rows(batch: &RecordBatch) -> Rows {
    (0..batch.num_rows())
        .map(|row| batch.columns().iter().map(|column| cell(column, row)).collect())
        .collect()
}

/// The benchmarks' statements answer with text, integers and timestamps only.
fn cell(column: &dyn Array, row: usize) -> Value {
    match column.data_type() {
        _ if column.is_null(row) => Value::Null,
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).into(),
        DataType::Utf8 => column.as_string::<i32>().value(row).into(),
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            column.as_primitive::<TimestampMicrosecondType>().value(row).div_euclid(1000).into()
        }
        other => format!("a column of type {other}").into(),
    }
}
