//! `HINT(..)` and `OPTION(..)`.

use super::{Parser, literal};
use crate::Result;
use crate::token::{TokenKind, is_reserved};
use crate::tree::{Hint, HintValue};

impl Parser<'_> {
    /// All `HINT(..)` that stand here.
    pub(super) fn hints(&mut self) -> Result<Vec<Hint>> {
        let mut hints = Vec::new();
        while self.take_word("HINT") {
            hints.append(&mut self.settings()?);
        }
        Ok(hints)
    }

    /// `OPTION(..)` where it stands here.
    pub(super) fn options(&mut self) -> Result<Vec<Hint>> {
        if self.is_word("OPTION") && self.is_symbol_ahead(1, "(") {
            self.advance();
            return self.settings();
        }
        Ok(Vec::new())
    }

    /// `(name = value, ..)`
    pub(super) fn settings(&mut self) -> Result<Vec<Hint>> {
        self.expect_symbol("(")?;
        let settings = self.comma_list(Self::setting)?;
        self.expect_closing("`,` or `)`")?;
        Ok(settings)
    }

    fn setting(&mut self) -> Result<Hint> {
        let name = self.any_name("the name of a hint")?;
        let start = name.span;
        let value = if self.take_symbol("=") { Some(self.setting_value()?) } else { None };
        Ok(Hint { name, value, span: self.span_from(start) })
    }

    fn setting_value(&mut self) -> Result<HintValue> {
        let token = self.current();
        let text = token.text(self.text);
        match token.kind {
            TokenKind::String => {
                self.advance();
                Ok(HintValue::String(literal::unquote(text)))
            }
            TokenKind::Integer | TokenKind::Float | TokenKind::Symbol("-" | "+") => self.setting_number(),
            TokenKind::Word if self.is_word("TRUE") || self.is_word("FALSE") => {
                self.advance();
                Ok(HintValue::Bool(text.eq_ignore_ascii_case("true")))
            }
            TokenKind::QuotedName => self.setting_path(),
            TokenKind::Word if !is_reserved(text) => self.setting_path(),
            _ => Err(self.unexpected("the value of a hint")),
        }
    }

    fn setting_number(&mut self) -> Result<HintValue> {
        let negative = self.is_symbol("-");
        if negative || self.is_symbol("+") {
            self.advance();
        }
        let (TokenKind::Integer | TokenKind::Float) = self.current().kind else {
            return Err(self.unexpected("a number"));
        };
        let token = self.advance();
        let magnitude = self.float_value(token)?;
        Ok(HintValue::Number(if negative { -magnitude } else { magnitude }))
    }

    /// `a.b[*].c`, kept as written.
    fn setting_path(&mut self) -> Result<HintValue> {
        let first = self.any_name("a name")?;
        let mut span = first.span;
        let mut is_path = false;
        loop {
            if self.take_symbol(".") {
                self.any_name("a name")?;
            } else if self.take_symbol("[") {
                self.expect_symbol("*")?;
                self.expect_symbol("]")?;
            } else {
                break;
            }
            is_path = true;
            span = self.span_from(first.span);
        }
        let written = self.text.get(span.start as usize..span.end as usize).unwrap_or_default();
        Ok(HintValue::Name(if is_path { written.to_owned() } else { first.text }))
    }
}
