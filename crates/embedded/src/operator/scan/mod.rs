//! Reading a collection: the pieces and runs of rows that may matter, and of those only the columns that do.

mod runs;
mod words;
mod work;

use std::sync::Arc;

use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::PlanProperties;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;

pub(crate) use self::runs::{Documents, Pruning, Run, Tasks};
pub(crate) use self::words::WordCondition;
pub(crate) use self::work::{Passing, ScanColumn, ScanCondition, ScanPlan, Siblings, Work};
use super::{operator, properties};

/// Reads a collection.
#[derive(Debug)]
pub(crate) struct Scan {
    work: Arc<Work>,
    properties: Arc<PlanProperties>,
}

impl Scan {
    /// Reads in so many partitions.
    pub(crate) fn new(work: Work, partitions: usize) -> Scan {
        let properties = properties(work.plan.schema.clone(), partitions);
        Scan { work: Arc::new(work), properties }
    }

    /// What it does, for operators that do it themselves.
    pub(crate) fn work(&self) -> &Arc<Work> {
        &self.work
    }

    fn describe(&self) -> String {
        format!("{} zones, {} columns", self.work.tasks.zones(), self.work.plan.columns.len())
    }

    fn start(&self, _: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let stream = futures::stream::unfold(self.work.clone(), |work| async move {
            loop {
                let run = match work.next() {
                    Ok(Some(run)) => run,
                    Ok(None) => return None,
                    Err(failure) => return Some((Err(failure.into()), work)),
                };
                let batch = work.read(&run);
                // The runtime's other tasks, the time-out and a cancellation get their turn.
                tokio::task::yield_now().await;
                match batch {
                    Ok(None) => {}
                    Ok(Some(batch)) => return Some((Ok(batch), work)),
                    Err(failure) => return Some((Err(failure.into()), work)),
                }
            }
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.work.plan.schema.clone(), stream)))
    }
}

operator!(Scan, "Scan", children: []);
