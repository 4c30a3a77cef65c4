//! SELECT: its list, WHERE, GROUP BY, HAVING.

use super::Parser;
use crate::token::{TokenKind, is_reserved};
use crate::tree::{Expr, ExprKind, GroupBy, GroupElement, Name, Select, SelectItem};
use crate::{Result, Span};

impl Parser<'_> {
    /// A SELECT, whose word is the current token.
    pub(super) fn select(&mut self) -> Result<Box<Select>> {
        let start = self.expect_word("SELECT")?;
        let distinct = self.take_word("DISTINCT");
        if !distinct && self.is_quantifier_all() {
            self.advance();
        }
        let mut select = plain(distinct, self.select_list()?);
        self.may_follow = "`,`, FROM, WHERE, ORDER BY, LIMIT";
        if self.take_word("FROM") {
            select.from = self.comma_list(Self::relation)?;
            self.may_follow = "`,`, JOIN, WHERE, GROUP BY, ORDER BY, LIMIT";
        }
        self.after_from(&mut select)?;
        select.span = self.span_from(start);
        Ok(select)
    }

    /// Whether the current token is the ALL before a list, not a field or function of that name.
    pub(super) fn is_quantifier_all(&self) -> bool {
        const AFTER_OPERANDS: &[&str] =
            &["FROM", "AS", "WHERE", "IS", "IN", "AND", "OR", "NOT", "LIKE", "BETWEEN"];
        self.is_word("ALL")
            && match self.ahead(1).kind {
                TokenKind::End => false,
                TokenKind::Symbol(symbol) => matches!(symbol, ":" | "?" | "*"),
                _ => !self.is_any_word_at(self.at + 1, AFTER_OPERANDS),
            }
    }

    fn after_from(&mut self, select: &mut Select) -> Result<()> {
        select.filter = self.clause("WHERE", "GROUP BY, ORDER BY, LIMIT")?;
        select.group_by = self.group_by()?;
        select.having = self.clause("HAVING", "ORDER BY, LIMIT")?;
        if self.take_words(&["CLUSTER", "BY"]) {
            select.cluster_by = self.expressions()?;
        }
        Ok(())
    }

    fn clause(&mut self, word: &str, may_follow: &'static str) -> Result<Option<Expr>> {
        if !self.take_word(word) {
            return Ok(None);
        }
        let condition = self.expr()?;
        self.may_follow = may_follow;
        Ok(Some(condition))
    }

    fn select_list(&mut self) -> Result<Vec<SelectItem>> {
        let mut items = vec![self.select_item()?];
        while self.take_symbol(",") {
            if self.is_end_of_list() {
                break;
            }
            items.push(self.select_item()?);
        }
        Ok(items)
    }

    /// Whether the comma before the current token was one too many, which the dialect allows.
    fn is_end_of_list(&self) -> bool {
        matches!(self.current().kind, TokenKind::End | TokenKind::Symbol(")" | ";"))
            || self.is_any_word_at(
                self.at,
                &["FROM", "WHERE", "GROUP", "HAVING", "ORDER", "UNION", "INTERSECT", "EXCEPT", "HINT"],
            )
            || (self.is_unreserved_clause()
                && !matches!(self.ahead(1).kind, TokenKind::Symbol("(" | ")") | TokenKind::End))
    }

    fn select_item(&mut self) -> Result<SelectItem> {
        let start = self.current().span;
        if self.take_symbol("*") {
            return self.star(None, start);
        }
        let expr = self.expr()?;
        if self.is_symbol(".") && self.is_symbol_ahead(1, "*") && has_members(&expr) {
            self.advance();
            self.advance();
            return self.star(Some(expr), start);
        }
        let alias = self.alias()?;
        Ok(SelectItem::Expr { expr, alias })
    }

    fn star(&mut self, base: Option<Expr>, start: Span) -> Result<SelectItem> {
        let except = self.except()?;
        Ok(SelectItem::Star { base, except, span: self.span_from(start) })
    }

    /// `EXCEPT (a, b)` after a star; not the set operation of that name.
    fn except(&mut self) -> Result<Vec<Name>> {
        if self.is_word("EXCEPT") && self.is_symbol_ahead(1, "(") && !self.is_query_at(self.at + 1) {
            self.advance();
            return self.names_in_parentheses();
        }
        Ok(Vec::new())
    }

    /// `AS name`, or a bare name that begins nothing else.
    pub(super) fn alias(&mut self) -> Result<Option<Name>> {
        if self.take_word("AS") {
            return self.name("a name after AS").map(Some);
        }
        let token = self.current();
        let is_alias = match token.kind {
            TokenKind::QuotedName => true,
            TokenKind::Word => !is_reserved(token.text(self.text)) && !self.is_unreserved_clause(),
            _ => false,
        };
        if is_alias { self.name("a name").map(Some) } else { Ok(None) }
    }

    fn group_by(&mut self) -> Result<Option<GroupBy>> {
        let start = self.current().span;
        if !self.take_words(&["GROUP", "BY"]) {
            return Ok(None);
        }
        let mut elements = Vec::new();
        loop {
            self.group_element(&mut elements)?;
            if !self.take_symbol(",") {
                break;
            }
        }
        self.may_follow = "`,`, HAVING, ORDER BY, LIMIT";
        Ok(Some(GroupBy { elements, span: self.span_from(start) }))
    }

    fn group_element(&mut self, elements: &mut Vec<GroupElement>) -> Result<()> {
        if self.is_word("GROUPING") && self.is_word_ahead(1, "SETS") {
            self.advance();
            self.advance();
            self.expect_symbol("(")?;
            let sets = self.comma_list(Self::grouping_set)?;
            self.expect_closing("`,` or `)`")?;
            elements.push(GroupElement::Sets(sets));
        } else if self.take_word("ROLLUP") {
            elements.push(GroupElement::Rollup(self.grouping_set()?));
        } else if self.take_word("CUBE") {
            elements.push(GroupElement::Cube(self.grouping_set()?));
        } else if self.is_symbol("(") && self.is_symbol_ahead(1, ")") {
            self.advance();
            self.advance();
            elements.push(GroupElement::Sets(vec![Vec::new()]));
        } else {
            let expr = self.expr()?;
            match expr.kind {
                ExprKind::Row(list) => elements.extend(list.into_iter().map(GroupElement::Expr)),
                _ => elements.push(GroupElement::Expr(expr)),
            }
        }
        Ok(())
    }

    /// `()`, `a`, `(a, b)`
    fn grouping_set(&mut self) -> Result<Vec<Expr>> {
        if self.is_symbol("(") && self.is_symbol_ahead(1, ")") {
            self.advance();
            self.advance();
            return Ok(Vec::new());
        }
        let expr = self.expr()?;
        match expr.kind {
            ExprKind::Row(list) => Ok(list),
            _ => Ok(vec![expr]),
        }
    }
}

/// A SELECT without its optional clauses.
fn plain(distinct: bool, items: Vec<SelectItem>) -> Box<Select> {
    Box::new(Select {
        distinct,
        items,
        from: Vec::new(),
        filter: None,
        group_by: None,
        having: None,
        cluster_by: Vec::new(),
        span: Span::default(),
    })
}

/// Whether `.*` may follow.
fn has_members(expr: &Expr) -> bool {
    matches!(
        expr.kind,
        ExprKind::Path(_)
            | ExprKind::Field { .. }
            | ExprKind::Subscript { .. }
            | ExprKind::Call(_)
            | ExprKind::Object(_)
            | ExprKind::Parameter(_)
            | ExprKind::ScalarSubquery(_)
            | ExprKind::Cast { .. }
            | ExprKind::DynamicField(_)
    )
}
