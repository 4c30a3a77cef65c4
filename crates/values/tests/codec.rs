//! The bytes of values: what is read back, and how they compare.

use std::cmp::Ordering;

use rockhopper_values::codec::*;
use rockhopper_values::{Type, Value, order};

use crate::notation::same;
use crate::random::Values;

const SEED: u64 = 7;
const ROUNDS: usize = 60_000;

fn bytes(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    encode(value, &mut out);
    out
}

fn key(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    encode_key(value, &mut out);
    out
}

#[test]
fn keys_compare_as_values_do() {
    let mut values = Values::new(SEED);
    for _ in 0..ROUNDS {
        let (a, b) = (values.value(2), values.value(2));
        assert_eq!(key(&a).cmp(&key(&b)), order(&a, &b), "{a:?} and {b:?}");
    }
}

#[test]
fn the_bytes_of_scalars_compare_as_values_do_and_never_tie_between_types() {
    let mut values = Values::new(SEED);
    for _ in 0..ROUNDS {
        let (a, b) = (values.value(0), values.value(0));
        let found = bytes(&a).cmp(&bytes(&b));
        match order(&a, &b) {
            Ordering::Equal => {
                assert_eq!(found.is_eq(), a.type_of() == b.type_of() && same(&a, &b), "{a:?} and {b:?}")
            }
            wanted => assert_eq!(found, wanted, "{a:?} and {b:?}"),
        }
    }
}

#[test]
fn order_is_total() {
    let mut values = Values::new(SEED);
    for _ in 0..ROUNDS {
        let (a, b, c) = (values.value(1), values.value(1), values.value(1));
        assert_eq!(order(&a, &b), order(&b, &a).reverse());
        if order(&a, &b).is_le() && order(&b, &c).is_le() {
            assert!(order(&a, &c).is_le(), "{a:?}, {b:?}, {c:?}");
        }
    }
}

#[test]
fn decoding_gives_the_value_back() {
    let mut values = Values::new(SEED);
    for _ in 0..ROUNDS {
        let value = values.value(3);
        let encoded = bytes(&value);
        let decoded = decode(&encoded).unwrap();
        assert_eq!(bytes(&decoded), encoded, "{value:?}");
        assert_eq!(order(&decoded, &value), Ordering::Equal, "{value:?}");
        assert_eq!(type_of(&encoded), value.type_of());
        let mut from_bytes = Vec::new();
        encode_key_of(&encoded, &mut from_bytes).unwrap();
        assert_eq!(from_bytes, key(&value));
    }
}

#[test]
fn elements_and_members_are_found_without_decoding() {
    let mut values = Values::new(SEED);
    for _ in 0..ROUNDS {
        let value = values.value(3);
        let encoded = bytes(&value);
        match &value {
            Value::Array(expected) => {
                let found: Vec<Vec<u8>> = elements(&encoded).unwrap().map(<[u8]>::to_vec).collect();
                assert_eq!(found, expected.iter().map(bytes).collect::<Vec<_>>());
            }
            Value::Object(expected) => {
                for (name, value) in expected {
                    let wanted = (*value != Value::Undefined).then(|| bytes(value));
                    assert_eq!(member(&encoded, name).map(<[u8]>::to_vec), wanted, "{name:?}");
                }
                assert_eq!(member(&encoded, "no such member"), None);
            }
            Value::String(text) => assert_eq!(str_of(&encoded).unwrap(), text.as_str()),
            _ => {
                assert!(elements(&encoded).is_err());
                assert_eq!(member(&encoded, ""), None);
            }
        }
    }
}

#[test]
fn fast_paths_write_what_encode_writes() {
    let written = |write: fn(&mut Vec<u8>)| {
        let mut out = Vec::new();
        write(&mut out);
        out
    };
    assert_eq!(written(|out| encode_i64(-7, out)), bytes(&Value::Int(-7)));
    assert_eq!(written(|out| encode_f64(1.5, out)), bytes(&Value::Float(1.5)));
    assert_eq!(written(|out| encode_str("a\0b", out)), bytes(&Value::String("a\0b".into())));
    assert_eq!(written(|out| encode_bool(true, out)), bytes(&Value::Bool(true)));
    assert_eq!(written(|out| encode_timestamp(9, out)), bytes(&Value::Timestamp(9)));
    assert_eq!(written(encode_null), bytes(&Value::Null));
    assert_eq!(written(encode_undefined), bytes(&Value::Undefined));
}

#[test]
fn damaged_bytes_are_errors_not_panics() {
    let mut values = Values::new(SEED);
    for round in 0..ROUNDS {
        let mut encoded = bytes(&values.value(3));
        let at = round % encoded.len();
        encoded[at] = encoded[at].wrapping_add((round % 255) as u8 + 1);
        encoded.truncate(encoded.len() - round % 2);
        let _ = decode(&encoded);
        let _ = elements(&encoded).map(Iterator::count);
        let _ = members(&encoded).map(Iterator::count);
    }
    assert!(decode(&[]).is_err());
    assert_eq!(type_of(&[]), Type::Undefined);
    let deep = [0x60].repeat(MAX_NESTING_LEVELS + 2);
    assert!(decode(&deep).is_err());
}
