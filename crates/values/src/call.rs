//! Calling a scalar function or operator on values.

use std::cmp::Ordering;

use rockhopper_sql::{Function, Type, Value};

use crate::compare::{distinct, order, relation};
use crate::datetime::{construct, texts};
use crate::error::{Error, Result};
use crate::{arrays, hashes, math, objects, operators, patterns, strings, vectors};

/// The result of a scalar function or operator. A null or undefined argument makes it null, save where the function
/// says otherwise. `CURRENT_DATE` and its like get the instant of the query as their first argument.
///
/// Fails with `no_valid_overload` for arguments of a wrong number or type, aggregate and window functions included, and
/// with the function's own errors (`division_by_zero`, `numeric_overflow`, `invalid_format`, ...).
pub fn call(function: Function, arguments: &[Value]) -> Result<Value> {
    if !function.arity().accepts(arguments.len()) {
        return Err(Error::no_overload(function, arguments));
    }
    if !takes_nulls(function) && arguments.iter().any(Value::is_null) {
        return Ok(Value::Null);
    }
    dispatch(function, arguments)?.ok_or_else(|| Error::no_overload(function, arguments))
}

/// Whether the function does more with a null argument than to give null.
pub fn takes_nulls(function: Function) -> bool {
    use Function::*;
    matches!(
        function,
        TypeOf
            | IsScalar
            | IsDistinctFrom
            | IsNotDistinctFrom
            | JsonFormat
            | ArrayCreate
            | ArrayContains
            | ArrayPosition
            | ArrayLastPosition
            | ArrayRemove
            | Repeat
    )
}

/// None if the arguments' types are wrong.
fn dispatch(function: Function, arguments: &[Value]) -> Result<Option<Value>> {
    use Function::*;
    match function {
        Add | Subtract | Multiply | Divide | Modulo | Negate | Mod => {
            operators::arithmetic(function, arguments)
        }
        Equal | NotEqual | Less | LessOrEqual | Greater | GreaterOrEqual | IsDistinctFrom
        | IsNotDistinctFrom | Concatenate | Like | TypeOf | IsScalar | Greatest | Least => {
            of_any_type(function, arguments)
        }

        AtTimeZone | Extract | CurrentDate | CurrentTime | CurrentDateTime | CurrentTimestamp | Date
        | Time | DateTime | Timestamp | TimestampMicros | TimestampMillis | TimestampSeconds | UnixMicros
        | UnixMillis | UnixSeconds | DateTrunc | DateDiff | DateAdd | TimeBucket | Microseconds
        | Milliseconds | Seconds | Minutes | Hours | Days | Months | Years | DurationMicros
        | DurationMillis | DurationSeconds | DurationMonths => construct::call(function, arguments),
        FormatIso8601
        | FormatDate
        | FormatTime
        | FormatDateTime
        | FormatTimestamp
        | ParseDate
        | ParseTime
        | ParseDateTime
        | ParseTimestamp
        | ParseDateIso8601
        | ParseTimeIso8601
        | ParseDateTimeIso8601
        | ParseTimestampIso8601
        | DateParse
        | ParseDurationSeconds
        | ParseDurationMonths => texts::call(function, arguments),

        Length if matches!(arguments, [Value::Array(_) | Value::Object(_)]) => {
            arrays::call(function, arguments)
        }
        Concat | Format | Length | Lower | Upper | Trim | Ltrim | Rtrim | Normalize | Replace | Split
        | SplitPart | Strpos | Position | Substr | Reverse | Ascii | Chr | FromHex | ToHex | FromBase64
        | ToBase64 | FromUtf8 | ToUtf8 | Tokenize | Prefixes => strings::call(function, arguments),
        RegexpLike | RegexpExtract | RegexpExtractAll | RegexpReplace | RegexpSplit => {
            patterns::call(function, arguments)
        }

        ArrayContains | ArrayPosition | ArrayLastPosition | ArrayRemove if first_is_null(arguments) => {
            Ok(Some(Value::Null))
        }
        Repeat if arguments.get(1).is_some_and(Value::is_null) => Ok(Some(Value::Null)),
        ArrayCreate | ElementAt | Cardinality | Slice | ArrayConcat | ArrayContains | ArrayContainsAny
        | ArrayPosition | ArrayLastPosition | ArrayRemove | ArrayDistinct | ArrayUnion | ArrayIntersect
        | ArrayExcept | ArrayFlatten | ArrayJoin | ArraySort | ArrayShuffle | ArrayMap | Sequence
        | Repeat => arrays::call(function, arguments),
        Object | Zip | Keys | Values | Items | Merge | Erase | JsonFormat | JsonParse | JsonExtract
        | JsonExtractScalar => objects::call(function, arguments),

        Abs | Sign | Ceil | Floor | Round | Truncate | Exp | Power | Square | Sqrt | Ln | Log10 | Log2
        | Acos | Acosh | Asin | Asinh | Atan | Atan2 | Atanh | Cos | Cosh | Cot | Sin | Sinh | Tan | Tanh
        | Hypot | Degrees | Radians | Pi | Nan | Infinity | IsNan | IsFinite | IsInfinite | Rand
        | BitwiseAnd | BitwiseOr | BitwiseXor | BitwiseNot | BitCount => math::call(function, arguments),
        Md5 | Sha1 | Sha256 | Sha512 | Hash | Hmac | HmacMd5 | HmacSha1 | HmacSha256 | HmacSha512 => {
            hashes::call(function, arguments)
        }
        DotProduct | EuclideanDist | CosineSim | VectorEnforce | VectorAdd => {
            vectors::call(function, arguments)
        }

        // Computed over many rows, by `Accumulator` or the engine's windows.
        Count | CountIf | Sum | Avg | Min | Max | MinBy | MaxBy | Arbitrary | ArrayAgg | MapAgg
        | ApproxDistinct | ApproxPercentile | BoolAnd | BoolOr | BitwiseAndAgg | BitwiseOrAgg
        | GeometricMean | StddevSamp | StddevPop | VarSamp | VarPop | RowNumber | Rank | DenseRank
        | PercentRank | CumeDist | Ntile | Lag | Lead | FirstValue | LastValue | NthValue => Ok(None),
    }
}

