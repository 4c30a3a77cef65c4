//! Expressions.

use super::{CastMode, Hint, Name, OrderItem, Query};
use crate::{Span, Type};

/// An expression. Parentheses leave no node of their own, but count to the span.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A constant.
    Literal(Literal),
    /// `DATE '2018-01-01'`
    TypedLiteral {
        /// The type.
        type_name: TypeName,
        /// The text, not checked yet.
        text: String,
    },
    /// `INTERVAL 5 MINUTE`
    Interval(Interval),
    /// `[1, 'a']`, `ARRAY [1, 'a']`
    Array(Vec<Expr>),
    /// `{'a': 1}`
    Object(Vec<(Expr, Expr)>),
    /// `(a, b)`, `ROW(a, b)`; from two expressions on in the first form.
    Row(Vec<Expr>),
    /// `a`, `a.b.c`: a column, or a table and a path below it.
    Path(Vec<Name>),
    /// `base.name` where base is no path.
    Field {
        /// The object.
        base: Box<Expr>,
        /// The member.
        name: Name,
    },
    /// `base[index]`
    Subscript {
        /// The array or object.
        base: Box<Expr>,
        /// The position or member.
        index: Box<Expr>,
    },
    /// `:name`, `:"name"`, `:1`, `?`. The n-th `?` of a statement has the name `n`.
    Parameter(String),
    /// `-e`, `+e`
    Unary {
        /// The sign.
        operator: UnaryOperator,
        /// What it is applied to.
        operand: Box<Expr>,
    },
    /// Arithmetic, `||` and comparisons.
    Binary {
        /// Which.
        operator: BinaryOperator,
        /// Where the operator stands.
        operator_span: Span,
        /// The left side.
        left: Box<Expr>,
        /// The right side.
        right: Box<Expr>,
    },
    /// `a AND b AND c`, flat; two or more.
    And(Vec<Expr>),
    /// `a OR b OR c`, flat; two or more.
    Or(Vec<Expr>),
    /// `NOT e`
    Not(Box<Expr>),
    /// `e IS [NOT] NULL`
    IsNull {
        /// What is tested.
        operand: Box<Expr>,
        /// NOT.
        negated: bool,
    },
    /// `e IS [NOT] UNDEFINED`
    IsUndefined {
        /// What is tested.
        operand: Box<Expr>,
        /// NOT.
        negated: bool,
    },
    /// `a IS [NOT] DISTINCT FROM b`
    IsDistinctFrom {
        /// The left side.
        left: Box<Expr>,
        /// The right side.
        right: Box<Expr>,
        /// NOT.
        negated: bool,
    },
    /// `e [NOT] BETWEEN low AND high`
    Between {
        /// What is tested.
        operand: Box<Expr>,
        /// The least.
        low: Box<Expr>,
        /// The greatest.
        high: Box<Expr>,
        /// NOT.
        negated: bool,
    },
    /// `e [NOT] LIKE pattern [ESCAPE c]`
    Like {
        /// What is tested.
        operand: Box<Expr>,
        /// The pattern.
        pattern: Box<Expr>,
        /// The character that makes `%` and `_` ordinary.
        escape: Option<Box<Expr>>,
        /// NOT.
        negated: bool,
    },
    /// `e [NOT] IN (a, b)`
    InList {
        /// What is looked for.
        operand: Box<Expr>,
        /// Where; at least one.
        list: Vec<Expr>,
        /// NOT.
        negated: bool,
    },
    /// `e [NOT] IN (query)`
    InSubquery {
        /// What is looked for.
        operand: Box<Expr>,
        /// Where.
        query: Box<Query>,
        /// NOT.
        negated: bool,
    },
    /// `EXISTS (query)`
    Exists(Box<Query>),
    /// `e = ANY (query)`
    Quantified {
        /// The left side.
        operand: Box<Expr>,
        /// A comparison.
        operator: BinaryOperator,
        /// ALL or ANY.
        quantifier: Quantifier,
        /// The right side's values.
        query: Box<Query>,
    },
    /// `(query)` as a value.
    ScalarSubquery(Box<Query>),
    /// CASE, both forms.
    Case(Box<Case>),
    /// `CAST(e AS type)` and its relatives, `e::type`
    Cast {
        /// What is cast.
        operand: Box<Expr>,
        /// To which type.
        type_name: TypeName,
        /// Which of the relatives.
        mode: CastMode,
    },
    /// `EXTRACT(part FROM e)`
    Extract {
        /// The part, as written.
        part: Name,
        /// Of what.
        operand: Box<Expr>,
    },
    /// `e AT TIME ZONE zone`
    AtTimeZone {
        /// A time.
        operand: Box<Expr>,
        /// A zone's name or an interval.
        zone: Box<Expr>,
    },
    /// `POSITION(needle IN haystack)`
    Position {
        /// What is looked for.
        needle: Box<Expr>,
        /// Where.
        haystack: Box<Expr>,
    },
    /// `NORMALIZE(e [, form])`
    Normalize {
        /// Text.
        operand: Box<Expr>,
        /// NFC, NFD, NFKC or NFKD as written; None is NFC.
        form: Option<Name>,
    },
    /// `GROUPING(a, b)`
    Grouping(Vec<Expr>),
    /// `FIELD('f')`, `FIELD('t', 'f.g')`: the path is the value of expressions.
    DynamicField(Vec<Expr>),
    /// A function call. `SUBSTRING(s FROM i FOR n)` is one of three arguments;
    /// `CURRENT_DATE` and its relatives without parentheses are calls without arguments.
    Call(Box<Call>),
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// NULL
    Null,
    /// UNDEFINED
    Undefined,
    /// NULL_VALUE: the explicit null of old queries.
    NullValue,
    /// TRUE, FALSE
    Bool(bool),
    /// `12`
    Int(i64),
    /// `1.5`, `1e3`
    Float(f64),
    /// `'text'`
    String(String),
    /// `X'00ff'`
    Bytes(Vec<u8>),
}

