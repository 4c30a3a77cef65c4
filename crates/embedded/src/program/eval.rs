//! Evaluation: each operation over the rows of a frame, and only those rows that it is needed for.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryBuilder, BooleanArray, BooleanBufferBuilder, BooleanBuilder,
};
use arrow::compute::{and_kleene, is_not_null, is_null, not, or_kleene};
use rockhopper_sql::resolved::CastMode;
use rockhopper_sql::{Function, Type, Value};
use rockhopper_values::{cast, codec};

use super::assemble::{Part, assemble};
use super::{Frame, KeySet, Node, Op, Vector, call, true_rows};
use crate::error::Failure;
use crate::kind::{Absent, Kind};

/// Below one row in so many, what cannot fail is evaluated for the rows that need it and not for all.
const SPARSE: usize = 4;

impl Op {
    pub(super) fn eval(&self, frame: &Frame, node: &Node) -> Result<Vector, Failure> {
        match self {
            Op::Input(number) => {
                Ok(Vector::Array { kind: node.kind, absent: node.absent, array: frame.column(*number)? })
            }
            Op::Constant(value) => Ok(Vector::Constant(value.clone())),
            Op::Field(base, name) => field(base.eval(frame)?, name, frame.rows()),
            Op::Subscript(base, index) => subscript(base.eval(frame)?, index.eval(frame)?, frame.rows()),
            Op::Call(function, arguments) => {
                call::call(*function, evaluated(arguments, frame)?, frame.rows())
            }
            Op::Cast(inner, to, mode) => cast_to(inner.eval(frame)?, *to, *mode, frame.rows()),
            Op::And(sides) => Ok(Vector::bools(junction(sides, frame, false)?)),
            Op::Or(sides) => Ok(Vector::bools(junction(sides, frame, true)?)),
            Op::Not(inner) => Ok(Vector::bools(not(&inner.truth(frame)?)?)),
            Op::Case(branches, otherwise) => case(branches, otherwise.as_deref(), frame),
            Op::Coalesce(choices) => coalesce(choices, frame),
            Op::Try(inner) => attempt(inner, frame),
            Op::InList(inner, list) => in_list(inner.eval(frame)?, &evaluated(list, frame)?, frame.rows()),
            Op::InSet(inner, set) => in_set(&inner.eval(frame)?, set, frame.rows()),
            Op::IsNull(inner) => null_mask(&inner.eval(frame)?, frame.rows()).map(Vector::bools),
            Op::IsUndefined(inner) => undefined_mask(&inner.eval(frame)?, frame.rows()).map(Vector::bools),
            Op::Array(items) => array(&evaluated(items, frame)?, frame.rows()),
            Op::Object(members) => object(members, frame),
            Op::ArrayAny(any) => any.eval(frame),
        }
    }
}

fn evaluated(nodes: &[Node], frame: &Frame) -> Result<Vec<Vector>, Failure> {
    nodes.iter().map(|node| node.eval(frame)).collect()
}

/// Builds a vector row by row; a constant stays one where all inputs are.
fn by_row(
    constant: bool,
    rows: usize,
    mut value: impl FnMut(usize) -> Result<Value, Failure>,
) -> Result<Vector, Failure> {
    if constant {
        return value(0).map(Vector::Constant);
    }
    (0..rows).map(value).collect::<Result<Vec<_>, _>>().map(Vector::Values)
}

fn field(base: Vector, name: &str, rows: usize) -> Result<Vector, Failure> {
    match base {
        Vector::Array { kind: Kind::Any, array, .. } => {
            let bytes = array.as_binary::<i32>();
            let mut builder = BinaryBuilder::with_capacity(rows, rows * 16);
            let undefined = encoded(&Value::Undefined);
            for row in 0..rows {
                let member = if bytes.is_null(row) { None } else { codec::member(bytes.value(row), name) };
                builder.append_value(member.unwrap_or(&undefined));
            }
            Ok(Vector::Array { kind: Kind::Any, absent: Absent::Never, array: Arc::new(builder.finish()) })
        }
        Vector::Array { .. } => Ok(Vector::Constant(Value::Undefined)),
        Vector::Constant(value) => Ok(Vector::Constant(member_of(&value, name))),
        Vector::Values(values) => {
            Ok(Vector::Values(values.iter().map(|value| member_of(value, name)).collect()))
        }
    }
}

fn encoded(value: &Value) -> Vec<u8> {
    let mut buffer = Vec::new();
    codec::encode(value, &mut buffer);
    buffer
}

fn member_of(value: &Value, name: &str) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().find(|(key, _)| key == name).map_or(Value::Undefined, |(_, member)| member.clone())
        }
        _ => Value::Undefined,
    }
}

