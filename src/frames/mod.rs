//! Answers as Grafana's frames: each an Arrow IPC file with the metadata that Grafana's Go SDK reads.
//!
//! Frame types and their rules are Grafana's data plane contract, version 0.1.

mod cells;
mod meta;
mod series;
mod table;
#[cfg(test)]
mod tests;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::SchemaRef;
use arrow::ipc::writer::FileWriter;
pub use meta::{Meta, Stat};

use crate::error::Result;
use crate::query::Format;

/// A frame: an Arrow IPC file.
pub type Frame = Vec<u8>;

/// The frames of an answer. `rows` holds all rows in one batch.
pub fn frames(ref_id: &str, rows: &RecordBatch, format: Format, meta: Meta) -> Result<Vec<Frame>> {
    match format {
        Format::Table => Ok(vec![table::frame(ref_id, rows, meta)?]),
        Format::TimeSeries => series::frames(ref_id, rows, meta),
    }
}

/// A frame without fields. It carries the query's text where the query failed.
pub fn empty(ref_id: &str, meta: &Meta) -> Result<Frame> {
    write(ref_id, "", SchemaRef::new(arrow::datatypes::Schema::empty()), Vec::new(), meta)
}

/// Writes one frame.
fn write(ref_id: &str, name: &str, schema: SchemaRef, columns: Vec<ArrayRef>, meta: &Meta) -> Result<Frame> {
    let metadata = [
        ("name".to_owned(), name.to_owned()),
        ("refId".to_owned(), ref_id.to_owned()),
        ("meta".to_owned(), meta.json()),
    ];
    let schema = SchemaRef::new(schema.as_ref().clone().with_metadata(metadata.into()));
    let options = arrow::array::RecordBatchOptions::new()
        .with_row_count(Some(columns.first().map_or(0, |column| column.len())));
    let batch = RecordBatch::try_new_with_options(schema.clone(), columns, &options)?;
    let mut writer = FileWriter::try_new(Vec::new(), &schema)?;
    writer.write(&batch)?;
    Ok(writer.into_inner()?)
}
