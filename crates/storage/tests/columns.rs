//! Columns, lists, types and ranges.

#![allow(clippy::unwrap_used)]

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{Float64Type, Int64Type, TimestampMicrosecondType};
use rockhopper_sql::{Type, Value};
use rockhopper_storage::{ColumnType, Step, ZONE_ROWS};

use crate::support::*;

fn ints(column: &ArrayRef) -> Vec<Option<i64>> {
    column.as_primitive::<Int64Type>().iter().collect()
}

fn strings(column: &ArrayRef) -> Vec<Option<&str>> {
    column.as_string::<i32>().iter().collect()
}

#[test]
fn a_native_column_has_nulls_for_everything_else() {
    let fixture = fixture();
    fixture.append(&[r#"{"x":1}"#, r#"{"x":"s"}"#, r#"{"x":2.5}"#, r#"{"x":true}"#, "{}", r#"{"x":null}"#]);
    let piece = fixture.piece();
    let x = path("x");
    assert_eq!(ints(&piece.column(&x, ColumnType::Int).unwrap()), [Some(1), None, None, None, None, None]);
    assert_eq!(strings(&piece.column(&x, ColumnType::String).unwrap())[..3], [None, Some("s"), None]);
    let floats = piece.column(&x, ColumnType::Float).unwrap();
    assert_eq!(floats.as_primitive::<Float64Type>().iter().flatten().collect::<Vec<_>>(), [2.5]);
    let bools = piece.column(&x, ColumnType::Bool).unwrap();
    assert_eq!(bools.as_boolean().iter().flatten().collect::<Vec<_>>(), [true]);
    let nothing = piece.column(&path("nowhere.at.all"), ColumnType::Timestamp).unwrap();
    assert_eq!((nothing.len(), nothing.null_count()), (6, 6));
    assert_eq!(nothing.data_type(), &ColumnType::Timestamp.data_type());
    let types = piece.types(&x);
    assert!(
        [Type::Int, Type::String, Type::Float, Type::Bool, Type::Null, Type::Undefined]
            .iter()
            .all(|one| types.has(*one))
    );
    assert!(!types.has(Type::Object) && types.only().is_none());
    assert!(piece.types(&path("nowhere")).is_empty());
}

#[test]
fn ranges_and_rows_of_a_column_equal_the_whole() {
    let fixture = fixture();
    let word = |n: usize| ["red", "green", "blue"][n % 3];
    let documents: Vec<String> = (0..3000)
        .map(|n| match n % 10 {
            0..=6 => format!(
                r#"{{"n":{n},"t":"text {n}","w":"{}","d":"{n}","b":{},"f":{n}.5}}"#,
                word(n),
                n % 2 == 0
            ),
            7 => format!(r#"{{"n":"{n}","rare":{n},"tags":["a","{n}"]}}"#),
            8 => "{}".to_owned(),
            _ => format!(r#"{{"n":null,"w":null,"tags":[{{"x":{n}}}],"rare":"r","o":{{"p":{n}}}}}"#),
        })
        .collect();
    fixture.append(&documents.iter().map(String::as_str).collect::<Vec<_>>());
    let piece = fixture.piece();
    let rows: Vec<u32> = vec![2999, 0, 7, 7, 1500, 9, 8];
    let wants = [ColumnType::Int, ColumnType::String, ColumnType::Bool, ColumnType::Float, ColumnType::Any];
    for at in ["n", "t", "w", "d", "b", "f", "rare", "o", "o.p", "tags", "tags.*", "tags.*.x", "_id", ""] {
        for want in wants {
            let whole = piece.column(&path(at), want).unwrap();
            let slice = piece.slice(&path(at), want, 995..2011).unwrap();
            assert_eq!(slice.to_data(), whole.slice(995, 1016).to_data(), "{at} {want:?}");
            let taken = piece.take(&path(at), want, &rows).unwrap();
            for (at_row, row) in rows.iter().enumerate() {
                assert_eq!(
                    taken.slice(at_row, 1).to_data(),
                    whole.slice(*row as usize, 1).to_data(),
                    "{at} {want:?}"
                );
            }
        }
    }
}

#[test]
fn siblings_of_one_array_share_their_offsets() {
    let fixture = fixture();
    fixture.append(&[
        r#"{"e":{"h":[{"text":"a","i":[0,1]},{"i":[2]},{"text":7}]}}"#,
        "{}",
        r#"{"e":{"h":[]}}"#,
        r#"{"e":{"h":null}}"#,
        r#"{"e":{"h":[null,"bare",{"text":null}]}}"#,
    ]);
    let piece = fixture.piece();
    let paths = [path("e.h.*.text"), path("e.h.*.text"), path("e.h.*"), path("e.h.*.i")];
    let wants = [ColumnType::String, ColumnType::Any, ColumnType::Any, ColumnType::Any];
    let lists = piece.list(&paths, &wants).unwrap();
    for list in &lists {
        assert_eq!(list.value_offsets(), [0, 3, 3, 3, 3, 6]);
        let present: Vec<bool> = (0..5).map(|row| list.is_valid(row)).collect();
        assert_eq!(present, [true, false, true, false, true]);
    }
    assert_eq!(strings(lists[0].values()), [Some("a"), None, None, None, None, None]);
    let texts: Vec<Value> = lists[1].values().as_binary::<i32>().iter().flatten().map(decode).collect();
    let undefined = Value::Undefined;
    assert_eq!(
        texts,
        [
            Value::String("a".into()),
            undefined.clone(),
            Value::Int(7),
            undefined.clone(),
            undefined,
            Value::Null
        ]
    );
    assert!(piece.array_types(&paths[0]).only_arrays());
    assert_eq!(piece.column(&paths[0], ColumnType::String).unwrap().as_list::<i32>(), &lists[0]);
    let types = piece.types(&paths[0]);
    assert!(
        types.has(Type::String) && types.has(Type::Int) && types.has(Type::Null) && types.may_be_missing()
    );
    assert!(piece.list(&[path("e.h.*.text"), path("e.x.*")], &wants[..2]).is_err(), "no siblings");
    assert!(piece.column(&path("e.h.*.i.*"), ColumnType::Int).is_err(), "two steps to elements");
    fixture.append(&[r#"{"e":{"h":5}}"#]);
    assert!(!fixture.snapshot().array_types(&paths[0]).only_arrays());
}

#[test]
fn strings_of_integers_are_columns_of_integers_too() {
    let fixture = fixture();
    fixture.append(&[
        r#"{"ms":"1457651532000","mixed":"1","padded":"007"}"#,
        r#"{"ms":"-5","mixed":"x"}"#,
        r#"{"ms":null,"mixed":"3"}"#,
    ]);
    let piece = fixture.piece();
    let shadow = piece.shadow_ints(&path("ms"), 0..3).unwrap().unwrap();
    assert_eq!(shadow.iter().collect::<Vec<_>>(), [Some(1457651532000), Some(-5), None]);
    assert_eq!(
        strings(&piece.column(&path("ms"), ColumnType::String).unwrap()),
        [Some("1457651532000"), Some("-5"), None]
    );
    assert_eq!(piece.int_range(&path("ms")), Some((-5, 1457651532000)));
    assert!(!piece.has_shadow_ints(&path("mixed")));
    assert!(!piece.has_shadow_ints(&path("padded")));
    assert!(piece.int_range(&path("mixed")).is_none());
}

#[test]
fn ranges_are_kept_for_paths_of_one_kind_of_integer_only() {
    let fixture = fixture();
    let documents: Vec<String> = (0..ZONE_ROWS + 10)
        .map(|n| if n < ZONE_ROWS { format!(r#"{{"n":{n},"m":{n}}}"#) } else { r#"{"m":"5"}"#.to_owned() })
        .collect();
    fixture.append(&documents.iter().map(String::as_str).collect::<Vec<_>>());
    let piece = fixture.piece();
    let last = ZONE_ROWS as i64 - 1;
    assert_eq!(piece.int_range(&path("n")), Some((0, last)));
    assert_eq!(piece.zones(&path("n")).unwrap().as_ref(), [Some((0, last)), None]);
    assert!(piece.int_range(&path("m")).is_none(), "ints and strings");
    assert!(piece.int_range(&path("nowhere")).is_none());
    let times = piece.column(&path("_event_time"), ColumnType::Timestamp).unwrap();
    assert_eq!(times.as_primitive::<TimestampMicrosecondType>().value(0), EVENT_TIME_US);
}

#[test]
fn few_distinct_strings_are_codes() {
    let fixture = fixture();
    let documents: Vec<String> =
        (0..1000).map(|n| format!(r#"{{"lang":"{}","text":"t{n}"}}"#, ["en", "de"][n % 2])).collect();
    fixture.append(&documents.iter().map(String::as_str).collect::<Vec<_>>());
    let piece = fixture.piece();
    let (codes, words) = piece.dictionary(&path("lang"), 0..1000).unwrap().unwrap();
    assert_eq!((codes.len(), words.len()), (1000, 2));
    assert!((0..1000).all(|row| words.value(codes.value(row) as usize) == ["en", "de"][row % 2]));
    assert!(piece.dictionary(&path("text"), 0..1000).unwrap().is_none());
    assert_eq!(piece.code_of(&path("lang"), "xx").unwrap(), Some(None));
    let code = piece.code_of(&path("lang"), "de").unwrap().unwrap().unwrap();
    assert_eq!(words.value(code as usize), "de");
}

#[test]
fn types_of_a_snapshot_are_those_of_its_pieces() {
    let fixture = fixture();
    assert!(fixture.snapshot().types(&path("a")).is_empty());
    fixture.append(&[r#"{"a":1,"b":1}"#]);
    fixture.append(&[r#"{"a":2}"#]);
    let snapshot = fixture.snapshot();
    assert_eq!(snapshot.types(&path("a")).only(), Some((ColumnType::Int, Type::Undefined)));
    assert!(!snapshot.types(&path("a")).may_be_missing());
    assert!(snapshot.types(&path("b")).may_be_missing());
    assert_eq!(snapshot.types(&[]).only(), None);
    assert!(snapshot.types(&[]).has(Type::Object));
    assert!(snapshot.types(&[Step::member("_id")]).has(Type::String));
    assert_eq!((snapshot.rows(), snapshot.commit()), (2, 2));
}
