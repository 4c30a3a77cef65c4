//! One statement: snapshots, subqueries, plan, rows, answer.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::execution::TaskContext;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::SessionConfig;
use futures::StreamExt;
use rockhopper_engine::{Answer, Error, Statement};
use rockhopper_sql::Value;
use rockhopper_sql::resolved::{ColumnId, Expr, ExprKind, Output, Plan, Subquery};
use rockhopper_storage::{Snapshot, Store};

use crate::EmbeddedOptions;
use crate::answer;
use crate::error::Failure;
use crate::memory::{AllMemory, QueryMemory, bytes_of};
use crate::partials::Partials;
use crate::plan::{Bindings, Context, Planner, Slot, SubqueryResult, subqueries};
use crate::program::{KeySet, value_at};

/// Rows of a batch.
const BATCH_ROWS: usize = 8192;

/// Runs statements on the store.
#[derive(Debug)]
pub(crate) struct Executor {
    pub(crate) store: Arc<Store>,
    pub(crate) memory: Arc<AllMemory>,
    /// None: partial results are turned off.
    pub(crate) partials: Option<Arc<Partials>>,
    pub(crate) options: EmbeddedOptions,
}

/// A statement with what all of its parts share.
struct Run<'s> {
    statement: &'s Statement,
    snapshots: Vec<Arc<Snapshot>>,
    task: Arc<TaskContext>,
    partials: Option<&'s Arc<Partials>>,
    options: &'s EmbeddedOptions,
}

/// The rows of a plan.
pub(crate) struct Found {
    pub(crate) schema: SchemaRef,
    pub(crate) slots: Vec<Slot>,
    pub(crate) batches: Vec<RecordBatch>,
}

impl Executor {
    /// The answer of a statement.
    pub(crate) async fn run(&self, statement: &Statement) -> Result<Answer, Failure> {
        let mut snapshots = Vec::with_capacity(statement.collections.len());
        for id in &statement.collections {
            let collection =
                self.store.collection(id).ok_or_else(|| Error::UnknownCollection(id.0.to_string()))?;
            snapshots.push(collection.snapshot());
        }
        let task = self.task()?;
        let partials = self.partials.as_ref();
        let run = Run { statement, snapshots, task, partials, options: &self.options };
        run.answer().await
    }

    fn task(&self) -> Result<Arc<TaskContext>, Failure> {
        let memory = QueryMemory::new(self.options.query_memory_limit_bytes, self.memory.clone());
        // What does not fit in memory fails: data goes nowhere but to the data directory.
        let disk = DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled);
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(memory))
            .with_disk_manager_builder(disk)
            .build_arc()?;
        let config = SessionConfig::new()
            .with_batch_size(BATCH_ROWS)
            .with_target_partitions(self.options.query_threads.max(1));
        Ok(Arc::new(TaskContext::default().with_session_config(config).with_runtime(runtime)))
    }
}

