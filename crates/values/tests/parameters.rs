//! Query parameters of the REST API.

use rockhopper_values::parameter::parse;
use serde_json::json;

use crate::notation::{evaluate, same};

#[test]
fn values_of_every_type_are_read() {
    for (declared, value, expected) in [
        ("string", json!("foo"), "'foo'"),
        ("string", json!(5), "'5'"),
        ("int", json!("10"), "10"),
        ("INT", json!(10), "10"),
        ("integer", json!(10.0), "10"),
        ("float", json!("1"), "1.0"),
        ("bool", json!("False"), "false"),
        ("bool", json!(true), "true"),
        ("date", json!("2018-5-6"), "date'2018-05-06'"),
        ("datetime", json!("2018-5-6 1:2:3"), "datetime'2018-05-06T01:02:03'"),
        ("datetime", json!("2018-5-6"), "datetime'2018-05-06T00:00:00'"),
        ("time", json!("1:2:3.5"), "time'01:02:03.5'"),
        ("timestamp", json!("2024-05-06T07:08:09Z"), "timestamp'2024-05-06T07:08:09Z'"),
        ("timestamp", json!("2024-05-06T07:08"), "timestamp'2024-05-06T07:08:00Z'"),
        ("timestamp", json!("2024-05-06 07:08:09.5+02:00"), "timestamp'2024-05-06T05:08:09.5Z'"),
        ("array", json!(["a", 1]), "['a', 1]"),
        ("array", json!("[\"a\", 1]"), "['a', 1]"),
        ("object", json!({"a": 1}), "{'a': 1}"),
        ("null", json!("anything"), "null"),
        ("int", json!(null), "null"),
        ("", json!({"__rockset_type": "date", "value": "2018-05-06"}), "date'2018-05-06'"),
        ("date", json!({"__rockset_type": "date", "value": "2018-05-06"}), "date'2018-05-06'"),
    ] {
        let found = parse(declared, &value).unwrap();
        assert!(same(&found, &evaluate(expected).unwrap()), "{declared} {value} gave {found:?}");
    }
}

#[test]
fn wrong_values_are_refused_with_a_reason() {
    for (declared, value, reason) in [
        ("int", json!("1.5"), "'1.5'"),
        ("int", json!(1.5), "float"),
        ("bool", json!("yes"), "'yes'"),
        ("date", json!("6.5.2018"), "YYYY-MM-DD"),
        ("array", json!("{}"), "not an array"),
        ("money", json!("5"), "'money'"),
        ("timestamp", json!("2018-13-01T00:00:00Z"), "not a valid date"),
    ] {
        let error = parse(declared, &value).unwrap_err();
        assert!(error.contains(reason), "{declared} {value}: {error}");
    }
}