fn subscript(base: Vector, index: Vector, rows: usize) -> Result<Vector, Failure> {
    let constant = matches!((&base, &index), (Vector::Constant(_), Vector::Constant(_)));
    by_row(constant, rows, |row| {
        Ok(match (base.value(row)?, index.value(row)?) {
            (Value::Array(mut items), Value::Int(place)) if place >= 1 && place as usize <= items.len() => {
                items.swap_remove(place as usize - 1)
            }
            (object @ Value::Object(_), Value::String(name)) => member_of(&object, &name),
            _ => Value::Undefined,
        })
    })
}

fn cast_to(inner: Vector, to: Type, mode: CastMode, rows: usize) -> Result<Vector, Failure> {
    if let Vector::Array { kind, array, .. } = &inner
        && kind.value_type() == Some(to)
        && matches!(mode, CastMode::Cast | CastMode::Try)
    {
        return Ok(Vector::native(*kind, array.clone()));
    }
    let constant = matches!(inner, Vector::Constant(_));
    by_row(constant, rows, |row| Ok(cast(&inner.value(row)?, to, mode)?))
}

/// AND (decided by false) or OR (decided by true), three-valued.
fn junction(sides: &[Node], frame: &Frame, decided_by: bool) -> Result<BooleanArray, Failure> {
    let rows = frame.rows();
    let Some((first, rest)) = sides.split_first() else {
        return Ok(BooleanArray::from(vec![!decided_by; rows]));
    };
    let mut result = first.truth(frame)?;
    for side in rest {
        let open = open_rows(&result, decided_by);
        let open_count = open.values().count_set_bits();
        if open_count == 0 {
            break;
        }
        let all = open_count == rows || (!side.fallible && open_count * SPARSE > rows);
        let other = if all {
            side.truth(frame)?
        } else {
            let indices = true_rows(&open);
            scatter(&side.truth(&frame.select(indices.clone()))?, indices.values(), rows, decided_by)
        };
        result = if decided_by { or_kleene(&result, &other)? } else { and_kleene(&result, &other)? };
    }
    Ok(result)
}

/// The rows that are not decided yet: null, or the other truth value.
fn open_rows(result: &BooleanArray, decided_by: bool) -> BooleanArray {
    let undecided = if decided_by { !result.values() } else { result.values().clone() };
    let open = match result.nulls() {
        Some(nulls) => &undecided | &!nulls.inner(),
        None => undecided,
    };
    BooleanArray::new(open, None)
}

fn scatter(found: &BooleanArray, indices: &[u32], rows: usize, elsewhere: bool) -> BooleanArray {
    let mut values = BooleanBufferBuilder::new(rows);
    values.append_n(rows, elsewhere);
    let mut valid = BooleanBufferBuilder::new(rows);
    valid.append_n(rows, true);
    for (at, index) in indices.iter().enumerate() {
        values.set_bit(*index as usize, found.is_valid(at) && found.value(at));
        valid.set_bit(*index as usize, found.is_valid(at));
    }
    BooleanArray::new(values.finish(), Some(valid.finish().into()))
}

fn case(branches: &[(Node, Node)], otherwise: Option<&Node>, frame: &Frame) -> Result<Vector, Failure> {
    let mut parts = Vec::new();
    let mut remaining: Vec<u32> = (0..frame.rows() as u32).collect();
    for (condition, value) in branches {
        if remaining.is_empty() {
            break;
        }
        let rest = frame.select(remaining.clone().into());
        let truth = condition.truth(&rest)?;
        let (taken, left) = split(&remaining, |at| truth.is_valid(at) && truth.value(at));
        if !taken.is_empty() {
            let chosen = frame.select(taken.clone().into());
            parts.push(Part { values: value.eval(&chosen)?, rows: taken });
        }
        remaining = left;
    }
    if !remaining.is_empty() {
        let values = match otherwise {
            Some(node) => node.eval(&frame.select(remaining.clone().into()))?,
            None => Vector::Constant(Value::Null),
        };
        parts.push(Part { values, rows: remaining });
    }
    assemble(parts, frame.rows())
}

fn split(rows: &[u32], mut chosen: impl FnMut(usize) -> bool) -> (Vec<u32>, Vec<u32>) {
    let mut taken = Vec::new();
    let mut left = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        if chosen(at) { taken.push(*row) } else { left.push(*row) }
    }
    (taken, left)
}

