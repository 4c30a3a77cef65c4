//! Paths and function calls.

use super::Parser;
use super::primary::is_clock_word;
use crate::Result;
use crate::tree::{Bound, BoundKind, Call, Expr, ExprKind, Frame, Name, Window};

impl Parser<'_> {
    /// `a.b.c`, or a call if a parenthesis follows. The first word has been found fit to be a name.
    pub(super) fn path_or_call(&mut self) -> Result<Expr> {
        let start = self.current().span;
        let parts = self.dotted_name()?;
        let is_clock = matches!(&parts[..], [only] if is_clock_function(only));
        if !is_clock && !self.is_symbol("(") {
            return self.node(ExprKind::Path(parts), self.span_from(start));
        }
        let mut call = empty_call(parts);
        if self.is_symbol("(") {
            self.parentheses_of(&mut call)?;
            self.after_parentheses_of(&mut call)?;
        }
        self.node(ExprKind::Call(call), self.span_from(start))
    }

    fn dotted_name(&mut self) -> Result<Vec<Name>> {
        let mut parts = vec![self.any_name("a name")?];
        while !is_clock_function(&parts[0]) && self.is_symbol(".") && !self.is_symbol_ahead(1, "*") {
            self.advance();
            parts.push(self.any_name("a name after the dot")?);
        }
        Ok(parts)
    }

    fn parentheses_of(&mut self, call: &mut Call) -> Result<()> {
        self.expect_symbol("(")?;
        if self.is_symbol("*") && self.is_symbol_ahead(1, ")") {
            self.advance();
            call.star = true;
        } else if !self.is_symbol(")") {
            call.distinct = self.take_word("DISTINCT");
            if !call.distinct && self.is_quantifier_all() {
                self.advance();
            }
            call.arguments = self.expressions()?;
            self.after_arguments_of(call)?;
        }
        self.expect_closing("an operator, `,` or `)`")?;
        Ok(())
    }

    fn after_arguments_of(&mut self, call: &mut Call) -> Result<()> {
        if is_named(call, "SUBSTRING") && call.arguments.len() == 1 && self.take_word("FROM") {
            call.arguments.push(self.expr()?);
            if self.take_word("FOR") {
                call.arguments.push(self.expr()?);
            }
        }
        if self.take_words(&["ORDER", "BY"]) {
            call.order_by = self.comma_list(Self::order_item)?;
        }
        if self.take_word("LIMIT") {
            call.limit = Some(self.expr()?);
        }
        if self.take_word("OFFSET") {
            call.offset = Some(self.expr()?);
        }
        Ok(())
    }

    fn after_parentheses_of(&mut self, call: &mut Call) -> Result<()> {
        if is_named(call, "SEARCH") {
            call.options = self.options()?;
        }
        if self.is_word("FILTER") && self.is_symbol_ahead(1, "(") {
            call.filter = Some(self.filter()?);
        }
        if self.is_word("OVER") {
            if !self.is_symbol_ahead(1, "(") {
                self.advance();
                return Err(self.unexpected("`(` after OVER"));
            }
            call.over = Some(self.window()?);
        }
        Ok(())
    }

    fn filter(&mut self) -> Result<Expr> {
        self.advance();
        self.expect_symbol("(")?;
        self.expect_word("WHERE")?;
        let condition = self.expr()?;
        self.expect_closing("an operator or `)`")?;
        Ok(condition)
    }

    fn window(&mut self) -> Result<Window> {
        let start = self.advance().span;
        self.expect_symbol("(")?;
        let partition_by =
            if self.take_words(&["PARTITION", "BY"]) { self.expressions()? } else { Vec::new() };
        let order_by =
            if self.take_words(&["ORDER", "BY"]) { self.comma_list(Self::order_item)? } else { Vec::new() };
        let frame = self.frame()?;
        self.expect_closing("PARTITION BY, ORDER BY, ROWS, RANGE or `)`")?;
        Ok(Window { partition_by, order_by, frame, span: self.span_from(start) })
    }

    fn frame(&mut self) -> Result<Option<Frame>> {
        let start_span = self.current().span;
        let rows = self.take_word("ROWS");
        if !rows && !self.take_word("RANGE") {
            return Ok(None);
        }
        let (start, end) = if self.take_word("BETWEEN") {
            let start = self.bound()?;
            self.expect_word("AND")?;
            (start, Some(self.bound()?))
        } else {
            (self.bound()?, None)
        };
        Ok(Some(Frame { rows, start, end, span: self.span_from(start_span) }))
    }

    fn bound(&mut self) -> Result<Bound> {
        let start = self.current().span;
        let kind = if self.take_words(&["UNBOUNDED", "PRECEDING"]) {
            BoundKind::UnboundedPreceding
        } else if self.take_words(&["UNBOUNDED", "FOLLOWING"]) {
            BoundKind::UnboundedFollowing
        } else if self.take_words(&["CURRENT", "ROW"]) {
            BoundKind::CurrentRow
        } else {
            let offset = Box::new(self.expr()?);
            if self.take_word("PRECEDING") {
                BoundKind::Preceding(offset)
            } else if self.take_word("FOLLOWING") {
                BoundKind::Following(offset)
            } else {
                return Err(self.unexpected("PRECEDING or FOLLOWING"));
            }
        };
        Ok(Bound { kind, span: self.span_from(start) })
    }
}

/// A function that needs no parentheses.
fn is_clock_function(name: &Name) -> bool {
    !name.quoted && is_clock_word(&name.text.to_ascii_uppercase())
}

fn is_named(call: &Call, known: &str) -> bool {
    matches!(&call.name[..], [only] if only.text.eq_ignore_ascii_case(known))
}

fn empty_call(name: Vec<Name>) -> Box<Call> {
    Box::new(Call {
        name,
        distinct: false,
        star: false,
        arguments: Vec::new(),
        order_by: Vec::new(),
        limit: None,
        offset: None,
        filter: None,
        over: None,
        options: Vec::new(),
    })
}
