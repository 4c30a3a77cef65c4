//! The syntax tree: what the text says, before any name is looked up.
//!
//! Every node has its [`Span`]. Names keep their case; quotes are taken off and escapes are replaced.
//! The tree is never deeper than [`crate::parser::MAX_HEIGHT`] nodes, so recursion over it is safe.

mod expr;
mod relation;

pub use expr::{
    BinaryOperator, Bound, BoundKind, Call, Case, Expr, ExprKind, Frame, Interval, IntervalUnit, Literal,
    Quantifier, TypeName, UnaryOperator, Window,
};
pub use relation::{
    FieldPart, Join, JoinCondition, Relation, RelationKind, Sample, SampleMethod, TableAlias, TableName,
    Unnest,
};

pub use crate::resolved::{CastMode, JoinKind, SetKind};

use crate::Span;

/// A name as written, without its quotes.
#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    /// The name in its own case.
    pub text: String,
    /// Whether it stood in double or back quotes.
    pub quoted: bool,
    /// Where.
    pub span: Span,
}

/// One statement: what a client sends.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// What it does.
    pub kind: StatementKind,
    /// `OPTION(default_workspace='ws')` before the statement.
    pub options: Vec<Hint>,
    /// `script {{{ .. }}}` before the statement.
    pub script: Option<Script>,
    /// The statement without what precedes and follows it.
    pub span: Span,
}

/// What a statement does.
#[derive(Clone, Debug, PartialEq)]
pub enum StatementKind {
    /// Reads.
    Query(Query),
    /// `INSERT INTO ..`
    Insert(Insert),
    /// `DESCRIBE t`, `DESC t`, `SHOW COLUMNS FROM t`
    Describe(Describe),
    /// `EXPLAIN ..`
    Explain(Explain),
}

/// User functions in JavaScript, as text.
#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    /// The text between `{{{` and `}}}`.
    pub text: String,
    /// From `script` to `}}}`.
    pub span: Span,
}

/// `INSERT INTO target query`
#[derive(Clone, Debug, PartialEq)]
pub struct Insert {
    /// Where the rows go.
    pub target: InsertTarget,
    /// The rows.
    pub query: Query,
}

/// Where the rows of an INSERT go.
#[derive(Clone, Debug, PartialEq)]
pub enum InsertTarget {
    /// A collection.
    Collection {
        /// Its name.
        name: TableName,
        /// The fields, in the order of the query's columns; empty means by the columns' names.
        columns: Vec<Name>,
    },
    /// A bucket: `INSERT INTO 's3://..' INTEGRATION = 'x' FORMAT = (..) query PARTITION BY f`
    Bucket {
        /// The address, such as `s3://bucket/folder`.
        url: String,
        /// Where the address stands.
        span: Span,
        /// `INTEGRATION = 'name'`
        integration: Option<String>,
        /// `FORMAT = (TYPE='JSON', ..)`
        format: Vec<Hint>,
        /// `PARTITION BY ..` after the query.
        partition_by: Vec<Expr>,
    },
}

/// `DESCRIBE t OPTION(max_field_depth=N)`
#[derive(Clone, Debug, PartialEq)]
pub struct Describe {
    /// The collection.
    pub table: TableName,
    /// Its options.
    pub options: Vec<Hint>,
}

/// `EXPLAIN [ANALYZE] [(options)] query`
#[derive(Clone, Debug, PartialEq)]
pub struct Explain {
    /// Run the query too.
    pub analyze: bool,
    /// Its options.
    pub options: Vec<Hint>,
    /// What is explained.
    pub query: Query,
}

/// A query with its order and limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// WITH.
    pub with: Option<With>,
    /// What gives the rows.
    pub body: QueryBody,
    /// ORDER BY.
    pub order_by: Vec<OrderItem>,
    /// LIMIT; None where none is written.
    pub limit: Option<Limit>,
    /// OFFSET.
    pub offset: Option<Expr>,
    /// `HINT(..)` at the end.
    pub hints: Vec<Hint>,
    /// From its first to its last token, without parentheses around it.
    pub span: Span,
}

/// `WITH [RECURSIVE] name [(columns)] AS (query), ..`
#[derive(Clone, Debug, PartialEq)]
pub struct With {
    /// Queries may read themselves.
    pub recursive: bool,
    /// The named queries; each may read the ones before it.
    pub tables: Vec<CommonTable>,
    /// From WITH to the last parenthesis.
    pub span: Span,
}

/// A named query of a WITH clause.
#[derive(Clone, Debug, PartialEq)]
pub struct CommonTable {
    /// Its name.
    pub name: Name,
    /// New names for its columns; empty keeps them.
    pub columns: Vec<Name>,
    /// Its rows.
    pub query: Query,
    /// From the name to the closing parenthesis.
    pub span: Span,
}

