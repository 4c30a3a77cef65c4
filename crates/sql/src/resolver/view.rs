//! Views: saved queries that are resolved where they are referred to.

use std::rc::Rc;

use super::query::Rows;
use super::{MAX_VIEW_DEPTH, Resolver, walk};
use crate::resolved::{Bound, CollectionName, Expr, ExprKind, Plan, SortKey};
use crate::tree::StatementKind;
use crate::{Error, Result, Span, parser};

impl Resolver<'_> {
    /// The rows of a view. Every place in them is the reference's: places in the view's text mean nothing to a reader
    /// of the statement.
    pub(super) fn view(&mut self, name: &CollectionName, sql: &str, span: Span) -> Result<Rows> {
        if self.view_depth == MAX_VIEW_DEPTH {
            let message =
                format!("More than {MAX_VIEW_DEPTH} views read one another; a view cannot read itself");
            return Err(self.invalid("invalid_view", message, span));
        }
        let text = std::mem::replace(&mut self.text, Rc::from(sql));
        let levels = std::mem::take(&mut self.levels);
        let common_tables = std::mem::take(&mut self.common_tables);
        self.view_depth += 1;
        let rows = self.view_query(sql);
        self.view_depth -= 1;
        self.common_tables = common_tables;
        self.levels = levels;
        self.text = text;
        match rows {
            Ok(mut rows) => {
                relocate(&mut rows.plan, span);
                Ok(rows)
            }
            Err(error) => Err(self.at_reference(error, name, span)),
        }
    }

    fn view_query(&mut self, sql: &str) -> Result<Rows> {
        let statement = parser::parse(sql)?;
        match &statement.kind {
            StatementKind::Query(query) => self.query(query),
            _ => Err(self.invalid("invalid_view", "The view's text is no query", statement.span)),
        }
    }

    /// The error of a view's text as one of the statement that refers to the view.
    fn at_reference(&self, mut error: Error, name: &CollectionName, span: Span) -> Error {
        let inner = error.location();
        match &mut error {
            Error::Syntax { message, at } | Error::Invalid { message, at, .. } => {
                // Of views in views the innermost says enough.
                if !message.starts_with("View \"") {
                    *message = format!("View \"{}.{}\", {inner}: {message}", name.workspace, name.name);
                }
                *at = self.at(span);
            }
            Error::NotSupported { at, .. }
            | Error::CollectionNotFound { at, .. }
            | Error::WorkspaceNotFound { at, .. }
            | Error::FunctionNotFound { at, .. }
            | Error::TooLarge { at, .. } => *at = self.at(span),
        }
        error
    }
}

/// Gives every node of a plan the same place.
fn relocate(plan: &mut Plan, to: Span) {
    match plan {
        Plan::Unit => {}
        Plan::Collection { span, .. } => *span = to,
        Plan::Values { rows, .. } => rows.iter_mut().flatten().for_each(|value| relocate_expr(value, to)),
        Plan::Unnest { input, array, .. } => {
            relocate(input, to);
            relocate_expr(array, to);
        }
        Plan::Filter { input, condition } => {
            relocate(input, to);
            relocate_expr(condition, to);
        }
        Plan::Extend { input, columns } => {
            relocate(input, to);
            columns.iter_mut().for_each(|(_, value)| relocate_expr(value, to));
        }
        Plan::Aggregate { input, groups, aggregates, .. } => {
            relocate(input, to);
            groups.iter_mut().for_each(|(_, group)| relocate_expr(group, to));
            for (_, call) in aggregates {
                call.span = to;
                let parts = call.arguments.iter_mut().chain(&mut call.filter);
                parts.chain(&mut call.limit).chain(&mut call.offset).for_each(|part| relocate_expr(part, to));
                relocate_keys(&mut call.order_by, to);
            }
        }
        Plan::Window { input, calls } => {
            relocate(input, to);
            for (_, call) in calls {
                call.span = to;
                let parts = call.arguments.iter_mut().chain(&mut call.partition_by).chain(&mut call.filter);
                parts.for_each(|part| relocate_expr(part, to));
                relocate_keys(&mut call.order_by, to);
                relocate_bound(&mut call.frame.start, to);
                relocate_bound(&mut call.frame.end, to);
            }
        }
        Plan::Join { left, right, condition, .. } => {
            relocate(left, to);
            relocate(right, to);
            condition.iter_mut().for_each(|condition| relocate_expr(condition, to));
        }
        Plan::SetOperation { left, right, .. } => {
            relocate(left, to);
            relocate(right, to);
        }
        Plan::Distinct { input, .. } => relocate(input, to),
        Plan::Sort { input, keys } => {
            relocate(input, to);
            relocate_keys(keys, to);
        }
        Plan::Limit { input, limit, offset } => {
            relocate(input, to);
            limit.iter_mut().chain(offset).for_each(|count| relocate_expr(count, to));
        }
    }
}

fn relocate_keys(keys: &mut [SortKey], to: Span) {
    keys.iter_mut().for_each(|key| relocate_expr(&mut key.expr, to));
}

fn relocate_bound(bound: &mut Bound, to: Span) {
    if let Bound::Preceding(offset) | Bound::Following(offset) = bound {
        relocate_expr(offset, to);
    }
}

fn relocate_expr(expr: &mut Expr, to: Span) {
    expr.span = to;
    match &mut expr.kind {
        ExprKind::ScalarSubquery(subquery)
        | ExprKind::ExistsSubquery(subquery)
        | ExprKind::InSubquery { subquery, .. } => relocate(&mut subquery.plan, to),
        _ => {}
    }
    walk::children_mut(expr).into_iter().for_each(|child| relocate_expr(child, to));
}
