//! What goes in comes out.

#![allow(clippy::unwrap_used)]

use rockhopper_engine::{Document, Position};
use rockhopper_sql::Value;
use rockhopper_storage::{MAX_DOCUMENT_BYTES, MAX_FIELD_NAME_BYTES, MAX_NESTING, MAX_PATHS};

use crate::support::*;

/// Appends the documents and expects each back, at once, after sealing and after a restart.
#[track_caller]
fn round_trip(documents: &[&str]) {
    let expected: Vec<Value> = documents.iter().map(|document| value(document)).collect();
    let fixture = fixture();
    fixture.append(documents);
    assert_eq!(fixture.documents(), expected);
    let fixture = fixture.reopen();
    assert_eq!(fixture.documents(), expected);
    fixture.collection.seal().unwrap();
    assert_eq!(fixture.documents(), expected);
    assert_eq!(fixture.reopen().documents(), expected);
}

#[test]
fn real_tweets() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/tweets_v1_1.ndjson");
    let text = std::fs::read_to_string(file).unwrap();
    let tweets: Vec<&str> = text.lines().collect();
    assert_eq!(tweets.len(), 29);
    round_trip(&tweets);
}

#[test]
fn every_kind_of_value() {
    round_trip(&[r#"{"a":null,"b":true,"c":false,"d":0,"e":-7,"f":1.5,"g":"","h":"text","i":[],"j":{}}"#]);
    round_trip(&[r#"{"max":9223372036854775807,"min":-9223372036854775808,"whole":1.0,"small":1e-300}"#]);
    round_trip(&[r#"{"text":"\u0000 \" \\ \n é 😀"}"#]);
    round_trip(&[]);
    round_trip(&["{}"]);
}

#[test]
fn an_int_past_64_bits_is_a_float() {
    let fixture = fixture();
    fixture.append(&[
        r#"{"a":9223372036854775808,"b":123456789012345678901234567890,"c":-9223372036854775809}"#,
    ]);
    let members = [("a", 9223372036854775808.0), ("b", 1.2345678901234568e29), ("c", -9223372036854775808.0)];
    let members = members.map(|(name, float)| (name.to_owned(), Value::Float(float)));
    assert_eq!(fixture.documents(), [Value::Object(members.to_vec())]);
}

#[test]
fn one_path_of_many_types() {
    round_trip(&[
        r#"{"x":1}"#,
        r#"{"x":"one"}"#,
        r#"{"x":1.5}"#,
        r#"{"x":null}"#,
        r#"{}"#,
        r#"{"x":true}"#,
        r#"{"x":{"y":1}}"#,
        r#"{"x":[1,"two",{"y":null},[3]]}"#,
        r#"{"x":{}}"#,
        r#"{"x":[]}"#,
    ]);
}

#[test]
fn missing_null_and_empty_stay_different() {
    round_trip(&[
        "{}",
        r#"{"a":null}"#,
        r#"{"a":{}}"#,
        r#"{"a":[]}"#,
        r#"{"a":{"b":null}}"#,
        r#"{"a":{"b":[]}}"#,
        r#"{"a":[null]}"#,
        r#"{"a":[{}]}"#,
        r#"{"a":[[]]}"#,
        r#"{"a":""}"#,
    ]);
}

#[test]
fn arrays_of_objects_of_scalars_and_of_arrays() {
    round_trip(&[
        r#"{"a":[{"x":1,"y":"p"},{"y":"q"},{"x":2},{}],"b":[1,2,3]}"#,
        r#"{"a":[],"b":[1,"two",null,true,2.5]}"#,
        r#"{"b":[[1,[2,[3]]],[],[[[]]]]}"#,
        r#"{"a":[{"x":[{"y":[{"z":1}]}]}]}"#,
    ]);
}

#[test]
fn fields_that_appear_late() {
    let mut documents: Vec<String> = (0..500).map(|n| format!(r#"{{"n":{n}}}"#)).collect();
    documents.push(r#"{"n":500,"late":{"deep":["x"]}}"#.to_owned());
    documents.extend((501..600).map(|n| format!(r#"{{"n":{n},"often":"{n}"}}"#)));
    round_trip(&documents.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn more_paths_than_columns() {
    let wide = |from: usize| {
        let members: Vec<String> =
            (from..from + 700).map(|n| format!(r#""k{n}":{{"v":{n},"w":[{n}]}}"#)).collect();
        format!("{{{}}}", members.join(","))
    };
    let documents: Vec<String> = (0..20).map(|n| wide(n * 350)).collect();
    const { assert!(20 * 350 > MAX_PATHS) };
    round_trip(&documents.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn a_path_without_a_column_is_read_like_the_others() {
    let fixture = fixture();
    let keys: Vec<String> = (0..MAX_PATHS).map(|n| format!(r#""k{n}":{n}"#)).collect();
    let crowd = format!("{{{}}}", keys.join(","));
    fixture.append(&[&crowd, r#"{"late":{"n":7,"tags":[{"t":"a"},{"u":1}]}}"#, r#"{"late":null}"#]);
    let piece = fixture.piece();
    assert_eq!(any(&piece, "late.n"), [Value::Undefined, Value::Int(7), Value::Undefined]);
    assert_eq!(any(&piece, "late")[2], Value::Null);
    let types = piece.types(&path("late.n"));
    assert_eq!(types.only(), Some((rockhopper_storage::ColumnType::Int, rockhopper_sql::Type::Undefined)));
    let lists = piece.list(&[path("late.tags.*.t")], &[rockhopper_storage::ColumnType::String]).unwrap();
    assert_eq!(lists[0].value_offsets(), [0, 0, 2, 2]);
}

#[test]
fn strange_names() {
    round_trip(&[r#"{"":1,"a.b":2,"*":3,"a b":{"":{"":[]}},"é":4,"\u0000":5}"#]);
}

#[test]
fn of_a_key_that_comes_twice_the_last_value_stays() {
    let fixture = fixture();
    fixture.append(&[
        r#"{"a":1,"a":{"b":[1,2]},"a":{"b":[3]}}"#,
        r#"{"a":{"b":[{"x":1}],"c":1},"a":{"b":[{"y":2}]}}"#,
        r#"{"a":[{"x":1,"x":2},{"x":3}],"a":[{"x":4,"x":[5]}]}"#,
    ]);
    let expected = [r#"{"a":{"b":[3]}}"#, r#"{"a":{"b":[{"y":2}]}}"#, r#"{"a":[{"x":[5]}]}"#];
    assert_eq!(fixture.documents(), expected.map(value));
    let fixture = fixture.reopen();
    assert_eq!(fixture.documents(), expected.map(value));
}

#[test]
fn huge_strings_and_many_elements() {
    let text = "x".repeat(3_000_000);
    let numbers = vec!["1"; 200_000].join(",");
    round_trip(&[&format!(r#"{{"text":"{text}","numbers":[{numbers}]}}"#), r#"{"text":"short"}"#]);
}

#[test]
fn typed_values() {
    let fixture = fixture();
    fixture.append(&[
        r#"{"t":{"__rockset_type":"timestamp","value":1584691545374000}}"#,
        r#"{"t":{"__rockset_type":"timestamp","value":"2020-03-19T21:59:05.374Z"}}"#,
        r#"{"d":{"__rockset_type":"date","value":"2020-03-19"},"e":[{"__rockset_type":"time","value":"12:00:00"}]}"#,
        r#"{"o":{"__rockset_type":"nonsense","value":1},"p":{"value":{"a":1},"other":2}}"#,
    ]);
    let piece = fixture.piece();
    let times = any(&piece, "t");
    assert_eq!(times[0], Value::Timestamp(1584691545374000));
    assert!(matches!(times[1], Value::Timestamp(_)));
    assert!(matches!(any(&piece, "d")[2], Value::Date(_)));
    assert!(matches!(&any(&piece, "e")[2], Value::Array(values) if matches!(values[0], Value::Time(_))));
    assert_eq!(any(&piece, "o.value")[3], Value::Int(1));
    assert_eq!(
        fixture.documents()[3],
        value(r#"{"o":{"__rockset_type":"nonsense","value":1},"p":{"value":{"a":1},"other":2}}"#)
    );
    let before = fixture.documents();
    fixture.collection.seal().unwrap();
    assert_eq!(fixture.reopen().documents(), before);
}

#[test]
fn ids_and_event_times() {
    let fixture = fixture();
    let mut input = batch(&[
        r#"{"_id":"own"}"#,
        r#"{"_id":42}"#,
        "{}",
        "{}",
        r#"{"_event_time":7}"#,
        r#"{"_event_time":"1970-01-01T00:00:01Z"}"#,
        r#"{"_event_time":{"__rockset_type":"timestamp","value":9}}"#,
        r#"{"_event_time":"yesterday","_meta":{"mine":1}}"#,
        r#"{"_id":null}"#,
        r#"{"_event_time":253402300800000000}"#,
        r#"{"_event_time":253402300799999999}"#,
    ]);
    input.documents[2].id = None;
    input.documents[3].id = None;
    let outcomes = fixture.collection.append(input).unwrap().documents;
    let ids: Vec<&str> = outcomes.iter().map(|outcome| outcome.id.as_str()).collect();
    assert_eq!((ids[0], ids[1], ids[8]), ("own", "42", "id-8"));
    // Made-up ids have the form that Rockset's had: a UUID for the batch, and the document's number.
    let made_up = |at: usize| ids[at].rsplit_once('-').unwrap();
    assert_eq!((made_up(2).0.len(), made_up(2).1, made_up(3).1), (36, "3", "4"));
    assert_eq!(made_up(2).0, made_up(3).0);
    let mut again = batch(&["{}"]);
    again.documents[0].id = None;
    let other = crate::support::fixture().collection.append(again).unwrap().documents;
    assert!(!other[0].id.starts_with(made_up(2).0), "each batch has a UUID of its own");
    let piece = fixture.piece();
    let stored: Vec<Value> = ids.iter().map(|id| Value::String((*id).to_owned())).collect();
    assert_eq!(any(&piece, "_id"), stored);
    let times: Vec<Value> = [EVENT_TIME_US; 4]
        .into_iter()
        .chain([7, 1_000_000, 9, EVENT_TIME_US, EVENT_TIME_US, EVENT_TIME_US, 253_402_300_799_999_999])
        .map(Value::Timestamp)
        .collect();
    assert_eq!(any(&piece, "_event_time"), times);
    assert_eq!(piece.event_time_range(), Some((7, 253_402_300_799_999_999)));
    assert!(any(&piece, "_meta").iter().all(|meta| *meta == Value::Undefined));
}

/// Why a document is bad, by the answer to the append; checks that the document says the same, and that it is left out
/// where it comes from no source.
#[track_caller]
fn bad(json: &[u8]) -> String {
    let fixture = fixture();
    let mut input = batch(&[r#"{"good":{"list":[1]}}"#, "", r#"{"good":{"list":[2]}}"#]);
    input.documents[1] = Document { json: json.to_vec().into(), ..input.documents[1].clone() };
    let refusing = self::fixture();
    let refused = refusing.collection.append(input.clone()).unwrap().documents;
    assert_eq!(refusing.documents(), [1, 2].map(|n| value(&format!(r#"{{"good":{{"list":[{n}]}}}}"#))));
    let (source, partition, position) = ("source".into(), "shard".into(), "1".into());
    input.position = Some(Position { source, partition, position });
    let outcomes = fixture.collection.append(input).unwrap().documents;
    assert_eq!(refused[1].bad, outcomes[1].bad);
    let reason = outcomes[1].bad.clone().expect("the document is bad");
    assert_eq!(outcomes[1].id, "id-1");
    assert!(outcomes[0].bad.is_none() && outcomes[2].bad.is_none());
    let documents = fixture.documents();
    assert_eq!(documents[0], value(r#"{"good":{"list":[1]}}"#));
    assert_eq!(documents[2], value(r#"{"good":{"list":[2]}}"#));
    let Value::Object(members) = &documents[1] else { panic!() };
    assert_eq!(members.len(), 1, "only _meta: {members:?}");
    assert_eq!(any(&fixture.piece(), "_meta.bad.reason")[1], Value::String(reason.clone()));
    assert!(
        matches!(&any(&fixture.piece(), "_meta.bad.text")[1], Value::String(text) if text.chars().count() <= 200)
    );
    reason
}

#[test]
fn what_is_no_document_is_kept_as_a_bad_one() {
    assert_eq!(bad(b""), "the text is empty");
    assert_eq!(bad(b"[1,2]"), "the text is JSON but not an object");
    assert_eq!(bad(b"\"text\""), "the text is JSON but not an object");
    assert!(bad(b"{\"a\":1,").starts_with("the text is not JSON"));
    assert!(bad(b"{\"a\":1} {\"b\":2}").starts_with("the text is not JSON"));
    assert!(bad(b"not json at all").starts_with("the text is not JSON"));
    assert_eq!(bad(b"{\"a\":\"\xff\"}"), "the text is not UTF-8 at byte 6");
    assert_eq!(bad(b"{\"a\":1e400}"), "a number is not JSON, or no float can hold it, at byte 5");
}

#[test]
fn half_of_a_surrogate_pair_is_the_replacement_character() {
    let fixture = fixture();
    fixture.append(&[
        r#"{"a":"\ud800","b":"x\uDC00y","c":"\ud83d\ude00","d":"\\ud800","e":"\ud83d\ud83d\ude00","f":"\ud83d\n"}"#,
        r#"{"\udfff":"\ud83dx"}"#,
    ]);
    let expected = [
        r#"{"a":"\ufffd","b":"x\ufffdy","c":"😀","d":"\\ud800","e":"\ufffd😀","f":"\ufffd\n"}"#,
        r#"{"\ufffd":"\ufffdx"}"#,
    ];
    assert_eq!(fixture.documents(), expected.map(value));
    assert!(bad(br#"{"a":"\ud83d"#).starts_with("the text is not JSON"));
    assert!(bad(br#"{"a":"\u12"}"#).starts_with("the text is not JSON"));
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_document() {
    let fixture = fixture();
    fixture.append(&["\u{feff}{\"a\":1}", "\u{feff}{\"a\":\"\u{feff}\"}"]);
    assert_eq!(fixture.documents(), [r#"{"a":1}"#, "{\"a\":\"\u{feff}\"}"].map(value));
    assert!(bad("\u{feff}\u{feff}{}".as_bytes()).starts_with("the text is not JSON"));
}

#[test]
fn limits_of_a_document() {
    let nested =
        |depth: usize| format!("{}{}", r#"{"a":"#.repeat(depth), "1".to_owned() + &"}".repeat(depth));
    round_trip(&[&nested(MAX_NESTING)]);
    assert!(bad(nested(MAX_NESTING + 1).as_bytes()).contains("nested"));
    let arrays = format!(r#"{{"a":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert!(bad(arrays.as_bytes()).contains("nested"));
    let in_id = format!(r#"{{"good":{{"list":[9]}},"_id":{}{}}}"#, "[".repeat(1000), "]".repeat(1000));
    assert!(bad(in_id.as_bytes()).contains("nested"));
    let name = |bytes: usize| format!(r#"{{"a":{{"list":[7],"{}":1}}}}"#, "n".repeat(bytes));
    round_trip(&[&name(MAX_FIELD_NAME_BYTES)]);
    assert!(bad(name(MAX_FIELD_NAME_BYTES + 1).as_bytes()).contains("field name"));
    let large = format!(r#"{{"a":"{}"}}"#, "x".repeat(MAX_DOCUMENT_BYTES));
    assert!(bad(large.as_bytes()).contains("more than"));
}
