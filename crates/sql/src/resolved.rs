//! The resolved query: every name is a column of a relation, every UNNEST subquery an array operation.
//!
//! An engine turns it into its own plan. Columns have no static type here: documents have no schema, and the
//! engine knows which types a path holds in the snapshot that a query reads.
//!
//! Invariants that the resolver keeps and an engine may rely on:
//! - A [`ColumnId`] is bound by exactly one node, and used only above that node (or inside a
//!   subquery or [`ExprKind::ArrayAny`] below an expression above that node, where correlation is allowed).
//! - Nodes hand on all columns of their input unless said otherwise ([`Plan::Aggregate`],
//!   [`Plan::SetOperation`], [`Plan::Values`] bind all they have).
//! - Aggregate and window calls stand only in their nodes, never inside an expression.

use std::sync::Arc;

use crate::{Function, Span, Type, Value};

/// A column of a relation in one statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ColumnId(pub u32);

/// A query whose names are resolved.
#[derive(Clone, Debug)]
pub struct Query {
    /// What computes the rows, ordered and limited.
    pub plan: Plan,
    /// What each row holds, in order.
    pub outputs: Vec<Output>,
    /// Every collection that is read, without repeats. [`Plan::Collection`] points into it.
    pub collections: Vec<CollectionName>,
    /// Every alias the statement went through, as `workspace.name`.
    pub aliases: Vec<String>,
    /// The values of the parameters that the statement uses. [`ExprKind::Parameter`] points into it.
    pub parameters: Vec<Parameter>,
    /// Whether the plan was made for these values of the parameters: an array whose elements became a list, a name, a
    /// share. Otherwise it serves any values of the same names.
    pub depends_on_values: bool,
    /// Whether the answer depends on the clock (`current_timestamp()` and its like).
    pub reads_clock: bool,
    /// How many columns ids have been given out: all are below it.
    pub column_count: u32,
    /// Whether the outermost query has a LIMIT of its own.
    pub has_limit: bool,
}

/// A collection by its full name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CollectionName {
    /// The workspace; `commons` where none is written.
    pub workspace: String,
    /// The name inside the workspace.
    pub name: String,
}

/// A parameter that the statement uses.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// The name without the colon.
    pub name: String,
    /// The value, of the type the caller declared.
    pub value: Value,
}

/// One item of the answer.
#[derive(Clone, Debug)]
pub enum Output {
    /// A column with its name, Rockset's default name included (`?count`, `?field0`, last path part).
    Column {
        /// The name.
        name: String,
        /// The column that holds the value.
        column: ColumnId,
    },
    /// A star: the members of an object become columns, save the excepted. What is not an object adds nothing.
    Spread {
        /// The column that holds the object.
        column: ColumnId,
        /// Member names left out.
        except: Vec<String>,
    },
}

