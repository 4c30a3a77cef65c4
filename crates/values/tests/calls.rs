//! What holds for every function, on random arguments.

use rockhopper_sql::Kind;
use rockhopper_values::{Accumulator, CastMode, Function, Type, Value, call, cast, json, order};

use crate::random::Values;

const SEED: u64 = 11;
const CALLS_PER_FUNCTION: usize = 600;

/// Texts that mean something to some function.
const TEXTS: [&str; 16] = [
    "day",
    "month",
    "week",
    "UTC",
    "Europe/Berlin",
    "-23:59",
    "%Y-%m-%d %H:%M:%E*S",
    "%s",
    "2020-02-29",
    "23:59:59.9",
    "2020-02-29T23:59:59Z",
    "(a)?",
    "upper",
    "sha256",
    "-3-4",
    "9223372036854775807",
];

fn argument(values: &mut Values, function: Function) -> Value {
    match values.below(4) {
        0 => Value::String(TEXTS[values.below(TEXTS.len())].to_owned()),
        1 if matches!(function, Function::Sequence | Function::Repeat) => Value::Int(values.below(9) as i64),
        _ => values.value(2),
    }
}

#[test]
fn calls_give_a_value_or_an_error_and_nulls_give_null() {
    let mut values = Values::new(SEED);
    for &function in Function::all() {
        let arity = function.arity();
        let most = arity.max.unwrap_or(arity.min + 2);
        for _ in 0..CALLS_PER_FUNCTION {
            let count = arity.min + values.below(most - arity.min + 1);
            let arguments: Vec<Value> = (0..count).map(|_| argument(&mut values, function)).collect();
            let result = call(function, &arguments);
            if matches!(function.kind(), Kind::Aggregate | Kind::Window) {
                continue;
            }
            let has_null = arguments.iter().any(Value::is_null);
            if has_null && !rockhopper_values::call::takes_nulls(function) {
                assert_eq!(result, Ok(Value::Null), "{function:?} of {arguments:?}");
            }
            if let Ok(value) = result {
                assert!(
                    value != Value::Undefined || function == Function::JsonParse,
                    "{function:?} of {arguments:?}"
                );
            }
        }
    }
}

#[test]
fn casts_give_the_type_or_an_error_and_the_try_modes_null() {
    let mut values = Values::new(SEED);
    let types = [
        Type::Bool,
        Type::Int,
        Type::Float,
        Type::String,
        Type::Bytes,
        Type::Timestamp,
        Type::Date,
        Type::DateTime,
        Type::Time,
        Type::MicrosecondInterval,
        Type::MonthInterval,
        Type::Array,
        Type::Object,
    ];
    for _ in 0..20_000 {
        let value = values.value(1);
        for to in types {
            let tried = cast(&value, to, CastMode::Try).unwrap();
            match cast(&value, to, CastMode::Cast) {
                Ok(cast) => {
                    assert!(cast.type_of() == to || value.is_null(), "{value:?} to {to}");
                    assert!(order(&cast, &tried).is_eq());
                }
                Err(_) => assert_eq!(tried, Value::Null),
            }
        }
    }
}

#[test]
fn dates_and_times_survive_being_text() {
    let mut values = Values::new(SEED);
    for _ in 0..20_000 {
        let value = values.value(0);
        if matches!(value.type_of(), Type::Timestamp | Type::Date | Type::DateTime | Type::Time | Type::Int) {
            let text = cast(&value, Type::String, CastMode::Cast).unwrap();
            assert_eq!(cast(&text, value.type_of(), CastMode::Cast), Ok(value), "{text:?}");
        }
    }
}

#[test]
fn json_text_is_json() {
    let mut values = Values::new(SEED);
    for _ in 0..20_000 {
        let value = values.value(3);
        let mut text = String::new();
        json::write(&value, &mut text);
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{text}");
        json::parse(&text).unwrap();
    }
}

#[test]
fn aggregates_take_any_value_or_refuse_it() {
    let mut values = Values::new(SEED);
    for &function in Function::all().iter().filter(|function| function.kind() == Kind::Aggregate) {
        for _ in 0..200 {
            let mut first = Accumulator::new(function).unwrap();
            let mut second = Accumulator::new(function).unwrap();
            for _ in 0..values.below(6) {
                let arguments: Vec<Value> =
                    (0..function.arity().min.max(1)).map(|_| values.value(1)).collect();
                let _ = first.update(&arguments);
                let _ = second.update(&arguments);
                let _ = first.merge(&values.value(1));
            }
            let _ = first.merge(&second.state());
            let _ = first.finish();
            assert!(first.size_bytes() > 0);
        }
    }
}
