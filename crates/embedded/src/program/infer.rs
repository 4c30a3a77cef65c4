//! The kind of a function's result, where it follows from the kinds of its arguments.

use rockhopper_sql::{Function, Value};

use super::{Node, arithmetic};
use crate::kind::{Absent, Kind};

/// The kind of all values that the function gives for these arguments, null aside; [`Kind::Any`] if there is no one.
pub(super) fn result_kind(function: Function, arguments: &[Node]) -> Kind {
    use Function::*;
    match function {
        Equal | NotEqual | Less | LessOrEqual | Greater | GreaterOrEqual | IsDistinctFrom
        | IsNotDistinctFrom | Like | RegexpLike | IsNan | IsFinite | IsInfinite | ArrayContains
        | ArrayContainsAny | IsScalar => Kind::Bool,
        Length | Cardinality | Strpos | Position | UnixMicros | UnixMillis | UnixSeconds | DurationMicros
        | DurationMillis | DurationSeconds | DurationMonths | DateDiff => Kind::Int,
        Concat | Lower | Upper | Trim | Ltrim | Rtrim | Replace | Substr | Format | FormatIso8601
        | FormatDate | FormatTime | FormatDateTime | FormatTimestamp | TypeOf | RegexpReplace
        | JsonFormat | ToHex => Kind::String,
        Ceil | Floor | Round | Truncate | Exp | Sqrt | Ln | Log10 | Log2 | Rand => Kind::Float,
        TimestampMicros
        | TimestampMillis
        | TimestampSeconds
        | Timestamp
        | ParseTimestamp
        | ParseTimestampIso8601
        | CurrentTimestamp => Kind::Timestamp,
        Date | CurrentDate | ParseDate | ParseDateIso8601 => Kind::Date,
        DateTime | CurrentDateTime | ParseDateTime | ParseDateTimeIso8601 => Kind::DateTime,
        Time | CurrentTime | ParseTime | ParseTimeIso8601 => Kind::Time,
        Microseconds | Milliseconds | Seconds | Minutes | Hours | Days => Kind::MicrosecondInterval,
        Months | Years => Kind::MonthInterval,
        Add | Subtract | Multiply | Divide | Modulo => match arguments {
            [left, right] => arithmetic::result_kind(function, left.kind, right.kind).unwrap_or(Kind::Any),
            _ => Kind::Any,
        },
        Negate | Abs => match arguments {
            [only] if only.kind.is_number() => only.kind,
            _ => Kind::Any,
        },
        DateTrunc => match arguments {
            [_, value] if value.kind.is_date_family() => value.kind,
            _ => Kind::Any,
        },
        TimeBucket => match arguments {
            [width, value, ..]
                if width.kind == Kind::MicrosecondInterval && value.kind == Kind::Timestamp =>
            {
                value.kind
            }
            _ => Kind::Any,
        },
        AtTimeZone => match arguments {
            [value, _] if value.kind == Kind::Timestamp => Kind::DateTime,
            [value, _] if value.kind == Kind::DateTime => Kind::Timestamp,
            _ => Kind::Any,
        },
        Extract => match arguments.first().and_then(Node::constant) {
            Some(Value::String(part)) if !part.eq_ignore_ascii_case("date") => Kind::Int,
            _ => Kind::Any,
        },
        Concatenate => match arguments {
            [left, right] if left.kind == Kind::String && right.kind == Kind::String => Kind::String,
            _ => Kind::Any,
        },
        _ => Kind::Any,
    }
}

/// Whether a function may fail for some values of these kinds.
pub(super) fn is_fallible(function: Function, arguments: &[Node]) -> bool {
    use Function::*;
    match function {
        Equal | NotEqual | Less | LessOrEqual | Greater | GreaterOrEqual | IsDistinctFrom
        | IsNotDistinctFrom | TypeOf | IsScalar => false,
        Add | Subtract | Multiply | Divide | Modulo => result_kind(function, arguments) != Kind::Float,
        Lower | Upper | Length | Trim | Ltrim | Rtrim => {
            !matches!(arguments, [only] if only.kind == Kind::String)
        }
        UnixMicros | UnixMillis | UnixSeconds => !matches!(arguments, [only] if only.kind == Kind::Timestamp),
        // They fail only for instants 290,000 years away, and scans skip pieces by them: they come first.
        TimestampMicros | TimestampMillis | TimestampSeconds => {
            !matches!(arguments, [only] if only.kind == Kind::Int)
        }
        _ => true,
    }
}

