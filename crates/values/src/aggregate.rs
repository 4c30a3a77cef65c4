//! Aggregates over values, one accumulator for each group.
//!
//! DISTINCT, FILTER, ORDER BY, LIMIT and OFFSET are applied before, by the engine. A state is a value, so that an engine
//! can keep it, send it and merge it: accumulating two halves and merging them gives what accumulating all gives.

mod distinct;
mod moments;
mod percentile;
mod sum;

use std::cmp::Ordering;

use rockhopper_sql::{Function, Value};

use crate::compare::order;
use crate::error::{Error, Result};
use crate::objects::unique;
use crate::truth::truth;
use distinct::Sketch;
use moments::Moments;
use percentile::Digest;
use sum::Sum;

/// The state of one aggregate over one group.
#[derive(Clone, Debug)]
pub struct Accumulator {
    function: Function,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    /// COUNT, COUNT_IF.
    Count(i64),
    /// SUM.
    Sum(Sum),
    /// MIN, MAX, ARBITRARY, BOOL_AND, BOOL_OR, BITWISE_AND_AGG, BITWISE_OR_AGG: null before the first value.
    One(Value),
    /// MIN_BY, MAX_BY: the value and what it is by.
    By(Option<Box<(Value, Value)>>),
    /// ARRAY_AGG.
    Array(Vec<Value>),
    /// MAP_AGG.
    Map(Vec<(String, Value)>),
    /// AVG, GEOMETRIC_MEAN and the deviations.
    Moments(Moments),
    /// APPROX_DISTINCT.
    Distinct(Sketch),
    /// APPROX_PERCENTILE.
    Percentile(Digest),
}

impl Accumulator {
    /// The state before the first row. Fails if the function is no aggregate.
    pub fn new(function: Function) -> Result<Accumulator> {
        use Function::*;
        let state = match function {
            Count | CountIf => State::Count(0),
            Sum => State::Sum(sum::Sum::default()),
            Min | Max | Arbitrary | BoolAnd | BoolOr | BitwiseAndAgg | BitwiseOrAgg => {
                State::One(Value::Null)
            }
            MinBy | MaxBy => State::By(None),
            ArrayAgg => State::Array(Vec::new()),
            MapAgg => State::Map(Vec::new()),
            Avg | GeometricMean | StddevSamp | StddevPop | VarSamp | VarPop => {
                State::Moments(Moments::default())
            }
            ApproxDistinct => State::Distinct(Sketch::default()),
            ApproxPercentile => State::Percentile(Digest::default()),
            _ => {
                return Err(Error::new(
                    "no_valid_overload",
                    format!("`{}` is not an aggregate", function.name()),
                ));
            }
        };
        Ok(Accumulator { function, state })
    }

    /// Adds one row; the arguments are those of the call, none for `COUNT(*)`. Nulls add nothing save to `COUNT(*)`,
    /// ARRAY_AGG and the values of MAP_AGG. Fails for types that the function does not take.
    pub fn update(&mut self, arguments: &[Value]) -> Result<()> {
        match (&mut self.state, arguments) {
            (State::Count(count), []) => *count = count.saturating_add(1),
            (State::Count(count), [value]) => {
                let counts = if self.function == Function::Count {
                    !value.is_null()
                } else {
                    truth(value) == Some(true)
                };
                *count = count.saturating_add(i64::from(counts));
            }
            (State::Array(elements), [value]) => {
                elements.push(if value.is_null() { Value::Null } else { value.clone() });
            }
            (state, [value, ..]) if value.is_null() && !matches!(state, State::By(_)) => {}
            (State::Sum(sum), [value]) => sum.add(value)?,
            (State::One(kept), [value]) => add_one(self.function, kept, value)?,
            (State::By(kept), [value, by]) => add_by(self.function, kept, value, by),
            (State::Map(members), [Value::String(name), value]) => {
                members.push((name.clone(), value.clone()));
            }
            (State::Moments(moments), [value]) => moments.add(self.function, value)?,
            (State::Distinct(sketch), [value]) => sketch.add(value),
            (State::Distinct(sketch), [value, error]) => {
                sketch.set_error(error)?;
                sketch.add(value);
            }
            (State::Percentile(digest), [value, share]) => digest.add(value, share)?,
            _ => return Err(Error::no_overload(self.function, arguments)),
        }
        Ok(())
    }

    /// Adds what another accumulator of the same function has seen, given by its [`Accumulator::state`]. The rows of
    /// this one count as the earlier ones. Fails if it is no such state.
    pub fn merge(&mut self, state: &Value) -> Result<()> {
        match (&mut self.state, state) {
            (State::Count(count), Value::Int(other)) => *count = count.saturating_add(*other),
            (State::Sum(sum), Value::Array(parts)) => sum.merge(parts)?,
            (State::One(_) | State::By(_), Value::Null) => {}
            (State::One(kept), value) => add_one(self.function, kept, value)?,
            (State::By(kept), Value::Array(parts)) => match parts.as_slice() {
                [value, by] => add_by(self.function, kept, value, by),
                _ => return Err(not_a_state(self.function)),
            },
            (State::Array(elements), Value::Array(others)) => elements.extend_from_slice(others),
            (State::Map(members), Value::Object(others)) => members.extend_from_slice(others),
            (State::Moments(moments), Value::Array(parts)) => moments.merge(parts)?,
            (State::Distinct(sketch), Value::Bytes(other)) => sketch.merge(other)?,
            (State::Percentile(digest), Value::Array(parts)) => digest.merge(parts)?,
            _ => return Err(not_a_state(self.function)),
        }
        Ok(())
    }

