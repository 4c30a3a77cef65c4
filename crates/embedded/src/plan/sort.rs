//! ORDER BY, LIMIT and OFFSET.

use std::sync::Arc;

use arrow::compute::SortOptions;
use datafusion::physical_expr::{LexOrdering, PhysicalSortExpr, expressions};
use datafusion::physical_plan::limit::GlobalLimitExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use rockhopper_sql::Value;
use rockhopper_sql::resolved::{Expr, Plan, SortKey};

use super::{Demand, Layout, Planner, Rows};
use crate::error::Failure;
use crate::kind::Kind;
use crate::operator::Form;
use crate::program::{Compiler, Node};

/// What rows are sorted by.
pub(super) struct SortColumn {
    pub(super) node: Node,
    pub(super) options: SortOptions,
    /// Equal values have to be next to each other, not just in order: 1 and 1.0 are.
    pub(super) is_key: bool,
}

impl Planner<'_> {
    pub(super) fn sort<'p>(
        &self,
        input: &'p Plan,
        keys: &'p [SortKey],
        demand: Demand<'p>,
    ) -> Result<Rows, Failure> {
        let required = self.with_columns_of(&demand.required, keys.iter().map(|key| &key.expr));
        let rows = self.lower(input, Demand { required, conditions: demand.conditions, fetch: None })?;
        self.sorted(rows, keys, demand.fetch)
    }

    /// The rows in order, in one partition.
    pub(super) fn sorted(&self, rows: Rows, keys: &[SortKey], fetch: Option<usize>) -> Result<Rows, Failure> {
        let compiler = Compiler::new(self.context, &rows.layout);
        let mut nodes = Vec::with_capacity(keys.len());
        for key in keys {
            let options = SortOptions { descending: key.descending, nulls_first: key.nulls_first };
            nodes.push(SortColumn { node: compiler.compile(&key.expr)?, options, is_key: false });
        }
        nodes.retain(|column| column.node.constant().is_none());
        Ok(order(rows, nodes, fetch))
    }

    pub(super) fn limit<'p>(
        &self,
        input: &'p Plan,
        limit: Option<&Expr>,
        offset: Option<&Expr>,
        demand: Demand<'p>,
    ) -> Result<Rows, Failure> {
        let limit = limit.map(|expr| self.row_count(expr, "LIMIT")).transpose()?.flatten();
        let skip = offset.map(|expr| self.row_count(expr, "OFFSET")).transpose()?.flatten().unwrap_or(0);
        let fetch = limit.map(|limit| limit.saturating_add(skip));
        let required = self.with_columns_of(&demand.required, demand.conditions.iter().copied());
        let rows = self.lower(input, Demand { required, conditions: Vec::new(), fetch })?.single();
        let plan = Arc::new(GlobalLimitExec::new(rows.plan, skip, limit));
        self.filtered(Rows { plan, layout: rows.layout }, demand)
    }

    /// A number of rows; None where it is null, which sets no limit.
    pub(super) fn row_count(&self, expr: &Expr, what: &str) -> Result<Option<usize>, Failure> {
        let layout = Layout::default();
        let node = Compiler::new(self.context, &layout).compile(expr)?;
        match node.constant() {
            Some(Value::Int(count)) if *count >= 0 => Ok(Some(usize::try_from(*count).unwrap_or(usize::MAX))),
            Some(value) if value.is_null() => Ok(None),
            _ => {
                let message = format!("{what} must be an int that is not negative");
                Err(Failure::expression("invalid_limit", message, expr.span))
            }
        }
    }
}

/// The rows ordered by the nodes' values, in one partition. The columns that are sorted by are left behind those of
/// the layout.
pub(super) fn order(rows: Rows, keys: Vec<SortColumn>, fetch: Option<usize>) -> Rows {
    let columns = rows.layout.slots.len();
    let mut forms = Vec::new();
    let mut exprs = Vec::with_capacity(keys.len());
    for SortColumn { node, options, is_key } in keys {
        let number = match node.input() {
            Some(number) if node.kind != Kind::Any => number,
            _ => {
                let form = match node.kind {
                    Kind::Any if is_key => Form::Key,
                    Kind::Any => Form::Ordered,
                    _ => Form::Plain,
                };
                forms.push((node, form));
                columns + forms.len() - 1
            }
        };
        let column = Arc::new(expressions::Column::new(&format!("c{number}"), number));
        exprs.push(PhysicalSortExpr::new(column, options));
    }
    let rows = if forms.is_empty() { rows } else { rows.with_forms(forms) };
    let Some(ordering) = LexOrdering::new(exprs) else { return rows };
    let partitions = rows.plan.output_partitioning().partition_count();
    let sort = SortExec::new(ordering.clone(), rows.plan)
        .with_preserve_partitioning(partitions > 1)
        .with_fetch(fetch);
    let plan: Arc<dyn ExecutionPlan> = if partitions > 1 {
        Arc::new(SortPreservingMergeExec::new(ordering, Arc::new(sort)).with_fetch(fetch))
    } else {
        Arc::new(sort)
    };
    Rows { plan, layout: rows.layout }
}
