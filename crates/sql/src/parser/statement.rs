//! Statements, and what may precede and follow them.

use super::{Parser, literal};
use crate::token::TokenKind;
use crate::tree::{Describe, Explain, Insert, InsertTarget, Script, Statement, StatementKind};
use crate::{Error, Result};

/// Statements of other dialects and of Rockset's account management, which have a REST call instead.
const OTHER_STATEMENTS: &[&str] =
    &["ALTER", "CREATE", "DEALLOCATE", "DELETE", "DROP", "EXECUTE", "MERGE", "PREPARE", "TRUNCATE", "UPDATE"];

impl Parser<'_> {
    /// The whole text.
    pub(super) fn statement(&mut self) -> Result<Statement> {
        let mut options = Vec::new();
        let mut script = None;
        loop {
            if self.is_word("OPTION") {
                options.append(&mut self.options()?);
            }
            if script.is_some() || !self.is_word("SCRIPT") {
                break;
            }
            script = Some(self.script()?);
        }
        let start = self.current().span;
        let kind = self.statement_kind()?;
        let span = self.span_from(start);
        let is_closed = self.is_symbol(";");
        while self.take_symbol(";") {}
        if self.current().kind != TokenKind::End {
            if is_closed {
                let message = "the statement ends before this; send one statement at a time".to_owned();
                return Err(self.error(self.current().span, message));
            }
            return Err(self.unexpected(&self.what_may_follow("the end of the statement")));
        }
        Ok(Statement { kind, options, script, span })
    }

    /// `closing`, or one of the clauses that may follow what was parsed last.
    pub(super) fn what_may_follow(&self, closing: &str) -> String {
        match self.may_follow {
            "" => closing.to_owned(),
            clauses => format!("{clauses} or {closing}"),
        }
    }

    fn statement_kind(&mut self) -> Result<StatementKind> {
        if self.is_any_word_at(self.at, &["SELECT", "WITH", "VALUES", "TABLE"]) || self.is_symbol("(") {
            return Ok(StatementKind::Query(*self.query()?));
        }
        if self.take_word("INSERT") {
            self.expect_word("INTO")?;
            return Ok(StatementKind::Insert(self.insert()?));
        }
        if self.take_word("DESCRIBE") || self.take_word("DESC") {
            return self.describe();
        }
        if self.take_word("SHOW") {
            self.expect_word("COLUMNS")?;
            if !self.take_word("FROM") && !self.take_word("IN") {
                return Err(self.unexpected("FROM or IN"));
            }
            return self.describe();
        }
        if self.take_word("EXPLAIN") {
            return self.explain();
        }
        let token = self.current();
        if self.is_any_word_at(self.at, OTHER_STATEMENTS) {
            let feature = token.text(self.text).to_uppercase();
            return Err(Error::NotSupported { feature, at: token.span.location(self.text) });
        }
        Err(self.unexpected("SELECT, WITH, INSERT, DESCRIBE or EXPLAIN"))
    }

    fn script(&mut self) -> Result<Script> {
        let start = self.advance().span;
        let token = self.current();
        if token.kind != TokenKind::Script {
            return Err(self.unexpected("`{{{`"));
        }
        self.advance();
        let written = token.text(self.text);
        // The lexer closes every script token.
        let text = written.get(3..written.len() - 3).unwrap_or_default().to_owned();
        Ok(Script { text, span: self.span_from(start) })
    }

    fn describe(&mut self) -> Result<StatementKind> {
        let table = self.table_name()?;
        let options = self.options()?;
        Ok(StatementKind::Describe(Describe { table, options }))
    }

    fn explain(&mut self) -> Result<StatementKind> {
        let analyze = self.take_word("ANALYZE");
        let options =
            if self.is_symbol("(") && !self.is_query_at(self.at) { self.settings()? } else { Vec::new() };
        let query = *self.query()?;
        Ok(StatementKind::Explain(Explain { analyze, options, query }))
    }

    fn insert(&mut self) -> Result<Insert> {
        if self.current().kind == TokenKind::String {
            return self.insert_into_bucket();
        }
        let name = self.table_name()?;
        let columns = if self.is_symbol("(") && !self.is_query_at(self.at) {
            self.names_in_parentheses()?
        } else {
            Vec::new()
        };
        let query = *self.query()?;
        Ok(Insert { target: InsertTarget::Collection { name, columns }, query })
    }

    fn insert_into_bucket(&mut self) -> Result<Insert> {
        let url = self.advance();
        let mut integration = None;
        let mut format = Vec::new();
        loop {
            if self.take_word("INTEGRATION") {
                self.expect_symbol("=")?;
                integration = Some(self.text_here()?);
            } else if self.take_word("FORMAT") {
                self.expect_symbol("=")?;
                format = self.settings()?;
            } else {
                break;
            }
        }
        let query = *self.query()?;
        let partition_by =
            if self.take_words(&["PARTITION", "BY"]) { self.expressions()? } else { Vec::new() };
        let target = InsertTarget::Bucket {
            url: literal::unquote(url.text(self.text)),
            span: url.span,
            integration,
            format,
            partition_by,
        };
        Ok(Insert { target, query })
    }

    fn text_here(&mut self) -> Result<String> {
        if self.current().kind != TokenKind::String {
            return Err(self.unexpected("text in single quotes"));
        }
        Ok(literal::unquote(self.advance().text(self.text)))
    }
}
