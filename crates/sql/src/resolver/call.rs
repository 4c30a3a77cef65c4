//! Function calls: scalar, aggregate and window functions, and the calls that are constructs of the language.

use super::scope::Clause;
use super::{Resolver, expr, walk};
use crate::resolved::{
    AggregateCall, Bound as ResolvedBound, Expr, ExprKind, Frame as ResolvedFrame, SortKey, WindowCall,
};
use crate::tree::{self, Bound, BoundKind, Call};
use crate::{Error, Function, Kind, Result, Span};

impl Resolver<'_> {
    /// A call in the current clause.
    pub(super) fn call(&mut self, call: &Call, span: Span) -> Result<Expr> {
        let [name] = call.name.as_slice() else {
            return Err(self.qualified_function(call, span));
        };
        if let Some(construct) = self.construct(&name.text, call, span)? {
            return Ok(construct);
        }
        let Some(function) = Function::from_name(&name.text) else {
            return Err(Error::FunctionNotFound { name: name.text.clone(), at: self.at(name.span) });
        };
        match function.kind() {
            Kind::Scalar | Kind::Operator => self.scalar(function, call, span),
            _ if call.over.is_some() => self.window(function, call, span),
            Kind::Aggregate => self.aggregate_call(function, call, span),
            Kind::Window => {
                let message =
                    format!("{} is a window function; write OVER (..) after it", function.signature());
                Err(self.invalid("missing_over", message, span))
            }
        }
    }

    /// Fails if the current clause does not allow it.
    pub(super) fn require(
        &mut self,
        allows: impl FnOnce(&Clause) -> bool,
        name: &str,
        what: &str,
        span: Span,
    ) -> Result<()> {
        let clause = self.level().clause;
        if allows(&clause) {
            return Ok(());
        }
        let remedy = match clause.name {
            "WHERE" => "; filter groups with HAVING, window functions in a query around this one",
            _ => "",
        };
        let message =
            format!("{} is {what}, which cannot stand in {}{remedy}", name.to_ascii_uppercase(), clause.name);
        Err(self.invalid("aggregate_not_allowed", message, span))
    }

    /// IF, NULLIF, COALESCE and TRY evaluate only some of their arguments, so they are no functions.
    fn construct(&mut self, name: &str, call: &Call, span: Span) -> Result<Option<Expr>> {
        let lower = name.to_ascii_lowercase();
        let (least, most) = match lower.as_str() {
            "if" => (2, 3),
            "nullif" => (2, 2),
            "coalesce" => (1, usize::MAX),
            "try" => (1, 1),
            "search" | "score" => return Err(self.not_supported(lower.to_ascii_uppercase(), span)),
            _ => return Ok(None),
        };
        self.plain(&lower, call, span)?;
        if !(least..=most).contains(&call.arguments.len()) {
            let count = call.arguments.len();
            return Err(self.no_valid_overload(&lower, count, &format!("it takes {least} or more"), span));
        }
        let mut arguments = self.exprs(&call.arguments)?;
        let kind = match lower.as_str() {
            "if" => {
                let otherwise = arguments.drain(2..).next().map(Box::new);
                let value = arguments.remove(1);
                ExprKind::Case { branches: vec![(arguments.remove(0), value)], otherwise }
            }
            "nullif" => {
                // The first argument is both compared and handed on; resolved twice, so that nothing is bound twice.
                let first = self.expr(&call.arguments[0])?;
                let equal = expr(ExprKind::Call { function: Function::Equal, arguments }, span);
                let null = expr(ExprKind::Literal(crate::Value::Null), span);
                ExprKind::Case { branches: vec![(equal, null)], otherwise: Some(Box::new(first)) }
            }
            "try" => ExprKind::Try(Box::new(arguments.remove(0))),
            _ if arguments.len() == 1 => return Ok(Some(arguments.remove(0))),
            _ => ExprKind::Coalesce(arguments),
        };
        Ok(Some(expr(kind, span)))
    }

    fn scalar(&mut self, function: Function, call: &Call, span: Span) -> Result<Expr> {
        self.plain(function.name(), call, span)?;
        let arguments = self.exprs(&call.arguments)?;
        self.check_arity(function, arguments.len() + usize::from(function.takes_now()), span)?;
        if !function.takes_now() {
            return Ok(expr(ExprKind::Call { function, arguments }, span));
        }
        self.reads_clock = true;
        let now = expr(ExprKind::Now, span);
        if function == Function::CurrentTimestamp {
            return Ok(now);
        }
        let arguments = std::iter::once(now).chain(arguments).collect();
        Ok(expr(ExprKind::Call { function, arguments }, span))
    }

    fn aggregate_call(&mut self, function: Function, call: &Call, span: Span) -> Result<Expr> {
        self.require(|clause| clause.aggregates, function.name(), "an aggregate", span)?;
        self.check_aggregate(function, call, span)?;
        let resolved = self.in_clause(Clause::AGGREGATE, |resolver| {
            Ok(AggregateCall {
                function,
                arguments: resolver.exprs(&call.arguments)?,
                distinct: call.distinct,
                filter: resolver.optional(call.filter.as_ref())?,
                order_by: resolver.inner_keys(&call.order_by)?,
                limit: call.limit.as_ref().map(|limit| resolver.row_count(limit)).transpose()?,
                offset: call.offset.as_ref().map(|offset| resolver.row_count(offset)).transpose()?,
                span,
            })
        })?;
        let known = self.level().aggregates.iter().find(|(_, known)| same_aggregate(known, &resolved));
        let column = match known {
            Some((column, _)) => *column,
            None => {
                let column = self.column();
                self.level().aggregates.push((column, resolved));
                column
            }
        };
        Ok(expr(ExprKind::Column(column), span))
    }

    fn window(&mut self, function: Function, call: &Call, span: Span) -> Result<Expr> {
        let Some(over) = &call.over else { return self.aggregate_call(function, call, span) };
        self.require(|clause| clause.windows, function.name(), "a window function", span)?;
        self.check_aggregate(function, call, span)?;
        if call.distinct || !call.order_by.is_empty() || call.limit.is_some() || call.offset.is_some() {
            return Err(self
                .not_supported("DISTINCT, ORDER BY or LIMIT inside a window function's parentheses", span));
        }
        let resolved = self.in_clause(Clause::WINDOW, |resolver| {
            let order_by = resolver.inner_keys(&over.order_by)?;
            Ok(WindowCall {
                function,
                arguments: resolver.exprs(&call.arguments)?,
                partition_by: resolver.exprs(&over.partition_by)?,
                frame: resolver.frame(over.frame.as_ref(), !order_by.is_empty())?,
                order_by,
                filter: resolver.optional(call.filter.as_ref())?,
                span,
            })
        })?;
        let known = self.level().windows.iter().find(|(_, known)| same_window(known, &resolved));
        let column = match known {
            Some((column, _)) => *column,
            None => {
                let column = self.column();
                self.level().windows.push((column, resolved));
                column
            }
        };
        Ok(expr(ExprKind::Column(column), span))
    }

    fn frame(&mut self, frame: Option<&tree::Frame>, ordered: bool) -> Result<ResolvedFrame> {
        let Some(frame) = frame else {
            let end = if ordered { ResolvedBound::CurrentRow } else { ResolvedBound::UnboundedFollowing };
            return Ok(ResolvedFrame { rows: false, start: ResolvedBound::UnboundedPreceding, end });
        };
        let start = self.bound(&frame.start)?;
        let end = match &frame.end {
            Some(end) => self.bound(end)?,
            None => ResolvedBound::CurrentRow,
        };
        let backwards = matches!(start, ResolvedBound::UnboundedFollowing)
            || matches!(end, ResolvedBound::UnboundedPreceding);
        if backwards {
            return Err(self.invalid("invalid_frame", "The frame ends before it starts", frame.span));
        }
        Ok(ResolvedFrame { rows: frame.rows, start, end })
    }

    fn bound(&mut self, bound: &Bound) -> Result<ResolvedBound> {
        let mut offset = |offset: &tree::Expr| -> Result<Box<Expr>> {
            let resolved = self.expr(offset)?;
            match reads_columns(&resolved) {
                true => {
                    let message = "The offset of a window frame must be a constant or a parameter";
                    Err(self.invalid("invalid_frame", message, offset.span))
                }
                false => Ok(Box::new(resolved)),
            }
        };
        Ok(match &bound.kind {
            BoundKind::UnboundedPreceding => ResolvedBound::UnboundedPreceding,
            BoundKind::Preceding(value) => ResolvedBound::Preceding(offset(value)?),
            BoundKind::CurrentRow => ResolvedBound::CurrentRow,
            BoundKind::Following(value) => ResolvedBound::Following(offset(value)?),
            BoundKind::UnboundedFollowing => ResolvedBound::UnboundedFollowing,
        })
    }

    fn optional(&mut self, tree: Option<&tree::Expr>) -> Result<Option<Expr>> {
        tree.map(|tree| self.expr(tree)).transpose()
    }

    fn check_aggregate(&self, function: Function, call: &Call, span: Span) -> Result<()> {
        if call.star && function != Function::Count {
            let message = format!("`*` is an argument of COUNT only; {} takes values", function.signature());
            return Err(self.invalid("no_valid_overload", message, span));
        }
        if call.distinct && call.arguments.len() != 1 {
            let message = format!("DISTINCT needs one argument: {}", function.signature());
            return Err(self.invalid("no_valid_overload", message, span));
        }
        let shaped = !call.order_by.is_empty() || call.limit.is_some() || call.offset.is_some();
        if shaped && function != Function::ArrayAgg {
            let name = function.name().to_ascii_uppercase();
            let message =
                format!("ORDER BY, LIMIT and OFFSET stand in ARRAY_AGG(..) only, not in {name}(..)");
            return Err(self.invalid("no_valid_overload", message, span));
        }
        self.check_arity(function, call.arguments.len(), span)
    }

    /// Fails for what only aggregates and windows have.
    fn plain(&self, name: &str, call: &Call, span: Span) -> Result<()> {
        let extra = call.distinct
            || call.star
            || !call.order_by.is_empty()
            || call.limit.is_some()
            || call.offset.is_some()
            || call.filter.is_some()
            || call.over.is_some();
        if extra {
            let message = format!(
                "{} is no aggregate: `*`, DISTINCT, ORDER BY, LIMIT, FILTER and OVER do not belong to it",
                name.to_ascii_uppercase()
            );
            return Err(self.invalid("no_valid_overload", message, span));
        }
        Ok(())
    }

    fn check_arity(&self, function: Function, count: usize, span: Span) -> Result<()> {
        if function.arity().accepts(count) {
            return Ok(());
        }
        let written = count - usize::from(function.takes_now()).min(count);
        Err(self.no_valid_overload(
            function.name(),
            written,
            &format!("write {}", function.signature()),
            span,
        ))
    }

    fn no_valid_overload(&self, name: &str, count: usize, remedy: &str, span: Span) -> Error {
        let plural = if count == 1 { "" } else { "s" };
        let message =
            format!("No valid overload found for function `{name}` with {count} argument{plural}; {remedy}");
        self.invalid("no_valid_overload", message, span)
    }

    fn qualified_function(&self, call: &Call, span: Span) -> Error {
        let parts: Vec<&str> = call.name.iter().map(|part| part.text.as_str()).collect();
        match parts.first() {
            Some(&"_script") => self.not_supported("a user function in JavaScript", span),
            _ => Error::FunctionNotFound { name: parts.join("."), at: self.at(span) },
        }
    }
}

