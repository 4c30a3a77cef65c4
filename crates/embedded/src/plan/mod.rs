//! From the resolved query to DataFusion's operators.
//!
//! Plans are built from the top down: a node is told which columns are needed above it, which conditions its rows
//! must meet and how many of them are enough, and hands on what it can to its inputs. Nothing is optimised afterwards,
//! so that planning takes microseconds and a condition runs where these rules put it.

mod aggregate;
mod bindings;
mod function_aggregate;
mod join;
mod layout;
mod partials;
mod prune;
mod rows;
mod scan;
mod set;
mod sort;
mod unnest;
mod walk;
mod window;

use std::collections::HashMap;
use std::sync::Arc;

use arrow::compute::SortOptions;
use rockhopper_sql::resolved::{CastMode, ColumnId, Expr, ExprKind, Plan, Subquery};
use rockhopper_sql::{Span, Type, Value};

pub(crate) use bindings::{Bindings, Leaf};
pub(crate) use layout::{Key, Keys, Layout, Path, Slot};
pub(crate) use rows::Rows;
pub(crate) use walk::{keys_read, list_keys, subqueries};

use crate::error::Failure;
use crate::partials::Partials;
use crate::program::{Compiler, KeySet, is_fallible};

/// What expressions mean besides their columns.
#[derive(Debug)]
pub(crate) struct Context {
    /// The documents, elements and members.
    pub(crate) bindings: Bindings,
    /// The values of the statement's parameters.
    pub(crate) parameters: Vec<Value>,
    /// What `current_timestamp()` stands for.
    pub(crate) now_us: i64,
    /// What the subqueries gave, by [`Context::subquery_key`].
    pub(crate) subqueries: HashMap<usize, SubqueryResult>,
}

/// What a subquery gave.
#[derive(Clone, Debug)]
pub(crate) enum SubqueryResult {
    /// Its value, or whether there is a row.
    Value(Value),
    /// The values to look in.
    Set(Arc<KeySet>),
}

impl Context {
    /// Tells the subqueries of a statement apart: its resolved query does not move while it runs.
    pub(crate) fn subquery_key(subquery: &Subquery) -> usize {
        std::ptr::from_ref(subquery) as usize
    }
}

/// What is wanted of a node.
#[derive(Clone, Default)]
pub(crate) struct Demand<'p> {
    /// The columns that are needed above.
    pub(crate) required: Keys,
    /// The conditions over the node's columns that its rows must meet, in the order of their evaluation.
    pub(crate) conditions: Vec<&'p Expr>,
    /// So many of the first rows are enough.
    pub(crate) fetch: Option<usize>,
    /// So many of the first rows in an order of columns are enough.
    pub(crate) first: Option<First>,
}

/// The first rows in an order of columns.
#[derive(Clone, Debug)]
pub(crate) struct First {
    pub(crate) keys: Vec<(ColumnId, SortOptions)>,
    pub(crate) limit: usize,
}

/// Builds the operators of one plan.
pub(crate) struct Planner<'a> {
    pub(crate) context: &'a Context,
    /// How many cores a query may use.
    pub(crate) partitions: usize,
    /// Where partial results are kept; None: they are not used.
    pub(crate) partials: Option<&'a Arc<Partials>>,
    /// The pieces of the collection that are read; None is all. An aggregation over some is not taken apart any further.
    pub(crate) only: Option<&'a [usize]>,
}

/// The text in `CAST(text AS int)`.
pub(crate) fn shadow_cast(expr: &Expr) -> Option<&Expr> {
    match &expr.kind {
        ExprKind::Cast { expr, to: Type::Int, mode: CastMode::Cast | CastMode::Try } => Some(expr),
        _ => None,
    }
}

