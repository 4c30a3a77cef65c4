//! Walking plans and expressions: children, operands and the columns they read.

use std::collections::{BTreeSet, HashSet};

use rockhopper_sql::resolved::{Bound, ColumnId, Expr, ExprKind, Plan, SortKey, Subquery};

use super::bindings::{Bindings, Leaf};
use super::layout::{Key, Keys};

/// Calls `visit` for each input of a node.
pub(crate) fn for_each_child<'p>(plan: &'p Plan, visit: &mut impl FnMut(&'p Plan)) {
    match plan {
        Plan::Unit | Plan::Collection { .. } | Plan::Values { .. } => {}
        Plan::Unnest { input, .. }
        | Plan::Filter { input, .. }
        | Plan::Extend { input, .. }
        | Plan::Aggregate { input, .. }
        | Plan::Window { input, .. }
        | Plan::Distinct { input, .. }
        | Plan::Sort { input, .. }
        | Plan::Limit { input, .. } => visit(input),
        Plan::Join { left, right, .. } | Plan::SetOperation { left, right, .. } => {
            visit(left);
            visit(right);
        }
    }
}

/// Calls `visit` for each expression of a node itself.
pub(crate) fn for_each_expr<'p>(plan: &'p Plan, visit: &mut impl FnMut(&'p Expr)) {
    match plan {
        Plan::Unit | Plan::Collection { .. } | Plan::SetOperation { .. } | Plan::Distinct { .. } => {}
        Plan::Values { rows, .. } => rows.iter().flatten().for_each(visit),
        Plan::Unnest { array, .. } => visit(array),
        Plan::Filter { condition, .. } => visit(condition),
        Plan::Extend { columns, .. } => columns.iter().for_each(|(_, expr)| visit(expr)),
        Plan::Join { condition, .. } => condition.iter().for_each(visit),
        Plan::Sort { keys, .. } => sort_exprs(keys, visit),
        Plan::Limit { limit, offset, .. } => limit.iter().chain(offset).for_each(visit),
        Plan::Aggregate { groups, aggregates, .. } => {
            groups.iter().for_each(|(_, expr)| visit(expr));
            for (_, call) in aggregates {
                call.arguments
                    .iter()
                    .chain(&call.filter)
                    .chain(&call.limit)
                    .chain(&call.offset)
                    .for_each(&mut *visit);
                sort_exprs(&call.order_by, visit);
            }
        }
        Plan::Window { calls, .. } => {
            for (_, call) in calls {
                call.arguments.iter().chain(&call.partition_by).chain(&call.filter).for_each(&mut *visit);
                sort_exprs(&call.order_by, visit);
                for bound in [&call.frame.start, &call.frame.end] {
                    if let Bound::Preceding(expr) | Bound::Following(expr) = bound {
                        visit(expr);
                    }
                }
            }
        }
    }
}

fn sort_exprs<'p>(keys: &'p [SortKey], visit: &mut impl FnMut(&'p Expr)) {
    keys.iter().for_each(|key| visit(&key.expr));
}

/// Calls `visit` for each operand of an expression.
pub(crate) fn for_each_operand<'e>(expr: &'e Expr, visit: &mut impl FnMut(&'e Expr)) {
    match &expr.kind {
        ExprKind::Literal(_)
        | ExprKind::Parameter(_)
        | ExprKind::Now
        | ExprKind::Column(_)
        | ExprKind::ScalarSubquery(_)
        | ExprKind::ExistsSubquery(_) => {}
        ExprKind::Field { base: inner, .. }
        | ExprKind::Cast { expr: inner, .. }
        | ExprKind::Not(inner)
        | ExprKind::Try(inner)
        | ExprKind::IsNull(inner)
        | ExprKind::IsUndefined(inner)
        | ExprKind::InSubquery { expr: inner, .. } => visit(inner),
        ExprKind::Subscript { base: first, index: second }
        | ExprKind::ArrayAny { array: first, predicate: second, .. } => {
            visit(first);
            visit(second);
        }
        ExprKind::Call { arguments: all, .. }
        | ExprKind::And(all)
        | ExprKind::Or(all)
        | ExprKind::Coalesce(all)
        | ExprKind::Array(all) => all.iter().for_each(visit),
        ExprKind::Object(members) => {
            for (name, value) in members {
                visit(name);
                visit(value);
            }
        }
        ExprKind::Case { branches, otherwise } => {
            for (condition, value) in branches {
                visit(condition);
                visit(value);
            }
            otherwise.iter().for_each(|expr| visit(expr));
        }
        ExprKind::InList { expr, list } => {
            visit(expr);
            list.iter().for_each(visit);
        }
    }
}