/// What computes rows.
#[derive(Clone, Debug)]
pub enum Plan {
    /// One row without columns: a SELECT without FROM.
    Unit,
    /// All documents of a collection.
    Collection {
        /// Index into [`Query::collections`].
        collection: usize,
        /// Binds the whole document. Engines read only the paths that are used of it.
        row: ColumnId,
        /// `TABLESAMPLE BERNOULLI(p)`: each row is kept with this probability, in per cent.
        sample_percent: Option<f64>,
        /// The name in the FROM clause.
        span: Span,
    },
    /// Rows that are written out. Binds `columns`.
    Values {
        /// One for each position.
        columns: Vec<ColumnId>,
        /// Each as long as `columns`.
        rows: Vec<Vec<Expr>>,
    },
    /// For each input row, one row for each element of an array. An empty, null or undefined array gives no row
    /// (with `outer`: one row whose element is undefined); anything else that is not an array is an error.
    Unnest {
        /// The rows.
        input: Box<Plan>,
        /// The array, over the input's columns.
        array: Expr,
        /// Binds the element.
        element: ColumnId,
        /// Binds the position, from 1 (`WITH ORDINALITY`).
        ordinality: Option<ColumnId>,
        /// LEFT JOIN UNNEST.
        outer: bool,
    },
    /// Rows for which the condition is true (Rockset's truth: see `STATIC_CAST(x AS bool)`).
    Filter {
        /// The rows.
        input: Box<Plan>,
        /// The condition.
        condition: Expr,
    },
    /// Adds columns to those of the input.
    Extend {
        /// The rows.
        input: Box<Plan>,
        /// The new columns; an item may not use another item of the same node.
        columns: Vec<(ColumnId, Expr)>,
    },
    /// One row for each group; binds group and aggregate columns only. Null and undefined are one group, shown as
    /// null. Without groups: exactly one row.
    Aggregate {
        /// The rows.
        input: Box<Plan>,
        /// The grouping expressions.
        groups: Vec<(ColumnId, Expr)>,
        /// GROUPING SETS, ROLLUP, CUBE, as sets of indexes into `groups`; None is one set of all.
        sets: Option<Vec<Vec<usize>>>,
        /// The aggregates.
        aggregates: Vec<(ColumnId, AggregateCall)>,
        /// Each is `GROUPING(..)`: binds an int whose bits say which of the groups (indexes; first is the highest
        /// bit) are aggregated away in the row.
        groupings: Vec<(ColumnId, Vec<usize>)>,
    },
    /// Adds the results of window functions.
    Window {
        /// The rows.
        input: Box<Plan>,
        /// The calls.
        calls: Vec<(ColumnId, WindowCall)>,
    },
    /// A join. Hands on the columns of both sides; the side without a partner has null in all of its columns.
    Join {
        /// The left side.
        left: Box<Plan>,
        /// The right side; sees no column of the left (lateral is [`Plan::Unnest`] or an error).
        right: Box<Plan>,
        /// Which rows without a partner stay.
        kind: JoinKind,
        /// None is a cross join.
        condition: Option<Expr>,
    },
    /// UNION, INTERSECT, EXCEPT. Binds `columns` only.
    SetOperation {
        /// The first branch.
        left: Box<Plan>,
        /// The second branch.
        right: Box<Plan>,
        /// Which.
        kind: SetKind,
        /// Keep duplicates.
        all: bool,
        /// The new column, and the columns of the left and the right branch it is made of.
        columns: Vec<(ColumnId, ColumnId, ColumnId)>,
    },
    /// One row of each that are equal in these columns. Binds nothing; only these columns may be used above.
    Distinct {
        /// The rows.
        input: Box<Plan>,
        /// What has to be equal.
        columns: Vec<ColumnId>,
    },
    /// The rows in order.
    Sort {
        /// The rows.
        input: Box<Plan>,
        /// The first key decides first.
        keys: Vec<SortKey>,
    },
    /// Skips and cuts. The expressions read no column.
    Limit {
        /// The rows.
        input: Box<Plan>,
        /// At most so many; None is all.
        limit: Option<Expr>,
        /// Skip so many first.
        offset: Option<Expr>,
    },
}

/// Which rows without a partner a join keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinKind {
    /// None.
    Inner,
    /// The left side's.
    Left,
    /// The right side's.
    Right,
    /// Both sides'.
    Full,
}

/// A set operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetKind {
    /// Rows of either.
    Union,
    /// Rows of both.
    Intersect,
    /// Rows of the left that are not in the right.
    Except,
}

/// One key of an order.
#[derive(Clone, Debug)]
pub struct SortKey {
    /// What is compared.
    pub expr: Expr,
    /// Largest first.
    pub descending: bool,
    /// Null and undefined first. The default is last, for both directions.
    pub nulls_first: bool,
}

/// An aggregate.
#[derive(Clone, Debug)]
pub struct AggregateCall {
    /// An aggregate function.
    pub function: Function,
    /// Empty for `COUNT(*)`.
    pub arguments: Vec<Expr>,
    /// Equal arguments count once.
    pub distinct: bool,
    /// Only rows for which it is true.
    pub filter: Option<Expr>,
    /// `ARRAY_AGG(x ORDER BY ..)`.
    pub order_by: Vec<SortKey>,
    /// `ARRAY_AGG(x LIMIT n)`.
    pub limit: Option<Expr>,
    /// `ARRAY_AGG(x OFFSET n)`.
    pub offset: Option<Expr>,
    /// The call in the text.
    pub span: Span,
}

/// A window function.
#[derive(Clone, Debug)]
pub struct WindowCall {
    /// A window or aggregate function.
    pub function: Function,
    /// Its arguments; empty for `COUNT(*)`.
    pub arguments: Vec<Expr>,
    /// PARTITION BY.
    pub partition_by: Vec<Expr>,
    /// ORDER BY.
    pub order_by: Vec<SortKey>,
    /// The frame as written or by default.
    pub frame: Frame,
    /// Only rows for which it is true enter an aggregate.
    pub filter: Option<Expr>,
    /// The call in the text.
    pub span: Span,
}

/// A window frame.
#[derive(Clone, Debug)]
pub struct Frame {
    /// ROWS; otherwise RANGE.
    pub rows: bool,
    /// Where it starts.
    pub start: Bound,
    /// Where it ends.
    pub end: Bound,
}