impl Run<'_> {
    async fn answer(&self) -> Result<Answer, Failure> {
        let query = &self.statement.query;
        let columns: Vec<ColumnId> = query
            .outputs
            .iter()
            .map(|output| match output {
                Output::Column { column, .. } | Output::Spread { column, .. } => *column,
            })
            .collect();
        let row_limit = if query.has_limit { None } else { self.statement.default_row_limit };
        let mut limits = Limits {
            rows: self.options.max_answer_rows,
            bytes: self.options.max_answer_bytes,
            stop_after: row_limit.map(|limit| limit.saturating_add(1)),
            memory: self.memory(),
        };
        let mut found = self.rows(&query.plan, &columns, &mut limits).await?;
        let mut warnings = Vec::new();
        if let Some(limit) = row_limit
            && cut(&mut found.batches, limit)
        {
            warnings.push(format!(
                "the answer was cut to the default limit of {limit} rows; add a LIMIT to the query"
            ));
        }
        for (name, snapshot) in query.collections.iter().zip(&self.snapshots) {
            if snapshot.rows() == 0 {
                warnings.push(format!("collection {}.{} has no documents", name.workspace, name.name));
            }
        }
        answer::answer(found, &query.outputs, warnings, self.options.max_answer_bytes)
    }

    /// The rows of a plan, whose subqueries run before it.
    fn rows<'r>(
        &'r self,
        plan: &'r Plan,
        columns: &'r [ColumnId],
        limits: &'r mut Limits,
    ) -> Pin<Box<dyn Future<Output = Result<Found, Failure>> + Send + 'r>> {
        Box::pin(async move {
            let mut results = HashMap::new();
            for (subquery, expr) in subqueries(plan) {
                results.insert(Context::subquery_key(subquery), self.subquery(subquery, expr).await?);
            }
            let context = Context {
                bindings: Bindings::of(plan, &self.snapshots),
                parameters: self.statement.parameters.clone(),
                now_us: self.statement.now_us,
                subqueries: results,
            };
            let partitions = self.options.query_threads.max(1);
            let planner = Planner { context: &context, partitions, partials: self.partials, only: None };
            let (rows, slots) = planner.plan(plan, columns)?;
            let mut stream = rows.plan.execute(0, self.task.clone())?;
            let schema = stream.schema();
            let mut batches = Vec::new();
            while let Some(batch) = stream.next().await {
                let batch = batch?;
                limits.take(&batch)?;
                if batch.num_rows() > 0 {
                    batches.push(batch);
                }
                if limits.stop_after == Some(0) {
                    break;
                }
            }
            Ok(Found { schema, slots, batches })
        })
    }

    /// Counts the rows of a result while they are gathered.
    fn memory(&self) -> MemoryReservation {
        MemoryConsumer::new("the result").register(self.task.memory_pool())
    }

    async fn subquery(&self, subquery: &Subquery, expr: &Expr) -> Result<SubqueryResult, Failure> {
        let stop_after = match expr.kind {
            ExprKind::ScalarSubquery(_) => Some(2),
            ExprKind::ExistsSubquery(_) => Some(1),
            _ => None,
        };
        let mut limits = Limits {
            rows: self.options.max_subquery_values,
            bytes: self.options.query_memory_limit_bytes,
            stop_after,
            memory: self.memory(),
        };
        let columns = [subquery.column];
        let found = self.rows(&subquery.plan, &columns, &mut limits).await?;
        let mut values = Vec::new();
        for batch in &found.batches {
            for row in 0..batch.num_rows() {
                let slot = &found.slots[0];
                values.push(value_at(slot.kind, slot.absent, batch.column(0), row)?);
            }
        }
        match expr.kind {
            ExprKind::ExistsSubquery(_) => Ok(SubqueryResult::Value(Value::Bool(!values.is_empty()))),
            ExprKind::ScalarSubquery(_) if values.len() > 1 => {
                let message =
                    "a subquery that stands for a value gave more than one row; add LIMIT 1 or an aggregate";
                Err(Failure::expression("subquery_multiple_rows", message, expr.span))
            }
            ExprKind::ScalarSubquery(_) => Ok(SubqueryResult::Value(values.pop().unwrap_or(Value::Null))),
            _ => {
                let mut set = KeySet::default();
                values.iter().for_each(|value| set.insert(value));
                Ok(SubqueryResult::Set(Arc::new(set)))
            }
        }
    }
}

/// What is left of the limits of a result.
struct Limits {
    rows: usize,
    bytes: usize,
    /// More rows than these are not needed.
    stop_after: Option<usize>,
    /// Counts what was taken.
    memory: MemoryReservation,
}

impl Limits {
    fn take(&mut self, batch: &RecordBatch) -> Result<(), Failure> {
        let bytes = bytes_of(batch);
        let remedy = "add a LIMIT, name fewer columns, or aggregate";
        self.rows = self
            .rows
            .checked_sub(batch.num_rows())
            .ok_or_else(|| Failure::limit("the result", "the rows that a result may have", remedy))?;
        self.bytes = self
            .bytes
            .checked_sub(bytes)
            .ok_or_else(|| Failure::limit("the result", "the bytes that a result may have", remedy))?;
        self.memory.try_grow(bytes)?;
        self.stop_after = self.stop_after.map(|rows| rows.saturating_sub(batch.num_rows()));
        Ok(())
    }
}

/// Drops the rows after the first `limit`; says whether there were any.
fn cut(batches: &mut Vec<RecordBatch>, limit: usize) -> bool {
    let mut left = limit;
    let mut was_cut = false;
    for batch in batches.iter_mut() {
        if batch.num_rows() > left {
            *batch = batch.slice(0, left);
            was_cut = true;
        }
        left -= batch.num_rows();
    }
    batches.retain(|batch| batch.num_rows() > 0);
    was_cut
}
