//! What stands between operators.

use super::Parser;
use crate::token::{TokenKind, is_reserved};
use crate::tree::{Case, CastMode, Expr, ExprKind, Literal, Name};
use crate::{Result, Span};

impl Parser<'_> {
    pub(super) fn primary(&mut self) -> Result<Expr> {
        match self.current().kind {
            TokenKind::Integer
            | TokenKind::Float
            | TokenKind::String
            | TokenKind::UnicodeString
            | TokenKind::Bytes => self.literal(),
            TokenKind::QuotedName => self.path_or_call(),
            TokenKind::Word => self.word(),
            TokenKind::Symbol("(") => self.parenthesised(),
            TokenKind::Symbol("[") => self.array(self.current().span),
            TokenKind::Symbol("{") => self.object(),
            TokenKind::Symbol(":") => self.named_parameter(),
            TokenKind::Symbol("?") => self.positional_parameter(),
            _ => Err(self.unexpected("an expression")),
        }
    }

    fn word(&mut self) -> Result<Expr> {
        let token = self.current();
        let upper = token.text(self.text).to_ascii_uppercase();
        if let Some(literal) = literal_of(&upper) {
            self.advance();
            return self.node(ExprKind::Literal(literal), token.span);
        }
        if upper == "CASE" {
            return self.case();
        }
        if upper == "ARRAY" && self.is_symbol_ahead(1, "[") {
            self.advance();
            return self.array(token.span);
        }
        if self.is_symbol_ahead(1, "(")
            && let Some(expr) = self.special_form(&upper)?
        {
            return Ok(expr);
        }
        if let Some(interval) = self.interval()? {
            return Ok(interval);
        }
        if let Some(typed) = self.typed_literal()? {
            return Ok(typed);
        }
        if is_clock_word(&upper) || !is_reserved(&upper) {
            return self.path_or_call();
        }
        Err(self.unexpected("an expression"))
    }

    /// Calls with words between their arguments.
    fn special_form(&mut self, upper: &str) -> Result<Option<Expr>> {
        let start = self.current().span;
        let kind = match upper {
            "CAST" => self.cast(CastMode::Cast),
            "TRY_CAST" => self.cast(CastMode::Try),
            "STATIC_CAST" => self.cast(CastMode::Static),
            "TRY_STATIC_CAST" => self.cast(CastMode::TryStatic),
            "EXISTS" => self.exists(),
            "EXTRACT" => self.extract(),
            "NORMALIZE" => self.normalize(),
            "POSITION" => self.position(),
            "GROUPING" => self.arguments_in_parentheses().map(ExprKind::Grouping),
            "FIELD" => self.arguments_in_parentheses().map(ExprKind::DynamicField),
            "ROW" => self.arguments_in_parentheses().map(ExprKind::Row),
            _ => return Ok(None),
        }?;
        self.node(kind, self.span_from(start)).map(Some)
    }

    fn cast(&mut self, mode: CastMode) -> Result<ExprKind> {
        self.advance();
        self.advance();
        let operand = Box::new(self.expr()?);
        if !self.take_word("AS") {
            return Err(self.unexpected("an operator or AS and a type"));
        }
        let type_name = self.type_name()?;
        self.expect_symbol(")")?;
        Ok(ExprKind::Cast { operand, type_name, mode })
    }

    fn exists(&mut self) -> Result<ExprKind> {
        self.advance();
        self.advance();
        self.query_and_closing().map(ExprKind::Exists)
    }

    fn extract(&mut self) -> Result<ExprKind> {
        self.advance();
        self.advance();
        let token = self.current();
        let part = if token.kind == TokenKind::String {
            self.advance();
            Name { text: super::literal::unquote(token.text(self.text)), quoted: true, span: token.span }
        } else {
            self.any_name("a part such as HOUR")?
        };
        self.expect_word("FROM")?;
        let operand = Box::new(self.expr()?);
        self.expect_closing("an operator or `)`")?;
        Ok(ExprKind::Extract { part, operand })
    }

    fn normalize(&mut self) -> Result<ExprKind> {
        self.advance();
        self.advance();
        let operand = Box::new(self.expr()?);
        let form = if self.take_symbol(",") { Some(self.name("NFC, NFD, NFKC or NFKD")?) } else { None };
        self.expect_closing("`)`")?;
        Ok(ExprKind::Normalize { operand, form })
    }

    fn position(&mut self) -> Result<ExprKind> {
        self.advance();
        self.advance();
        let needle = Box::new(self.operand_before_in()?);
        self.expect_word("IN")?;
        let haystack = Box::new(self.expr()?);
        self.expect_closing("an operator or `)`")?;
        Ok(ExprKind::Position { needle, haystack })
    }

    fn arguments_in_parentheses(&mut self) -> Result<Vec<Expr>> {
        self.advance();
        self.advance();
        let arguments = self.expressions()?;
        self.expect_closing("an operator, `,` or `)`")?;
        Ok(arguments)
    }

    fn case(&mut self) -> Result<Expr> {
        let start = self.advance().span;
        let operand = if self.is_word("WHEN") { None } else { Some(self.expr()?) };
        let mut branches = Vec::new();
        while self.take_word("WHEN") {
            let condition = self.expr()?;
            self.expect_word("THEN")?;
            branches.push((condition, self.expr()?));
        }
        if branches.is_empty() {
            return Err(self.unexpected("WHEN"));
        }
        let otherwise = if self.take_word("ELSE") { Some(self.expr()?) } else { None };
        if !self.take_word("END") {
            let expected = if otherwise.is_some() { "END" } else { "WHEN, ELSE or END" };
            return Err(self.unexpected(expected));
        }
        let case = Case { operand, branches, otherwise };
        self.node(ExprKind::Case(Box::new(case)), self.span_from(start))
    }

    /// `(query)`, `(a)`, `(a, b)`
    fn parenthesised(&mut self) -> Result<Expr> {
        let start = self.advance().span;
        if self.is_query_at(self.at) {
            let query = self.query_and_closing()?;
            return self.node(ExprKind::ScalarSubquery(query), self.span_from(start));
        }
        let mut list = self.expressions()?;
        self.expect_closing("an operator, `,` or `)`")?;
        let span = self.span_from(start);
        match list.pop() {
            Some(only) if list.is_empty() => Ok(Expr { kind: only.kind, span }),
            last => {
                list.extend(last);
                self.node(ExprKind::Row(list), span)
            }
        }
    }

    /// `[a, b]`; the word ARRAY, if any, has been taken.
    fn array(&mut self, start: Span) -> Result<Expr> {
        self.expect_symbol("[")?;
        let mut elements = Vec::new();
        if !self.take_symbol("]") {
            elements = self.expressions()?;
            if !self.take_symbol("]") {
                return Err(self.unexpected("an operator, `,` or `]`"));
            }
        }
        self.node(ExprKind::Array(elements), self.span_from(start))
    }

    fn object(&mut self) -> Result<Expr> {
        let start = self.advance().span;
        let mut members = Vec::new();
        if !self.take_symbol("}") {
            members = self.comma_list(Self::member)?;
            if !self.take_symbol("}") {
                return Err(self.unexpected("an operator, `,` or `}`"));
            }
        }
        self.node(ExprKind::Object(members), self.span_from(start))
    }

    fn member(&mut self) -> Result<(Expr, Expr)> {
        let name = self.expr()?;
        self.expect_symbol(":")?;
        Ok((name, self.expr()?))
    }

    /// `:name`, `: name`, `:"name"`, `:1`
    fn named_parameter(&mut self) -> Result<Expr> {
        let start = self.advance().span;
        let token = self.current();
        let name = match token.kind {
            TokenKind::Integer => {
                self.advance();
                token.text(self.text).to_owned()
            }
            _ => self.any_name("the name of a parameter")?.text,
        };
        self.node(ExprKind::Parameter(name), self.span_from(start))
    }

    fn positional_parameter(&mut self) -> Result<Expr> {
        let span = self.advance().span;
        self.positional_parameters += 1;
        self.node(ExprKind::Parameter(self.positional_parameters.to_string()), span)
    }
}

fn literal_of(upper: &str) -> Option<Literal> {
    Some(match upper {
        "NULL" => Literal::Null,
        "UNDEFINED" => Literal::Undefined,
        "NULL_VALUE" => Literal::NullValue,
        "TRUE" => Literal::Bool(true),
        "FALSE" => Literal::Bool(false),
        _ => return None,
    })
}

/// Functions that are reserved words and need no parentheses.
pub(super) fn is_clock_word(upper: &str) -> bool {
    matches!(
        upper,
        "CURRENT_DATE"
            | "CURRENT_DATETIME"
            | "CURRENT_TIME"
            | "CURRENT_TIMESTAMP"
            | "LOCALTIME"
            | "LOCALTIMESTAMP"
    )
}