/// The kind that holds the values of all branches, and what an Arrow null in it stands for.
pub(super) fn common<'n>(branches: impl Iterator<Item = &'n Node> + Clone) -> (Kind, Absent) {
    let absent = branches.clone().try_fold(Absent::Never, |absent, branch| absent.union(branch.absent));
    match (common_kind(branches), absent) {
        (Kind::Any, _) | (_, None) => (Kind::Any, Absent::Never),
        (kind, Some(absent)) => (kind, absent),
    }
}

/// The kind that holds the values of all branches.
pub(super) fn common_kind<'n>(branches: impl Iterator<Item = &'n Node>) -> Kind {
    let mut kind = None;
    for branch in branches {
        if branch.constant().is_some_and(Value::is_null) {
            continue;
        }
        if kind.is_some_and(|kind| kind != branch.kind) {
            return Kind::Any;
        }
        kind = Some(branch.kind);
    }
    kind.unwrap_or(Kind::Any)
}

/// The kind of a constant, and what its absence is.
pub(super) fn of_constant(value: &Value) -> (Kind, Absent) {
    let absent = match value {
        Value::Null => Absent::Null,
        Value::Undefined => Absent::Undefined,
        _ => Absent::Never,
    };
    (Kind::of(value.type_of()), absent)
}

#[cfg(test)]
mod tests {
    use rockhopper_values as values;

    use super::*;

    fn samples() -> Vec<Value> {
        let text = |text: &str| Value::String(text.to_owned());
        vec![
            Value::Undefined,
            Value::Null,
            Value::Bool(true),
            Value::Int(0),
            Value::Int(3),
            Value::Int(-7),
            Value::Float(2.5),
            Value::Float(f64::NAN),
            text(""),
            text("Ab c"),
            text("day"),
            text("UTC"),
            text("%Y-%m-%d"),
            text("2020-02-29"),
            text("2020-02-29T10:11:12Z"),
            text("[1]"),
            Value::Bytes(vec![1, 2]),
            Value::Timestamp(1_600_000_000_123_456),
            Value::Date(18_000),
            Value::DateTime(-1),
            Value::Time(1_000_001),
            Value::MicrosecondInterval(60_000_000),
            Value::MonthInterval(2),
            Value::Array(vec![Value::Int(1), text("x")]),
            Value::Object(vec![("k".to_owned(), Value::Null)]),
        ]
    }

    /// Where a column is planned with a native type, or a condition as one that cannot fail, no value may prove it
    /// wrong.
    #[test]
    fn what_is_inferred_holds_for_every_function_and_type() {
        let samples = samples();
        for function in Function::all() {
            let arity = function.arity();
            for count in arity.min..=arity.max.unwrap_or(arity.min).min(3) {
                for number in 0..samples.len().pow(count as u32) {
                    let pick = |place: usize| {
                        samples[number / samples.len().pow(place as u32) % samples.len()].clone()
                    };
                    check(*function, (0..count).map(pick).collect());
                }
            }
        }
    }

    fn check(function: Function, arguments: Vec<Value>) {
        let nodes: Vec<Node> = arguments.iter().cloned().map(Node::constant_of).collect();
        let kind = result_kind(function, &nodes);
        let fallible = is_fallible(function, &nodes);
        if kind == Kind::Any && fallible {
            return;
        }
        match values::call(function, &arguments) {
            Ok(Value::Null) => {}
            Ok(found) => assert!(
                kind == Kind::Any || Kind::of(found.type_of()) == kind,
                "{}{arguments:?} is {found:?}, planned as {kind:?}",
                function.name()
            ),
            Err(error) => assert!(fallible, "{}{arguments:?} fails: {error}", function.name()),
        }
    }
}