/// Every subquery in the expressions of a plan, those of subqueries not included.
pub(crate) fn subqueries(plan: &Plan) -> Vec<(&Subquery, &Expr)> {
    fn in_expr<'p>(expr: &'p Expr, found: &mut Vec<(&'p Subquery, &'p Expr)>) {
        match &expr.kind {
            ExprKind::ScalarSubquery(subquery)
            | ExprKind::ExistsSubquery(subquery)
            | ExprKind::InSubquery { subquery, .. } => found.push((subquery, expr)),
            _ => {}
        }
        for_each_operand(expr, &mut |operand| in_expr(operand, found));
    }
    let mut found = Vec::new();
    for_each_expr(plan, &mut |expr| in_expr(expr, &mut found));
    for_each_child(plan, &mut |child| found.extend(subqueries(child)));
    found
}

/// The columns of the resolved query that an expression reads.
pub(crate) fn columns_read(expr: &Expr) -> HashSet<ColumnId> {
    fn add(expr: &Expr, found: &mut HashSet<ColumnId>) {
        match &expr.kind {
            ExprKind::Column(column) => {
                found.insert(*column);
            }
            ExprKind::ArrayAny { array, element, ordinality, predicate, .. } => {
                add(array, found);
                let mut inner = columns_read(predicate);
                inner.retain(|column| column != element && Some(*column) != *ordinality);
                found.extend(inner);
            }
            _ => for_each_operand(expr, &mut |operand| add(operand, found)),
        }
    }
    let mut found = HashSet::new();
    add(expr, &mut found);
    found
}

/// The columns that a plan binds, those of its inputs included.
pub(crate) fn columns_bound(plan: &Plan) -> HashSet<ColumnId> {
    let mut bound = HashSet::new();
    match plan {
        Plan::Collection { row, .. } => {
            bound.insert(*row);
        }
        Plan::Values { columns, .. } => bound.extend(columns),
        Plan::Unnest { element, ordinality, .. } => {
            bound.insert(*element);
            bound.extend(ordinality);
        }
        Plan::Extend { columns, .. } => bound.extend(columns.iter().map(|(column, _)| *column)),
        Plan::Aggregate { groups, aggregates, groupings, .. } => {
            bound.extend(groups.iter().map(|(column, _)| *column));
            bound.extend(aggregates.iter().map(|(column, _)| *column));
            bound.extend(groupings.iter().map(|(column, _)| *column));
        }
        Plan::Window { calls, .. } => bound.extend(calls.iter().map(|(column, _)| *column)),
        Plan::SetOperation { columns, .. } => bound.extend(columns.iter().map(|(column, _, _)| *column)),
        Plan::Unit
        | Plan::Filter { .. }
        | Plan::Join { .. }
        | Plan::Distinct { .. }
        | Plan::Sort { .. }
        | Plan::Limit { .. } => {}
    }
    for_each_child(plan, &mut |child| bound.extend(columns_bound(child)));
    bound
}

/// The physical columns that an expression reads.
pub(crate) fn keys_read(expr: &Expr, bindings: &Bindings, keys: &mut Keys) {
    if let Some(inner) = super::shadow_cast(expr)
        && let Some((root, path)) = bindings.resolve(inner)
        && bindings.has_shadow_ints(root, &path)
    {
        keys.insert(Key::ShadowInt(root, path));
        return;
    }
    if let Some((root, path)) = bindings.resolve(expr) {
        if bindings.leaf(root, &path) != Leaf::Missing {
            keys.insert(Key::Leaf(root, path));
        }
        return;
    }
    match &expr.kind {
        ExprKind::Column(column) => {
            keys.insert(Key::Column(*column));
        }
        ExprKind::ArrayAny { array, element, ordinality, predicate, .. } => {
            let mut inner = BTreeSet::new();
            keys_read(predicate, bindings, &mut inner);
            inner.remove(&Key::Column(*element));
            if let Some(ordinality) = ordinality {
                inner.remove(&Key::Column(*ordinality));
            }
            if bindings.element_of(*element).is_some() {
                keys.extend(list_keys(*element, &mut inner));
            } else {
                keys_read(array, bindings, keys);
            }
            keys.extend(inner);
        }
        _ => for_each_operand(expr, &mut |operand| keys_read(operand, bindings, keys)),
    }
}

/// Takes the members of an element out of `keys`: the lists that they are made of.
pub(crate) fn list_keys(element: ColumnId, keys: &mut Keys) -> Keys {
    let mut lists = Keys::new();
    keys.retain(|key| match key {
        Key::Leaf(root, path) if *root == element => {
            lists.insert(Key::List(element, path.clone()));
            false
        }
        _ => true,
    });
    if lists.is_empty() {
        lists.insert(Key::Offsets(element));
    }
    lists
}
