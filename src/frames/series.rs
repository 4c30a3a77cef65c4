//! Time series: the first time column is the axis, text columns are labels, number columns are values.
//!
//! Without labels and with each time once the answer is one frame of type `timeseries-wide`; else it becomes
//! `timeseries-multi`, one frame for each series, the only type that holds any such answer without loss.

use std::collections::HashMap;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimestampNanosecondType};

use super::{Frame, Meta, cells, write};
use crate::error::{Error, Result};

/// Most series of one query; the rest is left out with a notice.
const MAX_SERIES: usize = 1_000;
const VERSION: [u8; 2] = [0, 1];

/// The frames of a time series.
pub fn frames(ref_id: &str, rows: &RecordBatch, meta: Meta) -> Result<Vec<Frame>> {
    if rows.num_columns() == 0 || rows.num_rows() == 0 {
        return Ok(vec![super::empty(ref_id, &meta.typed("timeseries-multi", VERSION))?]);
    }
    let columns = Columns::split(rows)?;
    let order = columns.order();
    let meta = columns.notices(meta, rows.num_rows() - order.len());
    if columns.labels.is_empty() && columns.times_differ(&order) {
        wide(ref_id, &columns, &order, meta).map(|frame| vec![frame])
    } else {
        multi(ref_id, &columns, &order, meta)
    }
}

type Column = (String, ArrayRef);

struct Columns {
    time: Column,
    values: Vec<Column>,
    labels: Vec<Column>,
    out_of_range: usize,
}

impl Columns {
    fn split(rows: &RecordBatch) -> Result<Columns> {
        let (mut time, mut values, mut labels, mut out_of_range) = (None, Vec::new(), Vec::new(), 0);
        for (field, column) in rows.schema().fields().iter().zip(rows.columns()) {
            let cells = cells::convert(column)?;
            let column = (field.name().clone(), cells.array);
            match column.1.data_type() {
                DataType::Timestamp(..) if time.is_none() => {
                    out_of_range = cells.out_of_range;
                    time = Some(column);
                }
                DataType::Timestamp(..) => {}
                DataType::Int64 | DataType::Float64 | DataType::Boolean => values.push(column),
                _ => labels.push(column),
            }
        }
        let time = time.ok_or_else(|| {
            Error::Format(
                "a time series needs a timestamp column, for example TIME_BUCKET(SECONDS(2), t._event_time) AS time or \
                 TIMESTAMP_MILLIS(CAST(t.timestamp_ms AS INT)) AS time; or set the format to Table"
                    .into(),
            )
        })?;
        if values.is_empty() {
            return Err(Error::Format(
                "a time series needs a column of numbers beside the time; or set the format to Table".into(),
            ));
        }
        Ok(Columns { time, values, labels, out_of_range })
    }

    /// The rows that have a time, by time; rows of the same time stay in their order.
    fn order(&self) -> Vec<usize> {
        let times = self.time.1.as_primitive::<TimestampNanosecondType>();
        let mut order: Vec<usize> = (0..times.len()).filter(|row| times.is_valid(*row)).collect();
        order.sort_by_key(|row| times.value(*row));
        order
    }

    fn times_differ(&self, order: &[usize]) -> bool {
        let times = self.time.1.as_primitive::<TimestampNanosecondType>();
        order.windows(2).all(|pair| times.value(pair[0]) != times.value(pair[1]))
    }

    fn notices(&self, meta: Meta, without_time: usize) -> Meta {
        if without_time == 0 {
            return meta;
        }
        let reason = if self.out_of_range > 0 { " or one outside 1678 to 2261" } else { "" };
        meta.warning(format!("{without_time} rows without a time in `{}`{reason} are left out", self.time.0))
    }

    fn series_of(&self, row: usize) -> Vec<Option<&str>> {
        let cell = |column: &'_ ArrayRef| -> Option<usize> { column.is_valid(row).then_some(row) };
        self.labels
            .iter()
            .map(|(_, column)| cell(column).map(|row| column.as_string::<i32>().value(row)))
            .collect()
    }
}

fn wide(ref_id: &str, columns: &Columns, order: &[usize], meta: Meta) -> Result<Frame> {
    let all = std::iter::once(&columns.time).chain(&columns.values);
    let (fields, arrays): (Vec<_>, Vec<_>) = all
        .map(|(name, column)| {
            (Field::new(name, column.data_type().clone(), true), cells::take(column, order))
        })
        .unzip();
    let schema = SchemaRef::new(Schema::new(fields));
    write(ref_id, "", schema, arrays, &meta.typed("timeseries-wide", VERSION))
}

fn multi(ref_id: &str, columns: &Columns, order: &[usize], meta: Meta) -> Result<Vec<Frame>> {
    let mut groups: Vec<(Vec<Option<&str>>, Vec<usize>)> = Vec::new();
    let mut places: HashMap<Vec<Option<&str>>, usize> = HashMap::new();
    for row in order {
        let series = columns.series_of(*row);
        let place = *places.entry(series.clone()).or_insert_with(|| {
            groups.push((series, Vec::new()));
            groups.len() - 1
        });
        groups[place].1.push(*row);
    }
    let mut meta = meta.typed("timeseries-multi", VERSION);
    let series_count = groups.len() * columns.values.len();
    let most_groups = (MAX_SERIES / columns.values.len()).max(1);
    if groups.len() > most_groups {
        meta = meta.warning(format!(
            "the answer has {series_count} series; the first {} are shown. Group by fewer columns, or add a LIMIT",
            most_groups * columns.values.len()
        ));
        groups.truncate(most_groups);
    }
    let mut frames = Vec::with_capacity(groups.len() * columns.values.len());
    for (series, rows) in &groups {
        for value in &columns.values {
            frames.push(one_series(ref_id, columns, value, series, rows, &meta)?);
        }
    }
    Ok(frames)
}

fn one_series(
    ref_id: &str,
    columns: &Columns,
    (value_name, value): &Column,
    series: &[Option<&str>],
    rows: &[usize],
    meta: &Meta,
) -> Result<Frame> {
    let labels: serde_json::Map<String, serde_json::Value> = columns
        .labels
        .iter()
        .zip(series)
        .map(|((name, _), label)| (name.clone(), label.unwrap_or_default().into()))
        .collect();
    let (time_name, time) = &columns.time;
    let mut value_field = Field::new(value_name, value.data_type().clone(), true);
    if !labels.is_empty() {
        let labels = serde_json::Value::Object(labels).to_string();
        value_field = value_field.with_metadata([("labels".to_owned(), labels)].into());
    }
    let fields = vec![Field::new(time_name, time.data_type().clone(), true), value_field];
    let arrays = vec![cells::take(time, rows), cells::take(value, rows)];
    write(ref_id, "", SchemaRef::new(Schema::new(fields)), arrays, meta)
}
