//! Whole queries: WITH, set operations, VALUES, and ORDER BY and LIMIT over them.

use std::rc::Rc;

use super::scope::{Clause, ELEMENT_NAME, Level, LevelKind, Relation, Row};
use super::{CommonTable, MAX_QUERY_DEPTH, Resolver, expr};
use crate::resolved::{ColumnId, Expr, ExprKind, Output, Plan, SortKey};
use crate::tree::{self, ExprKind as Tree, Limit, Name, OrderItem, QueryBody};
use crate::{Error, Result, Span, Value};

/// What a query gives.
pub(super) struct Rows {
    pub plan: Plan,
    pub outputs: Vec<Output>,
}

/// The clauses after a query's body.
#[derive(Clone, Copy)]
pub(super) struct Tail<'t> {
    pub order_by: &'t [OrderItem],
    pub limit: Option<&'t Limit>,
    pub offset: Option<&'t tree::Expr>,
    pub span: Span,
}

/// Whether the outermost query says how many rows it wants.
pub(super) fn has_limit(query: &tree::Query) -> bool {
    query.limit.is_some() || matches!(&query.body, QueryBody::Nested(inner) if has_limit(inner))
}

impl Rows {
    /// The rows as an item of FROM: named columns first, then what stars bring.
    pub fn relation(&self) -> Relation {
        let mut relation = Relation::default();
        for output in &self.outputs {
            match output {
                Output::Column { name, column } => relation.columns.push((name.clone(), *column)),
                Output::Spread { column, except } => {
                    relation.rows.push(Row { column: *column, except: except.clone() });
                }
            }
        }
        relation
    }

    /// The columns of a query without stars.
    pub fn columns(&self) -> Option<Vec<ColumnId>> {
        let column = |output: &Output| match output {
            Output::Column { column, .. } => Some(*column),
            Output::Spread { .. } => None,
        };
        self.outputs.iter().map(column).collect()
    }
}

