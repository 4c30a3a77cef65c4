//! The answer of a query, decoded from an Arrow IPC stream.

use std::io::Cursor;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::reader::StreamReader;
use bytes::Bytes;
use rockhopper_api::{QUERY_METADATA_KEY, QueryMetadata};

/// The complete answer of a query.
#[derive(Clone, Debug)]
pub struct QueryAnswer {
    /// The columns. A field's metadata names its Rockset type: [`rockhopper_api::TYPE_KEY`].
    pub schema: SchemaRef,
    /// The rows.
    pub batches: Vec<RecordBatch>,
    /// Query id, statistics, warnings and collections.
    pub metadata: QueryMetadata,
}

impl QueryAnswer {
    /// The number of rows.
    pub fn row_count(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// Decodes an Arrow IPC stream.
    ///
    /// # Errors
    /// The stream is cut or damaged.
    pub(crate) fn decode(body: Bytes) -> Result<QueryAnswer, ArrowError> {
        let reader = StreamReader::try_new(Cursor::new(body), None)?;
        let schema = reader.schema();
        let metadata = match schema.metadata().get(QUERY_METADATA_KEY) {
            Some(text) => serde_json::from_str(text)
                .map_err(|error| ArrowError::ParseError(format!("{QUERY_METADATA_KEY}: {error}")))?,
            None => QueryMetadata::default(),
        };
        let batches = reader.collect::<Result<Vec<_>, _>>()?;
        Ok(QueryAnswer { schema, batches, metadata })
    }
}
