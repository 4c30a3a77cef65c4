//! Subqueries in expressions. One over UNNEST becomes an array operation, which may read the row around it; any other
//! stands alone.

use super::expr::{function_of, not};
use super::relation::as_unnest;
use super::scope::{Clause, Level, LevelKind};
use super::{Resolver, expr};
use crate::resolved::{ColumnId, Expr, ExprKind, JoinKind, Output, Subquery};
use crate::tree::{
    self, BinaryOperator, JoinCondition, Limit, Literal, Quantifier, QueryBody, RelationKind, Select,
    SelectItem, TableAlias, Unnest,
};
use crate::{Function, Result, Span, Value};

/// `SELECT item FROM UNNEST(..), UNNEST(..) WHERE ..`, taken apart.
struct OverElements<'t> {
    select: &'t Select,
    unnests: Vec<(&'t Unnest, Option<&'t TableAlias>)>,
    /// Of joins, then WHERE.
    conditions: Vec<&'t tree::Expr>,
}

/// What is asked about the elements.
struct Test {
    /// The left side, over the columns around the subquery.
    operand: Expr,
    function: Function,
    negated: bool,
    span: Span,
}

impl Resolver<'_> {
    /// `e IN (SELECT ..)`
    pub(super) fn in_subquery(
        &mut self,
        operand: &tree::Expr,
        query: &tree::Query,
        span: Span,
    ) -> Result<Expr> {
        let operand = self.expr(operand)?;
        if let Some(over) = over_elements(query, false) {
            let test = Test { operand, function: Function::Equal, negated: false, span };
            return self.any_element(&over, test);
        }
        let subquery = Box::new(self.subquery(query)?);
        Ok(expr(ExprKind::InSubquery { expr: Box::new(operand), subquery }, span))
    }

    /// `EXISTS (SELECT ..)`
    pub(super) fn exists(&mut self, query: &tree::Query, span: Span) -> Result<Expr> {
        if let Some(over) = over_elements(query, true) {
            return self.elements(&over.unnests, true, span, |resolver| {
                match resolver.conditions(&over.conditions)? {
                    // Without UNNEST nothing turns a null condition into false.
                    Some(condition) if over.unnests.is_empty() => {
                        Ok(when(condition, boolean(true, span), boolean(false, span)))
                    }
                    Some(condition) => Ok(condition),
                    None => Ok(boolean(true, span)),
                }
            });
        }
        let rows = self.walled(query)?;
        let column = match rows.outputs.first() {
            Some(Output::Column { column, .. } | Output::Spread { column, .. }) => *column,
            None => return Err(self.one_column(&rows.outputs, query.span)),
        };
        Ok(expr(ExprKind::ExistsSubquery(Box::new(Subquery { plan: rows.plan, column })), span))
    }

    /// `(SELECT ..)` as a value.
    pub(super) fn scalar_subquery(&mut self, query: &tree::Query, span: Span) -> Result<Expr> {
        if let Some(over) = over_elements(query, false).filter(|over| over.unnests.is_empty())
            && let [SelectItem::Expr { expr: item, .. }] = over.select.items.as_slice()
        {
            let level = Level::new(LevelKind::Transparent, Clause::ELEMENTS);
            return self.in_level(level, |resolver| {
                let condition = resolver.conditions(&over.conditions)?;
                let value = resolver.expr(item)?;
                let null = expr(ExprKind::Literal(Value::Null), span);
                Ok(match condition {
                    Some(condition) => when(condition, value, null),
                    None => value,
                })
            });
        }
        Ok(expr(ExprKind::ScalarSubquery(Box::new(self.subquery(query)?)), span))
    }

    /// `e < ANY (SELECT ..)`
    pub(super) fn quantified(
        &mut self,
        operand: &tree::Expr,
        operator: BinaryOperator,
        quantifier: Quantifier,
        query: &tree::Query,
        span: Span,
    ) -> Result<Expr> {
        match (operator, quantifier) {
            (BinaryOperator::Equal, Quantifier::Any) => return self.in_subquery(operand, query, span),
            (BinaryOperator::NotEqual, Quantifier::All) => {
                return Ok(not(self.in_subquery(operand, query, span)?, span));
            }
            _ => {}
        }
        let Some(over) = over_elements(query, false) else {
            let quantifier = if quantifier == Quantifier::Any { "ANY" } else { "ALL" };
            let feature =
                format!("{} {quantifier} over a subquery that does not read UNNEST", operator.symbol());
            return Err(self.not_supported(feature, span));
        };
        let operand = self.expr(operand)?;
        // All elements pass if there is none that does not.
        let negated = quantifier == Quantifier::All;
        let test = Test { operand, function: function_of(operator), negated, span };
        let any = self.any_element(&over, test)?;
        Ok(if negated { not(any, span) } else { any })
    }

    fn any_element(&mut self, over: &OverElements<'_>, test: Test) -> Result<Expr> {
        let span = test.span;
        self.elements(&over.unnests, false, span, |resolver| {
            let condition = resolver.conditions(&over.conditions)?;
            let value = resolver.element_value(over)?;
            let arguments = vec![test.operand, value];
            let mut passes = expr(ExprKind::Call { function: test.function, arguments }, span);
            if test.negated {
                passes = not(passes, span);
            }
            // A row whose condition is null is no row: it must not make the answer null.
            Ok(match condition {
                Some(condition) => when(condition, passes, boolean(false, span)),
                None => passes,
            })
        })
    }

    /// One array operation inside another for each UNNEST; `predicate` is resolved among their elements.
    fn elements(
        &mut self,
        unnests: &[(&Unnest, Option<&TableAlias>)],
        exists: bool,
        span: Span,
        predicate: impl FnOnce(&mut Self) -> Result<Expr>,
    ) -> Result<Expr> {
        let depth = self.levels.len();
        if unnests.is_empty() {
            let level = Level::new(LevelKind::Transparent, Clause::ELEMENTS);
            return self.in_level(level, predicate);
        }
        let result = self.nested_elements(unnests, exists, span, predicate);
        self.levels.truncate(depth);
        result
    }

    fn nested_elements(
        &mut self,
        unnests: &[(&Unnest, Option<&TableAlias>)],
        exists: bool,
        span: Span,
        predicate: impl FnOnce(&mut Self) -> Result<Expr>,
    ) -> Result<Expr> {
        let mut bound: Vec<(Expr, ColumnId, Option<ColumnId>)> = Vec::new();
        for (unnest, alias) in unnests {
            self.count(unnest.array.span)?;
            let array = match bound.is_empty() {
                // The first array belongs to the row around the subquery.
                true => self.expr(&unnest.array)?,
                false => self.in_clause(Clause::ELEMENTS, |resolver| resolver.expr(&unnest.array))?,
            };
            let (relation, element, ordinality) = self.elements_relation(unnest, *alias)?;
            let mut level = Level::new(LevelKind::Transparent, Clause::ELEMENTS);
            level.relations.push(relation);
            self.levels.push(level);
            bound.push((array, element, ordinality));
        }
        let mut result = predicate(self)?;
        for (array, element, ordinality) in bound.into_iter().rev() {
            let (array, predicate) = (Box::new(array), Box::new(result));
            result = expr(ExprKind::ArrayAny { array, element, ordinality, predicate, exists }, span);
        }
        Ok(result)
    }

    /// What the only item of the select list is for an element.
    fn element_value(&mut self, over: &OverElements<'_>) -> Result<Expr> {
        match over.select.items.as_slice() {
            [SelectItem::Expr { expr, .. }] => self.expr(expr),
            // The star of an element that is a scalar is the element.
            [SelectItem::Star { base: None, span, .. }] if over.unnests.len() == 1 => {
                let relations = &self.level().relations;
                let column = relations.first().and_then(|relation| match relation.columns.as_slice() {
                    [] => relation.rows.first().map(|row| row.column),
                    [(_, column)] if relation.rows.is_empty() => Some(*column),
                    _ => None,
                });
                match column {
                    Some(column) => Ok(expr(ExprKind::Column(column), *span)),
                    None => {
                        Err(self.invalid("column_count_mismatch", "The subquery must have one column", *span))
                    }
                }
            }
            _ => {
                let message =
                    format!("The subquery must have one column, this one has {}", over.select.items.len());
                Err(self.invalid("column_count_mismatch", message, over.select.span))
            }
        }
    }

    fn conditions(&mut self, conditions: &[&tree::Expr]) -> Result<Option<Expr>> {
        let mut resolved: Vec<Expr> = conditions.iter().map(|each| self.expr(each)).collect::<Result<_>>()?;
        Ok(match (resolved.len(), conditions) {
            (0 | 1, _) => resolved.pop(),
            (_, [first, .., last]) => Some(expr(ExprKind::And(resolved), first.span.to(last.span))),
            _ => None,
        })
    }

    /// A subquery of one column that reads nothing around it.
    fn subquery(&mut self, query: &tree::Query) -> Result<Subquery> {
        let rows = self.walled(query)?;
        match rows.columns().as_deref() {
            Some([column]) => Ok(Subquery { plan: rows.plan, column: *column }),
            _ => Err(self.one_column(&rows.outputs, query.span)),
        }
    }

    fn walled(&mut self, query: &tree::Query) -> Result<super::query::Rows> {
        let wall = Level::new(LevelKind::Subquery, Clause::FROM);
        self.in_level(wall, |resolver| resolver.query(query))
    }
}

