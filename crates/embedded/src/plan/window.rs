//! Window functions: the rows in the order of each call, and the call's result beside them.

use std::sync::Arc;

use arrow::compute::SortOptions;
use rockhopper_sql::resolved::{Bound, ColumnId, Plan, WindowCall};
use rockhopper_sql::{Function, Value};

use super::layout::{Key, Layout, Slot};
use super::sort::{SortColumn, order};
use super::{Demand, Planner, Rows};
use crate::error::Failure;
use crate::kind::{Absent, Kind};
use crate::operator::{FrameBound, FrameSpec, Window, WindowCall as Compiled};
use crate::program::Compiler;

impl Planner<'_> {
    pub(super) fn window<'p>(
        &self,
        input: &'p Plan,
        calls: &'p [(ColumnId, WindowCall)],
        demand: Demand<'p>,
    ) -> Result<Rows, Failure> {
        let needed = self.with_columns_of(&demand.required, demand.conditions.iter().copied());
        let calls: Vec<_> =
            calls.iter().filter(|(column, _)| needed.contains(&Key::Column(*column))).collect();
        let mut exprs = Vec::new();
        for (_, call) in &calls {
            exprs.extend(call.arguments.iter().chain(&call.partition_by).chain(&call.filter));
            exprs.extend(call.order_by.iter().map(|key| &key.expr));
        }
        let mut required = self.with_columns_of(&needed, exprs);
        for (column, _) in &calls {
            required.remove(&Key::Column(*column));
        }
        let mut rows = self.lower(input, Demand { required, ..Demand::default() })?;
        for (column, call) in calls {
            rows = self.windowed(rows, *column, call)?;
        }
        self.filtered(rows, demand)
    }

    fn windowed(&self, rows: Rows, column: ColumnId, call: &WindowCall) -> Result<Rows, Failure> {
        let compiler = Compiler::new(self.context, &rows.layout);
        let mut sort = Vec::new();
        for expr in &call.partition_by {
            sort.push(SortColumn {
                node: compiler.compile(expr)?,
                options: SortOptions::default(),
                is_key: true,
            });
        }
        for key in &call.order_by {
            let options = SortOptions { descending: key.descending, nulls_first: key.nulls_first };
            sort.push(SortColumn { node: compiler.compile(&key.expr)?, options, is_key: false });
        }
        sort.retain(|column| column.node.constant().is_none());
        let compiled = self.compiled_call(call, &compiler)?;
        let width = rows.layout.slots.len();
        let kind = compiled.kind;
        let rows = order(rows, sort, None).single();
        let mut slots = rows.layout.slots;
        let absent = if kind == Kind::Any { Absent::Null } else { Absent::Never };
        slots.push(Slot { key: Key::Column(column), kind, absent });
        let layout = Layout { slots };
        let plan = Arc::new(Window::new(rows.plan, compiled, width, layout.schema()));
        Ok(Rows { plan, layout })
    }

    fn compiled_call(&self, call: &WindowCall, compiler: &Compiler) -> Result<Compiled, Failure> {
        let all = |exprs: &[rockhopper_sql::resolved::Expr]| {
            exprs.iter().map(|expr| compiler.compile(expr)).collect::<Result<Vec<_>, _>>()
        };
        let mut order_by = Vec::with_capacity(call.order_by.len());
        for key in &call.order_by {
            order_by.push((compiler.compile(&key.expr)?, key.descending, key.nulls_first));
        }
        let frame = FrameSpec {
            rows: call.frame.rows,
            start: bound(&call.frame.start, compiler)?,
            end: bound(&call.frame.end, compiler)?,
        };
        Ok(Compiled {
            function: call.function,
            arguments: all(&call.arguments)?,
            partition_by: all(&call.partition_by)?,
            order_by,
            frame,
            filter: call.filter.as_ref().map(|expr| compiler.compile(expr)).transpose()?,
            span: call.span,
            kind: match call.function {
                Function::RowNumber | Function::Rank | Function::DenseRank | Function::Ntile => Kind::Int,
                Function::PercentRank | Function::CumeDist => Kind::Float,
                _ => Kind::Any,
            },
        })
    }
}

fn bound(bound: &Bound, compiler: &Compiler) -> Result<FrameBound, Failure> {
    let offset = |expr| -> Result<Value, Failure> {
        let node = compiler.compile(expr)?;
        node.constant().cloned().ok_or_else(|| {
            let message = "the offset of a frame must be a constant";
            Failure::expression("invalid_frame", message, node.span())
        })
    };
    Ok(match bound {
        Bound::UnboundedPreceding => FrameBound::UnboundedPreceding,
        Bound::Preceding(expr) => FrameBound::Preceding(offset(expr)?),
        Bound::CurrentRow => FrameBound::CurrentRow,
        Bound::Following(expr) => FrameBound::Following(offset(expr)?),
        Bound::UnboundedFollowing => FrameBound::UnboundedFollowing,
    })
}
