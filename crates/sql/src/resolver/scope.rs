//! What a name means at a place: the relations, columns and select aliases that can be seen from there.

use std::rc::Rc;
use std::sync::Arc;

use super::{Resolver, expr};
use crate::resolved::{AggregateCall, ColumnId, Expr, ExprKind, WindowCall};
use crate::tree::{self, Name};
use crate::{Error, Result, Span, Value};

/// The name of the one column that an element without members has.
pub(super) const ELEMENT_NAME: &str = "?field0";

/// One query block, or the elements of an array inside an expression.
pub(super) struct Level {
    pub kind: LevelKind,
    /// What FROM has given so far, in order.
    pub relations: Vec<Relation>,
    /// Relations before it exist, but cannot be read at the current place.
    pub visible_from: usize,
    /// Columns that USING or NATURAL made one of two.
    pub merged: Vec<(String, Expr)>,
    pub clause: Clause,
    /// The select list's AS names.
    pub aliases: Vec<(String, Rc<tree::Expr>)>,
    pub aggregates: Vec<(ColumnId, AggregateCall)>,
    pub windows: Vec<(ColumnId, WindowCall)>,
    /// `GROUPING(..)` with its arguments.
    pub groupings: Vec<(ColumnId, Vec<Expr>)>,
}

/// What stands between a level and the one around it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LevelKind {
    /// Nothing: an array operation reads the columns of the query around it.
    Transparent,
    /// The wall round a subquery in an expression; has no relations itself.
    Subquery,
    /// The wall round a subquery in FROM; has no relations itself.
    Derived,
}

/// What may stand in a clause.
#[derive(Clone, Copy)]
pub(super) struct Clause {
    pub name: &'static str,
    pub aggregates: bool,
    pub windows: bool,
    /// Whether AS names of the select list are seen, before fields of that name.
    pub aliases: bool,
}

impl Clause {
    pub const FROM: Clause = Clause { name: "FROM", aggregates: false, windows: false, aliases: false };
    pub const WHERE: Clause = Clause { name: "WHERE", ..Clause::FROM };
    pub const GROUP_BY: Clause = Clause { name: "GROUP BY", ..Clause::FROM };
    pub const ELEMENTS: Clause = Clause { name: "a subquery over UNNEST", ..Clause::FROM };
    pub const AGGREGATE: Clause = Clause { name: "an aggregate's arguments", ..Clause::FROM };
    pub const LIMIT: Clause = Clause { name: "LIMIT and OFFSET", ..Clause::FROM };
    pub const WINDOW: Clause =
        Clause { name: "a window function's arguments", aggregates: true, ..Clause::FROM };
    pub const SELECT: Clause = Clause { name: "SELECT", aggregates: true, windows: true, aliases: false };
    pub const HAVING: Clause = Clause { name: "HAVING", aggregates: true, windows: false, aliases: true };
    pub const ORDER_BY: Clause = Clause { name: "ORDER BY", aggregates: true, windows: true, aliases: true };
}

/// An item of FROM.
#[derive(Default)]
pub(super) struct Relation {
    /// The alias, or the last part of a collection's name.
    pub name: Option<String>,
    /// Of a collection without alias.
    pub workspace: Option<String>,
    /// The name is an alias, so that it can stand for the whole row.
    pub has_alias: bool,
    /// Columns with a fixed name.
    pub columns: Vec<(String, ColumnId)>,
    /// Objects whose members are columns.
    pub rows: Vec<Row>,
    /// It is an UNNEST.
    pub unnest: bool,
}

/// An object whose members are columns.
#[derive(Clone)]
pub(super) struct Row {
    pub column: ColumnId,
    pub except: Vec<String>,
}

/// What a name was found to be, and how many of the path's parts it took.
struct Found {
    kind: ExprKind,
    parts: usize,
}

impl Level {
    pub fn new(kind: LevelKind, clause: Clause) -> Level {
        Level {
            kind,
            relations: Vec::new(),
            visible_from: 0,
            merged: Vec::new(),
            clause,
            aliases: Vec::new(),
            aggregates: Vec::new(),
            windows: Vec::new(),
            groupings: Vec::new(),
        }
    }

    pub fn visible(&self) -> &[Relation] {
        &self.relations[self.visible_from..]
    }

