//! Arithmetic, `||` and LIKE.

use rockhopper_sql::{Function, Type, Value};

use crate::datetime::arithmetic;
use crate::error::{Error, Result};

/// Calls `+ - * / %`, unary `-` or MOD. Ints stay ints and must fit; an int with a float gives a float. None if the
/// arguments' types are wrong.
pub fn arithmetic(function: Function, arguments: &[Value]) -> Result<Option<Value>> {
    match arguments {
        [Value::Int(a), Value::Int(b)] => ints(function, *a, *b).map(Some),
        [Value::Float(a), Value::Float(b)] => Ok(floats(function, *a, *b)),
        [Value::Int(a), Value::Float(b)] => Ok(floats(function, *a as f64, *b)),
        [Value::Float(a), Value::Int(b)] => Ok(floats(function, *a, *b as f64)),
        [left, right] => match function {
            Function::Add => arithmetic::add(left, right),
            Function::Subtract => arithmetic::subtract(left, right),
            Function::Multiply => arithmetic::multiply(left, right),
            _ => Ok(None),
        },
        [Value::Int(a)] => {
            Ok(Some(Value::Int(a.checked_neg().ok_or_else(|| Error::overflow(function, Type::Int))?)))
        }
        [Value::Float(a)] => Ok(Some(Value::Float(-a))),
        [value] => arithmetic::negate(value),
        _ => Ok(None),
    }
}

/// `||`: two strings, bytes or arrays one after another. None for other types.
pub fn concatenate(left: &Value, right: &Value) -> Option<Value> {
    match (left, right) {
        (Value::String(a), Value::String(b)) => Some(Value::String(format!("{a}{b}"))),
        (Value::Bytes(a), Value::Bytes(b)) => Some(Value::Bytes([a.as_slice(), b].concat())),
        (Value::Array(a), Value::Array(b)) => Some(Value::Array([a.as_slice(), b].concat())),
        _ => None,
    }
}

/// LIKE: whether the whole text matches, by case. `%` is any text with line ends, `_` one character; after the escape
/// character both stand for themselves. Fails if the escape character stands before anything else.
pub fn like(text: &str, pattern: &str, escape: Option<&str>) -> Result<bool> {
    let escape = match escape {
        Some(escape) => {
            let mut chars = escape.chars();
            match (chars.next(), chars.next()) {
                (Some(only), None) => Some(only),
                _ => return Err(Error::invalid_argument("The ESCAPE of LIKE must be one character")),
            }
        }
        None => None,
    };
    Ok(like_matches(text, &like_tokens(pattern, escape)?))
}

#[derive(Clone, Copy, PartialEq)]
enum Token {
    AnyText,
    AnyChar,
    Char(char),
}

fn like_tokens(pattern: &str, escape: Option<char>) -> Result<Vec<Token>> {
    let mut tokens = Vec::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(next) = chars.next() {
        tokens.push(if Some(next) == escape {
            match chars.next() {
                Some(escaped) if escaped == '%' || escaped == '_' || Some(escaped) == escape => {
                    Token::Char(escaped)
                }
                _ => {
                    return Err(Error::invalid_argument(
                        "In a LIKE pattern the ESCAPE character must stand before %, _ or itself",
                    ));
                }
            }
        } else {
            match next {
                '%' => Token::AnyText,
                '_' => Token::AnyChar,
                other => Token::Char(other),
            }
        });
    }
    Ok(tokens)
}

/// Goes back to the last `%` only: earlier ones need not take more than they did.
fn like_matches(text: &str, tokens: &[Token]) -> bool {
    let mut rest = text.chars();
    let mut at = 0;
    let mut last_any: Option<(usize, std::str::Chars)> = None;
    loop {
        match tokens.get(at) {
            Some(Token::AnyText) => {
                at += 1;
                last_any = Some((at, rest.clone()));
                continue;
            }
            None if rest.as_str().is_empty() => return true,
            token => {
                let next = rest.next();
                let matches = match (token, next) {
                    (Some(Token::AnyChar), Some(_)) => true,
                    (Some(Token::Char(wanted)), Some(found)) => *wanted == found,
                    _ => false,
                };
                if matches {
                    at += 1;
                    continue;
                }
            }
        }
        let Some((after_any, from)) = last_any.as_mut() else { return false };
        if from.next().is_none() {
            return false;
        }
        at = *after_any;
        rest = from.clone();
    }
}

fn ints(function: Function, a: i64, b: i64) -> Result<Value> {
    if b == 0 && matches!(function, Function::Divide | Function::Modulo | Function::Mod) {
        return Err(Error::division_by_zero());
    }
    let result = match function {
        Function::Add => a.checked_add(b),
        Function::Subtract => a.checked_sub(b),
        Function::Multiply => a.checked_mul(b),
        Function::Divide => a.checked_div(b),
        // The rest of -2^63 by -1 is 0 though the quotient does not fit.
        _ => Some(a.wrapping_rem(b)),
    };
    result.map(Value::Int).ok_or_else(|| Error::overflow(function, Type::Int))
}

fn floats(function: Function, a: f64, b: f64) -> Option<Value> {
    Some(Value::Float(match function {
        Function::Add => a + b,
        Function::Subtract => a - b,
        Function::Multiply => a * b,
        Function::Divide => a / b,
        Function::Modulo | Function::Mod => a % b,
        _ => return None,
    }))
}
