//! AVG, GEOMETRIC_MEAN and the deviations: count, mean and sum of squared differences, by Welford's and Chan's method.

use rockhopper_sql::{Function, Value};

use super::not_a_state;
use crate::error::{Error, Result};
use crate::math::float;

/// The first two moments of numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Moments {
    count: i64,
    /// For AVG and GEOMETRIC_MEAN; of the logarithms for the latter.
    sum: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    pub(super) fn add(&mut self, function: Function, value: &Value) -> Result<()> {
        let number = float(value).ok_or_else(|| Error::no_overload(function, std::slice::from_ref(value)))?;
        let number = if function == Function::GeometricMean { number.ln() } else { number };
        self.count += 1;
        self.sum += number;
        let difference = number - self.mean;
        self.mean += difference / self.count as f64;
        self.squares += difference * (number - self.mean);
        Ok(())
    }

    pub(super) fn finish(&self, function: Function) -> Value {
        let count = self.count as f64;
        let result = match function {
            _ if self.count == 0 => return Value::Null,
            Function::Avg => self.sum / count,
            Function::GeometricMean => (self.sum / count).exp(),
            Function::VarPop => self.squares / count,
            Function::StddevPop => (self.squares / count).sqrt(),
            _ if self.count == 1 => return Value::Null,
            Function::VarSamp => self.squares / (count - 1.0),
            _ => (self.squares / (count - 1.0)).sqrt(),
        };
        Value::Float(result)
    }

    pub(super) fn state(&self) -> Value {
        let floats = [self.sum, self.mean, self.squares].map(Value::Float);
        Value::Array(std::iter::once(Value::Int(self.count)).chain(floats).collect())
    }

    pub(super) fn merge(&mut self, parts: &[Value]) -> Result<()> {
        let [Value::Int(count), Value::Float(sum), Value::Float(mean), Value::Float(squares)] = parts else {
            return Err(not_a_state(Function::Avg));
        };
        if *count == 0 {
            return Ok(());
        }
        let total = self.count.saturating_add(*count);
        let difference = mean - self.mean;
        let share = *count as f64 / total as f64;
        self.squares += squares + difference * difference * self.count as f64 * share;
        self.mean += difference * share;
        self.sum += sum;
        self.count = total;
        Ok(())
    }
}
