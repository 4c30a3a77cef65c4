//! Keeps the rows that go through it as a partial result.

use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::error::Result;
use datafusion::execution::memory_pool::MemoryConsumer;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{ExecutionPlan, PlanProperties};
use futures::StreamExt;

use super::{operator, properties};
use crate::memory::bytes_of;
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
        let input = self.input.execute(partition, Arc::clone(&context))?;
        let memory = MemoryConsumer::new("a partial result").register(context.memory_pool());
        let most_bytes = self.partials.max_entry_bytes();
        let seen = Some((Vec::<RecordBatch>::new(), memory));
        let state = (input, seen, Arc::clone(&self.partials), self.place.clone());
        let kept = futures::stream::unfold(state, move |(mut input, mut seen, partials, place)| async move {
            let next = input.next().await;
            seen = match (&next, seen) {
                (Some(Ok(batch)), Some((mut batches, memory))) => {
                    // What is too large to be kept is not held either.
                    let bytes = memory.size() + bytes_of(batch);
                    if bytes > most_bytes {
                        partials.give_up(&place);
                    }
                    let fits = bytes <= most_bytes && memory.try_resize(bytes).is_ok();
                    batches.push(batch.clone());
                    fits.then_some((batches, memory))
                }
                (None, Some((batches, _))) => {
                    partials.keep(place.clone(), batches);
                    None
                }
                // After an error nothing is whole any more.
                _ => None,
            };
            next.map(|batch| (batch, (input, seen, partials, place)))
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.input.schema(), kept)))
    }
}

operator!(Keep, "Keep", children: [input]);
