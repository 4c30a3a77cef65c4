//! The JSON answer, in the order of keys that the recorded server used.

use std::sync::Arc;
use std::time::Instant;

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema};
use rockhopper_api::QueryStats;
use rockhopper_engine::Answer;
use serde::Serialize;

use super::cell::Column;
use super::ipc::check_size;
use crate::{Error, Result};

/// The largest JSON answer, as Rockset had it.
pub const MAX_JSON_ANSWER_BYTES: usize = 100 << 20;

/// What stands around the rows.
pub struct Head<'a> {
    /// The query's id.
    pub query_id: &'a str,
    /// Full names of the collections that were read.
    pub collections: &'a [String],
    /// Full names of the aliases that the statement went through.
    pub aliases: &'a [String],
    /// When the request arrived.
    pub started: Instant,
}

/// Writes an answer as the body of a query's response. `elapsed_time_ms` counts the writing too.
///
/// # Errors
/// [`Error::ResourceExceeded`] past [`MAX_JSON_ANSWER_BYTES`].
pub fn json_body(answer: &Answer, head: &Head<'_>) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    member(&mut body, "{", "collections", &head.collections)?;
    member(&mut body, ",", "aliases", &head.aliases)?;
    if !answer.star {
        let fields: Vec<_> = answer.schema.fields().iter().map(|field| column_field(field.name())).collect();
        member(&mut body, ",", "column_fields", &fields)?;
    }
    body.extend_from_slice(b",\"results\":[");
    write_rows(answer, &mut body, MAX_JSON_ANSWER_BYTES)?;
    body.push(b']');
    member(&mut body, ",", "query_id", &head.query_id)?;
    let stats = QueryStats {
        elapsed_time_ms: u64::try_from(head.started.elapsed().as_millis()).unwrap_or(u64::MAX),
        throttled_time_micros: u64::try_from(answer.throttled.as_micros()).unwrap_or(u64::MAX),
    };
    member(&mut body, ",", "stats", &stats)?;
    member(&mut body, ",", "status", &"COMPLETED")?;
    if !answer.warnings.is_empty() {
        member(&mut body, ",", "warnings", &answer.warnings)?;
    }
    body.push(b'}');
    Ok(body)
}

/// The rows of decoded batches, each as one JSON object.
///
/// # Errors
/// A column has a type that answers do not have.
pub fn answer_rows(schema: &Schema, batches: &[RecordBatch]) -> Result<Vec<String>> {
    let names = member_names(schema)?;
    let mut rows = Vec::new();
    for batch in batches {
        let columns = columns(schema, batch)?;
        for row in 0..batch.num_rows() {
            let mut text = Vec::new();
            write_row(&columns, &names, row, &mut text);
            rows.push(String::from_utf8_lossy(&text).into_owned());
        }
    }
    Ok(rows)
}

fn column_field(name: &str) -> rockhopper_api::ColumnField {
    rockhopper_api::ColumnField { name: name.to_string(), kind: String::new() }
}

fn member<T: Serialize>(body: &mut Vec<u8>, before: &str, name: &str, value: &T) -> Result<()> {
    body.extend_from_slice(before.as_bytes());
    write_json(body, name)?;
    body.push(b':');
    write_json(body, value)
}

fn write_json<T: Serialize + ?Sized>(body: &mut Vec<u8>, value: &T) -> Result<()> {
    serde_json::to_writer(body, value).map_err(|error| Error::Internal(error.to_string()))
}

/// Writes the rows as objects, comma between them.
fn write_rows(answer: &Answer, body: &mut Vec<u8>, limit: usize) -> Result<()> {
    let names = member_names(&answer.schema)?;
    let mut first_row = true;
    for batch in &answer.batches {
        let columns = columns(&answer.schema, batch)?;
        for row in 0..batch.num_rows() {
            if !first_row {
                body.push(b',');
            }
            first_row = false;
            write_row(&columns, &names, row, body);
            check_size(body.len(), limit)?;
        }
    }
    Ok(())
}

/// The names with their colons, ready to be written.
fn member_names(schema: &Schema) -> Result<Vec<Vec<u8>>> {
    let name = |field: &Arc<Field>| {
        let mut name = Vec::new();
        write_json(&mut name, field.name())?;
        name.push(b':');
        Ok(name)
    };
    schema.fields().iter().map(name).collect()
}

fn columns<'a>(schema: &Schema, batch: &'a RecordBatch) -> Result<Vec<Column<'a>>> {
    schema.fields().iter().zip(batch.columns()).map(|(field, array)| Column::new(field, array)).collect()
}

