//! Arrays of numbers as vectors.

use rockhopper_sql::{Function, Value};

use crate::error::{Error, Result};
use crate::math::float;

/// Calls one of the vector functions. None if the arguments' types are wrong.
pub fn call(function: Function, arguments: &[Value]) -> Result<Option<Value>> {
    match (function, arguments) {
        (Function::VectorEnforce, [_, _, name]) if !matches!(name, Value::String(_)) => {
            Err(Error::invalid_argument(format!(
                "Passed in type must be a name of type string not of type {}.",
                name.type_of()
            )))
        }
        (Function::VectorEnforce, [value, Value::Int(length), Value::String(name)]) => {
            enforce(value, *length, name).map(Some)
        }
        (Function::VectorAdd, [Value::Array(a), Value::Array(b)]) => {
            check_lengths(function, a, b)?;
            let sums = a.iter().zip(b).map(|(a, b)| add(a, b)).collect::<Result<Vec<_>>>()?;
            Ok(Some(Value::Array(sums)))
        }
        (Function::VectorAdd, [Value::Array(a), number]) => {
            Ok(Some(Value::Array(a.iter().map(|a| add(a, number)).collect::<Result<Vec<_>>>()?)))
        }
        (_, [Value::Array(a), Value::Array(b)]) => {
            check_lengths(function, a, b)?;
            let (Some(x), Some(y)) = (floats(a), floats(b)) else { return Ok(None) };
            let all_ints = a.iter().chain(b).all(|element| matches!(element, Value::Int(_)));
            Ok(Some(match function {
                Function::DotProduct if all_ints => return int_dot_product(a, b).map(Some),
                Function::DotProduct => Value::Float(dot(&x, &y)),
                Function::EuclideanDist => {
                    Value::Float(x.iter().zip(&y).map(|(x, y)| (x - y) * (x - y)).sum::<f64>().sqrt())
                }
                _ => Value::Float(dot(&x, &y) / (dot(&x, &x).sqrt() * dot(&y, &y).sqrt())),
            }))
        }
        _ => Ok(None),
    }
}

fn enforce(value: &Value, length: i64, type_name: &str) -> Result<Value> {
    let fits = |element: &Value| match type_name {
        "int" => Ok(matches!(element, Value::Int(_))),
        "float" => Ok(matches!(element, Value::Float(_))),
        _ => {
            Err(Error::invalid_argument(format!("VECTOR_ENFORCE knows 'int' and 'float', not '{type_name}'")))
        }
    };
    let Value::Array(elements) = value else { return Ok(Value::Null) };
    if elements.len() as i64 != length {
        return Ok(Value::Null);
    }
    for element in elements {
        if !fits(element)? {
            return Ok(Value::Null);
        }
    }
    Ok(value.clone())
}

fn add(a: &Value, b: &Value) -> Result<Value> {
    let pair = [a.clone(), b.clone()];
    if float(a).is_none() || float(b).is_none() {
        return Err(Error::no_overload(Function::VectorAdd, &pair));
    }
    crate::operators::arithmetic(Function::Add, &pair)?
        .ok_or_else(|| Error::no_overload(Function::VectorAdd, &pair))
}

fn int_dot_product(a: &[Value], b: &[Value]) -> Result<Value> {
    let mut sum: i128 = 0;
    for pair in a.iter().zip(b) {
        if let (Value::Int(a), Value::Int(b)) = pair {
            sum = sum
                .checked_add(i128::from(*a) * i128::from(*b))
                .ok_or_else(|| Error::overflow(Function::DotProduct, rockhopper_sql::Type::Int))?;
        }
    }
    let sum =
        i64::try_from(sum).map_err(|_| Error::overflow(Function::DotProduct, rockhopper_sql::Type::Int))?;
    Ok(Value::Int(sum))
}

fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

fn floats(elements: &[Value]) -> Option<Vec<f64>> {
    elements.iter().map(float).collect()
}

fn check_lengths(function: Function, a: &[Value], b: &[Value]) -> Result<()> {
    if a.len() == b.len() {
        return Ok(());
    }
    Err(Error::invalid_argument(format!(
        "Cannot apply operation {} on vectors of different sizes {} and {}.",
        function.name().to_ascii_uppercase(),
        a.len(),
        b.len()
    )))
}
