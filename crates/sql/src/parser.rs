//! Tokens to syntax tree: a recursive descent with one token of look-ahead, no backtracking.
//!
//! Whether a parenthesis opens a query or an expression is the one question that more tokens decide:
//! [`Parser::is_query_at`] answers it from a table of matching parentheses.
//!
//! A statement cannot exhaust the stack: [`MAX_NESTING`] bounds the recursion of the parser, [`MAX_HEIGHT`]
//! that of whoever walks the tree.

mod call;
mod expr;
mod hint;
mod literal;
mod message;
mod primary;
mod query;
mod relation;
mod select;
mod statement;

use crate::token::{Token, TokenKind, is_reserved};
use crate::tree::{Expr, ExprKind, Name, Statement};
use crate::{Error, Result, Span, lexer};

/// How deep parentheses, subqueries, calls and operators may stand in each other.
pub const MAX_NESTING: usize = 128;

/// How many nodes may stand below each other. More than [`MAX_NESTING`], because chains such as `a + b + c`
/// make the tree high without recursion. AND and OR are flat and count once.
pub const MAX_HEIGHT: usize = 256;

/// How many expressions a statement may have.
pub const MAX_NODES: usize = 200_000;

/// The statement that `text` holds. Any number of semicolons may follow it.
///
/// Fails with [`Error::Syntax`] where the text is not of the grammar, with [`Error::NotSupported`] for
/// statements of the grammar that this server never runs, and with [`Error::TooLarge`] past a limit.
pub fn parse(text: &str) -> Result<Statement> {
    let tokens = lexer::tokens(text)?;
    let closings = matching_parentheses(&tokens);
    let mut parser = Parser {
        text,
        tokens,
        closings,
        at: 0,
        depth: 0,
        height: 0,
        nodes: 0,
        positional_parameters: 0,
        may_follow: "",
    };
    parser.statement()
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    /// For each token that is a `(`, the index of its `)`; 0 where there is none.
    closings: Vec<u32>,
    /// The current token. Never moves past the last, which is the end.
    at: usize,
    depth: usize,
    /// The height of the highest node finished since the last [`Parser::enter`].
    height: usize,
    nodes: usize,
    positional_parameters: u32,
    /// The clauses that may follow the one parsed last, for messages.
    may_follow: &'static str,
}

fn matching_parentheses(tokens: &[Token]) -> Vec<u32> {
    let mut closings = vec![0; tokens.len()];
    let mut open = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        match token.kind {
            TokenKind::Symbol("(") => open.push(index),
            TokenKind::Symbol(")") => {
                if let Some(opening) = open.pop() {
                    closings[opening] = index as u32;
                }
            }
            _ => {}
        }
    }
    closings
}

/// Looking at tokens and taking them.
impl Parser<'_> {
    fn token_at(&self, index: usize) -> Token {
        self.tokens[index.min(self.tokens.len() - 1)]
    }

    fn current(&self) -> Token {
        self.token_at(self.at)
    }

    fn ahead(&self, count: usize) -> Token {
        self.token_at(self.at + count)
    }

    /// The span of the token taken last.
    fn previous_span(&self) -> Span {
        self.token_at(self.at.saturating_sub(1)).span
    }

    /// From `start` to the token taken last.
    fn span_from(&self, start: Span) -> Span {
        start.to(self.previous_span())
    }

    fn advance(&mut self) -> Token {
        let token = self.current();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    fn is_symbol(&self, symbol: &str) -> bool {
        self.is_symbol_ahead(0, symbol)
    }

    fn is_symbol_ahead(&self, count: usize, symbol: &str) -> bool {
        matches!(self.ahead(count).kind, TokenKind::Symbol(found) if found == symbol)
    }

    fn is_word(&self, word: &str) -> bool {
        self.is_word_at(self.at, word)
    }

    fn is_word_ahead(&self, count: usize, word: &str) -> bool {
        self.is_word_at(self.at + count, word)
    }

    fn is_word_at(&self, index: usize, word: &str) -> bool {
        let token = self.token_at(index);
        token.kind == TokenKind::Word && token.text(self.text).eq_ignore_ascii_case(word)
    }

    fn is_any_word_at(&self, index: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.is_word_at(index, word))
    }

    fn take_symbol(&mut self, symbol: &str) -> bool {
        let found = self.is_symbol(symbol);
        if found {
            self.advance();
        }
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        if found {
            self.advance();
        }
        found
    }

    /// Takes all the words, or none.
    fn take_words(&mut self, words: &[&str]) -> bool {
        let found = words.iter().enumerate().all(|(count, word)| self.is_word_ahead(count, word));
        if found {
            self.at += words.len();
        }
        found
    }

    fn expect_symbol(&mut self, symbol: &str) -> Result<Span> {
        if self.is_symbol(symbol) {
            return Ok(self.advance().span);
        }
        Err(self.unexpected(&format!("`{symbol}`")))
    }

    fn expect_word(&mut self, word: &str) -> Result<Span> {
        if self.is_word(word) {
            return Ok(self.advance().span);
        }
        Err(self.unexpected(word))
    }

    /// The `)` after the last of a list, or after a clause.
    fn expect_closing(&mut self, expected: &str) -> Result<Span> {
        if self.is_symbol(")") {
            return Ok(self.advance().span);
        }
        Err(self.unexpected(expected))
    }

    /// Whether the tokens from `index` on are a query, not an expression or a relation.
    /// `(` opens a query if a query stands in it up to its `)` or up to a clause that continues a query.
    fn is_query_at(&self, index: usize) -> bool {
        let mut inner = index;
        while self.token_at(inner).kind == TokenKind::Symbol("(") {
            inner += 1;
        }
        let is_query = self.is_any_word_at(inner, &["SELECT", "WITH"])
            || (self.is_any_word_at(inner, &["VALUES", "TABLE"]) && !self.is_function_at(inner));
        is_query && (index..inner).rev().all(|opening| self.continues_query(opening))
    }

    fn is_function_at(&self, index: usize) -> bool {
        self.token_at(index + 1).kind == TokenKind::Symbol("(")
    }

    /// Whether what follows the `)` of this `(` may follow a query in parentheses.
    fn continues_query(&self, opening: usize) -> bool {
        let closing = self.closings[opening] as usize;
        // Without a `)` any reading fails; as a query it fails with the better message.
        if closing == 0 {
            return true;
        }
        let next = self.token_at(closing + 1);
        matches!(next.kind, TokenKind::Symbol(")" | ";") | TokenKind::End)
            || self.is_any_word_at(
                closing + 1,
                &["UNION", "INTERSECT", "EXCEPT", "ORDER", "LIMIT", "OFFSET", "HINT", "PARTITION"],
            )
    }
}