/// Takes a query apart if it reads nothing but elements of arrays (or nothing at all) and neither groups nor cuts.
/// ORDER BY and DISTINCT change no answer here; for EXISTS neither does a LIMIT of one or more.
fn over_elements(query: &tree::Query, exists: bool) -> Option<OverElements<'_>> {
    let is_cut = match &query.limit {
        None | Some(Limit::All) => false,
        Some(Limit::Count(count)) => {
            let some = matches!(count.kind, tree::ExprKind::Literal(Literal::Int(rows)) if rows > 0);
            !(exists && some)
        }
    };
    if query.with.is_some() || query.offset.is_some() || is_cut {
        return None;
    }
    match &query.body {
        QueryBody::Nested(inner) => over_elements(inner, exists),
        QueryBody::Select(select) if select.group_by.is_none() && select.having.is_none() => {
            let mut over = OverElements { select, unnests: Vec::new(), conditions: Vec::new() };
            let only_elements = select.from.iter().all(|relation| collect(relation, &mut over));
            over.conditions.extend(&select.filter);
            only_elements.then_some(over)
        }
        _ => None,
    }
}

/// Adds the UNNESTs of an item of FROM; false if there is anything else.
fn collect<'t>(relation: &'t tree::Relation, over: &mut OverElements<'t>) -> bool {
    if let Some(unnest) = as_unnest(relation) {
        over.unnests.push(unnest);
        return true;
    }
    match &relation.kind {
        RelationKind::Nested(inner) if relation.alias.is_none() => collect(inner, over),
        RelationKind::Join(join) if join.kind == JoinKind::Inner => {
            let sides = collect(&join.left, over) && collect(&join.right, over);
            match &join.condition {
                JoinCondition::Cross => sides,
                JoinCondition::On(condition) => {
                    over.conditions.push(condition);
                    sides
                }
                JoinCondition::Using(_) | JoinCondition::Natural => false,
            }
        }
        _ => false,
    }
}

/// `CASE WHEN condition THEN value ELSE otherwise END`
fn when(condition: Expr, value: Expr, otherwise: Expr) -> Expr {
    let span = condition.span;
    expr(ExprKind::Case { branches: vec![(condition, value)], otherwise: Some(Box::new(otherwise)) }, span)
}

fn boolean(value: bool, span: Span) -> Expr {
    expr(ExprKind::Literal(Value::Bool(value)), span)
}
