//! Queries: WITH, set operations, ORDER BY, LIMIT.

use super::Parser;
use crate::token::{TokenKind, is_reserved};
use crate::tree::{
    CommonTable, Expr, Limit, OrderItem, Query, QueryBody, SetKind, SetOperation, TableAlias, With,
};
use crate::{Result, Span};

impl Parser<'_> {
    /// A query that the current token begins, parenthesised or not.
    pub(super) fn query(&mut self) -> Result<Box<Query>> {
        let siblings = self.enter()?;
        let start = self.current().span;
        let with = self.with()?;
        let body = self.unions()?;
        let mut query = plain(with, body);
        self.after_body(&mut query)?;
        query.span = self.span_from(start);
        self.leave(siblings)?;
        Ok(query)
    }

    fn after_body(&mut self, query: &mut Query) -> Result<()> {
        if self.take_words(&["ORDER", "BY"]) {
            query.order_by = self.comma_list(Self::order_item)?;
            self.may_follow = "`,`, LIMIT, OFFSET";
        }
        loop {
            if query.limit.is_none() && self.take_word("LIMIT") {
                query.limit = Some(self.limit()?);
                self.may_follow = "OFFSET";
            } else if query.offset.is_none() && self.take_word("OFFSET") {
                query.offset = Some(self.expr()?);
                self.may_follow = "";
                // ANSI writes it so; Rockset does not.
                if !self.take_word("ROWS") {
                    self.take_word("ROW");
                }
            } else {
                break;
            }
        }
        query.hints = self.hints()?;
        Ok(())
    }

    /// `query )`; the opening parenthesis has been taken.
    pub(super) fn query_and_closing(&mut self) -> Result<Box<Query>> {
        let query = self.query()?;
        if !self.take_symbol(")") {
            return Err(self.unexpected(&self.what_may_follow("`)`")));
        }
        Ok(query)
    }

    fn with(&mut self) -> Result<Option<With>> {
        let start = self.current().span;
        if !self.take_word("WITH") {
            return Ok(None);
        }
        let recursive = self.take_word("RECURSIVE");
        let tables = self.comma_list(Self::common_table)?;
        self.may_follow = "`,`";
        if !self.is_any_word_at(self.at, &["SELECT", "VALUES", "TABLE"]) && !self.is_symbol("(") {
            return Err(self.unexpected("`,` or SELECT"));
        }
        Ok(Some(With { recursive, tables, span: self.span_from(start) }))
    }

    fn common_table(&mut self) -> Result<CommonTable> {
        let name = self.name("a name for the query of WITH")?;
        let columns = if self.is_symbol("(") { self.names_in_parentheses()? } else { Vec::new() };
        self.expect_word("AS")?;
        self.expect_symbol("(")?;
        let query = self.query_and_closing()?;
        let span = self.span_from(name.span);
        Ok(CommonTable { name, columns, query: *query, span })
    }

    /// Bodies joined by UNION and EXCEPT.
    fn unions(&mut self) -> Result<QueryBody> {
        let mut body = self.intersections()?;
        loop {
            let kind = if self.take_word("UNION") {
                SetKind::Union
            } else if self.take_word("EXCEPT") {
                SetKind::Except
            } else {
                return Ok(body);
            };
            body = self.set_operation(body, kind, Self::intersections)?;
        }
    }

    fn intersections(&mut self) -> Result<QueryBody> {
        let mut body = self.body()?;
        while self.take_word("INTERSECT") {
            body = self.set_operation(body, SetKind::Intersect, Self::body)?;
        }
        Ok(body)
    }

    /// Whether ALL is written after a set operation.
    fn set_quantifier(&mut self) -> bool {
        let all = self.take_word("ALL");
        if !all {
            self.take_word("DISTINCT");
        }
        all
    }

    fn set_operation(
        &mut self,
        left: QueryBody,
        kind: SetKind,
        branch: fn(&mut Self) -> Result<QueryBody>,
    ) -> Result<QueryBody> {
        let all = self.set_quantifier();
        let right = branch(self)?;
        self.grow()?;
        let span = left.span().to(right.span());
        Ok(QueryBody::SetOperation(Box::new(SetOperation { left, right, kind, all, span })))
    }

    fn body(&mut self) -> Result<QueryBody> {
        if self.is_word("SELECT") {
            return self.select().map(QueryBody::Select);
        }
        if self.take_symbol("(") {
            let query = self.query_and_closing()?;
            self.may_follow = "UNION, ORDER BY, LIMIT";
            return Ok(QueryBody::Nested(query));
        }
        if self.is_any_word_at(self.at, &["VALUES", "TABLE"]) {
            return self.values_or_table();
        }
        Err(self.unexpected("SELECT"))
    }

    fn values_or_table(&mut self) -> Result<QueryBody> {
        let start = self.current().span;
        if self.take_word("VALUES") {
            let rows = self.expressions()?;
            self.may_follow = "`,`, ORDER BY, LIMIT";
            return Ok(QueryBody::Values { rows, span: self.span_from(start) });
        }
        self.expect_word("TABLE")?;
        let name = self.table_name()?;
        self.may_follow = "UNION, ORDER BY, LIMIT";
        Ok(QueryBody::Table { name, span: self.span_from(start) })
    }

    pub(super) fn order_item(&mut self) -> Result<OrderItem> {
        let expr = self.expr()?;
        let descending = self.take_word("DESC");
        if !descending {
            self.take_word("ASC");
        }
        let nulls_first = if self.take_words(&["NULLS", "FIRST"]) {
            Some(true)
        } else if self.take_words(&["NULLS", "LAST"]) {
            Some(false)
        } else {
            None
        };
        let span = self.span_from(expr.span);
        Ok(OrderItem { expr, descending, nulls_first, span })
    }

    fn limit(&mut self) -> Result<Limit> {
        if self.take_word("ALL") { Ok(Limit::All) } else { Ok(Limit::Count(self.expr()?)) }
    }

    /// Whether the current word begins a clause here although it is not reserved, so that it is no alias.
    pub(super) fn is_unreserved_clause(&self) -> bool {
        if self.is_any_word_at(self.at, &["LIMIT", "OFFSET"]) {
            let next = self.ahead(1);
            return match next.kind {
                TokenKind::Word => !is_reserved(next.text(self.text)),
                TokenKind::Symbol(symbol) => matches!(symbol, ":" | "?" | "(" | ")" | ";"),
                _ => true,
            };
        }
        (self.is_any_word_at(self.at, &["CLUSTER", "PARTITION"]) && self.is_word_ahead(1, "BY"))
            || (self.is_word("TABLESAMPLE") && self.is_any_word_at(self.at + 1, &["BERNOULLI", "SYSTEM"]))
    }

    /// `[AS] name (columns)`
    pub(super) fn table_alias(&mut self) -> Result<Option<TableAlias>> {
        let Some(name) = self.alias()? else { return Ok(None) };
        let columns = if self.is_symbol("(") { self.names_in_parentheses()? } else { Vec::new() };
        Ok(Some(TableAlias { name, columns }))
    }

    /// An expression in parentheses after a word, such as the percentage of a sample.
    pub(super) fn expr_in_parentheses(&mut self) -> Result<Expr> {
        self.expect_symbol("(")?;
        let expr = self.expr()?;
        self.expect_closing("an operator or `)`")?;
        Ok(expr)
    }
}

/// A query without order and limit.
fn plain(with: Option<With>, body: QueryBody) -> Box<Query> {
    Box::new(Query {
        with,
        body,
        order_by: Vec::new(),
        limit: None,
        offset: None,
        hints: Vec::new(),
        span: Span::default(),
    })
}
