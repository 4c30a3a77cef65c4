//! Keeps the rows that go through it as a partial result.

use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{ExecutionPlan, PlanProperties};
use futures::StreamExt;

use super::{operator, properties};
use crate::partials::{Partials, Place};

/// Hands on the rows of an input of one partition and, when all went through, keeps them.
#[derive(Debug)]
pub(crate) struct Keep {
    input: Arc<dyn ExecutionPlan>,
    partials: Arc<Partials>,
    place: Place,
    properties: Arc<PlanProperties>,
}

impl Keep {
    /// Keeps the rows of `input` at `place`.
    pub(crate) fn new(input: Arc<dyn ExecutionPlan>, partials: Arc<Partials>, place: Place) -> Keep {
        let properties = properties(input.schema(), 1);
        Keep { input, partials, place, properties }
    }

    fn describe(&self) -> String {
        "a partial result".to_owned()
    }

    fn start(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let input = self.input.execute(partition, context)?;
        let state = (input, Some(Vec::<RecordBatch>::new()), Arc::clone(&self.partials), self.place.clone());
        let kept = futures::stream::unfold(state, |(mut input, mut seen, partials, place)| async move {
            let next = input.next().await;
            match (&next, &mut seen) {
                (Some(Ok(batch)), Some(seen)) => seen.push(batch.clone()),
                // After an error nothing is whole any more.
                (Some(_), _) => seen = None,
                (None, _) => seen.take().into_iter().for_each(|seen| partials.keep(place.clone(), seen)),
            }
            next.map(|batch| (batch, (input, seen, partials, place)))
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.input.schema(), kept)))
    }
}

operator!(Keep, "Keep", children: [input]);
