//! Rows that are known when the plan is made.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{ExecutionPlan, PlanProperties};

use super::{operator, properties};

/// Rows that are known when the plan is made.
#[derive(Debug)]
pub(crate) struct Given {
    batches: Arc<[RecordBatch]>,
    properties: Arc<PlanProperties>,
}

impl Given {
    /// The rows of batches of a schema.
    pub(crate) fn new(schema: SchemaRef, batches: Arc<[RecordBatch]>) -> Given {
        Given { batches, properties: properties(schema, 1) }
    }

    fn describe(&self) -> String {
        format!("{} rows", self.batches.iter().map(RecordBatch::num_rows).sum::<usize>())
    }

    fn start(&self, _: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let batches: Vec<_> = self.batches.iter().cloned().map(Ok).collect();
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), futures::stream::iter(batches))))
    }
}

operator!(Given, "Given", children: []);
