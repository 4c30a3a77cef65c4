//! The groups that can be among those with the greatest counts.

use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use datafusion::error::Result;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{ExecutionPlan, PlanProperties};
use futures::{TryFutureExt, TryStreamExt};

use super::{operator, properties};
use crate::memory::bytes_of;

/// Of groups in two parts, hands on those that can be among the `limit` ones with the greatest counts in all.
///
/// A group of the one part is left out where even the greatest count of the other part would not lift it to the last of
/// the first: then neither of its halves is among them.
#[derive(Debug)]
pub(crate) struct Leading {
    kept: Arc<dyn ExecutionPlan>,
    rest: Arc<dyn ExecutionPlan>,
    /// The column of the counts, which are ints; null is 0.
    counts: usize,
    limit: usize,
    properties: Arc<PlanProperties>,
}

impl Leading {
    /// `kept` comes in descending order of the counts, nulls last. Each part has one partition, and each group once.
    pub(crate) fn new(
        kept: Arc<dyn ExecutionPlan>,
        rest: Arc<dyn ExecutionPlan>,
        counts: usize,
        limit: usize,
    ) -> Leading {
        let properties = properties(rest.schema(), 1);
        Leading { kept, rest, counts, limit, properties }
    }

    fn describe(&self) -> String {
        format!("{} greatest counts", self.limit)
    }

    fn start(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let memory = MemoryConsumer::new("groups").register(context.memory_pool());
        let kept = self.kept.execute(partition, Arc::clone(&context))?;
        let rest = self.rest.execute(partition, context)?;
        let chosen = chosen(kept, rest, self.counts, self.limit, memory);
        let chosen = chosen.map_ok(|batches| futures::stream::iter(batches.into_iter().map(Ok)));
        let stream = futures::stream::once(chosen).try_flatten();
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.rest.schema(), stream)))
    }
}

async fn chosen(
    kept: SendableRecordBatchStream,
    mut rest: SendableRecordBatchStream,
    counts: usize,
    limit: usize,
    memory: MemoryReservation,
) -> Result<Vec<RecordBatch>> {
    let mut batches = Vec::new();
    while let Some(batch) = rest.try_next().await? {
        memory.try_grow(bytes_of(&batch))?;
        batches.push(batch);
    }
    let lift = batches.iter().flat_map(|batch| counts_of(batch, counts)).max().unwrap_or(0);
    let kept: Vec<RecordBatch> = kept.try_collect().await?;
    batches.extend(leading(&kept, counts, limit, lift));
    Ok(batches)
}

/// The rows whose counts are at most `lift` below the last of the first `limit`.
fn leading(kept: &[RecordBatch], counts: usize, limit: usize, lift: i64) -> Vec<RecordBatch> {
    let last = kept.iter().flat_map(|batch| counts_of(batch, counts)).nth(limit - 1);
    let least = last.map_or(i64::MIN, |last| last.saturating_sub(lift));
    let leading = |batch: &RecordBatch| {
        batch.slice(0, counts_of(batch, counts).take_while(|count| *count >= least).count())
    };
    kept.iter().map(leading).filter(|batch| batch.num_rows() > 0).collect()
}

fn counts_of(batch: &RecordBatch, counts: usize) -> impl Iterator<Item = i64> {
    let counts = batch.column(counts).as_primitive::<Int64Type>();
    (0..counts.len()).map(|at| if counts.is_null(at) { 0 } else { counts.value(at) })
}

operator!(Leading, "Leading", children: [kept, rest]);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use arrow::array::{ArrayRef, Int64Array};

    use super::*;

    fn batch(counts: Vec<Option<i64>>) -> RecordBatch {
        let counts: ArrayRef = Arc::new(Int64Array::from(counts));
        RecordBatch::try_from_iter_with_nullable([("count", counts, true)]).unwrap()
    }

    #[test]
    fn only_what_can_be_lifted_among_the_first_is_left() {
        let kept = [batch(vec![Some(9), Some(7)]), batch(vec![Some(5), Some(3), Some(2), None])];
        let left =
            |limit, lift| leading(&kept, 0, limit, lift).iter().map(RecordBatch::num_rows).sum::<usize>();
        assert_eq!(left(1, 0), 1);
        assert_eq!(left(2, 1), 2);
        assert_eq!(left(2, 2), 3, "5 and 2 are as many as 7");
        assert_eq!(left(4, 3), 6, "null is 0");
        assert_eq!(left(7, 0), 6, "fewer groups than are wanted");
    }
}
