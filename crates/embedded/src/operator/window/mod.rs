//! Window functions: a value for each row from the rows around it.

mod frame;
mod function;

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, RecordBatchOptions};
use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::MemoryConsumer;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{ExecutionPlan, PlanProperties};
use futures::{StreamExt, TryStreamExt};
use rockhopper_sql::{Function, Span, Value};

pub(crate) use frame::{FrameBound, FrameSpec};

use super::{operator, properties};
use crate::error::Failure;
use crate::kind::Kind;
use crate::program::{Frame, Node, Vector, any_array, key_array, native_array};

const BATCH_ROWS: usize = 8192;
/// After so many rows other tasks get their turn.
const YIELD_ROWS: usize = 1024;

/// One window call, compiled.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) function: Function,
    pub(crate) arguments: Vec<Node>,
    pub(crate) partition_by: Vec<Node>,
    /// With whether the largest comes first, and whether nulls do.
    pub(crate) order_by: Vec<(Node, bool, bool)>,
    pub(crate) frame: FrameSpec,
    pub(crate) filter: Option<Node>,
    pub(crate) span: Span,
    /// How the result is held.
    pub(crate) kind: Kind,
}

/// The input's columns and the result of a call. The input is sorted by the call's partitions and order.
#[derive(Debug)]
pub(crate) struct Window {
    input: Arc<dyn ExecutionPlan>,
    call: Arc<Call>,
    /// How many of the input's columns are handed on.
    width: usize,
    schema: SchemaRef,
    properties: Arc<PlanProperties>,
}

/// The call's inputs for the rows of the sorted input.
struct Inputs {
    arguments: Vec<Vector>,
    order: Vec<(Vector, bool, bool)>,
    passes: Option<Vec<bool>>,
}

impl Window {
    /// `schema` is that of the first `width` columns of the input, and the result.
    pub(crate) fn new(input: Arc<dyn ExecutionPlan>, call: Call, width: usize, schema: SchemaRef) -> Window {
        let properties = properties(schema.clone(), 1);
        Window { input, call: Arc::new(call), width, schema, properties }
    }

    fn describe(&self) -> String {
        self.call.function.name().to_owned()
    }

    fn start(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let input = self.input.execute(partition, context.clone())?;
        let (call, width, schema) = (self.call.clone(), self.width, self.schema.clone());
        let batches = async move {
            let reservation = MemoryConsumer::new("Window").register(context.memory_pool());
            let input_schema = input.schema();
            let mut batches = Vec::new();
            let mut input = input;
            while let Some(batch) = input.next().await {
                let batch = batch?;
                // The batch, all of them in one, and the values that are computed from it.
                reservation.try_grow(batch.get_array_memory_size() * 3)?;
                batches.push(batch);
            }
            let batch = concat_batches(&input_schema, &batches)?;
            drop(batches);
            let result = call.result(&batch).await?;
            Ok::<_, DataFusionError>(sliced(&batch, result, width, &schema)?)
        };
        let stream = futures::stream::once(batches)
            .map_ok(|batches: Vec<RecordBatch>| futures::stream::iter(batches.into_iter().map(Ok)))
            .try_flatten();
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema.clone(), stream)))
    }
}

fn sliced(
    batch: &RecordBatch,
    result: ArrayRef,
    width: usize,
    schema: &SchemaRef,
) -> std::result::Result<Vec<RecordBatch>, Failure> {
    let mut columns: Vec<ArrayRef> = batch.columns()[..width].to_vec();
    columns.push(result);
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    let whole = RecordBatch::try_new_with_options(schema.clone(), columns, &options)?;
    let starts = (0..whole.num_rows()).step_by(BATCH_ROWS);
    Ok(starts.map(|start| whole.slice(start, BATCH_ROWS.min(whole.num_rows() - start))).collect())
}

impl Call {
    async fn result(&self, batch: &RecordBatch) -> std::result::Result<ArrayRef, Failure> {
        let rows = batch.num_rows();
        let (inputs, partitions) = self.inputs(batch)?;
        let mut values = Vec::with_capacity(rows);
        for partition in partitions {
            let mut run = function::Run::new(self, &inputs, partition.clone())?;
            for row in partition {
                values.push(run.value(row).map_err(|failure| failure.at(self.span))?);
                if values.len() % YIELD_ROWS == 0 {
                    tokio::task::yield_now().await;
                }
            }
        }
        let value = |row: usize| -> std::result::Result<Value, Failure> { Ok(values[row].clone()) };
        if self.kind == Kind::Any { any_array(rows, value) } else { native_array(self.kind, rows, value) }
    }

    fn inputs(
        &self,
        batch: &RecordBatch,
    ) -> std::result::Result<(Inputs, Vec<std::ops::Range<usize>>), Failure> {
        let frame = Frame::of_batch(batch);
        let rows = batch.num_rows();
        let mut keys = Vec::with_capacity(self.partition_by.len());
        for node in &self.partition_by {
            keys.push(key_array(&node.eval(&frame)?, rows, false)?);
        }
        let arguments =
            self.arguments.iter().map(|node| node.eval(&frame)).collect::<std::result::Result<_, _>>()?;
        let mut order = Vec::with_capacity(self.order_by.len());
        for (node, descending, nulls_first) in &self.order_by {
            order.push((node.eval(&frame)?, *descending, *nulls_first));
        }
        let passes = match &self.filter {
            Some(node) => Some(node.truth(&frame)?.iter().map(|truth| truth == Some(true)).collect()),
            None => None,
        };
        Ok((Inputs { arguments, order, passes }, partitions(&keys, rows)))
    }
}

/// The runs of rows with equal keys.
fn partitions(keys: &[ArrayRef], rows: usize) -> Vec<std::ops::Range<usize>> {
    let same = |left: usize, right: usize| {
        keys.iter().all(|key| {
            let key = key.as_binary::<i32>();
            let value = |row: usize| arrow::array::Array::is_valid(key, row).then(|| key.value(row));
            value(left) == value(right)
        })
    };
    let mut found = Vec::new();
    let mut start = 0;
    for row in 1..=rows {
        if row == rows || !same(row - 1, row) {
            found.push(start..row);
            start = row;
        }
    }
    found
}

operator!(Window, "Window", children: [input]);
