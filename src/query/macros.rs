//! Macros: `$__timeFilter(t)` and its like become SQL over parameters.
//!
//! They are expanded on the language's own tokens, so that nothing inside a string, a quoted name or a comment is
//! touched, and no value is ever written into the SQL.

use rockhopper_sql::lexer;
use rockhopper_sql::token::{Token, TokenKind};

use crate::error::{Error, Result};

/// Macros inside the arguments of macros.
const MAX_DEPTH: usize = 16;
const NAMES: &str =
    "$__timeFilter(time), $__timeFrom, $__timeTo, $__timeGroup(time, interval), $__interval, $__interval_ms";

/// The SQL with macros expanded, and the names of all parameters it uses.
pub fn expand(sql: &str) -> Result<(String, Vec<String>)> {
    let tokens = lexer::tokens(sql)
        .map_err(|error| Error::Sql { at: error.location(), message: error.to_string() })?;
    let mut expander = Expander { text: sql, tokens: &tokens, used: Vec::new(), depth: 0 };
    // The last token is the end of the text: what stands around the others, comments included, is kept.
    let expanded = expander.range(0, tokens.len())?;
    let before = tokens.first().map_or(0, |token| token.span.start as usize);
    Ok((format!("{}{expanded}", &sql[..before]), expander.used))
}

struct Expander<'a> {
    text: &'a str,
    tokens: &'a [Token],
    used: Vec<String>,
    depth: usize,
}

impl Expander<'_> {
    /// The text of the tokens from `at` up to, not including, `end`.
    fn range(&mut self, mut at: usize, end: usize) -> Result<String> {
        let Some(first) = self.tokens[..end].get(at) else { return Ok(String::new()) };
        let mut result = String::new();
        let mut copied = first.span.start as usize;
        while at < end {
            let token = self.tokens[at];
            if token.kind == TokenKind::Macro {
                result.push_str(&self.text[copied..token.span.start as usize]);
                let next = self.replace(at, end, &mut result)?;
                copied = self.tokens[next - 1].span.end as usize;
                at = next;
            } else {
                if token.kind == TokenKind::Symbol(":") {
                    self.note_parameter(at + 1);
                }
                at += 1;
            }
        }
        result.push_str(&self.text[copied..self.tokens[end - 1].span.end as usize]);
        Ok(result)
    }

    /// Writes what the macro at `at` stands for; the place after it and its arguments.
    fn replace(&mut self, at: usize, end: usize, result: &mut String) -> Result<usize> {
        let name = self.tokens[at].text(self.text);
        let (arguments, next) = self.arguments(at, end)?;
        let written = match (name, arguments.as_slice()) {
            ("$__timeFilter", [time]) => {
                let time = self.nested(*time)?;
                format!("({time} >= {} AND {time} < {})", self.parameter("__from"), self.parameter("__to"))
            }
            ("$__timeFrom", []) => self.parameter("__from"),
            ("$__timeTo", []) => self.parameter("__to"),
            ("$__timeGroup", [time, interval]) => {
                let time = self.nested(*time)?;
                format!("TIME_BUCKET({}, {time})", self.interval(*interval)?)
            }
            ("$__interval", []) => self.interval_of_panel(),
            ("$__interval_ms", []) => self.parameter("__interval_ms"),
            (
                "$__timeFilter" | "$__timeFrom" | "$__timeTo" | "$__timeGroup" | "$__interval"
                | "$__interval_ms",
                given,
            ) => {
                return Err(
                    self.error(at, format!("{name} with {} arguments; the macros are {NAMES}", given.len()))
                );
            }
            _ => {
                return Err(
                    self.error(at, format!("the macro {name} does not exist; the macros are {NAMES}"))
                );
            }
        };
        result.push_str(&written);
        Ok(next)
    }

    /// The token ranges of a macro's arguments, and the place after them.
    fn arguments(&self, at: usize, end: usize) -> Result<(Vec<(usize, usize)>, usize)> {
        let is = |place: usize, symbol| {
            self.tokens[..end].get(place).map(|token| token.kind) == Some(TokenKind::Symbol(symbol))
        };
        if !is(at + 1, "(") {
            return Ok((Vec::new(), at + 1));
        }
        let mut arguments = Vec::new();
        let (mut depth, mut start) = (0usize, at + 2);
        for place in at + 1..end {
            match self.tokens[place].kind {
                TokenKind::Symbol("(" | "[" | "{") => depth += 1,
                TokenKind::Symbol(")" | "]" | "}") => depth -= 1,
                TokenKind::Symbol(",") if depth == 1 => {
                    arguments.push((start, place));
                    start = place + 1;
                }
                _ => {}
            }
            if depth == 0 {
                if place > at + 2 {
                    arguments.push((start, place));
                }
                return Ok((arguments, place + 1));
            }
        }
        Err(self
            .error(at, format!("the parenthesis after {} is not closed", self.tokens[at].text(self.text))))
    }

    /// An argument, with the macros in it expanded.
    fn nested(&mut self, (from, to): (usize, usize)) -> Result<String> {
        if from >= to {
            return Err(self.error(from, "an argument of the macro is empty".into()));
        }
        if self.depth == MAX_DEPTH {
            return Err(self.error(from, format!("macros stand more than {MAX_DEPTH} deep in each other")));
        }
        self.depth += 1;
        let text = self.range(from, to);
        self.depth -= 1;
        text
    }

    /// An interval: `'5m'` in Grafana's spelling, or any expression.
    fn interval(&mut self, (from, to): (usize, usize)) -> Result<String> {
        if to == from + 1 && self.tokens[from].kind == TokenKind::String {
            let text = self.tokens[from].text(self.text).trim_matches('\'');
            let milliseconds = milliseconds(text).ok_or_else(|| {
                self.error(
                    from,
                    format!("'{text}' is no interval; write for example '5m', '10s' or $__interval"),
                )
            })?;
            return Ok(format!("MILLISECONDS({milliseconds})"));
        }
        self.nested((from, to))
    }

    fn interval_of_panel(&mut self) -> String {
        format!("MILLISECONDS({})", self.parameter("__interval_ms"))
    }

    fn parameter(&mut self, name: &str) -> String {
        self.use_parameter(name);
        format!(":{name}")
    }

    fn note_parameter(&mut self, at: usize) {
        let Some(token) = self.tokens.get(at) else { return };
        match token.kind {
            TokenKind::Word | TokenKind::Integer => self.use_parameter(token.text(self.text)),
            TokenKind::QuotedName => self.use_parameter(token.text(self.text).trim_matches(['"', '`'])),
            _ => {}
        }
    }

    fn use_parameter(&mut self, name: &str) {
        if !self.used.iter().any(|used| used == name) {
            self.used.push(name.to_owned());
        }
    }

    fn error(&self, at: usize, message: String) -> Error {
        Error::Sql { at: self.tokens[at].span.location(self.text), message }
    }
}

