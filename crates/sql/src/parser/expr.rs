//! Operators by precedence.

use super::Parser;
use crate::token::TokenKind;
use crate::tree::{BinaryOperator, CastMode, Expr, ExprKind, Quantifier, UnaryOperator};
use crate::{Result, Span};

/// How tightly operators bind; more is tighter.
mod binding {
    pub(super) const LOOSEST: u8 = 0;
    pub(super) const OR: u8 = 1;
    pub(super) const AND: u8 = 2;
    pub(super) const NOT: u8 = 3;
    pub(super) const COMPARISON: u8 = 4;
    pub(super) const CONCAT: u8 = 5;
    pub(super) const SUM: u8 = 6;
    pub(super) const PRODUCT: u8 = 7;
    pub(super) const SIGN: u8 = 8;
    pub(super) const TIME_ZONE: u8 = 9;
}

impl Parser<'_> {
    /// Any expression.
    pub(super) fn expr(&mut self) -> Result<Expr> {
        self.operators(binding::LOOSEST)
    }

    /// An expression without comparisons, so that the word IN after it is not one.
    pub(super) fn operand_before_in(&mut self) -> Result<Expr> {
        self.operators(binding::COMPARISON)
    }

    /// An expression of operators that bind tighter than `outer`.
    fn operators(&mut self, outer: u8) -> Result<Expr> {
        let siblings = self.enter()?;
        let mut step = Step::More(self.prefix()?);
        let mut is_compared = false;
        while let Step::More(left) = step {
            step = self.operator(left, outer, &mut is_compared)?;
        }
        self.leave(siblings)?;
        Ok(step.into_expr())
    }

    /// `left` with the operator that follows it, if that binds tighter than `outer`.
    fn operator(&mut self, left: Expr, outer: u8, is_compared: &mut bool) -> Result<Step> {
        if let Some((operator, strength)) = self.binary_operator()
            && outer < strength
        {
            let is_comparison = strength == binding::COMPARISON;
            if is_comparison && *is_compared {
                return Err(self.chained_comparison());
            }
            *is_compared |= is_comparison;
            return self.binary(left, operator, strength).map(Step::More);
        }
        if self.current().kind != TokenKind::Word {
            return Ok(Step::Done(left));
        }
        if outer < binding::OR && self.is_word("OR") {
            return self.flat_chain(left, "OR", binding::OR).map(Step::More);
        }
        if outer < binding::AND && self.is_word("AND") {
            return self.flat_chain(left, "AND", binding::AND).map(Step::More);
        }
        if outer < binding::TIME_ZONE && self.take_words(&["AT", "TIME", "ZONE"]) {
            return self.at_time_zone(left).map(Step::More);
        }
        if outer < binding::COMPARISON && self.is_predicate() {
            return self.predicate(left).map(Step::More);
        }
        Ok(Step::Done(left))
    }

    fn at_time_zone(&mut self, left: Expr) -> Result<Expr> {
        let zone = self.operators(binding::TIME_ZONE)?;
        let span = left.span.to(zone.span);
        let kind = ExprKind::AtTimeZone { operand: Box::new(left), zone: Box::new(zone) };
        self.on_top(kind, span)
    }

    /// A new node over what was parsed last.
    fn on_top(&mut self, kind: ExprKind, span: Span) -> Result<Expr> {
        self.grow()?;
        self.node(kind, span)
    }

    fn flat_chain(&mut self, first: Expr, word: &str, strength: u8) -> Result<Expr> {
        let start = first.span;
        let mut terms = vec![first];
        while self.take_word(word) {
            terms.push(self.operators(strength)?);
        }
        let kind = if strength == binding::OR { ExprKind::Or(terms) } else { ExprKind::And(terms) };
        self.on_top(kind, self.span_from(start))
    }

    fn binary_operator(&self) -> Option<(BinaryOperator, u8)> {
        let TokenKind::Symbol(symbol) = self.current().kind else { return None };
        Some(match symbol {
            "+" => (BinaryOperator::Add, binding::SUM),
            "-" => (BinaryOperator::Subtract, binding::SUM),
            "*" => (BinaryOperator::Multiply, binding::PRODUCT),
            "/" => (BinaryOperator::Divide, binding::PRODUCT),
            "%" => (BinaryOperator::Modulo, binding::PRODUCT),
            "||" => (BinaryOperator::Concat, binding::CONCAT),
            "=" => (BinaryOperator::Equal, binding::COMPARISON),
            "<>" | "!=" => (BinaryOperator::NotEqual, binding::COMPARISON),
            "<" => (BinaryOperator::Less, binding::COMPARISON),
            "<=" => (BinaryOperator::LessOrEqual, binding::COMPARISON),
            ">" => (BinaryOperator::Greater, binding::COMPARISON),
            ">=" => (BinaryOperator::GreaterOrEqual, binding::COMPARISON),
            _ => return None,
        })
    }

    fn binary(&mut self, left: Expr, operator: BinaryOperator, strength: u8) -> Result<Expr> {
        let operator_span = self.advance().span;
        if strength == binding::COMPARISON
            && let Some(quantifier) = self.quantifier()
        {
            self.advance();
            self.advance();
            let query = self.query_and_closing()?;
            let span = self.span_from(left.span);
            return self
                .on_top(ExprKind::Quantified { operand: Box::new(left), operator, quantifier, query }, span);
        }
        let right = self.operators(strength)?;
        let span = left.span.to(right.span);
        let kind = ExprKind::Binary { operator, operator_span, left: Box::new(left), right: Box::new(right) };
        self.on_top(kind, span)
    }

    /// `ALL (query`, `ANY (query`, `SOME (query`; anything else of these names is a call.
    fn quantifier(&self) -> Option<Quantifier> {
        if !self.is_symbol_ahead(1, "(") || !self.is_query_at(self.at + 2) {
            return None;
        }
        if self.is_word("ALL") {
            return Some(Quantifier::All);
        }
        self.is_any_word_at(self.at, &["ANY", "SOME"]).then_some(Quantifier::Any)
    }

    fn chained_comparison(&self) -> crate::Error {
        let message = "a comparison cannot be compared again; use AND, or parentheses around one of them";
        self.error(self.current().span, message.to_owned())
    }

    fn is_predicate(&self) -> bool {
        const WORDS: &[&str] = &["IS", "IN", "LIKE", "BETWEEN"];
        self.is_any_word_at(self.at, WORDS)
            || (self.is_word("NOT") && self.is_any_word_at(self.at + 1, &WORDS[1..]))
    }

    fn predicate(&mut self, left: Expr) -> Result<Expr> {
        let start = left.span;
        let operand = Box::new(left);
        let kind = if self.take_word("IS") {
            self.is_test(operand)?
        } else {
            let negated = self.take_word("NOT");
            if self.take_word("IN") {
                self.in_list(operand, negated)?
            } else if self.take_word("LIKE") {
                self.like(operand, negated)?
            } else {
                self.between(operand, negated)?
            }
        };
        self.on_top(kind, self.span_from(start))
    }

    fn like(&mut self, operand: Box<Expr>, negated: bool) -> Result<ExprKind> {
        let pattern = Box::new(self.operators(binding::COMPARISON)?);
        let escape = if self.take_word("ESCAPE") {
            Some(Box::new(self.operators(binding::COMPARISON)?))
        } else {
            None
        };
        Ok(ExprKind::Like { operand, pattern, escape, negated })
    }

    fn between(&mut self, operand: Box<Expr>, negated: bool) -> Result<ExprKind> {
        self.expect_word("BETWEEN")?;
        let low = Box::new(self.operators(binding::COMPARISON)?);
        self.expect_word("AND")?;
        let high = Box::new(self.operators(binding::COMPARISON)?);
        Ok(ExprKind::Between { operand, low, high, negated })
    }

    fn is_test(&mut self, operand: Box<Expr>) -> Result<ExprKind> {
        let negated = self.take_word("NOT");
        if self.take_word("NULL") {
            return Ok(ExprKind::IsNull { operand, negated });
        }
        if self.take_word("UNDEFINED") {
            return Ok(ExprKind::IsUndefined { operand, negated });
        }
        if self.take_word("DISTINCT") {
            self.expect_word("FROM")?;
            let right = Box::new(self.operators(binding::COMPARISON)?);
            return Ok(ExprKind::IsDistinctFrom { left: operand, right, negated });
        }
        Err(self.unexpected("NULL, UNDEFINED or DISTINCT FROM"))
    }

    fn in_list(&mut self, operand: Box<Expr>, negated: bool) -> Result<ExprKind> {
        self.expect_symbol("(")?;
        if self.is_query_at(self.at) {
            let query = self.query_and_closing()?;
            return Ok(ExprKind::InSubquery { operand, query, negated });
        }
        let list = self.expressions()?;
        self.expect_closing("an operator, `,` or `)`")?;
        Ok(ExprKind::InList { operand, list, negated })
    }

    fn prefix(&mut self) -> Result<Expr> {
        let start = self.current().span;
        if self.take_word("NOT") {
            let operand = Box::new(self.operators(binding::NOT)?);
            return self.node(ExprKind::Not(operand), self.span_from(start));
        }
        if let Some(least) = self.least_int()? {
            return Ok(least);
        }
        let operator = match self.current().kind {
            TokenKind::Symbol("-") => UnaryOperator::Minus,
            TokenKind::Symbol("+") => UnaryOperator::Plus,
            _ => return self.postfix(),
        };
        self.advance();
        let operand = Box::new(self.operators(binding::SIGN)?);
        self.node(ExprKind::Unary { operator, operand }, self.span_from(start))
    }

    /// An operand with its members, subscripts and `::` casts.
    fn postfix(&mut self) -> Result<Expr> {
        let start = self.current().span;
        let mut step = Step::More(self.primary()?);
        while let Step::More(base) = step {
            step = self.suffix(base, start)?;
        }
        Ok(step.into_expr())
    }

    fn suffix(&mut self, base: Expr, start: Span) -> Result<Step> {
        if self.is_symbol(".") && !self.is_symbol_ahead(1, "*") {
            self.advance();
            return self.member_of(base, start).map(Step::More);
        }
        if self.take_symbol("[") {
            return self.subscript(base, start).map(Step::More);
        }
        if self.take_symbol("::") {
            let type_name = self.type_name()?;
            let kind = ExprKind::Cast { operand: Box::new(base), type_name, mode: CastMode::Cast };
            return self.on_top(kind, self.span_from(start)).map(Step::More);
        }
        Ok(Step::Done(base))
    }

    fn member_of(&mut self, base: Expr, start: Span) -> Result<Expr> {
        let name = self.any_name("a name after the dot")?;
        let span = self.span_from(start);
        if let ExprKind::Path(mut parts) = base.kind {
            parts.push(name);
            return Ok(Expr { kind: ExprKind::Path(parts), span });
        }
        self.on_top(ExprKind::Field { base: Box::new(base), name }, span)
    }

    fn subscript(&mut self, base: Expr, start: Span) -> Result<Expr> {
        let index = Box::new(self.expr()?);
        if !self.take_symbol("]") {
            return Err(self.unexpected("an operator or `]`"));
        }
        self.on_top(ExprKind::Subscript { base: Box::new(base), index }, self.span_from(start))
    }
}

/// An expression, and whether more may follow that belongs to it.
///
/// Loops over steps keep the frames of recursive functions small, which in debug builds hold every
/// temporary value of every branch.
enum Step {
    More(Expr),
    Done(Expr),
}

impl Step {
    fn into_expr(self) -> Expr {
        match self {
            Step::More(expr) | Step::Done(expr) => expr,
        }
    }
}
