//! Mathematical functions.

use rockhopper_sql::{Function, Type, Value};

use crate::error::{Error, Result};

/// Calls one of the mathematical functions; the result is a float unless the function says otherwise. None if the
/// arguments' types are wrong.
pub fn call(function: Function, arguments: &[Value]) -> Result<Option<Value>> {
    use Function::*;
    Ok(match (function, arguments) {
        (Abs, [Value::Int(x)]) => {
            Some(Value::Int(x.checked_abs().ok_or_else(|| Error::overflow(function, Type::Int))?))
        }
        (Sign, [Value::Int(x)]) => Some(Value::Int(x.signum())),
        (Sign, [Value::Float(x)]) => Some(Value::Int(i64::from(*x > 0.0) - i64::from(*x < 0.0))),
        (Round | Truncate, [x, Value::Int(decimals)]) => {
            float(x).map(|x| Value::Float(to_decimals(function, x, *decimals)))
        }
        (Rand, []) => Some(Value::Float(rand::random())),
        (Pi, []) => Some(Value::Float(std::f64::consts::PI)),
        (Nan, []) => Some(Value::Float(f64::NAN)),
        (Infinity, []) => Some(Value::Float(f64::INFINITY)),
        (IsNan, [x]) => float(x).map(|x| Value::Bool(x.is_nan())),
        (IsFinite, [x]) => float(x).map(|x| Value::Bool(x.is_finite())),
        (IsInfinite, [x]) => float(x).map(|x| Value::Bool(x.is_infinite())),
        (BitwiseAnd | BitwiseOr | BitwiseXor | BitwiseNot | BitCount, _) => {
            return bitwise(function, arguments);
        }
        (_, [x]) => float(x).and_then(|x| unary(function, x)).map(Value::Float),
        (_, [x, y]) => float(x).zip(float(y)).and_then(|(x, y)| binary(function, x, y)).map(Value::Float),
        _ => None,
    })
}

/// A number as a float; None for other types.
pub(crate) fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Int(int) => Some(*int as f64),
        Value::Float(float) => Some(*float),
        _ => None,
    }
}

fn unary(function: Function, x: f64) -> Option<f64> {
    use Function::*;
    Some(match function {
        Abs => x.abs(),
        Ceil => x.ceil(),
        Floor => x.floor(),
        // Rust's round takes halves away from zero.
        Round => x.round(),
        Truncate => x.trunc(),
        Exp => x.exp(),
        Square => x * x,
        Sqrt => x.sqrt(),
        Ln => x.ln(),
        Log10 => x.log10(),
        Log2 => x.log2(),
        Acos => x.acos(),
        Acosh => x.acosh(),
        Asin => x.asin(),
        Asinh => x.asinh(),
        Atan => x.atan(),
        Atanh => x.atanh(),
        Cos => x.cos(),
        Cosh => x.cosh(),
        Cot => 1.0 / x.tan(),
        Sin => x.sin(),
        Sinh => x.sinh(),
        Tan => x.tan(),
        Tanh => x.tanh(),
        Degrees => x.to_degrees(),
        Radians => x.to_radians(),
        _ => return None,
    })
}

fn binary(function: Function, x: f64, y: f64) -> Option<f64> {
    Some(match function {
        Function::Power => x.powf(y),
        Function::Atan2 => x.atan2(y),
        Function::Hypot => x.hypot(y),
        _ => return None,
    })
}

/// ROUND and TRUNCATE at a decimal place, left of the point for a negative one.
fn to_decimals(function: Function, x: f64, decimals: i64) -> f64 {
    // A float has no digit beyond these places, and powers of ten beyond them are no floats.
    const MOST_DECIMALS: i64 = 300;
    if decimals > MOST_DECIMALS || !x.is_finite() {
        return x;
    }
    if decimals < -MOST_DECIMALS {
        return 0.0;
    }
    let factor = 10_f64.powi(decimals.unsigned_abs() as i32);
    let scaled = if decimals < 0 { x / factor } else { x * factor };
    if !scaled.is_finite() {
        return x;
    }
    // 1.005 * 100 is a little below 100.5; one place of rounding error is not the user's.
    let nearest = scaled.round();
    let whole = match function {
        Function::Truncate if (scaled - nearest).abs() <= nearest.abs() * f64::EPSILON => nearest,
        Function::Truncate => scaled.trunc(),
        _ => (scaled + scaled * f64::EPSILON).round(),
    };
    if decimals < 0 { whole * factor } else { whole / factor }
}

fn bitwise(function: Function, arguments: &[Value]) -> Result<Option<Value>> {
    use Function::*;
    let bits = match (function, arguments) {
        (BitwiseAnd, [Value::Int(x), Value::Int(y)]) => x & y,
        (BitwiseOr, [Value::Int(x), Value::Int(y)]) => x | y,
        (BitwiseXor, [Value::Int(x), Value::Int(y)]) => x ^ y,
        (BitwiseNot, [Value::Int(x)]) => !x,
        (BitCount, [Value::Int(x), Value::Int(bits)]) => bit_count(*x, *bits)?,
        _ => return Ok(None),
    };
    Ok(Some(Value::Int(bits)))
}

fn bit_count(x: i64, bits: i64) -> Result<i64> {
    if !(2..=64).contains(&bits) {
        return Err(Error::invalid_argument(format!("BIT_COUNT takes 2 to 64 bits, not {bits}")));
    }
    let spare = 64 - bits as u32;
    if x << spare >> spare != x {
        return Err(Error::invalid_argument(format!("{x} does not fit {bits} bits")));
    }
    Ok(i64::from(((x as u64) << spare).count_ones()))
}