/// The name of a type.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeName {
    /// As written, with single blanks: `DOUBLE PRECISION`.
    pub text: String,
    /// Where.
    pub span: Span,
}

impl TypeName {
    /// The type it stands for; None for types the engine does not have.
    pub fn resolve(&self) -> Option<Type> {
        Type::from_name(&self.text)
    }
}

/// `INTERVAL [-]value unit [TO unit]`
#[derive(Clone, Debug, PartialEq)]
pub struct Interval {
    /// A number with its sign, or the text between quotes; which one, says `is_text`.
    pub value: String,
    /// The value stood in quotes.
    pub is_text: bool,
    /// The unit; None where the text holds it (`INTERVAL '1 DAY'`).
    pub unit: Option<IntervalUnit>,
    /// `TO unit`
    pub to: Option<IntervalUnit>,
}

/// A unit of an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IntervalUnit {
    /// 12 months.
    Year,
    /// 3 months.
    Quarter,
    /// A calendar month.
    Month,
    /// 7 days.
    Week,
    /// 24 hours.
    Day,
    /// 60 minutes.
    Hour,
    /// 60 seconds.
    Minute,
    /// A second.
    Second,
    /// A thousandth of a second.
    Millisecond,
    /// A millionth of a second.
    Microsecond,
}

impl IntervalUnit {
    /// The unit of that name, in singular or plural and in any case.
    pub fn from_name(name: &str) -> Option<IntervalUnit> {
        let lower = name.to_ascii_lowercase();
        Some(match lower.strip_suffix('s').unwrap_or(&lower) {
            "year" => IntervalUnit::Year,
            "quarter" => IntervalUnit::Quarter,
            "month" => IntervalUnit::Month,
            "week" => IntervalUnit::Week,
            "day" => IntervalUnit::Day,
            "hour" => IntervalUnit::Hour,
            "minute" => IntervalUnit::Minute,
            "second" => IntervalUnit::Second,
            "millisecond" => IntervalUnit::Millisecond,
            "microsecond" => IntervalUnit::Microsecond,
            _ => return None,
        })
    }
}