fn write_row(columns: &[Column<'_>], names: &[Vec<u8>], row: usize, body: &mut Vec<u8>) {
    body.push(b'{');
    let mut first = true;
    for (column, name) in columns.iter().zip(names) {
        if column.is_left_out(row) {
            continue;
        }
        if !first {
            body.push(b',');
        }
        first = false;
        body.extend_from_slice(name);
        column.write(row, body);
    }
    body.push(b'}');
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::HashMap;
    use std::sync::Arc;
    use std::time::Duration;

    use arrow::array::*;
    use arrow::datatypes::{Field, Schema};
    use rockhopper_engine::{ABSENT_KEY, TYPE_KEY};

    use super::*;

    #[test]
    fn every_type_has_its_recorded_form() {
        let columns: Vec<(&str, &str, &str, ArrayRef)> = vec![
            ("int", "int", "null", Arc::new(Int64Array::from(vec![Some(i64::MIN), None]))),
            ("float", "float", "null", Arc::new(Float64Array::from(vec![Some(0.5), Some(f64::NAN)]))),
            ("bool", "bool", "null", Arc::new(BooleanArray::from(vec![true, false]))),
            ("text", "string", "undefined", Arc::new(StringArray::from(vec![Some("a\"\n"), None]))),
            ("json", "json", "undefined", Arc::new(StringArray::from(vec![Some("{\"a\": [1]}"), None]))),
            ("bytes", "bytes", "null", Arc::new(BinaryArray::from(vec![Some(&b"hello"[..]), None]))),
            (
                "at",
                "timestamp",
                "null",
                Arc::new(
                    TimestampMicrosecondArray::from(vec![1_692_817_384_746_448, 0]).with_timezone("UTC"),
                ),
            ),
            ("civil", "datetime", "null", Arc::new(TimestampMicrosecondArray::from(vec![0, 1]))),
            ("day", "date", "null", Arc::new(Date32Array::from(vec![0, -1]))),
            ("months", "month_interval", "null", Arc::new(Int64Array::from(vec![14, 0]))),
            ("span", "microsecond_interval", "null", Arc::new(DurationMicrosecondArray::from(vec![5, -5]))),
        ];
        let answer = answer(columns);
        let head =
            Head { query_id: "q", collections: &["commons.a".into()], aliases: &[], started: Instant::now() };
        let body: serde_json::Value = serde_json::from_slice(&json_body(&answer, &head).unwrap()).unwrap();
        let typed = |kind: &str, value: serde_json::Value| serde_json::json!({"__rockset_type": kind, "value": value});
        let expected = serde_json::json!([
            {"int": i64::MIN, "float": 0.5, "bool": true, "text": "a\"\n", "json": {"a": [1]},
             "bytes": body["results"][0]["bytes"].clone(),
             "at": "2023-08-23T19:03:04.746448Z",
             "civil": typed("datetime", "1970-01-01T00:00:00".into()),
             "day": typed("date", "1970-01-01".into()), "months": typed("month_interval", 14.into()),
             "span": typed("microsecond_interval", 5.into())},
            {"int": null, "float": null, "bool": false, "bytes": null,
             "at": "1970-01-01T00:00:00.000000Z",
             "civil": typed("datetime", "1970-01-01T00:00:00.000001".into()),
             "day": typed("date", "1969-12-31".into()), "months": typed("month_interval", 0.into()),
             "span": typed("microsecond_interval", (-5).into())},
        ]);
        assert_eq!(body["results"], expected);
        assert!(body["results"][0]["bytes"].to_string().contains("aGVsbG8="), "{body}");
        assert_eq!(body["column_fields"][0], serde_json::json!({"name": "int", "type": ""}));
        assert_eq!(body["status"], "COMPLETED");
    }

    #[test]
    fn an_answer_one_byte_over_the_limit_is_refused() {
        let answer = answer(vec![("a", "int", "null", Arc::new(Int64Array::from(vec![1, 2])))]);
        let rows = r#"{"a":1},{"a":2}"#;
        write_rows(&answer, &mut Vec::new(), rows.len()).unwrap();
        let error = write_rows(&answer, &mut Vec::new(), rows.len() - 1).unwrap_err();
        assert!(matches!(error, Error::ResourceExceeded(_)));
    }

    fn answer(columns: Vec<(&str, &str, &str, ArrayRef)>) -> Answer {
        let mut fields = Vec::new();
        for (name, kind, absent, array) in &columns {
            let metadata =
                HashMap::from([(TYPE_KEY.into(), kind.to_string()), (ABSENT_KEY.into(), absent.to_string())]);
            fields.push(Field::new(*name, array.data_type().clone(), true).with_metadata(metadata));
        }
        let schema = Arc::new(Schema::new(fields));
        let arrays = columns.into_iter().map(|(.., array)| array).collect();
        let batch = RecordBatch::try_new(schema.clone(), arrays).unwrap();
        Answer { schema, batches: vec![batch], star: false, warnings: vec![], throttled: Duration::ZERO }
    }
}
