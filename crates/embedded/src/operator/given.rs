//! Rows that are known when the plan is made.

use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::PlanProperties;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;

use super::{operator, properties};

/// Rows that are known when the plan is made.
#[derive(Debug)]
pub(crate) struct Given {
    batch: RecordBatch,
    properties: Arc<PlanProperties>,
}

impl Given {
    /// The rows of a batch.
    pub(crate) fn new(batch: RecordBatch) -> Given {
        let properties = properties(batch.schema(), 1);
        Given { batch, properties }
    }

    fn describe(&self) -> String {
        format!("{} rows", self.batch.num_rows())
    }

    fn start(&self, _: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let stream = futures::stream::iter([Ok(self.batch.clone())]);
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.batch.schema(), stream)))
    }
}

operator!(Given, "Given", children: []);
