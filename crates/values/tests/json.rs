//! JSON in and out.

use rockhopper_values::Value;
use rockhopper_values::json::{parse, write};

use crate::notation::{evaluate, same};

fn written(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

#[test]
fn texts_become_values() {
    for (text, expected) in [
        ("[1, -2, 9223372036854775807]", "[1, -2, 9223372036854775807]"),
        ("[9223372036854775808, 1.0, 1e2]", "[9223372036854775808.0, 1.0, 100.0]"),
        (r#"{"a": null, "b": {"c": []}, "a": "x"}"#, "{'a': 'x', 'b': {'c': []}}"),
        (r#""2018-05-26""#, "'2018-05-26'"),
        (r#"{"__rockset_type": "Date", "value": "2018-05-26"}"#, "date'2018-05-26'"),
        (r#"{"__rockset_type": "time", "value": "1:02:03.5"}"#, "time'01:02:03.5'"),
        (
            r#"{"__rockset_type": "datetime", "value": "2018-05-26T10:30:20.345"}"#,
            "datetime'2018-05-26T10:30:20.345'",
        ),
        (
            r#"{"__rockset_type": "timestamp", "value": 1584691545374000}"#,
            "timestamp_micros(1584691545374000)",
        ),
        (
            r#"{"__rockset_type": "timestamp", "value": "2018-05-26T10:30:20Z"}"#,
            "timestamp'2018-05-26T10:30:20Z'",
        ),
        (
            r#"{"__rockset_type": "timestamp", "value": "26.5.2018 10", "format": "%d.%m.%Y %H", "timezone": "Europe/Berlin"}"#,
            "timestamp'2018-05-26T08:00:00Z'",
        ),
        (
            r#"{"__rockset_type": "bytes", "value": "aGVsbG8=", "encoding": "base64"}"#,
            "cast('hello' as bytes)",
        ),
        (r#"{"__rockset_type": "microsecond_interval", "value": 5}"#, "microseconds(5)"),
        (r#"{"__rockset_type": "month_interval", "value": 5}"#, "months(5)"),
        (r#"{"value": 5}"#, "{'value': 5}"),
        (r#"{"__rockset_type": "geography", "value": 5}"#, "{'__rockset_type': 'geography', 'value': 5}"),
    ] {
        let found = parse(text).unwrap();
        assert!(same(&found, &evaluate(expected).unwrap()), "{text} gave {found:?}");
    }
}

#[test]
fn wrong_texts_are_errors() {
    for text in ["", "{", "True", "[1,]", r#"{"__rockset_type": "date", "value": "soon"}"#, "1e999"] {
        assert_eq!(parse(text).map_err(|error| error.error_id), Err("invalid_json"), "{text}");
    }
}

#[test]
fn values_become_texts() {
    for (value, expected) in [
        ("[null, undefined, true, 1, 1.5, 1.0]", "[null,null,true,1,1.5,1.0]"),
        ("[nan(), infinity()]", "[null,null]"),
        ("{'a': undefined, 'b': '\"\\'}", r#"{"b":"\"\\"}"#),
        ("chr(10) || chr(1)", r#""\n\u0001""#),
        ("timestamp'2023-08-23T19:03:04.746448Z'", r#""2023-08-23T19:03:04.746448Z""#),
        ("date'2018-5-6'", r#"{"__rockset_type":"date","value":"2018-05-06"}"#),
        ("time'10:30'", r#"{"__rockset_type":"time","value":"10:30:00"}"#),
        (
            "datetime'2018-05-26 10:30:20.5'",
            r#"{"__rockset_type":"datetime","value":"2018-05-26T10:30:20.5"}"#,
        ),
        ("seconds(2)", r#"{"__rockset_type":"microsecond_interval","value":2000000}"#),
        ("years(1)", r#"{"__rockset_type":"month_interval","value":12}"#),
        ("cast('hello' as bytes)", r#""aGVsbG8=""#),
    ] {
        assert_eq!(written(&evaluate(value).unwrap()), expected);
    }
}
