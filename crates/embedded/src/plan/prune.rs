//! What a condition says about the range of a member: pieces and zones outside of it are not read.

use rockhopper_sql::resolved::{ColumnId, Expr, ExprKind};
use rockhopper_sql::{Function, Value};

use super::bindings::steps;
use super::{Layout, Leaf, Planner, shadow_cast};
use crate::kind::Kind;
use crate::operator::Pruning;
use crate::program::Compiler;

const US_PER_MS: i64 = 1_000;
const US_PER_S: i64 = 1_000_000;
const US_PER_DAY: i64 = 86_400 * US_PER_S;
const WHOLE: (i64, i64) = (i64::MIN, i64::MAX);

/// A member whose ints or instants the store knows the range of.
struct Member<'e> {
    path: &'e Expr,
    /// How many microseconds one stands for; None: it is compared as an int.
    unit_us: Option<i64>,
}

impl Planner<'_> {
    /// The range of a document's member outside of which a condition is not true.
    pub(super) fn pruning(&self, row: ColumnId, condition: &Expr) -> Option<Pruning> {
        let ExprKind::Call { function, arguments } = &condition.kind else { return None };
        let [left, right] = arguments.as_slice() else { return None };
        let (member, bound, operator) = match (self.member(left), self.member(right)) {
            (Some(member), _) => (member, right, *function),
            (None, Some(member)) => (member, left, mirrored(*function)?),
            (None, None) => return None,
        };
        let (root, path) = self.context.bindings.resolve(member.path)?;
        if root != row {
            return None;
        }
        let layout = Layout::default();
        let bound = Compiler::new(self.context, &layout).compile(bound).ok()?;
        let range = range(operator, bound.constant()?, member.unit_us)?;
        let safe = member.unit_us.map_or(WHOLE, |unit_us| (i64::MIN / unit_us, i64::MAX / unit_us));
        Some(Pruning { path: steps(&path), range, safe })
    }

    fn member<'e>(&self, expr: &'e Expr) -> Option<Member<'e>> {
        if let ExprKind::Call { function, arguments } = &expr.kind
            && let [inner] = arguments.as_slice()
        {
            let unit_us = match function {
                Function::TimestampMicros => 1,
                Function::TimestampMillis => US_PER_MS,
                Function::TimestampSeconds => US_PER_S,
                _ => return None,
            };
            let Member { path, unit_us: None } = self.member(inner)? else { return None };
            return Some(Member { path, unit_us: Some(unit_us) });
        }
        let bindings = &self.context.bindings;
        if let Some(text) = shadow_cast(expr)
            && let Some((root, path)) = bindings.resolve(text)
        {
            let ints = bindings.has_shadow_ints(root, &path)
                || matches!(bindings.leaf(root, &path), Leaf::Typed(Kind::Int, _));
            return ints.then_some(Member { path: text, unit_us: None });
        }
        let (root, path) = bindings.resolve(expr)?;
        match bindings.leaf(root, &path) {
            Leaf::Typed(Kind::Int, _) => Some(Member { path: expr, unit_us: None }),
            Leaf::Typed(Kind::Timestamp, _) => Some(Member { path: expr, unit_us: Some(1) }),
            _ => None,
        }
    }
}

/// The same comparison with its sides swapped.
fn mirrored(operator: Function) -> Option<Function> {
    Some(match operator {
        Function::Equal => Function::Equal,
        Function::Less => Function::Greater,
        Function::LessOrEqual => Function::GreaterOrEqual,
        Function::Greater => Function::Less,
        Function::GreaterOrEqual => Function::LessOrEqual,
        _ => return None,
    })
}

/// The ints for which the comparison with the bound is true.
fn range(operator: Function, bound: &Value, unit_us: Option<i64>) -> Option<(i64, i64)> {
    // The greatest int not above the bound, and the least not below it.
    let (floor, ceiling) = match (bound, unit_us) {
        (Value::Int(int), None) => (*int, *int),
        (Value::Timestamp(us) | Value::DateTime(us), Some(unit_us)) => around(*us, unit_us),
        (Value::Date(days), Some(unit_us)) => around(i64::from(*days).checked_mul(US_PER_DAY)?, unit_us),
        _ => return None,
    };
    Some(match operator {
        Function::Equal => (ceiling, floor),
        Function::Less => (i64::MIN, ceiling.checked_sub(1)?),
        Function::LessOrEqual => (i64::MIN, floor),
        Function::Greater => (floor.checked_add(1)?, i64::MAX),
        Function::GreaterOrEqual => (ceiling, i64::MAX),
        _ => return None,
    })
}

fn around(us: i64, unit_us: i64) -> (i64, i64) {
    let floor = us.div_euclid(unit_us);
    (floor, if us.rem_euclid(unit_us) == 0 { floor } else { floor + 1 })
}
