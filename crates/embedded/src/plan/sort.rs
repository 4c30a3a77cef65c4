//! ORDER BY, LIMIT and OFFSET.

use std::any::Any;
use std::sync::Arc;

use arrow::compute::SortOptions;
use datafusion::physical_expr::{LexOrdering, PhysicalSortExpr, expressions};
use datafusion::physical_plan::limit::GlobalLimitExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use rockhopper_sql::resolved::{ColumnId, Expr, ExprKind, Plan, SortKey};
use rockhopper_sql::{Span, Value};

use super::bindings::{column_type, steps};
use super::{Demand, First, Key, Layout, Path, Planner, Rows, Slot};
use crate::error::Failure;
use crate::kind::Kind;
use crate::operator::{Form, MAX_TOP_ROWS, Scan, TopKey, TopRows, TopValue};
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
        let ties = if demand.fetch.is_some() { groups_below(input) } else { Vec::new() };
        let keys: Vec<SortKey> = keys.iter().cloned().chain(ties.into_iter().map(tie_key)).collect();
        let required = self.with_columns_of(&demand.required, keys.iter().map(|key| &key.expr));
        let first = demand.fetch.and_then(|limit| first(&keys, limit));
        // What is kept of segments is named by what lies below the sort, not by conditions from above it.
        let is_plain = demand.conditions.is_empty();
        let demand_below = Demand { required, conditions: demand.conditions, fetch: None, first };
        let rows = self.lower(input, demand_below)?;
        let limit = demand.fetch.filter(|limit| is_plain && (1..=MAX_TOP_ROWS).contains(limit));
        match limit.map(|limit| self.top_rows(input, &rows, &keys, limit)).transpose()?.flatten() {
            Some(top) => Ok(Rows { plan: Arc::new(top), layout: rows.layout }),
            None => self.sorted(rows, &keys, demand.fetch),
        }
    }

    /// The first rows of a scan, if the rows are that of one and no key can fail.
    fn top_rows(
        &self,
        input: &Plan,
        rows: &Rows,
        keys: &[SortKey],
        limit: usize,
    ) -> Result<Option<TopRows>, Failure> {
        if !(rows.plan.as_ref() as &dyn Any).is::<Scan>() {
            return Ok(None);
        }
        let nodes = self.sort_columns(keys, &rows.layout)?;
        if nodes.is_empty() || nodes.iter().any(|column| column.node.fallible) {
            return Ok(None);
        }
        let top_keys: Vec<TopKey> =
            nodes.into_iter().map(|column| self.top_key(column, &rows.layout)).collect();
        let kept = match top_keys.first().is_some_and(|key| self.is_scattered(input, key)) {
            true => self.kept_tops(input, keys, &top_keys, limit)?,
            false => None,
        };
        Ok(TopRows::new(&rows.plan, top_keys, limit, self.partitions, kept))
    }

    /// Whether the first rows may be in any of many pieces, so that it pays to keep those of each. In an order of time
    /// they are in the last pieces, and looking at them costs next to nothing.
    fn is_scattered(&self, input: &Plan, key: &TopKey) -> bool {
        let (TopValue::Member(path, _) | TopValue::ShadowInt(path)) = &key.value else { return true };
        let Some(snapshot) = row_of(input).and_then(|row| self.context.bindings.snapshot(row)) else {
            return false;
        };
        let ranges: Vec<(i64, i64)> =
            snapshot.pieces.iter().filter_map(|piece| piece.int_range(path)).collect();
        let overlap = if key.options.descending {
            let first = ranges.iter().max_by_key(|(_, most)| *most).map_or(0, |(least, _)| *least);
            ranges.iter().filter(|(_, most)| *most >= first).count()
        } else {
            let first = ranges.iter().min_by_key(|(least, _)| *least).map_or(0, |(_, most)| *most);
            ranges.iter().filter(|(least, _)| *least <= first).count()
        };
        overlap * 2 > ranges.len()
    }

    fn sort_columns(&self, keys: &[SortKey], layout: &Layout) -> Result<Vec<SortColumn>, Failure> {
        let compiler = Compiler::new(self.context, layout);
        let mut nodes = Vec::with_capacity(keys.len());
        for key in keys {
            let options = SortOptions { descending: key.descending, nulls_first: key.nulls_first };
            nodes.push(SortColumn { node: compiler.compile(&key.expr)?, options, is_key: false });
        }
        nodes.retain(|column| column.node.constant().is_none());
        Ok(nodes)
    }

    /// The rows in order, in one partition.
    pub(super) fn sorted(&self, rows: Rows, keys: &[SortKey], fetch: Option<usize>) -> Result<Rows, Failure> {
        let nodes = self.sort_columns(keys, &rows.layout)?;
        Ok(order(rows, nodes, fetch))
    }

    fn top_key(&self, column: SortColumn, layout: &Layout) -> TopKey {
        let SortColumn { node, options, .. } = column;
        let value = match node.input().map(|number| &layout.slots[number]) {
            Some(Slot { key: Key::Leaf(root, path), kind, .. }) => match kind {
                Kind::Int | Kind::Timestamp => TopValue::Member(steps(path), column_type(*kind)),
                Kind::String if self.sorts_as_ints(*root, path) => TopValue::ShadowInt(steps(path)),
                _ => TopValue::Computed(node),
            },
            Some(Slot { key: Key::ShadowInt(_, path), .. }) => TopValue::ShadowInt(steps(path)),
            _ => TopValue::Computed(node),
        };
        TopKey { value, options }
    }

    /// Whether the texts at a path are all ints with equally many digits and no sign, so that they sort as those do.
    fn sorts_as_ints(&self, root: ColumnId, path: &Path) -> bool {
        let bindings = &self.context.bindings;
        let Some(snapshot) = bindings.snapshot(root) else { return false };
        let path_steps = steps(path);
        let ranges = snapshot.pieces.iter().filter_map(|piece| piece.int_range(&path_steps));
        let all = ranges.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)));
        let digits = |int: i64| int.checked_ilog10();
        bindings.has_shadow_ints(root, path)
            && all.is_some_and(|(least, most)| least > 0 && digits(least) == digits(most))
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
        let rows =
            self.lower(input, Demand { required, conditions: Vec::new(), fetch, first: None })?.single();
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

/// The columns of the groups that the rows are. They decide between rows that are equal otherwise, so that the first of
/// them are the same however they were found.
fn groups_below(plan: &Plan) -> Vec<ColumnId> {
    match plan {
        Plan::Extend { input, .. } | Plan::Filter { input, .. } => groups_below(input),
        Plan::Aggregate { groups, .. } => groups.iter().map(|(column, _)| *column).collect(),
        _ => Vec::new(),
    }
}

/// The documents that rows are, or are made of one by one.
fn row_of(plan: &Plan) -> Option<ColumnId> {
    match plan {
        Plan::Extend { input, .. } | Plan::Filter { input, .. } => row_of(input),
        Plan::Collection { row, .. } => Some(*row),
        _ => None,
    }
}

fn tie_key(column: ColumnId) -> SortKey {
    let expr = Expr { kind: ExprKind::Column(column), span: Span::default() };
    SortKey { expr, descending: false, nulls_first: false }
}

fn first(keys: &[SortKey], limit: usize) -> Option<First> {
    let key = |key: &SortKey| match key.expr.kind {
        ExprKind::Column(column) => {
            Some((column, SortOptions { descending: key.descending, nulls_first: key.nulls_first }))
        }
        _ => None,
    };
    Some(First { keys: keys.iter().map(key).collect::<Option<_>>()?, limit })
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
