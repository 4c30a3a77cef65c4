//! What may stand in FROM.

use super::{Expr, Hint, JoinKind, Name, Query};
use crate::Span;

/// An item of FROM with what may follow any item.
#[derive(Clone, Debug, PartialEq)]
pub struct Relation {
    /// What it is.
    pub kind: RelationKind,
    /// `AS name (columns)`
    pub alias: Option<TableAlias>,
    /// `TABLESAMPLE BERNOULLI (percent)`
    pub sample: Option<Sample>,
    /// `HINT(..)` after it. Those of a join stand in [`Join::hints`].
    pub hints: Vec<Hint>,
    /// All of it.
    pub span: Span,
}

/// What an item of FROM is.
#[derive(Clone, Debug, PartialEq)]
pub enum RelationKind {
    /// A collection, view, alias or named query.
    Table(TableName),
    /// `TABLE('x')`, `TABLE(['ws', 'x'])`, `TABLE(:name)`: the name is the value of an expression.
    Dynamic(Box<Expr>),
    /// `(query)`, `LATERAL (query)`
    Subquery {
        /// The rows.
        query: Box<Query>,
        /// May read the items before it.
        lateral: bool,
    },
    /// `UNNEST(..)`
    Unnest(Box<Unnest>),
    /// `left JOIN right`
    Join(Box<Join>),
    /// A relation in parentheses that has an alias, sample or hint of its own.
    Nested(Box<Relation>),
}

/// `[$prefix.][ws.[ws2.]]name[:field.path[*]]`
#[derive(Clone, Debug, PartialEq)]
pub struct TableName {
    /// `$prefix`, without the dollar sign.
    pub prefix: Option<Name>,
    /// Workspaces, then the name; at least one.
    pub parts: Vec<Name>,
    /// The field path after a colon; empty without one.
    pub fields: Vec<FieldPart>,
    /// All of it.
    pub span: Span,
}

/// A part of the field path after a table name.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldPart {
    /// A member.
    Name(Name),
    /// `[*]`
    AnyElement,
}

/// `[AS] name [(columns)]`
#[derive(Clone, Debug, PartialEq)]
pub struct TableAlias {
    /// The name.
    pub name: Name,
    /// New names for the columns; empty keeps them.
    pub columns: Vec<Name>,
}

/// `TABLESAMPLE method (percent)`
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Which method.
    pub method: SampleMethod,
    /// From 0 to 100.
    pub percent: Expr,
    /// All of it.
    pub span: Span,
}

/// How a sample is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleMethod {
    /// Row by row.
    Bernoulli,
    /// By pieces of storage.
    System,
}

/// `UNNEST(array [AS] column [WITH ORDINALITY [AS] ordinality])`
#[derive(Clone, Debug, PartialEq)]
pub struct Unnest {
    /// The array.
    pub array: Expr,
    /// The name of the column that holds the whole element; without it the element's members are the columns.
    pub column: Option<Name>,
    /// `WITH ORDINALITY`
    pub with_ordinality: bool,
    /// The name of the column that holds the position.
    pub ordinality: Option<Name>,
}

/// Two relations joined.
#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    /// The left side.
    pub left: Relation,
    /// The right side.
    pub right: Relation,
    /// Which rows without a partner stay. INNER for a cross join.
    pub kind: JoinKind,
    /// How rows find partners.
    pub condition: JoinCondition,
    /// `HINT(..)` after the condition.
    pub hints: Vec<Hint>,
}

/// How the rows of a join find partners.
#[derive(Clone, Debug, PartialEq)]
pub enum JoinCondition {
    /// `CROSS JOIN`, and `JOIN UNNEST(..)` without a condition: every row with every row.
    Cross,
    /// `ON condition`
    On(Expr),
    /// `USING (a, b)`
    Using(Vec<Name>),
    /// `NATURAL JOIN`
    Natural,
}
