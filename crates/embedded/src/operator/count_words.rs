//! How often each string of a member occurs in the passing documents of a collection, counted by the store's codes:
//! what is computed of a string is then computed once for each distinct one of a piece.

use std::any::Any;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{SchemaRef, UInt32Type};
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties, PlanProperties};
use rockhopper_storage::Step;

use super::{Documents, Passing, Run, Scan, Work, operator, properties};
use crate::error::Failure;

/// The strings of a member and how often each occurs; a string may come several times, from several pieces.
#[derive(Debug)]
pub(crate) struct CountWords {
    scan: Arc<dyn ExecutionPlan>,
    shared: Arc<Shared>,
    properties: Arc<PlanProperties>,
}

#[derive(Debug)]
struct Shared {
    work: Arc<Work>,
    path: Vec<Step>,
    schema: SchemaRef,
}

/// The counts of one piece so far.
struct Counts {
    piece: usize,
    words: StringArray,
    /// By code.
    counts: Vec<u32>,
    /// How often there was no string.
    none: i64,
}

impl CountWords {
    /// Counts the strings at `path`, which is the only column that the scan hands on, as a column or as lists of it. The
    /// rows are a string, or an Arrow null where there is none, and its count. None if the plan is no such scan.
    pub(crate) fn new(
        plan: &Arc<dyn ExecutionPlan>,
        path: Vec<Step>,
        schema: SchemaRef,
    ) -> Option<CountWords> {
        let scan = (plan.as_ref() as &dyn Any).downcast_ref::<Scan>()?;
        let work = Arc::clone(scan.work());
        if work.plan.output.len() != 1 {
            return None;
        }
        let properties = properties(schema.clone(), plan.output_partitioning().partition_count());
        Some(CountWords {
            scan: Arc::clone(plan),
            shared: Arc::new(Shared { work, path, schema }),
            properties,
        })
    }

    fn describe(&self) -> String {
        format!("{} zones", self.shared.work.tasks.zones())
    }

    fn start(&self, _: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let partition = Partition { shared: Arc::clone(&self.shared), counts: None };
        let stream = futures::stream::unfold(partition, |mut partition| async move {
            match partition.next().await {
                Ok(batch) => batch.map(|batch| (Ok(batch), partition)),
                Err(failure) => Some((Err(failure.into()), partition)),
            }
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.shared.schema.clone(), stream)))
    }
}

/// The work of one partition.
struct Partition {
    shared: Arc<Shared>,
    counts: Option<Counts>,
}

impl Partition {
    async fn next(&mut self) -> std::result::Result<Option<RecordBatch>, Failure> {
        while let Some(run) = self.shared.work.next()? {
            let shared = Arc::clone(&self.shared);
            let ready = shared.work.passing(&run, |passing| self.count(&run, passing))?.flatten();
            // The runtime's other tasks, the time-out and a cancellation get their turn.
            tokio::task::yield_now().await;
            if ready.is_some() {
                return Ok(ready);
            }
        }
        self.counts.take().map(|counts| self.shared.batch(counts)).transpose()
    }

    /// Counts the strings of a run. Gives rows that are ready: those of the piece before, or the run's own where the
    /// piece does not keep its strings as codes.
    fn count(&mut self, run: &Run, passing: &Passing) -> std::result::Result<Option<RecordBatch>, Failure> {
        let Some((codes, words)) = self.shared.codes(passing)? else {
            return self.shared.uncounted(passing).map(Some);
        };
        let mut ready = None;
        if self.counts.as_ref().is_none_or(|counts| counts.piece != run.piece) {
            let new = Counts::new(run.piece, words);
            ready = self.counts.replace(new).map(|counts| self.shared.batch(counts)).transpose()?;
        }
        if let Some(counts) = &mut self.counts {
            counts.add(&codes);
        }
        Ok(ready)
    }
}

impl Counts {
    fn new(piece: usize, words: StringArray) -> Counts {
        Counts { piece, counts: vec![0; words.len()], words, none: 0 }
    }

    fn add(&mut self, codes: &UInt32Array) {
        self.none += codes.null_count() as i64;
        let mut one = |code: u32| self.counts[code as usize] += 1;
        match codes.nulls() {
            None => codes.values().iter().for_each(|code| one(*code)),
            Some(_) => codes.iter().flatten().for_each(one),
        }
    }
}

impl Shared {
    /// The codes of the documents' strings, with the words they stand for.
    fn codes(&self, passing: &Passing) -> std::result::Result<Option<(UInt32Array, StringArray)>, Failure> {
        let piece = passing.piece();
        if !self.path.contains(&Step::Elements) {
            return Ok(match passing.documents() {
                Documents::Range(range) => piece.dictionary(&self.path, range)?,
                Documents::Rows(rows) => piece.dictionary_take(&self.path, &rows)?,
            });
        }
        Ok(match passing.documents() {
            Documents::Range(range) => piece.element_codes(&self.path, range)?,
            Documents::Rows(rows) => piece
                .list_dictionary_take(&self.path, &rows)?
                .map(|(lists, words)| (lists.values().as_primitive::<UInt32Type>().clone(), words)),
        })
    }

    /// The words that were met, in the order of their codes, in which they lie in memory; with their counts.
    fn batch(&self, counts: Counts) -> std::result::Result<RecordBatch, Failure> {
        let (mut met, mut numbers) = (Vec::new(), Vec::new());
        for (code, count) in (0..).zip(&counts.counts).filter(|(_, count)| **count > 0) {
            met.push(Some(code));
            numbers.push(i64::from(*count));
        }
        if counts.none > 0 {
            met.push(None);
            numbers.push(counts.none);
        }
        let words = take(&counts.words, &UInt32Array::from(met), None)?;
        self.counted(words, numbers)
    }

    /// Each string by itself.
    fn uncounted(&self, passing: &Passing) -> std::result::Result<RecordBatch, Failure> {
        let mut strings = passing.column(self.work.plan.output[0])?;
        if let Some(lists) = strings.as_list_opt::<i32>() {
            let offsets = lists.value_offsets();
            let (first, last) = (offsets[0] as usize, offsets[lists.len()] as usize);
            strings = lists.values().slice(first, last - first);
        }
        let ones = vec![1; strings.len()];
        self.counted(strings, ones)
    }

    fn counted(&self, strings: ArrayRef, counts: Vec<i64>) -> std::result::Result<RecordBatch, Failure> {
        let counts: ArrayRef = Arc::new(Int64Array::from(counts));
        Ok(RecordBatch::try_new(self.schema.clone(), vec![strings, counts])?)
    }
}

operator!(CountWords, "CountWords", children: [scan]);