impl Planner<'_> {
    /// The operators for a plan whose rows have these columns.
    pub(crate) fn plan(&self, plan: &Plan, outputs: &[ColumnId]) -> Result<(Rows, Vec<Slot>), Failure> {
        let mut required = Keys::new();
        let exprs: Vec<Expr> = outputs
            .iter()
            .map(|column| Expr { kind: ExprKind::Column(*column), span: Span::default() })
            .collect();
        exprs.iter().for_each(|expr| keys_read(expr, &self.context.bindings, &mut required));
        let rows = self.lower(plan, Demand { required, ..Demand::default() })?;
        rows.output(self.context, &exprs)
    }

    fn lower<'p>(&self, plan: &'p Plan, demand: Demand<'p>) -> Result<Rows, Failure> {
        match plan {
            Plan::Unit => self.filtered(Rows::unit(), demand),
            Plan::Values { columns, rows } => self.values(columns, rows, demand),
            Plan::Collection { row, sample_percent, .. } => self.scan(*row, *sample_percent, demand),
            Plan::Filter { input, condition } => {
                let mut conditions = Vec::new();
                conjuncts(condition, &mut conditions);
                conditions.extend(demand.conditions);
                self.lower(input, Demand { conditions, fetch: None, ..demand })
            }
            Plan::Extend { input, columns } => self.extend(input, columns, demand),
            Plan::Unnest { .. } => self.unnest(plan, demand),
            Plan::Aggregate { .. } => self.aggregate(plan, demand),
            Plan::Window { input, calls } => self.window(input, calls, demand),
            Plan::Join { .. } => self.join(plan, demand),
            Plan::SetOperation { .. } => self.set_operation(plan, demand),
            Plan::Distinct { input, columns } => self.distinct(input, columns, demand),
            Plan::Sort { input, keys } => self.sort(input, keys, demand),
            Plan::Limit { input, limit, offset } => {
                self.limit(input, limit.as_ref(), offset.as_ref(), demand)
            }
        }
    }

    /// The rows of a node that meet the conditions that are left for it.
    fn filtered(&self, rows: Rows, demand: Demand) -> Result<Rows, Failure> {
        if demand.conditions.is_empty() {
            return Ok(rows);
        }
        let conditions = self.compiled(&self.ordered(demand.conditions), &rows.layout)?;
        rows.filter(conditions, &demand.required)
    }

    fn compiled(&self, exprs: &[&Expr], layout: &Layout) -> Result<Vec<crate::program::Node>, Failure> {
        let compiler = Compiler::new(self.context, layout);
        exprs.iter().map(|expr| compiler.compile(expr)).collect()
    }

    /// Conditions that may fail come last: they fail only for rows that passed the others, so that skipping rows by
    /// what is known of them never decides whether a query fails.
    fn ordered<'e>(&self, conditions: Vec<&'e Expr>) -> Vec<&'e Expr> {
        let (fallible, safe): (Vec<_>, Vec<_>) =
            conditions.into_iter().partition(|condition| is_fallible(condition, self.context));
        safe.into_iter().chain(fallible).collect()
    }

    /// The columns that expressions read, besides those that are needed anyway.
    fn with_columns_of<'e>(&self, required: &Keys, exprs: impl IntoIterator<Item = &'e Expr>) -> Keys {
        let mut keys = required.clone();
        exprs.into_iter().for_each(|expr| keys_read(expr, &self.context.bindings, &mut keys));
        keys
    }

    fn extend<'p>(
        &self,
        input: &'p Plan,
        columns: &'p [(ColumnId, Expr)],
        demand: Demand<'p>,
    ) -> Result<Rows, Failure> {
        // The members of documents need no column of their own.
        let own: Vec<&(ColumnId, Expr)> = columns
            .iter()
            .filter(|(column, _)| {
                let read = Expr { kind: ExprKind::Column(*column), span: Span::default() };
                self.context.bindings.resolve(&read).is_none()
            })
            .collect();
        let (above, below): (Vec<_>, Vec<_>) = demand.conditions.iter().copied().partition(|condition| {
            let read = walk::columns_read(condition);
            own.iter().any(|(column, _)| read.contains(column))
        });
        let needed = self.with_columns_of(&demand.required, above.iter().copied());
        let own: Vec<_> =
            own.into_iter().filter(|(column, _)| needed.contains(&Key::Column(*column))).collect();
        let mut required = self.with_columns_of(&needed, own.iter().map(|(_, expr)| expr));
        own.iter().for_each(|(column, _)| {
            required.remove(&Key::Column(*column));
        });
        let (fetch, first) = if above.is_empty() {
            (demand.fetch, demand.first.as_ref().and_then(|first| first.below(columns)))
        } else {
            (None, None)
        };
        let rows = self.lower(input, Demand { required, conditions: below, fetch, first })?;
        let rows = if own.is_empty() {
            rows
        } else {
            let compiler = Compiler::new(self.context, &rows.layout);
            let mut computed = Vec::with_capacity(own.len());
            for (column, expr) in own {
                computed.push((Key::Column(*column), compiler.compile(expr)?));
            }
            rows.extend(computed, &needed)
        };
        self.filtered(rows, Demand { conditions: above, ..demand })
    }

    fn values<'p>(
        &self,
        columns: &[ColumnId],
        rows: &'p [Vec<Expr>],
        demand: Demand<'p>,
    ) -> Result<Rows, Failure> {
        let layout = Layout::default();
        let mut table = Vec::with_capacity(rows.len());
        for row in rows {
            table.push(self.compiled(&row.iter().collect::<Vec<_>>(), &layout)?);
        }
        self.filtered(Rows::values(columns, &table)?, demand)
    }
}

impl First {
    /// The same order over the columns that new ones are other names of; None where one is more than that.
    fn below(&self, columns: &[(ColumnId, Expr)]) -> Option<First> {
        let below = |(key, options): &(ColumnId, SortOptions)| match columns
            .iter()
            .find(|(column, _)| column == key)
            .map(|(_, expr)| &expr.kind)
        {
            None => Some((*key, *options)),
            Some(ExprKind::Column(column)) => Some((*column, *options)),
            Some(_) => None,
        };
        let keys = self.keys.iter().map(below).collect::<Option<_>>()?;
        Some(First { keys, limit: self.limit })
    }
}

/// The conditions that an AND joins.
pub(crate) fn conjuncts<'e>(condition: &'e Expr, found: &mut Vec<&'e Expr>) {
    match &condition.kind {
        ExprKind::And(sides) => sides.iter().for_each(|side| conjuncts(side, found)),
        _ => found.push(condition),
    }
}
