//! DISTINCT, UNION, INTERSECT and EXCEPT.

use std::sync::Arc;

use datafusion::functions_aggregate::count;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::union::UnionExec;
use rockhopper_sql::resolved::{ColumnId, Expr, ExprKind, Plan, SetKind};
use rockhopper_sql::{Span, Value};

use super::aggregate::{Call, aggregated};
use super::layout::{Key, Keys, Layout, Slot};
use super::{Demand, Planner, Rows};
use crate::error::Failure;
use crate::kind::{Absent, Kind};
use crate::operator::{Form, Repeat, RepeatRule};
use crate::program::{Compiler, Node};

fn read(column: ColumnId) -> Expr {
    Expr { kind: ExprKind::Column(column), span: Span::default() }
}

impl Planner<'_> {
    pub(super) fn distinct<'p>(
        &self,
        input: &'p Plan,
        columns: &'p [ColumnId],
        demand: Demand<'p>,
    ) -> Result<Rows, Failure> {
        let exprs: Vec<Expr> = columns.iter().map(|column| read(*column)).collect();
        let required = self.with_columns_of(&Keys::new(), &exprs);
        let rows = self.lower(input, Demand { required, ..Demand::default() })?;
        let compiler = Compiler::new(self.context, &rows.layout);
        let mut forms = Vec::new();
        let mut slots = Vec::new();
        for expr in &exprs {
            let node = compiler.compile(expr)?;
            let key = self.key_of(expr);
            if slots.iter().any(|slot: &Slot| slot.key == key) {
                continue;
            }
            slots.push(Slot { key, kind: node.kind, absent: Absent::Null });
            let form = if node.kind == Kind::Any { Form::Key } else { Form::Group };
            forms.push((node, form));
        }
        let rows = rows.into_forms(forms);
        let plan = aggregated(rows.plan, slots.len(), None, &[])?;
        self.filtered(Rows { plan, layout: Layout { slots } }, demand)
    }

    /// What holds a column's values above the node that binds it.
    fn key_of(&self, expr: &Expr) -> Key {
        match (self.context.bindings.resolve(expr), &expr.kind) {
            (Some((root, path)), _) => Key::Leaf(root, path),
            (None, ExprKind::Column(column)) => Key::Column(*column),
            (None, _) => Key::Hidden(0),
        }
    }

    pub(super) fn set_operation<'p>(&self, plan: &'p Plan, demand: Demand<'p>) -> Result<Rows, Failure> {
        let Plan::SetOperation { left, right, kind, all, columns } = plan else {
            return Err(Failure::internal("not a set operation"));
        };
        let left = self.branch(left, columns.iter().map(|(_, left, _)| *left))?;
        let right = self.branch(right, columns.iter().map(|(_, _, right)| *right))?;
        let keyed = !(*kind == SetKind::Union && *all);
        let slots = common_slots(columns, &left.1, &right.1, keyed);
        let plan = match kind {
            SetKind::Union => {
                let inputs = vec![left.aligned(&slots, keyed, None), right.aligned(&slots, keyed, None)];
                let union = UnionExec::try_new(inputs)?;
                if keyed { aggregated(union, slots.len(), None, &[])? } else { union }
            }
            SetKind::Intersect | SetKind::Except => {
                let inputs =
                    vec![left.aligned(&slots, true, Some(true)), right.aligned(&slots, true, Some(false))];
                counted(UnionExec::try_new(inputs)?, &slots, rule(*kind, *all))?
            }
        };
        self.filtered(Rows { plan, layout: Layout { slots } }, demand)
    }

    fn branch(&self, plan: &Plan, columns: impl Iterator<Item = ColumnId>) -> Result<Branch, Failure> {
        let exprs: Vec<Expr> = columns.map(read).collect();
        let required = self.with_columns_of(&Keys::new(), &exprs);
        let rows = self.lower(plan, Demand { required, ..Demand::default() })?;
        let compiler = Compiler::new(self.context, &rows.layout);
        let nodes = exprs.iter().map(|expr| compiler.compile(expr)).collect::<Result<Vec<_>, _>>()?;
        Ok(Branch(rows, nodes))
    }
}

/// A branch of a set operation: its rows and what its columns are.
struct Branch(Rows, Vec<Node>);

impl Branch {
    /// The columns as the slots say, and behind them, if a side is given, whether the row is of the left (true, null)
    /// or of the right (null, true).
    fn aligned(self, slots: &[Slot], keyed: bool, side: Option<bool>) -> Arc<dyn ExecutionPlan> {
        let mut forms = Vec::with_capacity(slots.len() + 2);
        for (node, slot) in self.1.into_iter().zip(slots) {
            let form = match (slot.kind, keyed) {
                (Kind::Any, true) => Form::Key,
                (Kind::Any, false) => Form::Any,
                (_, true) => Form::Group,
                (_, false) => Form::Plain,
            };
            forms.push((node, form));
        }
        if let Some(is_left) = side {
            for mark in [is_left, !is_left] {
                forms.push((Node::constant_of(Value::Bool(mark)), Form::True));
            }
        }
        self.0.into_forms(forms).plan
    }
}

fn common_slots(
    columns: &[(ColumnId, ColumnId, ColumnId)],
    left: &[Node],
    right: &[Node],
    keyed: bool,
) -> Vec<Slot> {
    let mut slots = Vec::with_capacity(columns.len());
    for ((column, _, _), (left, right)) in columns.iter().zip(left.iter().zip(right)) {
        let absent = if keyed { Some(Absent::Null) } else { left.absent.union(right.absent) };
        let (kind, absent) = match absent {
            Some(absent) if left.kind == right.kind => (left.kind, absent),
            _ => (Kind::Any, Absent::Null),
        };
        slots.push(Slot { key: Key::Column(*column), kind, absent });
    }
    slots
}

fn rule(kind: SetKind, all: bool) -> RepeatRule {
    match (kind, all) {
        (SetKind::Intersect, true) => |left, right| left.min(right),
        (SetKind::Intersect, false) => |left, right| i64::from(left > 0 && right > 0),
        (SetKind::Except, true) => |left, right| left - right,
        (SetKind::Except, false) => |left, right| i64::from(left > 0 && right == 0),
        (SetKind::Union, _) => |left, right| left + right,
    }
}

/// The groups of equal rows, each as often as the rule says.
fn counted(
    union: Arc<dyn ExecutionPlan>,
    slots: &[Slot],
    rule: RepeatRule,
) -> Result<Arc<dyn ExecutionPlan>, Failure> {
    let side = |number: usize| (ColumnId(u32::MAX), Call::count_of(count::count_udaf(), number));
    let calls = [side(slots.len()), side(slots.len() + 1)];
    let counts = aggregated(union, slots.len(), None, &calls)?;
    let schema = Layout { slots: slots.to_vec() }.schema();
    Ok(Arc::new(Repeat::new(counts, rule, schema)))
}