/// `500ms`, `10s`, `5m`, `2h`, `1d`, `1w`
fn milliseconds(text: &str) -> Option<u64> {
    let split = text.find(|c: char| !c.is_ascii_digit())?;
    let count: u64 = text[..split].parse().ok().filter(|count| *count > 0)?;
    let unit = match &text[split..] {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        "w" => 604_800_000,
        _ => return None,
    };
    count.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(sql: &str) -> String {
        expand(sql).expect("good macros").0
    }

    fn error(sql: &str) -> String {
        expand(sql).expect_err("wrong macros").to_string()
    }

    #[test]
    fn macros_become_parameters() {
        assert_eq!(expanded("SELECT $__timeFrom, $__timeTo()"), "SELECT :__from, :__to");
        assert_eq!(
            expanded("WHERE $__timeFilter( TIMESTAMP_MILLIS(CAST(t.ms AS INT)) )"),
            "WHERE (TIMESTAMP_MILLIS(CAST(t.ms AS INT)) >= :__from AND TIMESTAMP_MILLIS(CAST(t.ms AS INT)) < :__to)"
        );
        assert_eq!(expanded("$__timeGroup(t, '5m')"), "TIME_BUCKET(MILLISECONDS(300000), t)");
        assert_eq!(
            expanded("$__timeGroup(GREATEST(a, $__timeFrom), MINUTES(5))"),
            "TIME_BUCKET(MINUTES(5), GREATEST(a, :__from))"
        );
        assert_eq!(expanded("$__interval_ms"), ":__interval_ms");
    }

    #[test]
    fn strings_quoted_names_and_comments_stay() {
        let sql = " -- $__timeFrom\nSELECT '$__timeTo', \"$__interval\" /* $__x */ FROM c -- end $__y\n";
        assert_eq!(expanded(sql), sql);
    }

    #[test]
    fn used_parameters_are_known() {
        let (_, used) = expand("SELECT :a, :\"b c\", ': no', x::int, $__timeFrom, :a").expect("good SQL");
        assert_eq!(used, ["a", "b c", "__from"]);
    }

    #[test]
    fn errors_say_where_and_what_to_write() {
        assert!(error("SELECT 1,\n $__nothing").contains("(line 2, column 2)"));
        assert!(error("SELECT $__nothing").contains("$__timeGroup(time, interval)"));
        assert!(error("SELECT $__timeFilter()").contains("with 0 arguments"));
        assert!(error("SELECT $__timeFilter(a, )").contains("with 2 arguments"));
        assert!(error("SELECT $__timeFilter(a").contains("not closed"));
        assert!(error("SELECT $__timeGroup(a, '5 minutes')").contains("is no interval"));
        assert!(error("SELECT $__timeGroup(a, '0s')").contains("is no interval"));
        assert!(error("SELECT 'open").contains("line 1"));
    }

    #[test]
    fn nesting_has_a_limit() {
        let nested = |depth: usize| format!("{}a{}", "$__timeGroup(".repeat(depth), ", '1s')".repeat(depth));
        assert!(expand(&nested(MAX_DEPTH)).is_ok());
        assert!(error(&nested(MAX_DEPTH + 1)).contains("more than 16 deep"));
    }
}
