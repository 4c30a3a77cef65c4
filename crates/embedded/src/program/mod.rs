//! Expressions, compiled for the columns of one plan node and evaluated batch by batch.
//!
//! Rockset's rules are not DataFusion's: a value has its own type, `AND`, `CASE` and their like do not evaluate what
//! they need not, and an expression fails only for a row that got as far as it. So expressions are ours, and
//! DataFusion sees only their results.

mod arithmetic;
mod array_any;
mod assemble;
mod call;
mod compare;
mod compile;
mod elements;
mod eval;
mod frame;
mod infer;
mod keys;
mod side;
mod vector;

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray};
use rockhopper_sql::resolved::CastMode;
use rockhopper_sql::{Function, Span, Type, Value};

pub(crate) use compile::{Compiler, is_fallible};
pub(crate) use elements::explode;
pub(crate) use frame::{Frame, true_rows};
pub(crate) use keys::{KeySet, key_array};
pub(crate) use vector::{Vector, any_array, native_array, value_at};

use crate::error::Failure;
use crate::kind::{Absent, Kind};

/// A compiled expression.
#[derive(Debug)]
pub(crate) struct Node {
    op: Op,
    span: Span,
    /// How a column of its values is held.
    pub(crate) kind: Kind,
    /// What an Arrow null in that column stands for.
    pub(crate) absent: Absent,
    /// Whether it may fail on some value.
    pub(crate) fallible: bool,
}

#[derive(Debug)]
enum Op {
    /// A column of the node's input.
    Input(usize),
    Constant(Value),
    Field(Box<Node>, Arc<str>),
    Subscript(Box<Node>, Box<Node>),
    Call(Function, Vec<Node>),
    Cast(Box<Node>, Type, CastMode),
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Case(Vec<(Node, Node)>, Option<Box<Node>>),
    Coalesce(Vec<Node>),
    Try(Box<Node>),
    InList(Box<Node>, Vec<Node>),
    InSet(Box<Node>, Arc<KeySet>),
    IsNull(Box<Node>),
    IsUndefined(Box<Node>),
    Array(Vec<Node>),
    Object(Vec<(Node, Node)>),
    ArrayAny(array_any::ArrayAny),
}

impl Node {
    /// The values for the rows of a frame.
    pub(crate) fn eval(&self, frame: &Frame) -> Result<Vector, Failure> {
        if frame.rows() == 0 {
            // What is evaluated for no row cannot fail.
            return Ok(Vector::Values(Vec::new()));
        }
        self.op.eval(frame, self).map_err(|failure| failure.at(self.span))
    }

    /// The values as a column of the node's kind.
    pub(crate) fn column(&self, frame: &Frame) -> Result<ArrayRef, Failure> {
        self.eval(frame)?.into_array(self.kind, frame.rows()).map_err(|failure| failure.at(self.span))
    }

    /// For which rows it is true, false or (an Arrow null) neither.
    pub(crate) fn truth(&self, frame: &Frame) -> Result<BooleanArray, Failure> {
        self.eval(frame)?.truth(frame.rows()).map_err(|failure| failure.at(self.span))
    }

    /// A value without a place in the text.
    pub(crate) fn constant_of(value: Value) -> Node {
        let (kind, absent) = infer::of_constant(&value);
        Node { op: Op::Constant(value), span: Span::default(), kind, absent, fallible: false }
    }

    /// A column of the input.
    pub(crate) fn input_of(number: usize, kind: Kind, absent: Absent) -> Node {
        Node { op: Op::Input(number), span: Span::default(), kind, absent, fallible: false }
    }

    /// Where it stands in the text.
    pub(crate) fn span(&self) -> Span {
        self.span
    }

    /// The value, if it is the same for every row.
    pub(crate) fn constant(&self) -> Option<&Value> {
        match &self.op {
            Op::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// The string that it compares a column of the input with, if it says that they are equal and nothing else.
    pub(crate) fn equal_string(&self) -> Option<&str> {
        let Op::Call(Function::Equal, sides) = &self.op else { return None };
        let [left, right] = sides.as_slice() else { return None };
        match (left.input().xor(right.input()), left.constant().or(right.constant())) {
            (Some(_), Some(Value::String(text))) => Some(text),
            _ => None,
        }
    }

    /// The function of a column of the input that it compares with a string, and the string, if it says that they are
    /// equal and nothing else. The node is that of the call.
    pub(crate) fn equal_call(&self) -> Option<(&Node, Function, &str)> {
        let Op::Call(Function::Equal, sides) = &self.op else { return None };
        let [left, right] = sides.as_slice() else { return None };
        let (call, text) = match (left.constant(), right.constant()) {
            (None, Some(Value::String(text))) => (left, text),
            (Some(Value::String(text)), None) => (right, text),
            _ => return None,
        };
        match &call.op {
            Op::Call(function, arguments) if call.kind == Kind::String && !function.is_volatile() => {
                matches!(arguments.as_slice(), [argument] if argument.input().is_some()).then_some((
                    call,
                    *function,
                    text.as_str(),
                ))
            }
            _ => None,
        }
    }

    /// The number of the input column that it is.
    pub(crate) fn input(&self) -> Option<usize> {
        match &self.op {
            Op::Input(number) => Some(*number),
            _ => None,
        }
    }
}
