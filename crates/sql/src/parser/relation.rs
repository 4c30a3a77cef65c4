//! FROM: tables, subqueries, UNNEST, joins.

use super::Parser;
use crate::token::TokenKind;
use crate::tree::{
    FieldPart, Join, JoinCondition, JoinKind, Relation, RelationKind, Sample, SampleMethod, TableName, Unnest,
};
use crate::{Result, Span};

impl Parser<'_> {
    /// An item of the comma list after FROM, with its joins.
    pub(super) fn relation(&mut self) -> Result<Relation> {
        let siblings = self.enter()?;
        let first = self.relation_item()?;
        let relation = self.joins(first)?;
        self.leave(siblings)?;
        Ok(relation)
    }

    fn joins(&mut self, mut left: Relation) -> Result<Relation> {
        while self.is_join() {
            left = self.join(left)?;
        }
        Ok(left)
    }

    fn is_join(&self) -> bool {
        self.is_any_word_at(self.at, &["JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "NATURAL"])
    }

    fn join(&mut self, left: Relation) -> Result<Relation> {
        let is_cross = self.take_word("CROSS");
        let is_natural = !is_cross && self.take_word("NATURAL");
        let kind = if is_cross { JoinKind::Inner } else { self.join_kind() };
        self.expect_word("JOIN")?;
        let mut right = self.relation_item()?;
        if is_cross || is_natural {
            let condition = if is_cross { JoinCondition::Cross } else { JoinCondition::Natural };
            return self.joined(left, right, kind, condition);
        }
        // `a JOIN b JOIN c ON .. ON ..`: the inner join comes first.
        let siblings = self.enter()?;
        while self.is_join() && !matches!(right.kind, RelationKind::Unnest(_)) {
            right = self.join(right)?;
        }
        self.leave(siblings)?;
        let condition = if self.take_word("ON") {
            JoinCondition::On(self.expr()?)
        } else if self.take_word("USING") {
            JoinCondition::Using(self.names_in_parentheses()?)
        } else if matches!(right.kind, RelationKind::Unnest(_)) {
            JoinCondition::Cross
        } else {
            return Err(self.unexpected("ON or USING after a JOIN"));
        };
        self.joined(left, right, kind, condition)
    }

    fn join_kind(&mut self) -> JoinKind {
        let kind = if self.take_word("LEFT") {
            JoinKind::Left
        } else if self.take_word("RIGHT") {
            JoinKind::Right
        } else if self.take_word("FULL") {
            JoinKind::Full
        } else {
            self.take_word("INNER");
            return JoinKind::Inner;
        };
        self.take_word("OUTER");
        kind
    }

    fn joined(
        &mut self,
        left: Relation,
        right: Relation,
        kind: JoinKind,
        condition: JoinCondition,
    ) -> Result<Relation> {
        let hints = self.hints()?;
        self.grow()?;
        let start = left.span;
        let join = Join { left, right, kind, condition, hints };
        Ok(plain(RelationKind::Join(Box::new(join)), self.span_from(start)))
    }

    /// One relation with its sample, alias and hints, which stand in any order.
    fn relation_item(&mut self) -> Result<Relation> {
        let start = self.current().span;
        let relation = self.relation_primary()?;
        self.dressed(relation, start)
    }

    fn dressed(&mut self, mut relation: Relation, start: Span) -> Result<Relation> {
        let mut sample = self.sample()?;
        let mut hints = self.hints()?;
        let alias = self.table_alias()?;
        if sample.is_none() {
            sample = self.sample()?;
        }
        hints.append(&mut self.hints()?);
        self.refuse_ordinality_outside(&relation)?;
        if alias.is_none() && sample.is_none() && hints.is_empty() {
            relation.span = self.span_from(start);
            return Ok(relation);
        }
        let is_dressed = relation.alias.is_some() || relation.sample.is_some() || !relation.hints.is_empty();
        let kind = if is_dressed { RelationKind::Nested(Box::new(relation)) } else { relation.kind };
        Ok(Relation { kind, alias, sample, hints, span: self.span_from(start) })
    }

    /// PostgreSQL's place for it, a common mistake.
    fn refuse_ordinality_outside(&self, relation: &Relation) -> Result<()> {
        if matches!(relation.kind, RelationKind::Unnest(_)) && self.is_word("WITH") {
            let message =
                "WITH ORDINALITY goes inside the parentheses: UNNEST(array AS element WITH ORDINALITY AS n)";
            return Err(self.error(self.current().span, message.to_owned()));
        }
        Ok(())
    }

    fn relation_primary(&mut self) -> Result<Relation> {
        let start = self.current().span;
        if self.take_symbol("(") {
            return self.parenthesised_relation(start);
        }
        let kind = if self.is_word("LATERAL") && self.is_symbol_ahead(1, "(") {
            self.advance();
            self.advance();
            RelationKind::Subquery { query: self.query_and_closing()?, lateral: true }
        } else {
            self.named_relation()?
        };
        Ok(plain(kind, self.span_from(start)))
    }

    fn parenthesised_relation(&mut self, start: Span) -> Result<Relation> {
        if self.is_query_at(self.at) || self.is_word("VALUES") {
            let kind = RelationKind::Subquery { query: self.query_and_closing()?, lateral: false };
            return Ok(plain(kind, self.span_from(start)));
        }
        let relation = self.relation()?;
        self.expect_closing("JOIN or `)`")?;
        Ok(relation)
    }

    /// `UNNEST(..)`, `TABLE(..)` or the name of a collection.
    fn named_relation(&mut self) -> Result<RelationKind> {
        if self.take_word("UNNEST") {
            return Ok(RelationKind::Unnest(Box::new(self.unnest()?)));
        }
        if self.take_word("TABLE") {
            let name = self.expr_in_parentheses()?;
            return Ok(RelationKind::Dynamic(Box::new(name)));
        }
        let name = self.table_name()?;
        if self.is_symbol("(") {
            let message = "UNNEST and TABLE are the only functions that may stand in FROM".to_owned();
            return Err(self.error(name.span, message));
        }
        Ok(RelationKind::Table(name))
    }

    fn unnest(&mut self) -> Result<Unnest> {
        self.expect_symbol("(")?;
        let array = self.expr()?;
        let column = self.alias()?;
        let with_ordinality = self.take_words(&["WITH", "ORDINALITY"]);
        let ordinality = if with_ordinality { self.alias()? } else { None };
        if self.is_symbol(",") {
            let message = "UNNEST takes one array; write one UNNEST for each".to_owned();
            return Err(self.error(self.current().span, message));
        }
        self.expect_closing("AS, WITH ORDINALITY or `)`")?;
        Ok(Unnest { array, column, with_ordinality, ordinality })
    }

    fn sample(&mut self) -> Result<Option<Sample>> {
        let start = self.current().span;
        if !self.is_word("TABLESAMPLE") || !self.is_unreserved_clause() {
            return Ok(None);
        }
        self.advance();
        let method = if self.take_word("SYSTEM") { SampleMethod::System } else { SampleMethod::Bernoulli };
        self.take_word("BERNOULLI");
        let percent = self.expr_in_parentheses()?;
        Ok(Some(Sample { method, percent, span: self.span_from(start) }))
    }

    /// `[$prefix.]ws.name[:field.path[*]]`
    pub(super) fn table_name(&mut self) -> Result<TableName> {
        const EXPECTED: &str = "the name of a collection";
        let start = self.current().span;
        let mut prefix = None;
        if self.is_symbol("$") && self.ahead(1).kind == TokenKind::Word {
            self.advance();
            prefix = Some(self.any_name(EXPECTED)?);
            self.expect_symbol(".")?;
        }
        let mut parts = vec![self.name(EXPECTED)?];
        while self.take_symbol(".") {
            parts.push(self.any_name("a name after the dot")?);
        }
        let fields = if self.take_symbol(":") { self.table_fields()? } else { Vec::new() };
        if self.is_symbol("-") {
            return Err(self.unexpected("the end of the name"));
        }
        Ok(TableName { prefix, parts, fields, span: self.span_from(start) })
    }

    fn table_fields(&mut self) -> Result<Vec<FieldPart>> {
        let mut parts = vec![FieldPart::Name(self.any_name("a field")?)];
        loop {
            if self.take_symbol(".") {
                parts.push(FieldPart::Name(self.any_name("a field")?));
            } else if self.take_symbol("[") {
                self.expect_symbol("*")?;
                self.expect_symbol("]")?;
                parts.push(FieldPart::AnyElement);
            } else {
                return Ok(parts);
            }
        }
    }
}

/// A relation without alias, sample and hints.
fn plain(kind: RelationKind, span: Span) -> Relation {
    Relation { kind, alias: None, sample: None, hints: Vec::new(), span }
}
