//! One row for each element of an array.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, RecordBatchOptions, UInt32Array};
use arrow::compute::{concat, take};
use arrow::datatypes::SchemaRef;
use datafusion::error::Result;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties, PlanProperties};
use futures::TryStreamExt;
use futures::stream::try_unfold;
use rockhopper_sql::{Span, Value};

use super::{operator, properties};
use crate::error::Failure;
use crate::memory::bytes_of;
use crate::program::{Frame, Node, any_array, explode};

/// Elements that are worked on at once, unless one input row has more.
const BATCH_ROWS: usize = 8192;
/// Input rows whose arrays are computed first; how many elements they have says how many rows are next.
const FIRST_ROWS: usize = 16;

/// Where the elements come from.
#[derive(Debug)]
pub(crate) enum ElementColumns {
    /// List columns of the input with equal offsets; each becomes a column.
    Lists(Vec<usize>),
    /// The arrays that an expression gives; the elements become one column of any values.
    Values(Node, Span),
}

/// One row for each element of an array: the handed-on columns, those of the element, and its position.
#[derive(Debug)]
pub(crate) struct Unnest {
    input: Arc<dyn ExecutionPlan>,
    work: Arc<Work>,
    properties: Arc<PlanProperties>,
}

#[derive(Debug)]
struct Work {
    pass: Vec<usize>,
    elements: ElementColumns,
    ordinality: bool,
    outer: bool,
    schema: SchemaRef,
}

/// How far one partition is.
struct Progress {
    input: SendableRecordBatchStream,
    batch: RecordBatch,
    /// The next row of the batch.
    row: usize,
    /// Rows to take at once: as many as have about [`BATCH_ROWS`] elements.
    rows_at_once: usize,
    /// Counts what was handed on last.
    memory: MemoryReservation,
}

impl Unnest {
    /// `pass` are the input's columns that are handed on; `outer` keeps rows without elements and is for
    /// [`ElementColumns::Values`] only.
    pub(crate) fn new(
        input: Arc<dyn ExecutionPlan>,
        pass: Vec<usize>,
        elements: ElementColumns,
        ordinality: bool,
        outer: bool,
        schema: SchemaRef,
    ) -> Unnest {
        let properties = properties(schema.clone(), input.output_partitioning().partition_count());
        Unnest { input, work: Arc::new(Work { pass, elements, ordinality, outer, schema }), properties }
    }

    fn describe(&self) -> String {
        match &self.work.elements {
            ElementColumns::Lists(lists) => format!("{} leaf columns", lists.len()),
            ElementColumns::Values(..) => "whole elements".to_owned(),
        }
    }

    fn start(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let input = self.input.execute(partition, Arc::clone(&context))?;
        let work = self.work.clone();
        let rows_at_once = match &work.elements {
            ElementColumns::Lists(_) => BATCH_ROWS,
            ElementColumns::Values(..) => FIRST_ROWS,
        };
        let memory = MemoryConsumer::new("UNNEST").register(context.memory_pool());
        let batch = RecordBatch::new_empty(input.schema());
        let progress = Progress { input, batch, row: 0, rows_at_once, memory };
        let unnested = try_unfold(progress, move |mut progress| {
            let work = Arc::clone(&work);
            async move { Ok(progress.next(&work).await?.map(|batch| (batch, progress))) }
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.work.schema.clone(), unnested)))
    }
}

impl Progress {
    /// The elements of the next rows that have any.
    async fn next(&mut self, work: &Work) -> Result<Option<RecordBatch>> {
        loop {
            let left = self.batch.num_rows() - self.row;
            if left == 0 {
                let Some(batch) = self.input.try_next().await? else { return Ok(None) };
                (self.batch, self.row) = (batch, 0);
                continue;
            }
            let rows = left.min(self.rows_at_once);
            let out = work.apply(&self.batch.slice(self.row, rows))?;
            self.row += rows;
            self.rows_at_once = match out.num_rows() {
                elements if elements > BATCH_ROWS => rows.div_ceil(2),
                _ => (self.rows_at_once * 2).min(BATCH_ROWS),
            };
            if out.num_rows() > 0 {
                self.memory.try_resize(bytes_of(&out))?;
                return Ok(Some(out));
            }
        }
    }
}

impl Work {
    /// The elements of some rows.
    fn apply(&self, batch: &RecordBatch) -> std::result::Result<RecordBatch, Failure> {
        let (counts, columns) = self.elements(&Frame::of_batch(batch))?;
        self.rows(batch, &counts, columns)
    }

    fn elements(&self, frame: &Frame) -> std::result::Result<(Vec<u32>, Vec<ArrayRef>), Failure> {
        match &self.elements {
            ElementColumns::Values(array, span) => {
                let elements = explode(&array.eval(frame)?, frame.rows(), *span)?;
                Ok((elements.counts, vec![elements.values]))
            }
            ElementColumns::Lists(lists) => {
                let mut counts = Vec::new();
                let mut columns = Vec::with_capacity(lists.len());
                for list in lists {
                    let array = frame.column(*list)?;
                    let array = array.as_list::<i32>();
                    let offsets = array.value_offsets();
                    counts = offsets.windows(2).map(|pair| (pair[1] - pair[0]) as u32).collect();
                    let (first, last) = (offsets[0] as usize, offsets[array.len()] as usize);
                    columns.push(array.values().slice(first, last - first));
                }
                Ok((counts, columns))
            }
        }
    }

    fn rows(
        &self,
        batch: &RecordBatch,
        counts: &[u32],
        columns: Vec<ArrayRef>,
    ) -> std::result::Result<RecordBatch, Failure> {
        let mut parents = Vec::new();
        let mut ordinals = Vec::new();
        // Where the output's element is among the elements; the place after the last is undefined.
        let mut places = Vec::new();
        let total: u32 = counts.iter().sum();
        let mut place = 0;
        for (row, count) in counts.iter().enumerate() {
            let outer = self.outer && *count == 0;
            for ordinal in 0..if outer { 1 } else { *count } {
                parents.push(row as u32);
                ordinals.push((!outer).then_some(i64::from(ordinal) + 1));
                places.push(if outer { total } else { place });
                place += u32::from(!outer);
            }
        }
        let rows = parents.len();
        let parents = UInt32Array::from(parents);
        let mut out = Vec::with_capacity(self.schema.fields().len());
        for number in &self.pass {
            out.push(take(batch.column(*number), &parents, None)?);
        }
        if self.outer {
            let undefined = any_array(1, |_| Ok(Value::Undefined))?;
            let places = UInt32Array::from(places);
            for column in columns {
                out.push(take(&concat(&[column.as_ref(), undefined.as_ref()])?, &places, None)?);
            }
        } else {
            out.extend(columns);
        }
        if self.ordinality {
            out.push(Arc::new(Int64Array::from(ordinals)));
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        Ok(RecordBatch::try_new_with_options(self.schema.clone(), out, &options)?)
    }
}

operator!(Unnest, "Unnest", children: [input]);
