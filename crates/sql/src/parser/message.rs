//! What is said about a token that does not fit.

use super::Parser;
use crate::token::{Token, TokenKind, is_reserved};
use crate::{Error, Span};

/// Words that a misspelt word may be meant for.
const CLAUSE_WORDS: &[&str] =
    &["SELECT", "FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "UNION", "JOIN", "DISTINCT"];

/// Reserved words that nobody means for a name.
const NEVER_NAMES: &[&str] = &[
    "AND",
    "AS",
    "BETWEEN",
    "ELSE",
    "EXCEPT",
    "FROM",
    "HAVING",
    "IN",
    "INTERSECT",
    "INTO",
    "IS",
    "JOIN",
    "LIKE",
    "NOT",
    "ON",
    "OR",
    "SELECT",
    "THEN",
    "UNION",
    "USING",
    "WHEN",
    "WHERE",
    "WITH",
];

impl Parser<'_> {
    /// The current token is not what has to stand here.
    pub(super) fn unexpected(&self, expected: &str) -> Error {
        let token = self.current();
        let found = self.shown(token);
        if token.kind == TokenKind::Macro {
            return self.error(
                token.span,
                format!(
                    "{found} is a macro, which only the Grafana data source expands; write it in SQL here"
                ),
            );
        }
        if let Some((wrong, right)) = self.misspelt_word() {
            let written = self.shown(wrong);
            return self.error(
                wrong.span,
                format!("unexpected {written}, expected {expected}; did you mean {right}?"),
            );
        }
        self.error(
            token.span,
            format!("unexpected {found}, expected {expected}{}", self.hint(token, expected)),
        )
    }

    pub(super) fn error(&self, span: Span, message: String) -> Error {
        Error::Syntax { message, at: span.location(self.text) }
    }

    fn shown(&self, token: Token) -> String {
        match token.kind {
            TokenKind::End => "end of the statement".to_owned(),
            TokenKind::Script => "script".to_owned(),
            _ => format!("`{}`", shortened(token.text(self.text))),
        }
    }

    /// What to do about it, where it is a common mistake.
    fn hint(&self, token: Token, expected: &str) -> String {
        if let Some(opening) = self.unclosed_parenthesis()
            && (token.kind == TokenKind::End || expected.contains(")"))
        {
            let place = self.tokens[opening].span.location(self.text);
            return format!("; the `(` at {place} is never closed");
        }
        let text = token.text(self.text);
        let remedy = match token.kind {
            TokenKind::Symbol(")") if !self.closings.contains(&(self.at as u32)) => "no `(` is open here",
            TokenKind::Symbol("-") if self.follows_table_name() => {
                "a name with a dash goes in double quotes: \"my-collection\""
            }
            TokenKind::Symbol("=") if self.previous_is("=") => "equality is written with one `=`",
            TokenKind::Symbol("$") => "the SQL has to get a value as a parameter, such as :name",
            TokenKind::QuotedName => "double quotes are for names; text goes in single quotes: 'text'",
            TokenKind::String => "single quotes are for text; names go in double quotes: \"name\"",
            TokenKind::Word if self.is_reserved_name(token) => {
                return format!(
                    "; {} is a reserved word: as a name it goes in double quotes",
                    text.to_uppercase()
                );
            }
            _ => return String::new(),
        };
        format!("; {remedy}")
    }

    /// Whether the current token may have been meant for a name but is reserved.
    fn is_reserved_name(&self, token: Token) -> bool {
        let word = token.text(self.text);
        is_reserved(word)
            && !NEVER_NAMES.iter().any(|known| word.eq_ignore_ascii_case(known))
            && !self.is_word_ahead(1, "BY")
            && !self.is_word_ahead(1, "JOIN")
    }

    /// The current or the previous bare word, if it is nearly a clause's word. The previous one was then taken
    /// for an alias.
    fn misspelt_word(&self) -> Option<(Token, &'static str)> {
        [self.at, self.at.saturating_sub(1)].into_iter().find_map(|index| {
            let token = self.token_at(index);
            let written = token.text(self.text).to_ascii_uppercase();
            if token.kind != TokenKind::Word || is_reserved(&written) {
                return None;
            }
            let meant = CLAUSE_WORDS.iter().find(|word| is_nearly(&written, word))?;
            Some((token, *meant))
        })
    }

    fn unclosed_parenthesis(&self) -> Option<usize> {
        (0..self.at)
            .rev()
            .find(|index| self.tokens[*index].kind == TokenKind::Symbol("(") && self.closings[*index] == 0)
    }

    fn previous_is(&self, symbol: &str) -> bool {
        self.at > 0 && matches!(self.tokens[self.at - 1].kind, TokenKind::Symbol(found) if found == symbol)
    }

    /// Whether the current token follows `FROM name` or `JOIN name`.
    fn follows_table_name(&self) -> bool {
        let mut index = self.at;
        while index > 0 && matches!(self.tokens[index - 1].kind, TokenKind::Word | TokenKind::Symbol(".")) {
            index -= 1;
            if self.is_any_word_at(index, &["FROM", "JOIN", "INTO", "TABLE", "DESCRIBE"]) {
                return true;
            }
        }
        false
    }
}

/// Token texts in messages are cut after so many characters.
const MAX_SHOWN_CHARACTERS: usize = 40;

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN_CHARACTERS) {
        Some((end, _)) => format!("{}..", &text[..end]),
        None => text.to_owned(),
    }
}

/// Whether one letter less, more, changed or swapped with its neighbour makes `written` into `word`.
/// Both are ASCII; equal words are not nearly equal.
fn is_nearly(written: &str, word: &str) -> bool {
    let (written, word) = (written.as_bytes(), word.as_bytes());
    if written == word || written.len() < 4 || written.len().abs_diff(word.len()) > 1 {
        return false;
    }
    let same_start = written.iter().zip(word).take_while(|(a, b)| a == b).count();
    let (rest, rest_of_word) = (&written[same_start..], &word[same_start..]);
    let swapped =
        matches!((rest, rest_of_word), ([a, b, x @ ..], [c, d, y @ ..]) if a == d && b == c && x == y);
    swapped
        || rest.get(1..) == rest_of_word.get(1..)
        || rest.get(1..) == Some(rest_of_word)
        || Some(rest) == rest_of_word.get(1..)
}
