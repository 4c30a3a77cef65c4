//! Joins: by hash where sides have to be equal, else row by row.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};
use datafusion::common::{JoinSide, JoinType, NullEquality};
use datafusion::physical_expr::{PhysicalExpr, expressions};
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::joins::utils::{ColumnIndex, JoinFilter};
use datafusion::physical_plan::joins::{CrossJoinExec, HashJoinExec, NestedLoopJoinExec, PartitionMode};
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use rockhopper_sql::Function;
use rockhopper_sql::resolved::{ColumnId, Expr, ExprKind, JoinKind, Plan};

use super::layout::{Key, Layout, Slot};
use super::walk::{columns_bound, columns_read};
use super::{Demand, Planner, Rows, conjuncts};
use crate::error::Failure;
use crate::kind::{Absent, Kind};
use crate::operator::{Column, Condition, Form};
use crate::program::{Compiler, Node, is_fallible};

/// What the conditions on a join come to.
#[derive(Default)]
struct Split<'p> {
    left: Vec<&'p Expr>,
    right: Vec<&'p Expr>,
    /// The left and the right side of an equality.
    equal: Vec<(&'p Expr, &'p Expr)>,
    /// What decides whether two rows are partners, besides.
    residual: Vec<&'p Expr>,
    /// What is asked of the joined rows.
    above: Vec<&'p Expr>,
}

impl Planner<'_> {
    pub(super) fn join<'p>(&self, plan: &'p Plan, demand: Demand<'p>) -> Result<Rows, Failure> {
        let Plan::Join { left, right, kind, condition } = plan else {
            return Err(Failure::internal("not a join"));
        };
        let mut split = self.split(left, right, *kind, condition.as_ref(), &demand.conditions);
        if *kind == JoinKind::Inner && split.equal.is_empty() {
            // Above a cross join a condition is asked batch by batch, so that the query can be stopped in between.
            split.above.append(&mut split.residual);
        }
        let pairs = split.equal.iter().flat_map(|(left, right)| [*left, *right]);
        let keys = self.with_columns_of(
            &demand.required,
            split.above.iter().chain(&split.residual).copied().chain(pairs),
        );
        let side = |conditions: &[&'p Expr], plan: &'p Plan| {
            let demand =
                Demand { required: keys.clone(), conditions: conditions.to_vec(), fetch: None, first: None };
            self.lower(plan, demand)
        };
        let left = nullable(side(&split.left, left)?, matches!(kind, JoinKind::Right | JoinKind::Full));
        let right = nullable(side(&split.right, right)?, matches!(kind, JoinKind::Left | JoinKind::Full));
        let rows = self.joined(left, right, *kind, &split)?;
        self.filtered(rows, Demand { conditions: split.above, ..demand })
    }

    fn split<'p>(
        &self,
        left: &Plan,
        right: &Plan,
        kind: JoinKind,
        condition: Option<&'p Expr>,
        above: &[&'p Expr],
    ) -> Split<'p> {
        let (left, right) = (columns_bound(left), columns_bound(right));
        let reads = |expr: &Expr, side: &HashSet<ColumnId>| columns_read(expr).is_subset(side);
        let safe = |expr: &Expr| !is_fallible(expr, self.context);
        let mut on = Vec::new();
        condition.iter().for_each(|condition| conjuncts(condition, &mut on));
        let mut split = Split::default();
        for condition in on {
            if let Some(pair) = equality(condition, &left, &right) {
                split.equal.push(pair);
            } else if matches!(kind, JoinKind::Inner | JoinKind::Right)
                && reads(condition, &left)
                && safe(condition)
            {
                split.left.push(condition);
            } else if matches!(kind, JoinKind::Inner | JoinKind::Left)
                && reads(condition, &right)
                && safe(condition)
            {
                split.right.push(condition);
            } else {
                split.residual.push(condition);
            }
        }
        for condition in above {
            if matches!(kind, JoinKind::Inner | JoinKind::Left) && reads(condition, &left) && safe(condition)
            {
                split.left.push(condition);
            } else if matches!(kind, JoinKind::Inner | JoinKind::Right)
                && reads(condition, &right)
                && safe(condition)
            {
                split.right.push(condition);
            } else if kind == JoinKind::Inner
                && let Some(pair) = equality(condition, &left, &right)
            {
                split.equal.push(pair);
            } else {
                split.above.push(condition);
            }
        }
        split
    }

    fn joined(&self, left: Rows, right: Rows, kind: JoinKind, split: &Split) -> Result<Rows, Failure> {
        let mut left_forms = Vec::new();
        let mut right_forms = Vec::new();
        let on_left = Compiler::new(self.context, &left.layout);
        let on_right = Compiler::new(self.context, &right.layout);
        for (left, right) in &split.equal {
            let (left, right) = (on_left.compile(left)?, on_right.compile(right)?);
            let native = left.kind == right.kind && !matches!(left.kind, Kind::Any | Kind::Float);
            let form = if native { Form::Plain } else { Form::JoinKey };
            left_forms.push((left, form));
            right_forms.push((right, form));
        }
        let slots = left.layout.slots.iter().chain(&right.layout.slots).cloned().collect();
        let layout = Layout { slots };
        let residual = self.compiled(&self.ordered(split.residual.clone()), &layout)?;
        let widths = (left.layout.slots.len(), right.layout.slots.len());
        let (left, right) = (left.with_forms(left_forms), right.with_forms(right_forms));
        let filter = join_filter(&layout, widths.0, residual);
        let plan = operators(left.plan, right.plan, widths, split.equal.len(), kind, filter)?;
        // The keys stand behind each side's columns.
        let columns = (0..widths.0).chain((0..widths.1).map(|number| widths.0 + split.equal.len() + number));
        let columns = columns.map(Column::Pass).collect();
        Ok(Rows { plan, layout: Layout::default() }.map(Vec::new(), columns, layout.slots))
    }
}