fn reads_columns(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Column(_)) || walk::children(expr).into_iter().any(reads_columns)
}

fn same_aggregate(left: &AggregateCall, right: &AggregateCall) -> bool {
    left.function == right.function
        && left.distinct == right.distinct
        && same_all(&left.arguments, &right.arguments)
        && same_option(&left.filter, &right.filter)
        && same_option(&left.limit, &right.limit)
        && same_option(&left.offset, &right.offset)
        && same_keys(&left.order_by, &right.order_by)
}

fn same_window(left: &WindowCall, right: &WindowCall) -> bool {
    left.function == right.function
        && same_all(&left.arguments, &right.arguments)
        && same_all(&left.partition_by, &right.partition_by)
        && same_keys(&left.order_by, &right.order_by)
        && same_option(&left.filter, &right.filter)
        && left.frame.rows == right.frame.rows
        && same_bound(&left.frame.start, &right.frame.start)
        && same_bound(&left.frame.end, &right.frame.end)
}

fn same_all(left: &[Expr], right: &[Expr]) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(one, two)| walk::same(one, two))
}

fn same_option(left: &Option<Expr>, right: &Option<Expr>) -> bool {
    match (left, right) {
        (Some(one), Some(two)) => walk::same(one, two),
        (None, None) => true,
        _ => false,
    }
}

fn same_keys(left: &[SortKey], right: &[SortKey]) -> bool {
    let same = |one: &SortKey, two: &SortKey| {
        one.descending == two.descending
            && one.nulls_first == two.nulls_first
            && walk::same(&one.expr, &two.expr)
    };
    left.len() == right.len() && left.iter().zip(right).all(|(one, two)| same(one, two))
}

fn same_bound(left: &ResolvedBound, right: &ResolvedBound) -> bool {
    match (left, right) {
        (ResolvedBound::Preceding(one), ResolvedBound::Preceding(two))
        | (ResolvedBound::Following(one), ResolvedBound::Following(two)) => walk::same(one, two),
        _ => std::mem::discriminant(left) == std::mem::discriminant(right),
    }
}