/// Comparisons and what else does not belong to values of one type.
fn of_any_type(function: Function, arguments: &[Value]) -> Result<Option<Value>> {
    use Function::*;
    match function {
        Equal | NotEqual | Less | LessOrEqual | Greater | GreaterOrEqual => {
            Ok(pair(arguments).map(|(x, y)| relation(function, x, y).map_or(Value::Null, Value::Bool)))
        }
        IsDistinctFrom => Ok(pair(arguments).map(|(x, y)| Value::Bool(distinct(x, y)))),
        IsNotDistinctFrom => Ok(pair(arguments).map(|(x, y)| Value::Bool(!distinct(x, y)))),
        Concatenate => Ok(pair(arguments).and_then(|(x, y)| operators::concatenate(x, y))),
        Like => like(arguments),
        TypeOf => Ok(arguments.first().map(|x| Value::String(x.type_of().name().to_owned()))),
        IsScalar => Ok(arguments.first().map(|x| {
            Value::Bool(!matches!(x.type_of(), Type::Array | Type::Object | Type::Null | Type::Undefined))
        })),
        Greatest => Ok(extreme(arguments, Ordering::Greater)),
        Least => Ok(extreme(arguments, Ordering::Less)),
        _ => Ok(None),
    }
}

fn pair(arguments: &[Value]) -> Option<(&Value, &Value)> {
    match arguments {
        [x, y] => Some((x, y)),
        _ => None,
    }
}

fn first_is_null(arguments: &[Value]) -> bool {
    arguments.first().is_some_and(Value::is_null)
}

fn like(arguments: &[Value]) -> Result<Option<Value>> {
    match arguments {
        [Value::String(text), Value::String(pattern)] => {
            operators::like(text, pattern, None).map(|matches| Some(Value::Bool(matches)))
        }
        [Value::String(text), Value::String(pattern), Value::String(escape)] => {
            operators::like(text, pattern, Some(escape)).map(|matches| Some(Value::Bool(matches)))
        }
        _ => Ok(None),
    }
}

/// The first of the largest or smallest values. None if they are not all of types that compare.
fn extreme(arguments: &[Value], wanted: Ordering) -> Option<Value> {
    let (first, rest) = arguments.split_first()?;
    let mut best = first;
    for value in rest {
        crate::compare(best, value)?;
        if order(value, best) == wanted {
            best = value;
        }
    }
    Some(best.clone())
}
