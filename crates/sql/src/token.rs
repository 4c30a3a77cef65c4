//! What a statement's text is cut into.

use crate::Span;

/// A piece of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it stands; its text is the statement's text there.
    pub span: Span,
}

impl Token {
    /// The token's text, as written in the statement `text`.
    pub fn text(self, text: &str) -> &str {
        text.get(self.span.start as usize..self.span.end as usize).unwrap_or_default()
    }
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A bare name or keyword: `select`, `user`.
    Word,
    /// A name in double or back quotes.
    QuotedName,
    /// `'text'`
    String,
    /// `U&'text'`
    UnicodeString,
    /// `X'00ff'`
    Bytes,
    /// `12`
    Integer,
    /// `1.5`, `1.`, `.5`, `1e3`
    Float,
    /// `$__name`: a macro of the Grafana data source. The parser knows none.
    Macro,
    /// `{{{ .. }}}`
    Script,
    /// An operator or punctuation mark.
    Symbol(&'static str),
    /// `-- ..` up to the end of the line, or `/* .. */`.
    Comment,
    /// The end of the text.
    End,
}

/// Words that are no names unless quoted or after a dot; sorted.
const RESERVED: &[&str] = &[
    "ALTER",
    "AND",
    "AS",
    "BETWEEN",
    "BY",
    "CASE",
    "CAST",
    "CONSTRAINT",
    "CREATE",
    "CROSS",
    "CUBE",
    "CURRENT_DATE",
    "CURRENT_DATETIME",
    "CURRENT_TIME",
    "CURRENT_TIMESTAMP",
    "DEALLOCATE",
    "DELETE",
    "DESCRIBE",
    "DISTINCT",
    "DROP",
    "ELSE",
    "END",
    "ESCAPE",
    "EXCEPT",
    "EXECUTE",
    "EXISTS",
    "EXTRACT",
    "FALSE",
    "FOR",
    "FROM",
    "FULL",
    "GROUP",
    "GROUPING",
    "HAVING",
    "HINT",
    "IN",
    "INNER",
    "INSERT",
    "INTERSECT",
    "INTO",
    "IS",
    "JOIN",
    "LEFT",
    "LIKE",
    "LOCALTIME",
    "LOCALTIMESTAMP",
    "NATURAL",
    "NORMALIZE",
    "NOT",
    "NULL",
    "NULL_VALUE",
    "ON",
    "OR",
    "ORDER",
    "OUTER",
    "PREPARE",
    "RECURSIVE",
    "RIGHT",
    "ROLLUP",
    "SELECT",
    "STATIC_CAST",
    "TABLE",
    "THEN",
    "TRUE",
    "TRY_STATIC_CAST",
    "UESCAPE",
    "UNDEFINED",
    "UNION",
    "UNNEST",
    "USING",
    "WHEN",
    "WHERE",
    "WITH",
];

/// Whether a bare word cannot be a name, in any case of its letters.
pub fn is_reserved(word: &str) -> bool {
    RESERVED.binary_search(&word.to_ascii_uppercase().as_str()).is_ok()
}

/// Every reserved word, in capitals and sorted.
pub fn reserved_words() -> &'static [&'static str] {
    RESERVED
}