/// One end of a frame. Offsets read no column.
#[derive(Clone, Debug)]
pub enum Bound {
    /// UNBOUNDED PRECEDING
    UnboundedPreceding,
    /// n PRECEDING
    Preceding(Box<Expr>),
    /// CURRENT ROW
    CurrentRow,
    /// n FOLLOWING
    Following(Box<Expr>),
    /// UNBOUNDED FOLLOWING
    UnboundedFollowing,
}

/// An expression with its place in the text.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// What an expression is.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// A constant.
    Literal(Value),
    /// A parameter: index into [`Query::parameters`]. Kept apart from literals so that plans can be reused.
    Parameter(usize),
    /// The instant the query started (a timestamp). `CURRENT_DATE(tz)` and its like are calls over it.
    Now,
    /// A column.
    Column(ColumnId),
    /// `base.name`: undefined where base is no object or has no such member. Never an error.
    Field {
        /// The object.
        base: Box<Expr>,
        /// The member.
        name: Arc<str>,
    },
    /// `base[index]`: from 1 for arrays, by name for objects. Undefined where there is none.
    Subscript {
        /// The array or object.
        base: Box<Expr>,
        /// An int or a string.
        index: Box<Expr>,
    },
    /// A scalar function or operator other than the lazy ones below.
    Call {
        /// Which.
        function: Function,
        /// Its arguments.
        arguments: Vec<Expr>,
    },
    /// CAST and its relatives.
    Cast {
        /// What is cast.
        expr: Box<Expr>,
        /// To which type.
        to: Type,
        /// How failure and range are treated.
        mode: CastMode,
    },
    /// Three-valued AND over two or more, left to right. A side is only evaluated for rows the sides before it
    /// did not make false.
    And(Vec<Expr>),
    /// Three-valued OR over two or more; lazy likewise.
    Or(Vec<Expr>),
    /// Three-valued NOT.
    Not(Box<Expr>),
    /// `CASE WHEN c THEN v .. ELSE e END`; IF is this too. A branch not taken is not evaluated.
    Case {
        /// Conditions and values.
        branches: Vec<(Expr, Expr)>,
        /// None gives null.
        otherwise: Option<Box<Expr>>,
    },
    /// The first that is neither null nor undefined; lazy.
    Coalesce(Vec<Expr>),
    /// `TRY(e)`: null where e fails.
    Try(Box<Expr>),
    /// `e IN (a, b, ..)`: ANSI nulls.
    InList {
        /// What is looked for.
        expr: Box<Expr>,
        /// Where.
        list: Vec<Expr>,
    },
    /// `e IS NULL`: true for null and undefined.
    IsNull(Box<Expr>),
    /// `e IS UNDEFINED`.
    IsUndefined(Box<Expr>),
    /// `[a, b]`
    Array(Vec<Expr>),
    /// `{'a': 1}`
    Object(Vec<(Expr, Expr)>),
    /// The normal form of `x IN (SELECT h.f FROM UNNEST(array) h WHERE p)` and of `EXISTS (..)` over one UNNEST:
    /// true if the predicate is true for some element, else null if it is null for some, else false. An empty,
    /// null or undefined array gives false; anything else that is not an array is an error.
    ArrayAny {
        /// The array, over the columns of the node.
        array: Box<Expr>,
        /// Binds the element inside `predicate`.
        element: ColumnId,
        /// Binds the position from 1 inside `predicate`.
        ordinality: Option<ColumnId>,
        /// Over the columns of the node and the two above.
        predicate: Box<Expr>,
        /// EXISTS: null counts as false.
        exists: bool,
    },
    /// `(SELECT ..)` as a value: null without a row; two rows are an error. Uncorrelated.
    ScalarSubquery(Box<Subquery>),
    /// `e IN (SELECT ..)`: ANSI nulls. Uncorrelated.
    InSubquery {
        /// What is looked for.
        expr: Box<Expr>,
        /// Where.
        subquery: Box<Subquery>,
    },
    /// `EXISTS (SELECT ..)`. Uncorrelated.
    ExistsSubquery(Box<Subquery>),
}

/// A subquery of one column that reads no column from outside.
#[derive(Clone, Debug)]
pub struct Subquery {
    /// Its rows.
    pub plan: Plan,
    /// The column that is its value.
    pub column: ColumnId,
}

/// How a cast treats failure and range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CastMode {
    /// `CAST`, `::` - fails.
    Cast,
    /// `TRY_CAST` - null on failure.
    Try,
    /// `STATIC_CAST` - numerics and Python truth.
    Static,
    /// `TRY_STATIC_CAST`
    TryStatic,
}