    /// The state as a value, for [`Accumulator::merge`].
    pub fn state(&self) -> Value {
        match &self.state {
            State::Count(count) => Value::Int(*count),
            State::Sum(sum) => sum.state(),
            State::One(kept) => kept.clone(),
            State::By(None) => Value::Null,
            State::By(Some(kept)) => Value::Array(vec![kept.0.clone(), kept.1.clone()]),
            State::Array(elements) => Value::Array(elements.clone()),
            State::Map(members) => Value::Object(members.clone()),
            State::Moments(moments) => moments.state(),
            State::Distinct(sketch) => sketch.state(),
            State::Percentile(digest) => digest.state(),
        }
    }

    /// The aggregate of all rows. Without any value that counts it is 0 for the counts and null for the rest. Fails if
    /// a sum does not fit.
    pub fn finish(&self) -> Result<Value> {
        Ok(match &self.state {
            State::Count(count) => Value::Int(*count),
            State::Sum(sum) => sum.finish()?,
            State::One(kept) => kept.clone(),
            State::By(kept) => kept.as_ref().map_or(Value::Null, |kept| kept.0.clone()),
            State::Array(elements) if elements.is_empty() => Value::Null,
            State::Array(elements) => Value::Array(elements.clone()),
            State::Map(members) if members.is_empty() => Value::Null,
            State::Map(members) => unique(members.iter().cloned()),
            State::Moments(moments) => moments.finish(self.function),
            State::Distinct(sketch) => Value::Int(sketch.estimate()),
            State::Percentile(digest) => digest.finish(),
        })
    }

    /// About how many bytes of memory it takes.
    pub fn size_bytes(&self) -> usize {
        let heap_bytes = match &self.state {
            State::Count(_) | State::Sum(_) | State::Moments(_) => 0,
            State::One(kept) => heap_bytes(kept),
            State::By(kept) => {
                kept.as_ref().map_or(0, |kept| 2 * VALUE_BYTES + heap_bytes(&kept.0) + heap_bytes(&kept.1))
            }
            State::Array(elements) => elements.iter().map(|value| VALUE_BYTES + heap_bytes(value)).sum(),
            State::Map(members) => members_bytes(members),
            State::Distinct(sketch) => sketch.size_bytes(),
            State::Percentile(digest) => digest.size_bytes(),
        };
        size_of::<Accumulator>() + heap_bytes
    }
}

const VALUE_BYTES: usize = size_of::<Value>();

fn heap_bytes(value: &Value) -> usize {
    match value {
        Value::String(string) => string.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::Array(elements) => elements.iter().map(|value| VALUE_BYTES + heap_bytes(value)).sum(),
        Value::Object(members) => members_bytes(members),
        _ => 0,
    }
}

fn members_bytes(members: &[(String, Value)]) -> usize {
    members
        .iter()
        .map(|(name, value)| size_of::<String>() + name.len() + VALUE_BYTES + heap_bytes(value))
        .sum()
}

fn add_one(function: Function, kept: &mut Value, value: &Value) -> Result<()> {
    use Function::*;
    let next = match (function, &*kept, value) {
        (Arbitrary | Min | Max, Value::Null, _) => value.clone(),
        (Arbitrary, _, _) => return Ok(()),
        (Min, _, _) if order(value, kept) == Ordering::Less => value.clone(),
        (Max, _, _) if order(value, kept) == Ordering::Greater => value.clone(),
        (Min | Max, _, _) => return Ok(()),
        (BoolAnd, Value::Bool(false), _) | (BoolOr, Value::Bool(true), _) => return Ok(()),
        (BoolAnd | BoolOr, _, _) => truth(value).map_or(Value::Null, Value::Bool),
        (BitwiseAndAgg, Value::Int(a), Value::Int(b)) => Value::Int(a & b),
        (BitwiseOrAgg, Value::Int(a), Value::Int(b)) => Value::Int(a | b),
        (BitwiseAndAgg | BitwiseOrAgg, Value::Null, Value::Int(_)) => value.clone(),
        _ => return Err(Error::no_overload(function, std::slice::from_ref(value))),
    };
    *kept = next;
    Ok(())
}

fn add_by(function: Function, kept: &mut Option<Box<(Value, Value)>>, value: &Value, by: &Value) {
    let wanted = if function == Function::MinBy { Ordering::Less } else { Ordering::Greater };
    if !by.is_null() && kept.as_ref().is_none_or(|kept| order(by, &kept.1) == wanted) {
        let value = if value.is_null() { Value::Null } else { value.clone() };
        *kept = Some(Box::new((value, by.clone())));
    }
}

fn not_a_state(function: Function) -> Error {
    Error::new("corrupt_value", format!("A value is not a state of `{}`", function.name()))
}
