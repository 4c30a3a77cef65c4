//! Frames decoded as Grafana decodes them, and as the JSON that its HTTP API answers.

use std::io::Cursor;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimeUnit, TimestampNanosecondType};
use arrow::ipc::reader::FileReader;
use grafana_plugin_sdk::pluginv2::DataResponse;
use serde_json::{Map, Value, json};

use crate::error::{Error, Result};

/// One answer in the form of `POST /api/ds/query`.
pub fn answer_json(answer: &DataResponse) -> Result<Value> {
    let frames = answer.frames.iter().map(|frame| frame_json(frame)).collect::<Result<Vec<_>>>()?;
    let mut object = Map::from_iter([
        ("status".to_owned(), json!(answer.status)),
        ("frames".to_owned(), Value::Array(frames)),
    ]);
    if !answer.error.is_empty() {
        object.insert("error".into(), json!(answer.error));
    }
    Ok(Value::Object(object))
}

/// One frame: `{schema: {refId, meta, fields}, data: {values}}`.
pub fn frame_json(bytes: &[u8]) -> Result<Value> {
    let broken = |error: arrow::error::ArrowError| Error::Frame(error.to_string());
    let reader = FileReader::try_new(Cursor::new(bytes), None).map_err(broken)?;
    let schema = reader.schema();
    let batches = reader.collect::<std::result::Result<Vec<_>, _>>().map_err(broken)?;
    if batches.len() > 1 {
        return Err(Error::Frame(format!("{} record batches; a frame has one", batches.len())));
    }
    let mut fields = Vec::new();
    let mut values = Vec::new();
    for (at, field) in schema.fields().iter().enumerate() {
        let kind = grafana_type(field.data_type())?;
        let labels: Option<Value> = match field.metadata().get("labels") {
            Some(text) => Some(serde_json::from_str(text).map_err(|error| Error::Frame(error.to_string()))?),
            None => None,
        };
        fields.push(json!({"name": field.name(), "type": kind, "labels": labels}));
        values.push(batches.first().map_or(json!([]), |batch| column_json(batch.column(at))));
    }
    let text = |key: &str| schema.metadata().get(key).cloned().unwrap_or_default();
    let meta: Value = serde_json::from_str(&text("meta")).unwrap_or(Value::Null);
    Ok(json!({
        "schema": {"name": text("name"), "refId": text("refId"), "meta": meta, "fields": fields},
        "data": {"values": values},
    }))
}

/// Grafana's field types; what its decoder refuses is an error here too.
fn grafana_type(data_type: &DataType) -> Result<&'static str> {
    Ok(match data_type {
        DataType::Int64 | DataType::Float64 => "number",
        DataType::Utf8 => "string",
        DataType::Boolean => "boolean",
        DataType::Timestamp(TimeUnit::Nanosecond, _) => "time",
        other => return Err(Error::Frame(format!("Grafana takes no column of type {other}"))),
    })
}

fn column_json(column: &ArrayRef) -> Value {
    (0..column.len())
        .map(|row| if column.is_null(row) { Value::Null } else { cell_json(column, row) })
        .collect()
}

fn cell_json(column: &ArrayRef, row: usize) -> Value {
    match column.data_type() {
        DataType::Int64 => json!(column.as_primitive::<Int64Type>().value(row)),
        DataType::Float64 => json!(column.as_primitive::<Float64Type>().value(row)),
        DataType::Boolean => json!(column.as_boolean().value(row)),
        DataType::Timestamp(..) => {
            json!(column.as_primitive::<TimestampNanosecondType>().value(row).div_euclid(1_000_000))
        }
        // `grafana_type` lets nothing else through.
        _ => json!(column.as_string::<i32>().value(row)),
    }
}