/// A sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOperator {
    /// `+`
    Plus,
    /// `-`
    Minus,
}

/// An operator between two expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOperator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
    /// `||`
    Concat,
    /// `=`
    Equal,
    /// `<>`, `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl BinaryOperator {
    /// The operator as SQL writes it.
    pub fn symbol(self) -> &'static str {
        match self {
            BinaryOperator::Add => "+",
            BinaryOperator::Subtract => "-",
            BinaryOperator::Multiply => "*",
            BinaryOperator::Divide => "/",
            BinaryOperator::Modulo => "%",
            BinaryOperator::Concat => "||",
            BinaryOperator::Equal => "=",
            BinaryOperator::NotEqual => "<>",
            BinaryOperator::Less => "<",
            BinaryOperator::LessOrEqual => "<=",
            BinaryOperator::Greater => ">",
            BinaryOperator::GreaterOrEqual => ">=",
        }
    }
}

/// How many of a subquery's values a comparison has to hold for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// ALL
    All,
    /// ANY, SOME
    Any,
}

/// `CASE [operand] WHEN c THEN v .. [ELSE e] END`
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// What each WHEN is compared with; None where each WHEN is a condition.
    pub operand: Option<Expr>,
    /// WHEN and THEN; at least one.
    pub branches: Vec<(Expr, Expr)>,
    /// ELSE.
    pub otherwise: Option<Expr>,
}

/// `name([DISTINCT] arguments [ORDER BY ..] [LIMIT n] [OFFSET n]) [FILTER (WHERE p)] [OVER (..)]`
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The function's name; more than one part for user functions (`_script.f`, `ws.f`).
    pub name: Vec<Name>,
    /// DISTINCT.
    pub distinct: bool,
    /// `f(*)`; then there are no arguments.
    pub star: bool,
    /// The arguments.
    pub arguments: Vec<Expr>,
    /// ORDER BY inside the parentheses.
    pub order_by: Vec<OrderItem>,
    /// LIMIT inside the parentheses.
    pub limit: Option<Expr>,
    /// OFFSET inside the parentheses.
    pub offset: Option<Expr>,
    /// `FILTER (WHERE p)`
    pub filter: Option<Expr>,
    /// `OVER (..)`
    pub over: Option<Window>,
    /// `OPTION(match_all = false)` after SEARCH(..).
    pub options: Vec<Hint>,
}

/// `OVER ([PARTITION BY ..] [ORDER BY ..] [frame])`
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// PARTITION BY.
    pub partition_by: Vec<Expr>,
    /// ORDER BY.
    pub order_by: Vec<OrderItem>,
    /// The frame; None where none is written.
    pub frame: Option<Frame>,
    /// From OVER to the closing parenthesis.
    pub span: Span,
}

/// `ROWS start`, `RANGE BETWEEN start AND end`
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// ROWS; otherwise RANGE.
    pub rows: bool,
    /// Where it starts.
    pub start: Bound,
    /// Where it ends; None (the short form) is the current row.
    pub end: Option<Bound>,
    /// All of it.
    pub span: Span,
}

/// One end of a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// Which.
    pub kind: BoundKind,
    /// Where.
    pub span: Span,
}

/// Which row or value a frame ends at.
#[derive(Clone, Debug, PartialEq)]
pub enum BoundKind {
    /// UNBOUNDED PRECEDING
    UnboundedPreceding,
    /// `n PRECEDING`
    Preceding(Box<Expr>),
    /// CURRENT ROW
    CurrentRow,
    /// `n FOLLOWING`
    Following(Box<Expr>),
    /// UNBOUNDED FOLLOWING
    UnboundedFollowing,
}