    /// Whether a column comes from FROM, not from an aggregate or window.
    pub fn binds(&self, column: ColumnId) -> bool {
        self.relations.iter().any(|relation| {
            relation.columns.iter().any(|(_, id)| *id == column)
                || relation.rows.iter().any(|row| row.column == column)
        })
    }

    fn has_rows(&self) -> bool {
        self.visible().iter().any(|relation| !relation.rows.is_empty())
    }
}

impl Relation {
    fn is_called(&self, name: &str) -> bool {
        self.name.as_deref() == Some(name)
    }

    fn columns_called<'a>(&'a self, name: &'a str) -> impl Iterator<Item = ColumnId> + 'a {
        self.columns.iter().filter(move |(own, _)| own == name).map(|(_, column)| *column)
    }

    /// The relation as one value.
    fn whole(&self, span: Span) -> Option<ExprKind> {
        match (self.columns.as_slice(), self.rows.as_slice()) {
            (columns, [row]) if row.except.is_empty() && (self.unnest || columns.is_empty()) => {
                Some(ExprKind::Column(row.column))
            }
            ([(_, element)], []) if self.unnest => Some(ExprKind::Column(*element)),
            (columns, []) => {
                let members = columns.iter().map(|(name, column)| {
                    let name = ExprKind::Literal(Value::String(name.clone()));
                    (expr(name, span), expr(ExprKind::Column(*column), span))
                });
                Some(ExprKind::Object(members.collect()))
            }
            _ => None,
        }
    }
}