/// What gives the rows of a query.
#[derive(Clone, Debug, PartialEq)]
pub enum QueryBody {
    /// `SELECT ..`
    Select(Box<Select>),
    /// `left UNION right`
    SetOperation(Box<SetOperation>),
    /// `VALUES (1, 'a'), (2, 'b')`
    Values {
        /// A row of several columns is an [`ExprKind::Row`]; anything else is a row of one column.
        rows: Vec<Expr>,
        /// From VALUES to the last row.
        span: Span,
    },
    /// `TABLE t`
    Table {
        /// The collection.
        name: TableName,
        /// From TABLE to the name's end.
        span: Span,
    },
    /// `(query)`
    Nested(Box<Query>),
}

impl QueryBody {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            QueryBody::Select(select) => select.span,
            QueryBody::SetOperation(operation) => operation.span,
            QueryBody::Values { span, .. } | QueryBody::Table { span, .. } => *span,
            QueryBody::Nested(query) => query.span,
        }
    }
}

/// UNION, INTERSECT or EXCEPT of two bodies. INTERSECT binds before the others; equals group from the left.
#[derive(Clone, Debug, PartialEq)]
pub struct SetOperation {
    /// The first branch.
    pub left: QueryBody,
    /// The second branch.
    pub right: QueryBody,
    /// Which.
    pub kind: SetKind,
    /// `ALL`: keep duplicates.
    pub all: bool,
    /// Both branches.
    pub span: Span,
}

/// `SELECT .. FROM .. WHERE .. GROUP BY .. HAVING ..`
#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    /// `SELECT DISTINCT`
    pub distinct: bool,
    /// The select list.
    pub items: Vec<SelectItem>,
    /// The comma list after FROM; empty without FROM. Later items may read earlier ones in UNNEST.
    pub from: Vec<Relation>,
    /// WHERE.
    pub filter: Option<Expr>,
    /// GROUP BY; None where none is written.
    pub group_by: Option<GroupBy>,
    /// HAVING.
    pub having: Option<Expr>,
    /// `CLUSTER BY ..` of an ingest transformation.
    pub cluster_by: Vec<Expr>,
    /// All of it.
    pub span: Span,
}

/// An item of a select list.
#[derive(Clone, Debug, PartialEq)]
pub enum SelectItem {
    /// `expr [[AS] alias]`
    Expr {
        /// The value.
        expr: Expr,
        /// Its name.
        alias: Option<Name>,
    },
    /// `*`, `t.*`, `t.path.*`, each with `EXCEPT(a, b)`
    Star {
        /// What stands before `.*`: an [`ExprKind::Path`] or another expression; None is all of FROM.
        base: Option<Expr>,
        /// Names left out.
        except: Vec<Name>,
        /// All of it.
        span: Span,
    },
}

impl SelectItem {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            SelectItem::Expr { expr, alias: Some(alias) } => expr.span.to(alias.span),
            SelectItem::Expr { expr, alias: None } => expr.span,
            SelectItem::Star { span, .. } => *span,
        }
    }
}

/// A GROUP BY clause.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupBy {
    /// Its elements. A parenthesised list `(a, b)` is flattened.
    pub elements: Vec<GroupElement>,
    /// From GROUP to the last element.
    pub span: Span,
}

/// An element of a GROUP BY clause.
#[derive(Clone, Debug, PartialEq)]
pub enum GroupElement {
    /// An expression, alias or position.
    Expr(Expr),
    /// `GROUPING SETS ((a, b), a, ())`
    Sets(Vec<Vec<Expr>>),
    /// `ROLLUP (a, b)`
    Rollup(Vec<Expr>),
    /// `CUBE (a, b)`
    Cube(Vec<Expr>),
}

/// A key of an ORDER BY clause.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderItem {
    /// What is compared.
    pub expr: Expr,
    /// `DESC`
    pub descending: bool,
    /// `NULLS FIRST` (true), `NULLS LAST` (false), neither (None).
    pub nulls_first: Option<bool>,
    /// All of it.
    pub span: Span,
}

/// A LIMIT clause.
#[derive(Clone, Debug, PartialEq)]
pub enum Limit {
    /// `LIMIT ALL`
    All,
    /// `LIMIT n`, `LIMIT :n`
    Count(Expr),
}

/// A `name = value` of HINT(..) or OPTION(..).
#[derive(Clone, Debug, PartialEq)]
pub struct Hint {
    /// The name.
    pub name: Name,
    /// The value; None where only a name stands.
    pub value: Option<HintValue>,
    /// All of it.
    pub span: Span,
}

/// The value of a hint.
#[derive(Clone, Debug, PartialEq)]
pub enum HintValue {
    /// A bare name or a field path such as `a.b[*]`, as written.
    Name(String),
    /// A number.
    Number(f64),
    /// `'text'`
    String(String),
    /// TRUE or FALSE.
    Bool(bool),
}
