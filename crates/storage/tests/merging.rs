//! Merging, sealing and restarting change no answer.

#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use arrow::array::{Array, ArrayRef};
use arrow::compute::concat;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rockhopper_storage::{ColumnType, PathTypes, Snapshot};

use crate::support::*;

const PATHS: [&str; 12] = ["", "a", "b", "c", "a.a", "a.b", "b.c", "c.a.b", "_id", "a.*", "b.*.a", "c.*.b"];

fn scalar(random: &mut StdRng) -> String {
    match random.random_range(0..12) {
        0 => "null".to_owned(),
        1 => "true".to_owned(),
        2 => format!("{}", random.random_range(-5i64..5)),
        3 => format!("{}.25", random.random_range(-5i64..5)),
        4 => format!("\"{}\"", random.random_range(0..100)),
        5 => format!("\"w{}\"", random.random_range(0..3)),
        6 => format!("\"text {}\"", random.random::<u32>()),
        7 => "\"\"".to_owned(),
        8 => "[]".to_owned(),
        9 => "{}".to_owned(),
        10 => r#"{"__rockset_type":"timestamp","value":5}"#.to_owned(),
        _ => r#"{"__rockset_type":"date","value":"2020-01-01"}"#.to_owned(),
    }
}

fn any_value(random: &mut StdRng, depth: usize) -> String {
    match random.random_range(0..10) {
        0..=2 if depth < 4 => object(random, depth + 1),
        3..=4 if depth < 4 => {
            let count = random.random_range(0..4);
            let values: Vec<String> = (0..count).map(|_| any_value(random, depth + 1)).collect();
            format!("[{}]", values.join(","))
        }
        _ => scalar(random),
    }
}

fn object(random: &mut StdRng, depth: usize) -> String {
    let mut members = Vec::new();
    for name in ["a", "b", "c"] {
        if random.random_bool(0.6) {
            members.push(format!("\"{name}\":{}", any_value(random, depth)));
        }
    }
    if random.random_bool(0.05) {
        members.push(format!("\"k{}\":{}", random.random_range(0..5000), any_value(random, depth)));
    }
    format!("{{{}}}", members.join(","))
}

/// Everything that columns say, over all pieces.
fn columns(snapshot: &Snapshot) -> Vec<(ArrayRef, PathTypes)> {
    let wants =
        [ColumnType::Int, ColumnType::Float, ColumnType::String, ColumnType::Timestamp, ColumnType::Any];
    let all = PATHS.iter().flat_map(|at| wants.map(|want| (path(at), want)));
    all.map(|(at, want)| {
        let parts: Vec<_> = snapshot.pieces.iter().map(|piece| piece.column(&at, want).unwrap()).collect();
        let parts: Vec<&dyn Array> = parts.iter().map(|part| part.as_ref()).collect();
        let whole = concat(&parts).unwrap();
        assert_eq!(whole.len(), snapshot.rows());
        (whole, snapshot.types(&at))
    })
    .collect()
}

#[track_caller]
fn same(found: &[(ArrayRef, PathTypes)], expected: &[(ArrayRef, PathTypes)], when: &str) {
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert_eq!(found.1, expected.1, "types of {}, {when}", PATHS[at / 5]);
        assert!(found.0.to_data() == expected.0.to_data(), "column {at} of {}, {when}", PATHS[at / 5]);
    }
}

fn check(seed: u64, count: usize) {
    let mut random = StdRng::seed_from_u64(seed);
    let documents: Vec<String> = (0..count).map(|_| object(&mut random, 0)).collect();
    let all: Vec<&str> = documents.iter().map(String::as_str).collect();
    let expected: Vec<_> = all.iter().map(|document| value(document)).collect();
    let once = fixture();
    let many = fixture();
    let input = batch(&all);
    once.collection.append(input.clone()).unwrap();
    let mut rest = &input.documents[..];
    while !rest.is_empty() {
        let (now, later) = rest.split_at(random.random_range(1..=rest.len().min(40)));
        let part = rockhopper_engine::Batch { documents: now.to_vec(), position: None };
        many.collection.append(part).unwrap();
        rest = later;
    }
    let answers = columns(&once.snapshot());
    assert_eq!(once.documents(), expected, "seed {seed}");
    same(&columns(&many.snapshot()), &answers, &format!("many appends, seed {seed}"));
    let many = many.reopen();
    same(&columns(&many.snapshot()), &answers, &format!("after a restart, seed {seed}"));
    many.collection.seal().unwrap();
    assert_eq!(many.snapshot().pieces.len(), 1);
    same(&columns(&many.snapshot()), &answers, &format!("after sealing, seed {seed}"));
    same(&columns(&many.reopen().snapshot()), &answers, &format!("after sealing and a restart, seed {seed}"));
}

#[test]
fn merging_equals_not_merging() {
    (0..30).for_each(|seed| check(seed, 60));
    check(1000, 1500);
}

#[test]
fn merging_more_paths_than_columns_equals_not_merging() {
    let documents: Vec<String> = (0..40)
        .map(|n| {
            let keys: Vec<String> =
                (n * 50..n * 50 + 60).map(|key| format!(r#""k{key}":{{"v":[{key}]}}"#)).collect();
            format!(r#"{{"a":{n},"b":[{{"a":"{n}"}}],{}}}"#, keys.join(","))
        })
        .collect();
    let fixture = fixture();
    documents.iter().for_each(|document| fixture.append(&[document]));
    let expected: Vec<_> = documents.iter().map(|document| value(document)).collect();
    assert_eq!(fixture.documents(), expected);
    fixture.collection.seal().unwrap();
    assert_eq!(fixture.documents(), expected);
    let fixture = fixture.reopen();
    assert_eq!(fixture.documents(), expected);
    let piece = fixture.piece();
    assert_eq!(any(&piece, "k1999.v")[39], value("[1999]"));
    assert_eq!(piece.int_range(&path("a")), Some((0, 39)), "the frequent paths keep their columns");
}

#[test]
fn many_small_appends_leave_few_pieces() {
    let fixture = fixture();
    for n in 0..600 {
        fixture.append(&[&format!(r#"{{"n":{n}}}"#)]);
    }
    let start = Instant::now();
    while fixture.snapshot().pieces.len() > 16 && start.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(20));
    }
    let snapshot = fixture.snapshot();
    assert!(snapshot.pieces.len() <= 16, "{} pieces", snapshot.pieces.len());
    let expected: Vec<_> = (0..600).map(|n| value(&format!(r#"{{"n":{n}}}"#))).collect();
    assert_eq!(documents(&snapshot), expected);
    assert_eq!(fixture.reopen().documents(), expected);
}

#[test]
fn small_segments_are_merged() {
    let fixture = fixture();
    for n in 0..12 {
        fixture.append(&[&format!(r#"{{"n":{n}}}"#)]);
        fixture.collection.seal().unwrap();
    }
    let start = Instant::now();
    let segments = || {
        let files = std::fs::read_dir(fixture.directory.path().join("tweets")).unwrap();
        files
            .filter(|file| file.as_ref().unwrap().file_name().to_string_lossy().starts_with("segment-"))
            .count()
    };
    while segments() > 8 && start.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(segments() <= 8, "{} segments", segments());
    let expected: Vec<_> = (0..12).map(|n| value(&format!(r#"{{"n":{n}}}"#))).collect();
    assert_eq!(fixture.documents(), expected);
    assert_eq!(fixture.reopen().documents(), expected);
}
