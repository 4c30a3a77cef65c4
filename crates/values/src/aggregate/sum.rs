//! SUM: exact for ints whatever their order, and for intervals.

use rockhopper_sql::{Function, Type, Value};

use super::not_a_state;
use crate::error::{Error, Result};

/// The sum of numbers, or of intervals of one kind.
#[derive(Clone, Debug, Default)]
pub(super) struct Sum {
    /// Ints, or the counts of the intervals. 2^64 rows of any ints fit.
    whole: i128,
    floats: f64,
    /// The type of the result; None before the first value.
    result: Option<Type>,
}

impl Sum {
    pub(super) fn add(&mut self, value: &Value) -> Result<()> {
        let result = match (self.result, value.type_of()) {
            (None, Type::Int) | (Some(Type::Int), Type::Int) => Type::Int,
            (None | Some(Type::Int | Type::Float), Type::Int | Type::Float) => Type::Float,
            (None, interval @ (Type::MicrosecondInterval | Type::MonthInterval)) => interval,
            (Some(found), interval) if found == interval => found,
            (Some(found), _) if value.type_of() != found => {
                return Err(Error::new(
                    "no_valid_overload",
                    format!(
                        "No valid overload found for function `sum` with arguments ({found}) and ({})",
                        value.type_of()
                    ),
                ));
            }
            _ => return Err(Error::no_overload(Function::Sum, std::slice::from_ref(value))),
        };
        match value {
            Value::Int(count) | Value::MicrosecondInterval(count) | Value::MonthInterval(count) => {
                self.whole = self.whole.saturating_add(i128::from(*count));
            }
            Value::Float(float) => self.floats += float,
            _ => return Err(Error::no_overload(Function::Sum, std::slice::from_ref(value))),
        }
        self.result = Some(result);
        Ok(())
    }

    pub(super) fn finish(&self) -> Result<Value> {
        let Some(result) = self.result else { return Ok(Value::Null) };
        if result == Type::Float {
            return Ok(Value::Float(self.floats + self.whole as f64));
        }
        let whole = i64::try_from(self.whole).map_err(|_| Error::overflow(Function::Sum, result))?;
        Ok(match result {
            Type::MicrosecondInterval => Value::MicrosecondInterval(whole),
            Type::MonthInterval => Value::MonthInterval(whole),
            _ => Value::Int(whole),
        })
    }

    pub(super) fn state(&self) -> Value {
        let result = self.result.map_or(Value::Null, |result| Value::String(result.name().to_owned()));
        let (high, low) = ((self.whole >> 64) as i64, self.whole as i64);
        Value::Array(vec![result, Value::Int(high), Value::Int(low), Value::Float(self.floats)])
    }

    pub(super) fn merge(&mut self, parts: &[Value]) -> Result<()> {
        let [result, Value::Int(high), Value::Int(low), Value::Float(floats)] = parts else {
            return Err(not_a_state(Function::Sum));
        };
        let other = match result {
            Value::Null => return Ok(()),
            Value::String(name) => Type::from_name(name).ok_or_else(|| not_a_state(Function::Sum))?,
            _ => return Err(not_a_state(Function::Sum)),
        };
        // A zero of the other's type brings its type in, or fails as its values would have.
        self.add(&match other {
            Type::Int => Value::Int(0),
            Type::Float => Value::Float(0.0),
            Type::MicrosecondInterval => Value::MicrosecondInterval(0),
            _ => Value::MonthInterval(0),
        })?;
        self.whole = self.whole.saturating_add((i128::from(*high) << 64) | i128::from(*low as u64));
        self.floats += floats;
        Ok(())
    }
}
