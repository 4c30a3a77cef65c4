//! Expressions: each form of the tree becomes one of the few forms that engines know.

use super::{Resolver, expr, interval};
use crate::resolved::{CastMode, Expr, ExprKind};
use crate::tree::{self, BinaryOperator, ExprKind as Tree, Literal, TypeName, UnaryOperator};
use crate::{Function, Result, Span, Type, Value};

impl Resolver<'_> {
    /// An expression in the current clause of the current level.
    pub(super) fn expr(&mut self, tree: &tree::Expr) -> Result<Expr> {
        let resolved = self.nested(tree.span, |resolver| match &tree.kind {
            // Each group by itself, so that the frames of one are not on the stack of another.
            Tree::Call(call) => resolver.call(call, tree.span),
            Tree::Binary { .. } => resolver.operators(tree),
            Tree::IsNull { .. }
            | Tree::IsUndefined { .. }
            | Tree::IsDistinctFrom { .. }
            | Tree::Between { .. }
            | Tree::Like { .. } => resolver.test(tree),
            Tree::InList { .. }
            | Tree::InSubquery { .. }
            | Tree::Exists(_)
            | Tree::Quantified { .. }
            | Tree::ScalarSubquery(_) => resolver.membership(tree),
            Tree::Case(_)
            | Tree::Cast { .. }
            | Tree::Extract { .. }
            | Tree::AtTimeZone { .. }
            | Tree::Position { .. }
            | Tree::Normalize { .. }
            | Tree::Grouping(_)
            | Tree::DynamicField(_) => resolver.function_like(tree),
            _ => resolver.simple(tree),
        })?;
        // Parentheses count to a place in the text.
        Ok(expr(resolved.kind, tree.span))
    }

    fn simple(&mut self, tree: &tree::Expr) -> Result<Expr> {
        let span = tree.span;
        match &tree.kind {
            Tree::Literal(value) => Ok(literal(value, span)),
            Tree::TypedLiteral { type_name, text } => self.typed_literal(type_name, text, span),
            Tree::Interval(value) => match interval::value(value) {
                Ok(value) => Ok(expr(ExprKind::Literal(value), span)),
                Err(message) => Err(self.invalid("invalid_interval", message, span)),
            },
            Tree::Array(items) | Tree::Row(items) => Ok(expr(ExprKind::Array(self.exprs(items)?), span)),
            Tree::Object(members) => {
                let member =
                    |(name, value): &(tree::Expr, tree::Expr)| Ok((self.expr(name)?, self.expr(value)?));
                Ok(expr(ExprKind::Object(members.iter().map(member).collect::<Result<_>>()?), span))
            }
            Tree::Path(names) => self.path(names, span),
            Tree::Field { base, name } => self.member_of(base, name, span),
            Tree::Subscript { base, index } => {
                let (base, index) = (Box::new(self.expr(base)?), Box::new(self.expr(index)?));
                Ok(expr(ExprKind::Subscript { base, index }, span))
            }
            Tree::Parameter(name) => self.parameter(name, span),
            Tree::Unary { operator, operand } => self.sign(*operator, operand, span),
            Tree::And(sides) => Ok(expr(ExprKind::And(self.exprs(sides)?), span)),
            Tree::Or(sides) => Ok(expr(ExprKind::Or(self.exprs(sides)?), span)),
            Tree::Not(operand) => Ok(not(self.expr(operand)?, span)),
            _ => Err(self.unknown(span)),
        }
    }

    /// A chain of operators. Its left side is a chain again and may be as long as the statement: no recursion.
    fn operators(&mut self, tree: &tree::Expr) -> Result<Expr> {
        let mut chain = Vec::new();
        let mut first = tree;
        while let Tree::Binary { operator, left, right, .. } = &first.kind {
            self.count(first.span)?;
            chain.push((function_of(*operator), &**right, first.span));
            first = left;
        }
        let mut result = self.expr(first)?;
        for (function, right, span) in chain.into_iter().rev() {
            let arguments = vec![result, self.expr(right)?];
            result = expr(ExprKind::Call { function, arguments }, span);
        }
        Ok(result)
    }

    /// The forms that test a value.
    fn test(&mut self, tree: &tree::Expr) -> Result<Expr> {
        let span = tree.span;
        match &tree.kind {
            Tree::IsNull { operand, negated } => {
                let test = ExprKind::IsNull(Box::new(self.expr(operand)?));
                Ok(not_if(*negated, expr(test, span)))
            }
            Tree::IsUndefined { operand, negated } => {
                let test = ExprKind::IsUndefined(Box::new(self.expr(operand)?));
                Ok(not_if(*negated, expr(test, span)))
            }
            Tree::IsDistinctFrom { left, right, negated } => {
                let function = if *negated { Function::IsNotDistinctFrom } else { Function::IsDistinctFrom };
                self.call_of(function, &[&**left, &**right], span)
            }
            Tree::Between { operand, low, high, negated } => {
                let least = self.call_of(Function::GreaterOrEqual, &[&**operand, &**low], span)?;
                let most = self.call_of(Function::LessOrEqual, &[&**operand, &**high], span)?;
                Ok(not_if(*negated, expr(ExprKind::And(vec![least, most]), span)))
            }
            Tree::Like { operand, pattern, escape, negated } => {
                let arguments: Vec<&tree::Expr> =
                    [&**operand, &**pattern].into_iter().chain(escape.as_deref()).collect();
                Ok(not_if(*negated, self.call_of(Function::Like, &arguments, span)?))
            }
            _ => Err(self.unknown(span)),
        }
    }

    /// The forms that look into a list or a subquery.
    fn membership(&mut self, tree: &tree::Expr) -> Result<Expr> {
        let span = tree.span;
        match &tree.kind {
            Tree::InList { operand, list, negated } => {
                Ok(not_if(*negated, self.in_list(operand, list, span)?))
            }
            Tree::InSubquery { operand, query, negated } => {
                Ok(not_if(*negated, self.in_subquery(operand, query, span)?))
            }
            Tree::Exists(query) => self.exists(query, span),
            Tree::Quantified { operand, operator, quantifier, query } => {
                self.quantified(operand, *operator, *quantifier, query, span)
            }
            Tree::ScalarSubquery(query) => self.scalar_subquery(query, span),
            _ => Err(self.unknown(span)),
        }
    }

    /// The forms that compute something.
    fn function_like(&mut self, tree: &tree::Expr) -> Result<Expr> {
        let span = tree.span;
        match &tree.kind {
            Tree::Case(case) => self.case(case, span),
            Tree::Cast { operand, type_name, mode } => {
                let to = self.type_of(type_name)?;
                let operand = Box::new(self.expr(operand)?);
                Ok(expr(ExprKind::Cast { expr: operand, to, mode: *mode }, span))
            }
            Tree::Extract { part, operand } => {
                let part = text(&part.text.to_ascii_lowercase(), part.span);
                let arguments = vec![part, self.expr(operand)?];
                Ok(expr(ExprKind::Call { function: Function::Extract, arguments }, span))
            }
            Tree::AtTimeZone { operand, zone } => {
                self.call_of(Function::AtTimeZone, &[&**operand, &**zone], span)
            }
            Tree::Position { needle, haystack } => {
                self.call_of(Function::Position, &[&**needle, &**haystack], span)
            }
            Tree::Normalize { operand, form } => {
                let mut arguments = vec![self.expr(operand)?];
                arguments.extend(form.as_ref().map(|form| text(&form.text.to_ascii_uppercase(), form.span)));
                Ok(expr(ExprKind::Call { function: Function::Normalize, arguments }, span))
            }
            Tree::Grouping(arguments) => self.grouping(arguments, span),
            Tree::DynamicField(arguments) => self.dynamic_field(arguments, span),
            _ => Err(self.unknown(span)),
        }
    }

    fn unknown(&self, span: Span) -> crate::Error {
        self.not_supported(format!("`{}`", self.snippet(span)), span)
    }

    pub(super) fn exprs(&mut self, trees: &[tree::Expr]) -> Result<Vec<Expr>> {
        trees.iter().map(|tree| self.expr(tree)).collect()
    }

    fn call_of(&mut self, function: Function, arguments: &[&tree::Expr], span: Span) -> Result<Expr> {
        let arguments = arguments.iter().map(|argument| self.expr(argument)).collect::<Result<_>>()?;
        Ok(expr(ExprKind::Call { function, arguments }, span))
    }

    fn sign(&mut self, operator: UnaryOperator, operand: &tree::Expr, span: Span) -> Result<Expr> {
        let operand = self.expr(operand)?;
        let negated = match (operator, &operand.kind) {
            (UnaryOperator::Plus, _) => return Ok(operand),
            (_, ExprKind::Literal(Value::Int(value))) => value.checked_neg().map(Value::Int),
            (_, ExprKind::Literal(Value::Float(value))) => Some(Value::Float(-value)),
            _ => None,
        };
        let kind = match negated {
            Some(value) => ExprKind::Literal(value),
            None => ExprKind::Call { function: Function::Negate, arguments: vec![operand] },
        };
        Ok(expr(kind, span))
    }

    fn typed_literal(&mut self, type_name: &TypeName, literal: &str, span: Span) -> Result<Expr> {
        let to = self.type_of(type_name)?;
        let value = text(literal, span);
        match to {
            Type::String => Ok(value),
            _ => Ok(expr(ExprKind::Cast { expr: Box::new(value), to, mode: CastMode::Cast }, span)),
        }
    }

    fn type_of(&self, name: &TypeName) -> Result<Type> {
        name.resolve().ok_or_else(|| {
            let message = format!(
                "Type `{}` does not exist; the types are bool, int, float, string, bytes, date, time, datetime, \
                 timestamp, microsecond_interval, month_interval, array and object",
                name.text
            );
            self.invalid("unknown_type", message, name.span)
        })
    }

    fn parameter(&mut self, name: &str, span: Span) -> Result<Expr> {
        let used = self.parameters.iter().position(|parameter| parameter.name == name);
        let index = match used {
            Some(index) => index,
            None => {
                let Some(given) = self.options.parameters.iter().find(|parameter| parameter.name == name)
                else {
                    let message =
                        format!("Parameter \"{name}\" has no value; send it in the request's parameters");
                    return Err(self.invalid("missing_parameter", message, span));
                };
                self.parameters.push(given.clone());
                self.parameters.len() - 1
            }
        };
        Ok(expr(ExprKind::Parameter(index), span))
    }

    /// `e IN (a, b)`. A parameter of type array stands for its elements: `tag IN (:tags)`.
    fn in_list(&mut self, operand: &tree::Expr, trees: &[tree::Expr], span: Span) -> Result<Expr> {
        let operand = self.expr(operand)?;
        let mut list = Vec::new();
        for tree in trees {
            let item = self.expr(tree)?;
            let value = match item.kind {
                ExprKind::Parameter(index) => {
                    self.depends_on_values = true;
                    self.parameters.get(index).map(|parameter| parameter.value.clone())
                }
                _ => None,
            };
            let Some(Value::Array(values)) = value else {
                list.push(item);
                continue;
            };
            for value in values {
                self.count(item.span)?;
                list.push(expr(ExprKind::Literal(value), item.span));
            }
        }
        let kind = match list.is_empty() {
            true => ExprKind::Literal(Value::Bool(false)),
            false => ExprKind::InList { expr: Box::new(operand), list },
        };
        Ok(expr(kind, span))
    }

    fn case(&mut self, case: &tree::Case, span: Span) -> Result<Expr> {
        let mut branches = Vec::new();
        for (when, then) in &case.branches {
            let condition = match &case.operand {
                Some(operand) => self.call_of(Function::Equal, &[operand, when], when.span)?,
                None => self.expr(when)?,
            };
            branches.push((condition, self.expr(then)?));
        }
        let otherwise = match &case.otherwise {
            Some(otherwise) => Some(Box::new(self.expr(otherwise)?)),
            None => None,
        };
        Ok(expr(ExprKind::Case { branches, otherwise }, span))
    }
}