impl Resolver<'_> {
    /// The current level.
    pub(super) fn level(&mut self) -> &mut Level {
        // Every clause is resolved inside a level; this one would have nothing that a name could mean.
        if self.levels.is_empty() {
            self.levels.push(Level::new(LevelKind::Transparent, Clause::FROM));
        }
        let last = self.levels.len() - 1;
        &mut self.levels[last]
    }

    /// Runs `inner` in a level of its own and hands back both.
    pub(super) fn in_level<T>(
        &mut self,
        level: Level,
        inner: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        let depth = self.levels.len();
        self.levels.push(level);
        let result = inner(self);
        self.levels.truncate(depth);
        result
    }

    /// Runs `inner` in another clause of the current level.
    pub(super) fn in_clause<T>(
        &mut self,
        clause: Clause,
        inner: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        let outer = std::mem::replace(&mut self.level().clause, clause);
        let result = inner(self);
        self.level().clause = outer;
        result
    }

    /// What the path `a.b.c` means.
    pub(super) fn path(&mut self, names: &[Name], span: Span) -> Result<Expr> {
        if let Some(alias) = self.select_alias(names) {
            let base = self.in_clause(Clause::SELECT, |resolver| resolver.expr(&alias))?;
            return Ok(with_fields(base, &names[1..], span));
        }
        let found = match self.find_named(names, span)? {
            Some(found) => found,
            None => self.find_member(names, span)?,
        };
        Ok(with_fields(expr(found.kind, span), &names[found.parts..], span))
    }

    /// A bare column among some relations of the current level, as USING looks for it.
    pub(super) fn bare_column(&mut self, name: &Name, relations: std::ops::Range<usize>) -> Result<Expr> {
        let level = self.level();
        let mut named = Vec::new();
        let mut open = Vec::new();
        for relation in &level.relations[relations] {
            named.extend(relation.columns_called(&name.text).map(ExprKind::Column));
            for row in relation.rows.iter().filter(|row| !row.except.contains(&name.text)) {
                open.push(field(expr(ExprKind::Column(row.column), name.span), &name.text).kind);
            }
        }
        let mut candidates = if named.is_empty() { open } else { named };
        match (candidates.pop(), candidates.is_empty()) {
            (Some(kind), true) => Ok(expr(kind, name.span)),
            (Some(_), false) => Err(self.ambiguous(&name.text, name.span)),
            (None, _) => Err(self.column_not_found(&name.text, name.span)),
        }
    }

    fn select_alias(&mut self, names: &[Name]) -> Option<Rc<tree::Expr>> {
        let level = self.level();
        // `t.x` is the table's, even if an alias is called t.
        let is_table =
            || names.len() > 1 && level.visible().iter().any(|each| each.is_called(&names[0].text));
        if !level.clause.aliases || is_table() {
            return None;
        }
        level.aliases.iter().find(|(alias, _)| *alias == names[0].text).map(|(_, item)| item.clone())
    }

    /// Looks for names that are fixed (tables, columns, UNNEST aliases), from the innermost level outwards.
    fn find_named(&self, names: &[Name], span: Span) -> Result<Option<Found>> {
        let mut crossed = None;
        // A relation that has any member takes what the levels around it do not name expressly.
        let mut taken = false;
        for level in self.levels.iter().rev() {
            if let Some(found) = self.find_in(level, names, taken, span)? {
                return match crossed {
                    None => Ok(Some(found)),
                    Some(kind) => Err(self.out_of_reach(kind, names, span)),
                };
            }
            taken |= level.has_rows();
            if taken && names.len() == 1 {
                return Ok(None);
            }
            if level.kind != LevelKind::Transparent {
                crossed = crossed.or(Some(level.kind));
            }
        }
        Ok(None)
    }

    fn find_in(&self, level: &Level, names: &[Name], expressly: bool, span: Span) -> Result<Option<Found>> {
        let first = &names[0].text;
        let visible = level.visible();
        let unnested: Vec<ColumnId> =
            visible.iter().filter(|each| each.unnest).flat_map(|each| each.columns_called(first)).collect();
        let is_bare = names.len() == 1;
        if (is_bare || !visible.iter().any(|each| each.is_called(first)))
            && let Some(found) = self.only_one(&unnested, first, span)?
        {
            return Ok(Some(found));
        }
        if !is_bare && let Some(found) = self.find_qualified(level, names, span)? {
            return Ok(Some(found));
        }
        if expressly {
            return Ok(None);
        }
        if let Some((_, merged)) = level.merged.iter().find(|(name, _)| name == first) {
            return Ok(Some(Found { kind: merged.kind.clone(), parts: 1 }));
        }
        let columns: Vec<ColumnId> = visible.iter().flat_map(|each| each.columns_called(first)).collect();
        if let Some(found) = self.only_one(&columns, first, span)? {
            return Ok(Some(found));
        }
        let whole = visible
            .iter()
            .filter(|each| each.has_alias && each.is_called(first))
            .find_map(|each| each.whole(span));
        Ok(whole.filter(|_| names.len() == 1).map(|kind| Found { kind, parts: 1 }))
    }

    /// `t.x`, `ws.t.x`
    fn find_qualified(&self, level: &Level, names: &[Name], span: Span) -> Result<Option<Found>> {
        let (first, second) = (&names[0].text, &names[1].text);
        let mut called = level.visible().iter().filter(|each| each.is_called(first));
        if let Some(relation) = called.next() {
            if called.next().is_some() {
                let message =
                    format!("`{first}` is the name of several tables in FROM; give them different aliases");
                return Err(self.invalid("ambiguous_column", message, span));
            }
            if let Some(kind) = self.member(relation, second, span)? {
                return Ok(Some(Found { kind, parts: 2 }));
            }
            // The column or alias may bear the name of its table: `UNNEST(t.tags AS tag) AS tag`.
            if let Some(column) = relation.columns_called(first).next() {
                return Ok(Some(Found { kind: ExprKind::Column(column), parts: 1 }));
            }
            let known: Vec<&str> = relation.columns.iter().map(|(name, _)| name.as_str()).collect();
            let message = format!("`{first}` has no column `{second}`; it has {}", list(&known));
            return Err(self.invalid("column_not_found", message, span));
        }
        if let [_, _, third, ..] = names {
            let matches = |each: &&Relation| each.workspace.as_ref() == Some(first) && each.is_called(second);
            if let Some(relation) = level.visible().iter().find(matches) {
                return Ok(self.member(relation, &third.text, span)?.map(|kind| Found { kind, parts: 3 }));
            }
        }
        if level.relations[..level.visible_from].iter().any(|each| each.is_called(first)) {
            let message = format!(
                "`{first}` cannot be read here: inside a join only UNNEST and conditions read the tables before it. \
                 Move it to the outer FROM list or use it in ON"
            );
            return Err(self.invalid("column_not_found", message, span));
        }
        Ok(None)
    }

    fn member(&self, relation: &Relation, name: &str, span: Span) -> Result<Option<ExprKind>> {
        let columns: Vec<ColumnId> = relation.columns_called(name).collect();
        if let Some(found) = self.only_one(&columns, name, span)? {
            return Ok(Some(found.kind));
        }
        let rows: Vec<&Row> =
            relation.rows.iter().filter(|row| !row.except.iter().any(|except| except == name)).collect();
        match rows.as_slice() {
            [] => Ok(None),
            [row] if relation.unnest && name == ELEMENT_NAME => Ok(Some(ExprKind::Column(row.column))),
            [row] => Ok(Some(field(expr(ExprKind::Column(row.column), span), name).kind)),
            _ => Err(self.invalid(
                "ambiguous_column",
                format!(
                    "Column `{name}` could come from several stars of the subquery; select it there by name"
                ),
                span,
            )),
        }
    }

    /// A bare name that nothing names expressly: a member of the only relation that may have any.
    fn find_member(&self, names: &[Name], span: Span) -> Result<Found> {
        let first = &names[0].text;
        for level in self.levels.iter().rev() {
            let holders: Vec<&Relation> = level
                .visible()
                .iter()
                .filter(|each| each.rows.iter().any(|row| !row.except.contains(first)))
                .collect();
            match holders.as_slice() {
                [] => {}
                [relation] => {
                    if let Some(kind) = self.member(relation, first, span)? {
                        return Ok(Found { kind, parts: 1 });
                    }
                }
                _ => return Err(self.ambiguous(first, span)),
            }
            if level.kind != LevelKind::Transparent {
                let is_first_in_from = self.levels.last().is_some_and(|level| level.relations.is_empty());
                let outer = self.levels.iter().any(Level::has_rows);
                if is_first_in_from && outer {
                    return Err(self.out_of_reach(level.kind, names, span));
                }
                break;
            }
        }
        Err(self.column_not_found(first, span))
    }

    fn only_one(&self, columns: &[ColumnId], name: &str, span: Span) -> Result<Option<Found>> {
        match columns {
            [] => Ok(None),
            [column] => Ok(Some(Found { kind: ExprKind::Column(*column), parts: 1 })),
            _ => Err(self.ambiguous(name, span)),
        }
    }

    fn ambiguous(&self, name: &str, span: Span) -> Error {
        let tables: Vec<&str> = self
            .levels
            .last()
            .into_iter()
            .flat_map(Level::visible)
            .filter(|each| !each.rows.is_empty() || each.columns_called(name).next().is_some())
            .filter_map(|each| each.name.as_deref())
            .collect();
        let example = tables.first().unwrap_or(&"t");
        let message = format!(
            "Column `{name}` is ambiguous: it could come from {}; qualify it, as in `{example}.{name}`",
            if tables.len() > 1 { list(&tables) } else { "several tables".to_owned() },
        );
        self.invalid("ambiguous_column", message, span)
    }

    fn column_not_found(&self, name: &str, span: Span) -> Error {
        let level = self.levels.last();
        let columns: Vec<&str> = level
            .into_iter()
            .flat_map(Level::visible)
            .flat_map(|each| each.columns.iter().map(|(name, _)| name.as_str()))
            .collect();
        let message = match level {
            Some(level) if level.visible().is_empty() => {
                format!(
                    "Column `{name}` not found: there is no table to read it from; strings stand in 'single quotes'"
                )
            }
            _ => format!("Column `{name}` not found; there are {}", list(&columns)),
        };
        self.invalid("column_not_found", message, span)
    }

    fn out_of_reach(&self, kind: LevelKind, names: &[Name], span: Span) -> Error {
        if kind == LevelKind::Derived {
            let message = format!(
                "`{}` cannot be read here: a subquery in FROM does not see the tables beside it; only UNNEST does",
                names[0].text
            );
            return self.invalid("column_not_found", message, span);
        }
        self.not_supported("a subquery that reads columns of the outer query other than through UNNEST", span)
    }
}

/// `base.name`
pub(super) fn field(base: Expr, name: &str) -> Expr {
    let span = base.span;
    expr(ExprKind::Field { base: Box::new(base), name: Arc::from(name) }, span)
}

fn with_fields(base: Expr, names: &[Name], span: Span) -> Expr {
    let mut path = names.iter().fold(base, |base, name| field(base, &name.text));
    path.span = span;
    path
}

/// The most names that an error message repeats.
const SHOWN_NAMES: usize = 12;

fn list(names: &[&str]) -> String {
    let shown: Vec<String> = names.iter().take(SHOWN_NAMES).map(|name| format!("`{name}`")).collect();
    match (names.len(), names.len() > SHOWN_NAMES) {
        (0, _) => "no columns".to_owned(),
        (_, false) => shown.join(", "),
        (count, true) => format!("{} and {} more", shown.join(", "), count - SHOWN_NAMES),
    }
}