impl Resolver<'_> {
    /// The rows of a query. Levels around it stay as they are.
    pub(super) fn query(&mut self, query: &tree::Query) -> Result<Rows> {
        if self.query_depth == MAX_QUERY_DEPTH {
            let at = self.at(query.span);
            return Err(Error::TooLarge { what: "queries inside one another", limit: MAX_QUERY_DEPTH, at });
        }
        self.query_depth += 1;
        let visible = self.common_tables.len();
        let rows = self.nested(query.span, |resolver| {
            resolver.declare(query);
            let tail = Tail {
                order_by: &query.order_by,
                limit: query.limit.as_ref(),
                offset: query.offset.as_ref(),
                span: query.span,
            };
            resolver.body(&query.body, tail)
        });
        self.common_tables.truncate(visible);
        self.query_depth -= 1;
        rows
    }

    /// A query that sees nothing of the place where it is referred to.
    pub(super) fn separate_query(&mut self, query: &tree::Query) -> Result<Rows> {
        let levels = std::mem::take(&mut self.levels);
        let rows = self.query(query);
        self.levels = levels;
        rows
    }

    /// New names for the columns of a named query or a subquery in FROM.
    pub(super) fn rename(&self, rows: &mut Rows, names: &[Name], span: Span) -> Result<()> {
        if names.is_empty() {
            return Ok(());
        }
        if rows.columns().is_none_or(|columns| columns.len() != names.len()) {
            let message = format!(
                "{} column names are given, but the query has {}",
                names.len(),
                self.describe_width(&rows.outputs)
            );
            return Err(self.invalid("column_count_mismatch", message, span));
        }
        for (output, new) in rows.outputs.iter_mut().zip(names) {
            if let Output::Column { name, .. } = output {
                name.clone_from(&new.text);
            }
        }
        Ok(())
    }

    /// LIMIT and OFFSET over a plan.
    pub(super) fn limit(&mut self, plan: Plan, tail: Tail<'_>) -> Result<Plan> {
        let limit = match tail.limit {
            Some(Limit::Count(count)) => Some(self.row_count(count)?),
            Some(Limit::All) | None => None,
        };
        let offset = tail.offset.map(|offset| self.row_count(offset)).transpose()?;
        if limit.is_none() && offset.is_none() {
            return Ok(plan);
        }
        self.count(tail.span)?;
        Ok(Plan::Limit { input: Box::new(plan), limit, offset })
    }

    /// A number of rows: a literal or a parameter.
    pub(super) fn row_count(&mut self, count: &tree::Expr) -> Result<Expr> {
        let levels = std::mem::take(&mut self.levels);
        let level = Level::new(LevelKind::Transparent, Clause::LIMIT);
        let resolved = self.in_level(level, |resolver| resolver.expr(count));
        self.levels = levels;
        let resolved = resolved?;
        let value = match &resolved.kind {
            ExprKind::Literal(value) => Some(value),
            ExprKind::Parameter(index) => {
                self.depends_on_values = true;
                self.parameters.get(*index).map(|parameter| &parameter.value)
            }
            _ => None,
        };
        match value {
            Some(Value::Int(rows)) if *rows >= 0 => Ok(resolved),
            _ => {
                let message = format!(
                    "`{}` is no number of rows; LIMIT and OFFSET take an int from 0 up or a parameter of type int",
                    self.snippet(count.span)
                );
                Err(self.invalid("invalid_limit", message, count.span))
            }
        }
    }

    fn declare(&mut self, query: &tree::Query) {
        let Some(with) = &query.with else { return };
        for table in &with.tables {
            self.common_tables.push(CommonTable {
                name: table.name.text.clone(),
                table: Some(Rc::new(table.clone())),
                recursive: with.recursive,
            });
        }
    }

    fn body(&mut self, body: &QueryBody, tail: Tail<'_>) -> Result<Rows> {
        let rows = match body {
            QueryBody::Select(select) => {
                let level = Level::new(LevelKind::Transparent, Clause::FROM);
                return self.in_level(level, |resolver| resolver.select(select, tail));
            }
            QueryBody::SetOperation(operation) => {
                self.nested(operation.span, |resolver| resolver.set_operation(operation))?
            }
            QueryBody::Values { rows, span } => self.values(rows, *span)?,
            QueryBody::Table { name, .. } => self.table_rows(name)?,
            QueryBody::Nested(query) => self.query(query)?,
        };
        let keys = self.row_keys(&rows, tail.order_by)?;
        let plan = sorted(rows.plan, keys);
        Ok(Rows { plan: self.limit(plan, tail)?, outputs: rows.outputs })
    }

    /// The body of a branch has no clauses of its own.
    fn branch(&mut self, body: &QueryBody) -> Result<Rows> {
        self.body(body, Tail { order_by: &[], limit: None, offset: None, span: body.span() })
    }

    fn set_operation(&mut self, operation: &tree::SetOperation) -> Result<Rows> {
        let left = self.branch(&operation.left)?;
        let right = self.branch(&operation.right)?;
        if left.outputs.len() != right.outputs.len() {
            let message = format!(
                "The branches have different numbers of columns: {} and {}",
                self.describe_width(&left.outputs),
                self.describe_width(&right.outputs)
            );
            return Err(self.invalid("column_count_mismatch", message, operation.right.span()));
        }
        let mut columns = Vec::new();
        let mut outputs = Vec::new();
        for (one, two) in left.outputs.iter().zip(&right.outputs) {
            let new = self.column();
            match (one, two) {
                (Output::Column { name, column }, Output::Column { column: other, .. }) => {
                    columns.push((new, *column, *other));
                    outputs.push(Output::Column { name: name.clone(), column: new });
                }
                (
                    Output::Spread { column, except },
                    Output::Spread { column: other, except: other_except },
                ) if except == other_except => {
                    columns.push((new, *column, *other));
                    outputs.push(Output::Spread { column: new, except: except.clone() });
                }
                _ => {
                    let message = "A star has no fixed number of columns: both branches must have the same star at \
                                   the same place, or name their columns";
                    return Err(self.invalid("column_count_mismatch", message, operation.right.span()));
                }
            }
        }
        let plan = Plan::SetOperation {
            left: Box::new(left.plan),
            right: Box::new(right.plan),
            kind: operation.kind,
            all: operation.all,
            columns,
        };
        Ok(Rows { plan, outputs })
    }

    fn values(&mut self, rows: &[tree::Expr], span: Span) -> Result<Rows> {
        let level = Level::new(LevelKind::Transparent, Clause { name: "VALUES", ..Clause::FROM });
        let rows = self.in_level(level, |resolver| {
            let row = |row: &tree::Expr| match &row.kind {
                Tree::Row(items) => items.iter().map(|item| resolver.expr(item)).collect(),
                _ => resolver.expr(row).map(|value| vec![value]),
            };
            rows.iter().map(row).collect::<Result<Vec<Vec<Expr>>>>()
        })?;
        let width = rows.first().map_or(0, Vec::len);
        if rows.iter().any(|row| row.len() != width) {
            let message = "The rows of VALUES have different numbers of columns";
            return Err(self.invalid("column_count_mismatch", message, span));
        }
        let columns: Vec<ColumnId> = (0..width).map(|_| self.column()).collect();
        let outputs = columns.iter().enumerate();
        let outputs =
            outputs.map(|(at, column)| Output::Column { name: default_name(at), column: *column }).collect();
        Ok(Rows { plan: Plan::Values { columns, rows }, outputs })
    }

    /// ORDER BY over what is no SELECT: only output columns can be read.
    fn row_keys(&mut self, rows: &Rows, order_by: &[OrderItem]) -> Result<Vec<SortKey>> {
        let mut level = Level::new(LevelKind::Transparent, Clause { name: "ORDER BY", ..Clause::FROM });
        level.relations.push(rows.relation());
        self.in_level(level, |resolver| {
            let mut keys = Vec::new();
            for item in order_by {
                let ordinal = resolver.ordinal(&item.expr, rows.outputs.len())?;
                let key = match ordinal.and_then(|at| output_column(&rows.outputs[at])) {
                    Some(column) => expr(ExprKind::Column(column), item.expr.span),
                    None => resolver.expr(&item.expr)?,
                };
                keys.push(sort_key(key, item));
            }
            Ok(keys)
        })
    }

    /// The position in the select list that an int in GROUP BY or ORDER BY stands for.
    pub(super) fn ordinal(&self, item: &tree::Expr, width: usize) -> Result<Option<usize>> {
        let Tree::Literal(tree::Literal::Int(position)) = item.kind else { return Ok(None) };
        match usize::try_from(position) {
            Ok(position) if (1..=width).contains(&position) => Ok(Some(position - 1)),
            _ => {
                let message = format!("There is no column {position}: the select list has {width}");
                Err(self.invalid("invalid_position", message, item.span))
            }
        }
    }

    fn describe_width(&self, outputs: &[Output]) -> String {
        match outputs.iter().any(|output| matches!(output, Output::Spread { .. })) {
            true => "a star, whose number is not fixed".to_owned(),
            false => outputs.len().to_string(),
        }
    }

    /// The error for a subquery that must have one column.
    pub(super) fn one_column(&self, outputs: &[Output], span: Span) -> Error {
        let message = format!(
            "A subquery used as a value must have one column, this one has {}",
            self.describe_width(outputs)
        );
        self.invalid("column_count_mismatch", message, span)
    }
}

/// The name of the select item at a position, from 0, that has no better one.
pub(super) fn default_name(position: usize) -> String {
    if position == 0 { ELEMENT_NAME.to_owned() } else { format!("?field{position}") }
}

pub(super) fn sort_key(key: Expr, item: &OrderItem) -> SortKey {
    SortKey { expr: key, descending: item.descending, nulls_first: item.nulls_first.unwrap_or(false) }
}

pub(super) fn output_column(output: &Output) -> Option<ColumnId> {
    match output {
        Output::Column { column, .. } => Some(*column),
        Output::Spread { .. } => None,
    }
}

/// The plan in an order; without keys as it is.
pub(super) fn sorted(plan: Plan, keys: Vec<SortKey>) -> Plan {
    if keys.is_empty() { plan } else { Plan::Sort { input: Box::new(plan), keys } }
}