pub(super) fn function_of(operator: BinaryOperator) -> Function {
    match operator {
        BinaryOperator::Add => Function::Add,
        BinaryOperator::Subtract => Function::Subtract,
        BinaryOperator::Multiply => Function::Multiply,
        BinaryOperator::Divide => Function::Divide,
        BinaryOperator::Modulo => Function::Modulo,
        BinaryOperator::Concat => Function::Concatenate,
        BinaryOperator::Equal => Function::Equal,
        BinaryOperator::NotEqual => Function::NotEqual,
        BinaryOperator::Less => Function::Less,
        BinaryOperator::LessOrEqual => Function::LessOrEqual,
        BinaryOperator::Greater => Function::Greater,
        BinaryOperator::GreaterOrEqual => Function::GreaterOrEqual,
    }
}

pub(super) fn not(operand: Expr, span: Span) -> Expr {
    expr(ExprKind::Not(Box::new(operand)), span)
}

fn not_if(negated: bool, test: Expr) -> Expr {
    let span = test.span;
    if negated { not(test, span) } else { test }
}

pub(super) fn text(text: &str, span: Span) -> Expr {
    expr(ExprKind::Literal(Value::String(text.to_owned())), span)
}

fn literal(literal: &Literal, span: Span) -> Expr {
    let value = match literal {
        Literal::Null | Literal::NullValue => Value::Null,
        Literal::Undefined => Value::Undefined,
        Literal::Bool(value) => Value::Bool(*value),
        Literal::Int(value) => Value::Int(*value),
        Literal::Float(value) => Value::Float(*value),
        Literal::String(value) => Value::String(value.clone()),
        Literal::Bytes(value) => Value::Bytes(value.clone()),
    };
    expr(ExprKind::Literal(value), span)
}
