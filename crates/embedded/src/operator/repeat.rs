//! INTERSECT and EXCEPT: each group of equal rows as often as the branches' counts say.

use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch, RecordBatchOptions, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{Int64Type, SchemaRef};
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties, PlanProperties};
use futures::StreamExt;

use super::{operator, properties};
use crate::error::Failure;

/// How often a row comes that is so often in the left and the right branch.
pub(crate) type RepeatRule = fn(left: i64, right: i64) -> i64;

/// Most rows that one group of equal rows may become in one batch.
const MAX_BATCH_ROWS: i64 = 1 << 24;

/// The input's columns but the last two, which count the row in the left and the right branch.
#[derive(Debug)]
pub(crate) struct Repeat {
    input: Arc<dyn ExecutionPlan>,
    rule: RepeatRule,
    schema: SchemaRef,
    properties: Arc<PlanProperties>,
}

impl Repeat {
    /// The rows of the input, each as often as the rule says. `schema` is the input's without the two counts.
    pub(crate) fn new(input: Arc<dyn ExecutionPlan>, rule: RepeatRule, schema: SchemaRef) -> Repeat {
        let properties = properties(schema.clone(), input.output_partitioning().partition_count());
        Repeat { input, rule, schema, properties }
    }

    fn describe(&self) -> String {
        format!("{} columns", self.schema.fields().len())
    }

    fn start(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let input = self.input.execute(partition, context)?;
        let (rule, schema) = (self.rule, self.schema.clone());
        let repeated = input.map(move |batch| Ok(repeat(&batch?, rule, &schema)?));
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema.clone(), repeated)))
    }
}

fn repeat(
    batch: &RecordBatch,
    rule: RepeatRule,
    schema: &SchemaRef,
) -> std::result::Result<RecordBatch, Failure> {
    let columns = schema.fields().len();
    let left = batch.column(columns).as_primitive::<Int64Type>();
    let right = batch.column(columns + 1).as_primitive::<Int64Type>();
    let mut rows = Vec::new();
    for row in 0..batch.num_rows() {
        let times = rule(left.value(row), right.value(row)).max(0);
        if times > MAX_BATCH_ROWS {
            let limit = format!("{MAX_BATCH_ROWS} equal rows");
            return Err(Failure::limit("the set operation", limit, "leave out ALL, or filter the branches"));
        }
        rows.extend(std::iter::repeat_n(row as u32, times as usize));
    }
    let rows = UInt32Array::from(rows);
    let mut out = Vec::with_capacity(columns);
    for column in &batch.columns()[..columns] {
        out.push(take(column, &rows, None)?);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    Ok(RecordBatch::try_new_with_options(schema.clone(), out, &options)?)
}

operator!(Repeat, "Repeat", children: [input]);