fn coalesce(choices: &[Node], frame: &Frame) -> Result<Vector, Failure> {
    let mut parts = Vec::new();
    let mut remaining: Vec<u32> = (0..frame.rows() as u32).collect();
    for (at, choice) in choices.iter().enumerate() {
        let values = choice.eval(&frame.select(remaining.clone().into()))?;
        let last = at + 1 == choices.len();
        let nulls = null_mask(&values, remaining.len())?;
        if last || nulls.true_count() == 0 {
            parts.push(Part { values, rows: remaining });
            break;
        }
        let present = true_rows(&not(&nulls)?);
        let (_, left) = split(&remaining, |at| !nulls.value(at));
        let rows = present.values().iter().map(|at| remaining[*at as usize]).collect();
        parts.push(Part { values: values.take(&present)?, rows });
        remaining = left;
    }
    assemble(parts, frame.rows())
}

/// All rows at once; where that fails, one by one, to find those that fail.
fn attempt(inner: &Node, frame: &Frame) -> Result<Vector, Failure> {
    match inner.eval(frame) {
        Err(failure) if failure.is_of_expression() => {}
        other => return other,
    }
    let mut values = Vec::with_capacity(frame.rows());
    for row in 0..frame.rows() as u32 {
        match inner.eval(&frame.select(vec![row].into())) {
            Ok(found) => values.push(found.value(0)?),
            Err(failure) if failure.is_of_expression() => values.push(Value::Null),
            Err(failure) => return Err(failure),
        }
    }
    Ok(Vector::Values(values))
}

fn in_list(inner: Vector, list: &[Vector], rows: usize) -> Result<Vector, Failure> {
    let mut found = BooleanArray::from(vec![false; rows]);
    for item in list {
        let equal = call::call(Function::Equal, vec![inner.clone(), item.clone()], rows)?;
        found = or_kleene(&found, &equal.truth(rows)?)?;
    }
    Ok(Vector::bools(found))
}

fn in_set(inner: &Vector, set: &KeySet, rows: usize) -> Result<Vector, Failure> {
    let mut builder = BooleanBuilder::with_capacity(rows);
    let mut buffer = Vec::new();
    for row in 0..rows {
        builder.append_option(set.contains(&inner.value(row)?, &mut buffer));
    }
    Ok(Vector::bools(builder.finish()))
}

pub(super) fn null_mask(values: &Vector, rows: usize) -> Result<BooleanArray, Failure> {
    Ok(match values {
        Vector::Array { kind, array, .. } if *kind != Kind::Any => is_null(array)?,
        _ => (0..rows).map(|row| Some(values.is_null(row))).collect(),
    })
}

fn undefined_mask(values: &Vector, rows: usize) -> Result<BooleanArray, Failure> {
    Ok(match values {
        Vector::Array { kind, absent, array } if *kind != Kind::Any => match absent {
            Absent::Undefined => is_null(array)?,
            Absent::Null | Absent::Never => BooleanArray::from(vec![false; rows]),
        },
        Vector::Array { absent, array, .. } => any_undefined(array, *absent)?,
        _ => {
            let mut builder = BooleanBuilder::with_capacity(rows);
            for row in 0..rows {
                builder.append_value(matches!(values.value(row)?, Value::Undefined));
            }
            builder.finish()
        }
    })
}

fn any_undefined(array: &ArrayRef, absent: Absent) -> Result<BooleanArray, Failure> {
    let present = is_not_null(array)?;
    let bytes = array.as_binary::<i32>();
    let one = |row: usize| {
        if present.value(row) {
            codec::type_of(bytes.value(row)) == Type::Undefined
        } else {
            absent == Absent::Undefined
        }
    };
    Ok((0..array.len()).map(|row| Some(one(row))).collect())
}

fn array(items: &[Vector], rows: usize) -> Result<Vector, Failure> {
    let constant = items.iter().all(|item| matches!(item, Vector::Constant(_)));
    by_row(constant, rows, |row| {
        Ok(Value::Array(items.iter().map(|item| item.value(row)).collect::<Result<_, _>>()?))
    })
}

fn object(members: &[(Node, Node)], frame: &Frame) -> Result<Vector, Failure> {
    let mut columns = Vec::with_capacity(members.len());
    for (name, value) in members {
        columns.push((name.eval(frame)?, value.eval(frame)?, name.span));
    }
    by_row(false, frame.rows(), |row| {
        let mut object: Vec<(String, Value)> = Vec::with_capacity(columns.len());
        for (name, value, span) in &columns {
            let name = match name.value(row)? {
                Value::String(name) => name,
                other => {
                    let message =
                        format!("a member's name must be a string, not a value of type {}", other.type_of());
                    return Err(Failure::expression("invalid_object", message, *span));
                }
            };
            let value = value.value(row)?;
            match object.iter_mut().find(|(key, _)| *key == name) {
                Some(member) => member.1 = value,
                None if value == Value::Undefined => {}
                None => object.push((name, value)),
            }
        }
        Ok(Value::Object(object))
    })
}
