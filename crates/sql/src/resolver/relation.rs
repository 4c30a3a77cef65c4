//! FROM: tables, subqueries, UNNEST and joins, left to right. UNNEST reads what stands before it; a table or subquery
//! does not, so only those are right sides of a `Plan::Join`.

use super::query::Rows;
use super::scope::{Clause, Level, LevelKind, Relation, Row, field};
use super::select::filter;
use super::{Resolver, expr};
use crate::resolved::{Expr, ExprKind, JoinKind, Plan};
use crate::tree::{self, JoinCondition, Name, RelationKind, TableAlias};
use crate::{Error, Function, Result, Span, Value};

/// The name of the position where WITH ORDINALITY gives none.
const ORDINALITY_NAME: &str = "ordinality";

impl Resolver<'_> {
    /// The comma list after FROM. Its relations join the current level.
    pub(super) fn from(&mut self, relations: &[tree::Relation]) -> Result<Plan> {
        let mut plan = None;
        for relation in relations {
            plan = Some(self.relation(relation, plan)?);
        }
        Ok(plan.unwrap_or(Plan::Unit))
    }

    /// A relation for each row of `input`.
    fn relation(&mut self, relation: &tree::Relation, input: Option<Plan>) -> Result<Plan> {
        self.nested(relation.span, |resolver| resolver.relation_inner(relation, input))
    }

    fn relation_inner(&mut self, relation: &tree::Relation, input: Option<Plan>) -> Result<Plan> {
        let is_table = matches!(relation.kind, RelationKind::Table(_) | RelationKind::Dynamic(_));
        if let Some(sample) = relation.sample.as_ref().filter(|_| !is_table) {
            return Err(self.not_supported("TABLESAMPLE of anything but a collection", sample.span));
        }
        let alias = relation.alias.as_ref();
        match &relation.kind {
            RelationKind::Table(name) => {
                let (plan, found) = self.table(name, relation.sample.as_ref())?;
                self.add(plan, found, alias, input)
            }
            RelationKind::Dynamic(name) => {
                let (plan, found) = self.dynamic_table(name, relation.sample.as_ref())?;
                self.add(plan, found, alias, input)
            }
            RelationKind::Subquery { query, lateral } => {
                let wall = if *lateral { LevelKind::Subquery } else { LevelKind::Derived };
                let level = Level::new(wall, Clause::FROM);
                let rows = self.in_level(level, |resolver| resolver.query(query))?;
                let found = rows.relation();
                self.add(rows.plan, found, alias, input)
            }
            RelationKind::Unnest(unnest) => self.unnest(unnest, alias, input, false),
            RelationKind::Join(join) => self.join(join, relation.span, input),
            RelationKind::Nested(inner) => {
                let before = self.level().relations.len();
                let plan = self.relation(inner, input)?;
                if let Some(alias) = alias {
                    self.rename_nested(alias, before)?;
                }
                Ok(plan)
            }
        }
    }

    /// Puts a relation in the current level and its rows beside those of `input`.
    fn add(
        &mut self,
        plan: Plan,
        mut relation: Relation,
        alias: Option<&TableAlias>,
        input: Option<Plan>,
    ) -> Result<Plan> {
        if let Some(alias) = alias {
            self.apply_alias(&mut relation, alias)?;
        }
        self.level().relations.push(relation);
        Ok(match input {
            Some(input) => join(input, plan, JoinKind::Inner, None),
            None => plan,
        })
    }

    fn apply_alias(&self, relation: &mut Relation, alias: &TableAlias) -> Result<()> {
        relation.name = Some(alias.name.text.clone());
        relation.workspace = None;
        relation.has_alias = true;
        if alias.columns.is_empty() {
            return Ok(());
        }
        if !relation.rows.is_empty() || relation.columns.len() != alias.columns.len() {
            let message = format!(
                "`{}` is given {} column names, but has {}",
                alias.name.text,
                alias.columns.len(),
                if relation.rows.is_empty() {
                    relation.columns.len().to_string()
                } else {
                    "no fixed columns".into()
                }
            );
            return Err(self.invalid("column_count_mismatch", message, alias.name.span));
        }
        for ((name, _), new) in relation.columns.iter_mut().zip(&alias.columns) {
            name.clone_from(&new.text);
        }
        Ok(())
    }

    fn rename_nested(&mut self, alias: &TableAlias, before: usize) -> Result<()> {
        let mut added = self.level().relations.split_off(before);
        match added.as_mut_slice() {
            [relation] => self.apply_alias(relation, alias)?,
            _ => return Err(self.not_supported("an alias for a join in parentheses", alias.name.span)),
        }
        self.level().relations.append(&mut added);
        Ok(())
    }

    fn unnest(
        &mut self,
        unnest: &tree::Unnest,
        alias: Option<&TableAlias>,
        input: Option<Plan>,
        outer: bool,
    ) -> Result<Plan> {
        let array = self.in_clause(Clause::FROM, |resolver| resolver.expr(&unnest.array))?;
        let (relation, element, ordinality) = self.elements_relation(unnest, alias)?;
        self.level().relations.push(relation);
        let input = Box::new(input.unwrap_or(Plan::Unit));
        Ok(Plan::Unnest { input, array, element, ordinality, outer })
    }

    /// What UNNEST adds to a level, with the columns of the element and of its position.
    pub(super) fn elements_relation(
        &mut self,
        unnest: &tree::Unnest,
        alias: Option<&TableAlias>,
    ) -> Result<(Relation, crate::resolved::ColumnId, Option<crate::resolved::ColumnId>)> {
        let names = alias.map_or(&[][..], |alias| &alias.columns);
        if let Some(surplus) = names.get(1 + usize::from(unnest.with_ordinality)) {
            let message = "UNNEST gives one column for the element, and one for the position WITH ORDINALITY";
            return Err(self.invalid("column_count_mismatch", message, surplus.span));
        }
        let element = self.column();
        let ordinality = unnest.with_ordinality.then(|| self.column());
        let mut relation = Relation {
            name: alias.map(|alias| alias.name.text.clone()),
            has_alias: true,
            unnest: true,
            ..Relation::default()
        };
        match unnest.column.as_ref().or(names.first()) {
            Some(name) => relation.columns.push((name.text.clone(), element)),
            None => relation.rows.push(Row { column: element, except: Vec::new() }),
        }
        if let Some(ordinality) = ordinality {
            let name = unnest.ordinality.as_ref().or(names.get(1)).map_or(ORDINALITY_NAME, |name| &name.text);
            relation.columns.push((name.to_owned(), ordinality));
        }
        Ok((relation, element, ordinality))
    }

    fn join(&mut self, tree: &tree::Join, span: Span, input: Option<Plan>) -> Result<Plan> {
        let start = self.level().relations.len();
        // Rows of an earlier FROM item may be joined first, except where rows of the right side stay alone.
        if matches!(tree.kind, JoinKind::Right | JoinKind::Full) {
            let plan = self.hidden(start, |resolver| {
                let left = resolver.relation(&tree.left, None)?;
                resolver.join_right(tree, left, start, span)
            })?;
            return Ok(match input {
                Some(input) => join(input, plan, JoinKind::Inner, None),
                None => plan,
            });
        }
        let left = self.relation(&tree.left, input)?;
        self.join_right(tree, left, start, span)
    }

    fn join_right(&mut self, tree: &tree::Join, left: Plan, start: usize, span: Span) -> Result<Plan> {
        if let Some((unnest, alias)) = as_unnest(&tree.right) {
            return self.join_unnest(tree, unnest, alias, left, span);
        }
        let is_cross = tree.kind == JoinKind::Inner && tree.condition == JoinCondition::Cross;
        if is_cross && has_join(&tree.right) {
            return self.relation(&tree.right, Some(left));
        }
        let middle = self.level().relations.len();
        let right = self.hidden(middle, |resolver| resolver.relation(&tree.right, None))?;
        let condition = match &tree.condition {
            JoinCondition::Cross => None,
            JoinCondition::On(condition) => Some(
                self.in_clause(Clause { name: "ON", ..Clause::FROM }, |resolver| resolver.expr(condition))?,
            ),
            JoinCondition::Using(names) => Some(self.using(names, tree.kind, start, middle, span)?),
            JoinCondition::Natural => {
                let names = self.common_names(start, middle, span)?;
                Some(self.using(&names, tree.kind, start, middle, span)?)
            }
        };
        Ok(join(left, right, tree.kind, condition))
    }

    fn join_unnest(
        &mut self,
        tree: &tree::Join,
        unnest: &tree::Unnest,
        alias: Option<&TableAlias>,
        left: Plan,
        span: Span,
    ) -> Result<Plan> {
        let outer = match tree.kind {
            JoinKind::Inner => false,
            JoinKind::Left => true,
            JoinKind::Right | JoinKind::Full => {
                return Err(self.not_supported("RIGHT or FULL JOIN UNNEST", tree.right.span));
            }
        };
        let plan = self.unnest(unnest, alias, Some(left), outer)?;
        let condition = match &tree.condition {
            JoinCondition::Cross => return Ok(plan),
            JoinCondition::On(condition) => condition,
            JoinCondition::Using(_) | JoinCondition::Natural => {
                return Err(self.not_supported("JOIN UNNEST with USING or NATURAL", span));
            }
        };
        let condition =
            self.in_clause(Clause { name: "ON", ..Clause::FROM }, |resolver| resolver.expr(condition))?;
        match condition.kind {
            ExprKind::Literal(Value::Bool(true)) => Ok(plan),
            _ if outer => {
                Err(self
                    .not_supported("LEFT JOIN UNNEST with a condition other than ON TRUE", condition.span))
            }
            _ => Ok(filter(plan, condition)),
        }
    }

    /// Runs `inner` where the relations before `from` cannot be read.
    fn hidden<T>(&mut self, from: usize, inner: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let outer = std::mem::replace(&mut self.level().visible_from, from);
        let result = inner(self);
        self.level().visible_from = outer;
        result
    }

    fn using(
        &mut self,
        names: &[Name],
        kind: JoinKind,
        start: usize,
        middle: usize,
        span: Span,
    ) -> Result<Expr> {
        let mut conditions = Vec::new();
        for name in names {
            let merged = self.level().merged.iter().position(|(known, _)| *known == name.text);
            let left = match merged {
                Some(at) => self.level().merged.remove(at).1,
                None => self.bare_column(name, start..middle)?,
            };
            let end = self.level().relations.len();
            let right = self.bare_column(name, middle..end)?;
            let value = match kind {
                JoinKind::Inner | JoinKind::Left => left.clone(),
                JoinKind::Right => right.clone(),
                JoinKind::Full => expr(ExprKind::Coalesce(vec![left.clone(), right.clone()]), name.span),
            };
            self.level().merged.push((name.text.clone(), value));
            let kind = ExprKind::Call { function: Function::Equal, arguments: vec![left, right] };
            conditions.push(expr(kind, name.span));
        }
        Ok(match conditions.len() {
            0 => expr(ExprKind::Literal(Value::Bool(true)), span),
            1 => conditions.remove(0),
            _ => expr(ExprKind::And(conditions), span),
        })
    }

    /// The columns that both sides of a NATURAL JOIN have.
    fn common_names(&mut self, start: usize, middle: usize, span: Span) -> Result<Vec<Name>> {
        let relations = &self.level().relations[start..];
        if relations.iter().any(|relation| !relation.rows.is_empty()) {
            return Err(self.natural_without_columns(span));
        }
        let (left, right) = relations.split_at(middle - start);
        let names = |side: &[Relation]| -> Vec<String> {
            side.iter().flat_map(|relation| relation.columns.iter().map(|(name, _)| name.clone())).collect()
        };
        let right = names(right);
        let mut common: Vec<String> = Vec::new();
        for name in names(left) {
            if right.contains(&name) && !common.contains(&name) {
                common.push(name);
            }
        }
        Ok(common.into_iter().map(|text| Name { text, quoted: false, span }).collect())
    }

    fn natural_without_columns(&self, span: Span) -> Error {
        let message =
            "NATURAL JOIN needs tables with known columns, and documents have none; write JOIN .. USING (..)";
        self.invalid("column_not_found", message, span)
    }

    /// The rows of `TABLE t`.
    pub(super) fn table_rows(&mut self, name: &tree::TableName) -> Result<Rows> {
        let (plan, relation) = self.table(name, None)?;
        let columns = relation.columns.into_iter();
        let columns = columns.map(|(name, column)| crate::resolved::Output::Column { name, column });
        let rows = relation.rows.into_iter();
        let rows = rows.map(|row| crate::resolved::Output::Spread { column: row.column, except: row.except });
        Ok(Rows { plan, outputs: columns.chain(rows).collect() })
    }

    /// `FIELD('f')`, `FIELD('t', 'f.g')`
    pub(super) fn dynamic_field(&mut self, arguments: &[tree::Expr], span: Span) -> Result<Expr> {
        let mut names = Vec::new();
        for argument in arguments {
            for part in self.constant_text(argument, "FIELD")?.split('.') {
                names.push(Name { text: part.to_owned(), quoted: true, span: argument.span });
            }
        }
        match names.is_empty() {
            true => Err(self.invalid("no_valid_overload", "FIELD needs the name of a field", span)),
            false => self.path(&names, span),
        }
    }

    /// `base.name` of something that is no path.
    pub(super) fn member_of(&mut self, base: &tree::Expr, name: &Name, span: Span) -> Result<Expr> {
        let mut path = field(self.expr(base)?, &name.text);
        path.span = span;
        Ok(path)
    }
}

/// An UNNEST, whatever parentheses stand around it.
pub(super) fn as_unnest(relation: &tree::Relation) -> Option<(&tree::Unnest, Option<&TableAlias>)> {
    match &relation.kind {
        RelationKind::Unnest(unnest) => Some((unnest, relation.alias.as_ref())),
        RelationKind::Nested(inner) if relation.alias.is_none() => as_unnest(inner),
        _ => None,
    }
}

fn has_join(relation: &tree::Relation) -> bool {
    match &relation.kind {
        RelationKind::Join(_) => true,
        RelationKind::Nested(inner) => relation.alias.is_none() && has_join(inner),
        _ => false,
    }
}

fn join(left: Plan, right: Plan, kind: JoinKind, condition: Option<Expr>) -> Plan {
    Plan::Join { left: Box::new(left), right: Box::new(right), kind, condition }
}
