//! Constants: numbers, text, bytes, typed literals, intervals.

use super::Parser;
use crate::Result;
use crate::token::{Token, TokenKind};
use crate::tree::{Expr, ExprKind, Interval, IntervalUnit, Literal, TypeName};

/// The magnitude of the least int: not an int itself, but one below a minus sign.
const LEAST_INT_MAGNITUDE: &str = "9223372036854775808";

/// The text between the quotes, whose doubled quotes are single ones.
pub(super) fn unquote(written: &str) -> String {
    let mut characters = written.chars();
    let quote = characters.next().unwrap_or_default();
    characters.next_back();
    let inner = characters.as_str();
    inner.replace(&format!("{quote}{quote}"), &quote.to_string())
}

impl Parser<'_> {
    /// The current token, which is a number, string or bytes.
    pub(super) fn literal(&mut self) -> Result<Expr> {
        let token = self.advance();
        let text = token.text(self.text);
        let literal = match token.kind {
            TokenKind::Integer => Literal::Int(self.int_value(token)?),
            TokenKind::Float => Literal::Float(self.float_value(token)?),
            TokenKind::Bytes => Literal::Bytes(self.bytes_value(token)?),
            TokenKind::UnicodeString => Literal::String(self.unicode_value(token)?),
            _ => Literal::String(unquote(text)),
        };
        self.node(ExprKind::Literal(literal), self.span_from(token.span))
    }

    /// `-9223372036854775808`, whose digits alone are no int.
    pub(super) fn least_int(&mut self) -> Result<Option<Expr>> {
        let digits = self.ahead(1);
        if !self.is_symbol("-")
            || digits.kind != TokenKind::Integer
            || digits.text(self.text) != LEAST_INT_MAGNITUDE
        {
            return Ok(None);
        }
        let start = self.advance().span;
        self.advance();
        self.node(ExprKind::Literal(Literal::Int(i64::MIN)), self.span_from(start)).map(Some)
    }

    fn int_value(&self, token: Token) -> Result<i64> {
        let text = token.text(self.text);
        text.parse().map_err(|_| {
            let message =
                format!("`{text}` does not fit in an int of 64 bits; write it as a float: `{text}.0`");
            self.error(token.span, message)
        })
    }

    /// The value of an integer or float token.
    pub(super) fn float_value(&self, token: Token) -> Result<f64> {
        let text = token.text(self.text);
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(value),
            _ => Err(self.error(token.span, format!("`{text}` does not fit in a float of 64 bits"))),
        }
    }

    fn bytes_value(&self, token: Token) -> Result<Vec<u8>> {
        let digits: Option<Vec<u32>> = unquote(&token.text(self.text)[1..])
            .chars()
            .filter(|c| *c != ' ')
            .map(|c| c.to_digit(16))
            .collect();
        match digits {
            Some(digits) if digits.len() % 2 == 0 => {
                Ok(digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect())
            }
            _ => Err(self.error(token.span, "X'..' needs an even number of digits 0-9 and A-F".to_owned())),
        }
    }

    /// `U&'d\0061t\+000061' [UESCAPE '\']`
    fn unicode_value(&mut self, token: Token) -> Result<String> {
        let mut escape = '\\';
        if self.take_word("UESCAPE") {
            let written = self.current();
            let text = unquote(written.text(self.text));
            let mut characters = text.chars();
            match (written.kind, characters.next(), characters.next()) {
                (TokenKind::String, Some(character), None) if !character.is_ascii_hexdigit() => {
                    escape = character
                }
                _ => return Err(self.unexpected("one character in single quotes")),
            }
            self.advance();
        }
        decode_unicode(&unquote(&token.text(self.text)[2..]), escape).ok_or_else(|| {
            let message = format!(
                "after `{escape}` this text needs 4 hexadecimal digits, `+` and 6 of them, or `{escape}` again"
            );
            self.error(token.span, message)
        })
    }

    /// `DATE '2018-01-01'`, where the current token begins one.
    pub(super) fn typed_literal(&mut self) -> Result<Option<Expr>> {
        let words = if self.is_word("DOUBLE") && self.is_word_ahead(1, "PRECISION") { 2 } else { 1 };
        if self.current().kind != TokenKind::Word || self.ahead(words).kind != TokenKind::String {
            return Ok(None);
        }
        let type_name = self.type_name()?;
        if type_name.resolve().is_none() && !is_type_without_engine(&type_name.text) {
            return Err(self.unexpected("an operator"));
        }
        let start = type_name.span;
        let text = unquote(self.advance().text(self.text));
        self.node(ExprKind::TypedLiteral { type_name, text }, self.span_from(start)).map(Some)
    }

    /// A type after AS, `::` or before a typed literal's text.
    pub(super) fn type_name(&mut self) -> Result<TypeName> {
        let name = self.any_name("a type")?;
        let is_double = !name.quoted && name.text.eq_ignore_ascii_case("double");
        if is_double && self.take_word("PRECISION") {
            return Ok(TypeName {
                text: format!("{} PRECISION", name.text),
                span: self.span_from(name.span),
            });
        }
        Ok(TypeName { text: name.text, span: name.span })
    }

    /// `INTERVAL ..`, where the current token begins one and is not a field of that name.
    pub(super) fn interval(&mut self) -> Result<Option<Expr>> {
        if !self.is_word("INTERVAL") {
            return Ok(None);
        }
        let sign = usize::from(self.is_symbol_ahead(1, "-") || self.is_symbol_ahead(1, "+"));
        let value = self.ahead(1 + sign);
        let is_number = matches!(value.kind, TokenKind::Integer | TokenKind::Float);
        let unit = self.ahead(2 + sign);
        let has_unit =
            unit.kind == TokenKind::Word && IntervalUnit::from_name(unit.text(self.text)).is_some();
        // `interval - 1` and `interval + 1` are arithmetic on a field.
        if value.kind != TokenKind::String && !(is_number && (sign == 0 || has_unit)) {
            return self.interval_of_parameter();
        }
        let start = self.advance().span;
        let mut text = String::new();
        if sign == 1 {
            text.push_str(self.advance().text(self.text).trim_start_matches('+'));
        }
        let token = self.advance();
        let is_text = token.kind == TokenKind::String;
        let written = token.text(self.text);
        text.push_str(&if is_text { unquote(written) } else { written.to_owned() });
        let unit = self.interval_unit()?;
        if unit.is_none() && !is_text {
            return Err(self.unexpected("YEAR, MONTH, WEEK, DAY, HOUR, MINUTE or SECOND"));
        }
        let to = if unit.is_some() && self.take_word("TO") {
            match self.interval_unit()? {
                None => return Err(self.unexpected("a unit such as MONTH")),
                unit => unit,
            }
        } else {
            None
        };
        let interval = Interval { value: text, is_text, unit, to };
        self.node(ExprKind::Interval(interval), self.span_from(start)).map(Some)
    }

    fn interval_of_parameter(&self) -> Result<Option<Expr>> {
        if self.is_symbol_ahead(1, ":") || self.is_symbol_ahead(1, "?") {
            let message = "INTERVAL takes no parameter; use a function, such as DAYS(:n)".to_owned();
            return Err(self.error(self.current().span, message));
        }
        Ok(None)
    }

    fn interval_unit(&mut self) -> Result<Option<IntervalUnit>> {
        if self.current().kind != TokenKind::Word {
            return Ok(None);
        }
        let unit = IntervalUnit::from_name(self.current().text(self.text));
        if unit.is_some() {
            self.advance();
        }
        Ok(unit)
    }
}

/// Types of the dialect that no value of this engine has.
fn is_type_without_engine(name: &str) -> bool {
    ["geography", "u256", "vector"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

fn decode_unicode(text: &str, escape: char) -> Option<String> {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(escape) {
        decoded.push_str(&rest[..at]);
        rest = &rest[at + escape.len_utf8()..];
        if let Some(after) = rest.strip_prefix(escape) {
            decoded.push(escape);
            rest = after;
            continue;
        }
        let digits_start = usize::from(rest.starts_with('+'));
        let digits_end = if digits_start == 1 { 7 } else { 4 };
        let digits = rest.get(digits_start..digits_end)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        decoded.push(char::from_u32(u32::from_str_radix(digits, 16).ok()?)?);
        rest = &rest[digits_end..];
    }
    decoded.push_str(rest);
    Some(decoded)
}
