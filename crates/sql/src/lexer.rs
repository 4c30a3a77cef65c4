//! Cuts a statement's text into tokens.

use crate::token::{Token, TokenKind};
use crate::{Error, Result, Span};

/// The longest statement.
pub const MAX_STATEMENT_BYTES: usize = 1 << 20;

/// Longest first, so that the first that fits is the right one.
const SYMBOLS: &[&str] = &[
    "::", "<>", "!=", "<=", ">=", "||", "(", ")", "[", "]", "{", "}", ",", ".", ";", ":", "?", "=", "<", ">",
    "+", "-", "*", "/", "%", "$",
];

/// The tokens of `text` without comments, closed by one of kind [`TokenKind::End`].
///
/// Fails on unclosed strings, quotes and comments, on characters that no token starts with, and past
/// [`MAX_STATEMENT_BYTES`].
pub fn tokens(text: &str) -> Result<Vec<Token>> {
    let mut tokens = tokens_with_comments(text)?;
    tokens.retain(|token| token.kind != TokenKind::Comment);
    Ok(tokens)
}

/// The same with comments.
pub fn tokens_with_comments(text: &str) -> Result<Vec<Token>> {
    if text.len() > MAX_STATEMENT_BYTES {
        let at = Span::default().location(text);
        return Err(Error::TooLarge { what: "bytes", limit: MAX_STATEMENT_BYTES, at });
    }
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::with_capacity(text.len() / 4);
    loop {
        lexer.skip_while(char::is_whitespace);
        let start = lexer.at;
        let kind = lexer.token()?;
        tokens.push(Token { kind, span: Span::new(start, lexer.at) });
        if kind == TokenKind::End {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl Lexer<'_> {
    fn token(&mut self) -> Result<TokenKind> {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return Ok(TokenKind::End) };
        let second = rest.chars().nth(1).unwrap_or_default();
        match first {
            '-' if second == '-' => {
                self.skip_while(|c| c != '\n');
                Ok(TokenKind::Comment)
            }
            '/' if second == '*' => self.closed_by(2, "*/", TokenKind::Comment),
            '{' if rest.starts_with("{{{") => self.closed_by(3, "}}}", TokenKind::Script),
            '\'' => self.quoted('\'', TokenKind::String),
            '"' | '`' => self.quoted(first, TokenKind::QuotedName),
            'X' | 'x' if second == '\'' => {
                self.at += 1;
                self.quoted('\'', TokenKind::Bytes)
            }
            'U' | 'u' if rest[1..].starts_with("&'") => {
                self.at += 2;
                self.quoted('\'', TokenKind::UnicodeString)
            }
            '$' if rest.starts_with("$__") => {
                self.at += 1;
                self.skip_while(is_word_part);
                Ok(TokenKind::Macro)
            }
            '0'..='9' => self.number(),
            '.' if second.is_ascii_digit() => self.number(),
            _ if is_word_start(first) => {
                self.skip_while(is_word_part);
                Ok(TokenKind::Word)
            }
            _ => self.symbol(first),
        }
    }

    fn symbol(&mut self, first: char) -> Result<TokenKind> {
        match SYMBOLS.iter().find(|symbol| self.rest().starts_with(**symbol)) {
            Some(symbol) => {
                self.at += symbol.len();
                Ok(TokenKind::Symbol(symbol))
            }
            None => {
                let remedy = match first {
                    '\u{2018}' | '\u{2019}' => "; strings go in straight quotes: 'text'",
                    '\u{201c}' | '\u{201d}' => "; names go in straight quotes: \"name\"",
                    _ if first.is_alphabetic() => "; put a name with such a letter in double quotes",
                    _ => "",
                };
                Err(self.error(self.at, format!("unexpected character `{}`{remedy}", first.escape_debug())))
            }
        }
    }

    /// A string or name; its quote is written twice to stand inside.
    fn quoted(&mut self, quote: char, kind: TokenKind) -> Result<TokenKind> {
        let start = self.at;
        self.at += 1;
        loop {
            let Some(length) = self.rest().find(quote) else {
                let what = if quote == '\'' { "string" } else { "quoted name" };
                return Err(self.error(start, format!("this {what} has no closing `{quote}`")));
            };
            self.at += length + 1;
            if !self.rest().starts_with(quote) {
                return Ok(kind);
            }
            self.at += 1;
        }
    }

    fn closed_by(&mut self, opening_bytes: usize, closing: &str, kind: TokenKind) -> Result<TokenKind> {
        let body = &self.rest()[opening_bytes..];
        let Some(length) = body.find(closing) else {
            let what = if kind == TokenKind::Comment { "comment" } else { "script" };
            return Err(self.error(self.at, format!("this {what} has no closing `{closing}`")));
        };
        self.at += opening_bytes + length + closing.len();
        Ok(kind)
    }

    fn number(&mut self) -> Result<TokenKind> {
        let start = self.at;
        let mut kind = TokenKind::Integer;
        self.skip_while(|c| c.is_ascii_digit());
        if self.rest().starts_with('.') {
            kind = TokenKind::Float;
            self.at += 1;
            self.skip_while(|c| c.is_ascii_digit());
        }
        if self.rest().starts_with(['e', 'E']) {
            let exponent = &self.rest()[1..];
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            if digits.starts_with(|c: char| c.is_ascii_digit()) {
                kind = TokenKind::Float;
                self.at = self.text.len() - digits.len();
                self.skip_while(|c| c.is_ascii_digit());
            }
        }
        if self.rest().starts_with(is_word_part) {
            self.skip_while(is_word_part);
            let text = &self.text[start..self.at];
            return Err(self.error(
                start,
                format!("`{text}` is neither a number nor a name; put a name that starts with a digit in double quotes"),
            ));
        }
        Ok(kind)
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn skip_while(&mut self, condition: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.at += rest.find(|c| !condition(c)).unwrap_or(rest.len());
    }

    fn error(&self, start: usize, message: String) -> Error {
        Error::Syntax { message, at: Span::new(start, start).location(self.text) }
    }
}

fn is_word_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

fn is_word_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '@'
}
