//! Going through expressions: their parts, their size, and whether two of them say the same.

use crate::resolved::{ColumnId, Expr, ExprKind};

/// The expressions directly below one, in the order of evaluation. Plans of subqueries are not entered.
pub(super) fn children(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Literal(_)
        | ExprKind::Parameter(_)
        | ExprKind::Now
        | ExprKind::Column(_)
        | ExprKind::ScalarSubquery(_)
        | ExprKind::ExistsSubquery(_) => Vec::new(),
        ExprKind::Field { base: one, .. }
        | ExprKind::Cast { expr: one, .. }
        | ExprKind::Not(one)
        | ExprKind::Try(one)
        | ExprKind::IsNull(one)
        | ExprKind::IsUndefined(one)
        | ExprKind::InSubquery { expr: one, .. } => vec![one],
        ExprKind::Subscript { base: left, index: right }
        | ExprKind::ArrayAny { array: left, predicate: right, .. } => vec![left, right],
        ExprKind::Call { arguments: many, .. }
        | ExprKind::And(many)
        | ExprKind::Or(many)
        | ExprKind::Coalesce(many)
        | ExprKind::Array(many) => many.iter().collect(),
        ExprKind::InList { expr, list } => std::iter::once(&**expr).chain(list).collect(),
        ExprKind::Object(members) => members.iter().flat_map(|(name, value)| [name, value]).collect(),
        ExprKind::Case { branches, otherwise } => {
            let branches = branches.iter().flat_map(|(condition, value)| [condition, value]);
            branches.chain(otherwise.as_deref()).collect()
        }
    }
}

/// The same as [`children`], to be changed in place.
pub(super) fn children_mut(expr: &mut Expr) -> Vec<&mut Expr> {
    match &mut expr.kind {
        ExprKind::Literal(_)
        | ExprKind::Parameter(_)
        | ExprKind::Now
        | ExprKind::Column(_)
        | ExprKind::ScalarSubquery(_)
        | ExprKind::ExistsSubquery(_) => Vec::new(),
        ExprKind::Field { base: one, .. }
        | ExprKind::Cast { expr: one, .. }
        | ExprKind::Not(one)
        | ExprKind::Try(one)
        | ExprKind::IsNull(one)
        | ExprKind::IsUndefined(one)
        | ExprKind::InSubquery { expr: one, .. } => vec![one],
        ExprKind::Subscript { base: left, index: right }
        | ExprKind::ArrayAny { array: left, predicate: right, .. } => vec![left, right],
        ExprKind::Call { arguments: many, .. }
        | ExprKind::And(many)
        | ExprKind::Or(many)
        | ExprKind::Coalesce(many)
        | ExprKind::Array(many) => many.iter_mut().collect(),
        ExprKind::InList { expr, list } => std::iter::once(&mut **expr).chain(list).collect(),
        ExprKind::Object(members) => members.iter_mut().flat_map(|(name, value)| [name, value]).collect(),
        ExprKind::Case { branches, otherwise } => {
            let branches = branches.iter_mut().flat_map(|(condition, value)| [condition, value]);
            branches.chain(otherwise.as_deref_mut()).collect()
        }
    }
}

/// Whether two expressions of one node are written the same, wherever they stand in the text.
pub(super) fn same(left: &Expr, right: &Expr) -> bool {
    same_under(left, right, &mut Vec::new())
}

/// Whether the expression reads one of these columns.
pub(super) fn reads(expr: &Expr, columns: &[ColumnId]) -> bool {
    matches!(expr.kind, ExprKind::Column(column) if columns.contains(&column))
        || children(expr).into_iter().any(|child| reads(child, columns))
}

/// `bound` pairs the columns that ArrayAny binds on the left with those it binds on the right.
fn same_under(left: &Expr, right: &Expr, bound: &mut Vec<(ColumnId, ColumnId)>) -> bool {
    if !same_head(&left.kind, &right.kind, bound) {
        return false;
    }
    let depth = bound.len();
    if let (
        ExprKind::ArrayAny { element: one, ordinality: first, .. },
        ExprKind::ArrayAny { element: two, ordinality: second, .. },
    ) = (&left.kind, &right.kind)
    {
        bound.push((*one, *two));
        bound.extend(first.zip(*second));
    }
    let (lefts, rights) = (children(left), children(right));
    let equal =
        lefts.len() == rights.len() && lefts.iter().zip(rights).all(|(one, two)| same_under(one, two, bound));
    bound.truncate(depth);
    equal
}

/// Whether the nodes themselves agree, whatever is below them.
fn same_head(left: &ExprKind, right: &ExprKind, bound: &[(ColumnId, ColumnId)]) -> bool {
    match (left, right) {
        (ExprKind::Literal(one), ExprKind::Literal(two)) => one == two,
        (ExprKind::Parameter(one), ExprKind::Parameter(two)) => one == two,
        (ExprKind::Now, ExprKind::Now) => true,
        (ExprKind::Column(one), ExprKind::Column(two)) => one == two || bound.contains(&(*one, *two)),
        (ExprKind::Field { name: one, .. }, ExprKind::Field { name: two, .. }) => one == two,
        (ExprKind::Call { function: one, .. }, ExprKind::Call { function: two, .. }) => {
            one == two && !one.is_volatile()
        }
        (ExprKind::Cast { to, mode, .. }, ExprKind::Cast { to: other_to, mode: other_mode, .. }) => {
            to == other_to && mode == other_mode
        }
        (
            ExprKind::Case { branches, otherwise },
            ExprKind::Case { branches: other_branches, otherwise: other_otherwise },
        ) => branches.len() == other_branches.len() && otherwise.is_some() == other_otherwise.is_some(),
        (
            ExprKind::ArrayAny { exists, ordinality, .. },
            ExprKind::ArrayAny { exists: other_exists, ordinality: other_ordinality, .. },
        ) => exists == other_exists && ordinality.is_some() == other_ordinality.is_some(),
        (ExprKind::Subscript { .. }, ExprKind::Subscript { .. })
        | (ExprKind::And(_), ExprKind::And(_))
        | (ExprKind::Or(_), ExprKind::Or(_))
        | (ExprKind::Not(_), ExprKind::Not(_))
        | (ExprKind::Coalesce(_), ExprKind::Coalesce(_))
        | (ExprKind::Try(_), ExprKind::Try(_))
        | (ExprKind::InList { .. }, ExprKind::InList { .. })
        | (ExprKind::IsNull(_), ExprKind::IsNull(_))
        | (ExprKind::IsUndefined(_), ExprKind::IsUndefined(_))
        | (ExprKind::Array(_), ExprKind::Array(_))
        | (ExprKind::Object(_), ExprKind::Object(_)) => true,
        // Two subqueries are computed twice: equal text may still read the clock or chance.
        _ => false,
    }
}
