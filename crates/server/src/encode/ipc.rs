//! The Arrow answer: one IPC stream whose schema metadata carries what is known of the query.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use arrow::error::ArrowError;
use arrow::ipc::writer::StreamWriter;
use rockhopper_api::{QUERY_METADATA_KEY, QueryMetadata};
use rockhopper_engine::Answer;

use crate::{Error, Result};

/// The largest Arrow answer: what the client takes in by default.
pub const MAX_ARROW_ANSWER_BYTES: usize = rockhopper_client::MAX_ANSWER_BYTES;

/// Writes an answer as an Arrow IPC stream.
///
/// # Errors
/// [`Error::ResourceExceeded`] past [`MAX_ARROW_ANSWER_BYTES`].
pub fn arrow_stream(answer: &Answer, metadata: &QueryMetadata) -> Result<Vec<u8>> {
    let text = serde_json::to_string(metadata).map_err(|error| Error::Internal(error.to_string()))?;
    let schema_metadata = HashMap::from([(QUERY_METADATA_KEY.to_string(), text)]);
    let schema = Arc::new(Schema::new_with_metadata(answer.schema.fields().clone(), schema_metadata));
    let defect =
        |error: ArrowError| Error::Internal(format!("the answer cannot be written as Arrow: {error}"));
    let mut writer = StreamWriter::try_new(Vec::new(), &schema).map_err(defect)?;
    for batch in &answer.batches {
        if batch.num_columns() == 0 {
            continue;
        }
        let batch = RecordBatch::try_new(schema.clone(), batch.columns().to_vec()).map_err(defect)?;
        writer.write(&batch).map_err(defect)?;
        check_size(writer.get_ref().len(), MAX_ARROW_ANSWER_BYTES)?;
    }
    writer.into_inner().map_err(defect)
}

/// Fails when an answer passes its limit.
pub(super) fn check_size(bytes: usize, limit: usize) -> Result<()> {
    if bytes > limit {
        return Err(Error::ResourceExceeded(format!(
            "the answer has more than {} MiB; select fewer columns, aggregate, or set a LIMIT",
            limit >> 20
        )));
    }
    Ok(())
}
