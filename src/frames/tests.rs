//! Frames as Grafana's decoder sees them: schema metadata, field types and values.

use std::io::Cursor;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, Date32Array, DurationMicrosecondArray, Int64Array, StringArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::{Field, Schema};
use arrow::ipc::reader::FileReader;
use arrow::util::pretty::pretty_format_batches;

use super::*;

fn rows(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let fields: Vec<Field> =
        columns.iter().map(|(name, column)| Field::new(*name, column.data_type().clone(), true)).collect();
    RecordBatch::try_new(
        Arc::new(Schema::new(fields)),
        columns.into_iter().map(|(_, column)| column).collect(),
    )
    .expect("columns of one length")
}

fn times(seconds: &[i64]) -> ArrayRef {
    let micros = seconds.iter().map(|second| second * 1_000_000);
    Arc::new(TimestampMicrosecondArray::from_iter_values(micros).with_timezone("UTC"))
}

/// Type, labels of the last field, rows.
fn shown(frames: &[Frame]) -> String {
    let mut text = String::new();
    for frame in frames {
        let reader = FileReader::try_new(Cursor::new(frame), None).expect("an Arrow file");
        let schema = reader.schema();
        let meta: serde_json::Value = serde_json::from_str(&schema.metadata()["meta"]).expect("meta is JSON");
        let labels = schema.fields().last().and_then(|field| field.metadata().get("labels").cloned());
        let batches: Vec<RecordBatch> =
            reader.collect::<std::result::Result<_, _>>().expect("readable batches");
        text.push_str(&format!("{} {}\n", meta["type"].as_str().unwrap_or("-"), labels.unwrap_or_default()));
        for notice in meta["notices"].as_array().into_iter().flatten() {
            text.push_str(&format!("{}\n", notice["text"].as_str().unwrap_or_default()));
        }
        if !schema.fields().is_empty() {
            text.push_str(&format!("{}\n", pretty_format_batches(&batches).expect("printable")));
        }
    }
    text
}

fn made(columns: Vec<(&str, ArrayRef)>, format: Format) -> String {
    shown(&frames("A", &rows(columns), format, Meta::default()).expect("frames"))
}

#[test]
fn a_table_keeps_rows_and_turns_types_into_grafanas() {
    let table = made(
        vec![
            ("day", Arc::new(Date32Array::from(vec![Some(17_897), None]))),
            ("span", Arc::new(DurationMicrosecondArray::from(vec![Some(2_000_000), Some(-1)]))),
            ("text", Arc::new(StringArray::from(vec![None, Some("x")]))),
            ("at", times(&[0, i64::MAX / 1_000_000])),
        ],
        Format::Table,
    );
    assert_eq!(
        table,
        "table \n\
         1 times of `at` lie before 1678 or after 2261 and are shown as empty\n\
         +------------+---------+------+---------------------+\n\
         | day        | span    | text | at                  |\n\
         +------------+---------+------+---------------------+\n\
         | 2019-01-01 | 2000000 |      | 1970-01-01T00:00:00 |\n\
         |            | -1      | x    |                     |\n\
         +------------+---------+------+---------------------+\n"
    );
}

#[test]
fn numbers_over_time_are_one_wide_frame_in_order() {
    let series = made(
        vec![("n", Arc::new(Int64Array::from(vec![2, 1]))), ("time", times(&[4, 2]))],
        Format::TimeSeries,
    );
    assert_eq!(
        series,
        "timeseries-wide \n\
         +---------------------+---+\n\
         | time                | n |\n\
         +---------------------+---+\n\
         | 1970-01-01T00:00:02 | 1 |\n\
         | 1970-01-01T00:00:04 | 2 |\n\
         +---------------------+---+\n"
    );
}

#[test]
fn text_columns_are_labels_of_series() {
    let series = made(
        vec![
            ("time", times(&[2, 2, 4])),
            ("tag", Arc::new(StringArray::from(vec![Some("a"), None, Some("a")]))),
            ("n", Arc::new(Int64Array::from(vec![1, 2, 3]))),
        ],
        Format::TimeSeries,
    );
    assert_eq!(
        series,
        "timeseries-multi {\"tag\":\"a\"}\n\
         +---------------------+---+\n\
         | time                | n |\n\
         +---------------------+---+\n\
         | 1970-01-01T00:00:02 | 1 |\n\
         | 1970-01-01T00:00:04 | 3 |\n\
         +---------------------+---+\n\
         timeseries-multi {\"tag\":\"\"}\n\
         +---------------------+---+\n\
         | time                | n |\n\
         +---------------------+---+\n\
         | 1970-01-01T00:00:02 | 2 |\n\
         +---------------------+---+\n"
    );
}

#[test]
fn no_rows_are_a_typed_frame_without_fields() {
    let none = rows(vec![("time", times(&[])), ("n", Arc::new(Int64Array::from(Vec::<i64>::new())))]);
    let frames = frames("A", &none, Format::TimeSeries, Meta::default()).expect("frames");
    assert_eq!(shown(&frames), "timeseries-multi \n");
}

#[test]
fn a_series_without_time_or_numbers_says_what_to_do() {
    let error = |columns| {
        frames("A", &rows(columns), Format::TimeSeries, Meta::default()).expect_err("no series").to_string()
    };
    assert!(
        error(vec![("n", Arc::new(Int64Array::from(vec![1])) as ArrayRef)])
            .contains("needs a timestamp column")
    );
    assert!(error(vec![("time", times(&[1]))]).contains("needs a column of numbers"));
}

#[test]
fn series_past_the_limit_are_left_out_aloud() {
    let count = 1_001;
    let tags: Vec<String> = (0..count).map(|tag| tag.to_string()).collect();
    let batch = rows(vec![
        ("time", times(&vec![1; count])),
        ("tag", Arc::new(StringArray::from(tags))),
        ("n", Arc::new(Int64Array::from(vec![1; count]))),
    ]);
    let frames = frames("A", &batch, Format::TimeSeries, Meta::default()).expect("frames");
    assert_eq!(frames.len(), 1_000);
    assert!(shown(&frames[..1]).contains("the answer has 1001 series; the first 1000 are shown"));
}