/// An equality of an expression of the left and one of the right.
fn equality<'e>(
    condition: &'e Expr,
    left: &HashSet<ColumnId>,
    right: &HashSet<ColumnId>,
) -> Option<(&'e Expr, &'e Expr)> {
    let ExprKind::Call { function: Function::Equal, arguments } = &condition.kind else { return None };
    let [first, second] = arguments.as_slice() else { return None };
    let (first_reads, second_reads) = (columns_read(first), columns_read(second));
    if first_reads.is_empty() || second_reads.is_empty() {
        return None;
    }
    if first_reads.is_subset(left) && second_reads.is_subset(right) {
        return Some((first, second));
    }
    (first_reads.is_subset(right) && second_reads.is_subset(left)).then_some((second, first))
}

/// The columns in a form whose Arrow nulls can also stand for a row without a partner: that row's columns are null,
/// and members of a missing document or element are undefined.
fn nullable(rows: Rows, is_nullable: bool) -> Rows {
    if !is_nullable {
        return rows;
    }
    let mut columns = Vec::with_capacity(rows.layout.slots.len());
    let mut slots = Vec::with_capacity(rows.layout.slots.len());
    for (number, slot) in rows.layout.slots.iter().enumerate() {
        let absent = match slot.key {
            Key::Leaf(..) | Key::List(..) | Key::Offsets(_) => Absent::Undefined,
            Key::Column(_) | Key::ShadowInt(..) | Key::Count | Key::Hidden(_) => Absent::Null,
        };
        let fits = slot.key.is_list() || slot.kind == Kind::Any || slot.absent.union(absent) == Some(absent);
        let kind = if fits { slot.kind } else { Kind::Any };
        slots.push(Slot { key: slot.key.clone(), kind, absent });
        columns.push(if fits {
            Column::Pass(number)
        } else {
            Column::Compute(Node::input_of(number, slot.kind, slot.absent), Form::Any)
        });
    }
    rows.map(Vec::new(), columns, slots)
}

fn join_filter(layout: &Layout, left_width: usize, residual: Vec<Node>) -> Option<JoinFilter> {
    if residual.is_empty() {
        return None;
    }
    let schema = layout.schema();
    let mut indices = Vec::with_capacity(layout.slots.len());
    for number in 0..layout.slots.len() {
        indices.push(if number < left_width {
            ColumnIndex { index: number, side: JoinSide::Left }
        } else {
            ColumnIndex { index: number - left_width, side: JoinSide::Right }
        });
    }
    // A join without columns has nothing to count rows by.
    let schema = if indices.is_empty() {
        Arc::new(Schema::new(vec![Field::new("none", DataType::Boolean, true)]))
    } else {
        schema
    };
    Some(JoinFilter::new(Arc::new(Condition::new(residual)), indices, schema))
}

fn operators(
    left: Arc<dyn ExecutionPlan>,
    right: Arc<dyn ExecutionPlan>,
    widths: (usize, usize),
    keys: usize,
    kind: JoinKind,
    filter: Option<JoinFilter>,
) -> Result<Arc<dyn ExecutionPlan>, Failure> {
    let join_type = match kind {
        JoinKind::Inner => JoinType::Inner,
        JoinKind::Left => JoinType::Left,
        JoinKind::Right => JoinType::Right,
        JoinKind::Full => JoinType::Full,
    };
    let left = one_partition(left);
    // Rows of the left without a partner are only known when all of the right was seen.
    let right = if matches!(kind, JoinKind::Left | JoinKind::Full) { one_partition(right) } else { right };
    if keys > 0 {
        let on = (0..keys).map(|key| (column_expr(widths.0 + key), column_expr(widths.1 + key))).collect();
        let join = HashJoinExec::try_new(
            left,
            right,
            on,
            filter,
            &join_type,
            None,
            PartitionMode::CollectLeft,
            NullEquality::NullEqualsNothing,
            false,
        )?;
        return Ok(stoppable(Arc::new(join)));
    }
    if kind == JoinKind::Inner && filter.is_none() {
        return Ok(stoppable(Arc::new(CrossJoinExec::new(left, right))));
    }
    Ok(stoppable(Arc::new(NestedLoopJoinExec::try_new(left, right, filter, &join_type, None)?)))
}

/// Gives way to the runtime every few batches: a join can make many batches of few, and a query that never gives way
/// cannot be stopped at its time limit.
fn stoppable(join: Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan> {
    Arc::new(CooperativeExec::new(join))
}

fn one_partition(plan: Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan> {
    if plan.output_partitioning().partition_count() == 1 {
        return plan;
    }
    Arc::new(CoalescePartitionsExec::new(plan))
}

fn column_expr(number: usize) -> Arc<dyn PhysicalExpr> {
    Arc::new(expressions::Column::new(&format!("c{number}"), number))
}