/// Names, lists and the limits.
impl Parser<'_> {
    /// A name where a bare word must not be reserved.
    fn name(&mut self, expected: &str) -> Result<Name> {
        let token = self.current();
        match token.kind {
            TokenKind::QuotedName => Ok(self.any_name_here()),
            TokenKind::Word if !is_reserved(token.text(self.text)) => Ok(self.any_name_here()),
            _ => Err(self.unexpected(expected)),
        }
    }

    /// A name after a dot: any word will do.
    fn any_name(&mut self, expected: &str) -> Result<Name> {
        match self.current().kind {
            TokenKind::QuotedName | TokenKind::Word => Ok(self.any_name_here()),
            _ => Err(self.unexpected(expected)),
        }
    }

    /// The current token as a name.
    fn any_name_here(&mut self) -> Name {
        let token = self.advance();
        let written = token.text(self.text);
        if token.kind == TokenKind::QuotedName {
            return Name { text: literal::unquote(written), quoted: true, span: token.span };
        }
        Name { text: written.to_owned(), quoted: false, span: token.span }
    }

    /// `(a, b)` of names.
    fn names_in_parentheses(&mut self) -> Result<Vec<Name>> {
        self.expect_symbol("(")?;
        let names = self.comma_list(|parser| parser.name("a name"))?;
        self.expect_closing("`,` or `)`")?;
        Ok(names)
    }

    /// One or more, with commas between.
    fn comma_list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.take_symbol(",") {
            items.push(item(self)?);
        }
        Ok(items)
    }

    fn expressions(&mut self) -> Result<Vec<Expr>> {
        self.comma_list(Self::expr)
    }

    /// A finished expression, counted.
    fn node(&mut self, kind: ExprKind, span: Span) -> Result<Expr> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(self.too_large("expressions", MAX_NODES));
        }
        Ok(Expr { kind, span })
    }

    /// Goes one level down. Hand what it returns to [`Parser::leave`]; on an error parsing ends anyway.
    fn enter(&mut self) -> Result<usize> {
        self.depth += 1;
        if self.depth > MAX_NESTING {
            return Err(self.too_large("levels of nesting", MAX_NESTING));
        }
        Ok(std::mem::take(&mut self.height))
    }

    fn leave(&mut self, siblings_height: usize) -> Result<()> {
        self.depth -= 1;
        self.grow()?;
        self.height = self.height.max(siblings_height);
        Ok(())
    }

    /// A node was put on top of what was parsed last.
    fn grow(&mut self) -> Result<()> {
        self.height += 1;
        if self.height > MAX_HEIGHT {
            return Err(self.too_large("levels of nesting", MAX_HEIGHT));
        }
        Ok(())
    }

    fn too_large(&self, what: &'static str, limit: usize) -> Error {
        Error::TooLarge { what, limit, at: self.current().span.location(self.text) }
    }
}
