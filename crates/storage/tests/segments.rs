//! Files of sealed segments: what they answer, and what damage to them does.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use arrow::array::{Array, ArrayData, ArrayRef, UInt32Array};
use rockhopper_engine::{CollectionOptions, Error, Result};
use rockhopper_storage::{ColumnType, Piece, SegmentId, Store, StoreOptions};

use crate::support::*;

const ROWS: usize = 3000;
const WANTS: [ColumnType; 4] = [ColumnType::Int, ColumnType::Float, ColumnType::String, ColumnType::Any];
const PATHS: [&str; 21] = [
    "_id",
    "_event_time",
    "n",
    "big",
    "f",
    "b",
    "text",
    "word",
    "late",
    "digits",
    "rare",
    "mixed",
    "typed",
    "tags",
    "tags.*.text",
    "tags.*.at",
    "o",
    "o.p",
    "nothing",
    "wide",
    "wide.k1500",
];

/// Documents with every form of column.
fn documents_of_every_form() -> Vec<String> {
    (0..ROWS)
        .map(|n| {
            let mut members = vec![
                format!(r#""n":{n},"big":{},"f":{n}.25,"b":{}"#, [1i64 << 40, 3, -9][n % 3], n % 3 == 0),
                format!(
                    r#""text":"some text {} that no other has","word":"w{}","digits":"{}""#,
                    n * 7919 % 3001,
                    n % 5,
                    n * 31
                ),
                format!(r#""tags":[{{"text":"t{}","at":[{n},1]}},{{"text":"t{}"}}]"#, n % 40, n % 7),
                format!(r#""o":{{"p":{}}}"#, if n % 4 == 0 { "null".to_owned() } else { n.to_string() }),
            ];
            match n % 100 {
                0 => members.push(format!(r#""rare":{n},"late":"only {n}""#)),
                1 => members.push(format!(r#""mixed":"{n}x""#)),
                2 => members.push(format!(
                    r#""typed":{{"__rockset_type":"date","value":"2020-01-{:02}"}}"#,
                    n % 28 + 1
                )),
                3 => members.push(format!(r#""wide":{{"k{n}":{n},"k1500":[{n}]}}"#)),
                _ => members.push(format!(r#""mixed":{n}"#)),
            }
            if n == 5 {
                let many: Vec<String> = (0..1200).map(|key| format!(r#""key{key}":{key}"#)).collect();
                members.push(format!(r#""wide":{{{}}}"#, many.join(",")));
            }
            format!("{{{}}}", members.join(","))
        })
        .collect()
}

fn sealed_with(options: StoreOptions) -> Fixture {
    let fixture = fixture_with(options, &CollectionOptions::default());
    let documents = documents_of_every_form();
    for part in documents.chunks(700) {
        fixture.append(&part.iter().map(String::as_str).collect::<Vec<_>>());
    }
    fixture.collection.seal().unwrap();
    fixture
}

/// What a piece says to one question.
type Answer = Result<Option<ArrayData>>;

/// Everything that a piece says, by the question.
fn answers(piece: &Piece) -> BTreeMap<String, Answer> {
    let mut answers = BTreeMap::new();
    let mut add = |what: String, answer: Answer| drop(answers.insert(what, answer));
    for at in PATHS {
        let at_path = path(at);
        let data = |array: Result<ArrayRef>| array.map(|array| Some(array.to_data()));
        for want in WANTS {
            add(format!("column {at} {want:?}"), data(piece.column(&at_path, want)));
            add(format!("rows {at} {want:?}"), data(piece.take(&at_path, want, &[17, 2999, 3])));
            add(format!("slice {at} {want:?}"), data(piece.slice(&at_path, want, 900..1100)));
        }
        let words = piece.words(&at_path);
        for code in 0..words.as_ref().ok().and_then(|words| words.as_ref()).map_or(0, Array::len) as u32 {
            let numbers = |numbers: Vec<u32>| UInt32Array::from(numbers).to_data();
            let list = piece.postings(&at_path, code);
            add(format!("list {at} {code}"), list.map(|list| list.map(numbers)));
            let len = piece.postings_len(&at_path, code);
            add(format!("length {at} {code}"), len.map(|len| len.map(|len| numbers(vec![len as u32]))));
        }
        add(format!("words {at}"), words.map(|words| words.map(|words| words.to_data())));
        let shadow = piece.shadow_ints(&at_path, 0..ROWS);
        add(format!("shadow {at}"), shadow.map(|shadow| shadow.map(|shadow| shadow.to_data())));
    }
    answers
}

fn segment_file(directory: &Path) -> PathBuf {
    let mut files: Vec<PathBuf> =
        fs::read_dir(directory.join("tweets")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.file_name().unwrap().to_string_lossy().starts_with("segment-"));
    assert_eq!(files.len(), 1);
    files.remove(0)
}

#[test]
fn a_flipped_bit_is_found_when_it_is_read_and_changes_no_other_answer() {
    let fixture = sealed_with(quiet());
    let expected = answers(&fixture.piece());
    assert!(expected.values().all(|answer| answer.is_ok()));
    let Fixture { store, collection, directory } = fixture;
    store.close().unwrap();
    drop((store, collection));
    let path = segment_file(directory.path());
    let len = fs::metadata(&path).unwrap().len();
    let file = fs::File::options().read(true).write(true).open(&path).unwrap();
    let (mut refused, mut failed) = (0, 0);
    for at in (0..64).step_by(7).chain((64..len).step_by(len as usize / 150)).chain([len - 1]) {
        let flip = || {
            let mut byte = [0];
            file.read_exact_at(&mut byte, at).unwrap();
            file.write_all_at(&[byte[0] ^ 4], at).unwrap();
        };
        flip();
        match Store::open(directory.path(), quiet()) {
            Err(error) => {
                assert_damaged(&error, &path, at);
                refused += 1;
            }
            Ok(store) => {
                let snapshot = store.collection(&id()).unwrap().snapshot();
                let found = answers(&snapshot.pieces[0]);
                let errors = found.iter().filter_map(|(what, found)| match found {
                    Ok(found) => {
                        assert!(
                            expected.get(what).and_then(|answer| answer.as_ref().ok()) == Some(found),
                            "{what}, byte {at}"
                        );
                        None
                    }
                    Err(error) => Some(error),
                });
                let errors: Vec<&Error> = errors.collect();
                assert!(!errors.is_empty(), "nothing reads byte {at}, or nothing checks it");
                errors.iter().for_each(|error| assert_damaged(error, &path, at));
                failed += 1;
            }
        }
        flip();
    }
    assert!(refused > 10 && failed > 50, "{refused} refused, {failed} failed");
}

#[track_caller]
fn assert_damaged(error: &Error, file: &Path, at: u64) {
    assert!(matches!(error, Error::Damaged { path, .. } if path == file), "byte {at}: {error}");
}

#[test]
fn answers_are_the_same_whatever_the_cache_holds() {
    let small = StoreOptions { column_cache_bytes: 20_000, ..quiet() };
    let none = StoreOptions { column_cache_bytes: 0, ..quiet() };
    let all = |fixture: &Fixture| -> Vec<Option<ArrayData>> {
        answers(&fixture.piece()).into_values().map(|answer| answer.unwrap()).collect()
    };
    let expected = all(&sealed_with(quiet()));
    for options in [small, none] {
        let limit = options.column_cache_bytes;
        let fixture = sealed_with(options);
        for _ in 0..2 {
            assert!(all(&fixture) == expected);
            assert!(fixture.store.column_cache_used_bytes() <= limit);
        }
    }
}

#[test]
fn columns_that_were_read_stay_in_the_cache_until_their_segment_is_gone() {
    let fixture = sealed_with(quiet());
    let piece = fixture.piece();
    assert!(piece.int_range(&path("n")).is_some() && piece.types(&path("mixed")).only().is_none());
    assert!(fixture.collection.describe().is_ok());
    let used = |fixture: &Fixture| fixture.store.column_cache_used_bytes();
    piece.column(&path("n"), ColumnType::Int).unwrap();
    let after_one = used(&fixture);
    assert!((8 * ROWS..16 * ROWS).contains(&after_one), "{after_one}");
    piece.column(&path("n"), ColumnType::Int).unwrap();
    assert_eq!(used(&fixture), after_one);
    fixture.store.drop_collection(&id()).unwrap();
    drop(piece);
    drop(fixture.collection);
    assert_eq!(fixture.store.column_cache_used_bytes(), 0);
}

#[test]
fn lists_name_the_documents_of_each_word_once() {
    let fixture = sealed_with(quiet());
    let piece = fixture.piece();
    let tags = path("tags.*.text");
    for tag in 0..40usize {
        let word = format!("t{tag}");
        let code = piece.code_of(&tags, &word).unwrap().unwrap().unwrap();
        let expected: Vec<u32> =
            (0..ROWS).filter(|n| n % 40 == tag || n % 7 == tag).map(|n| n as u32).collect();
        let list = piece.postings(&tags, code).unwrap();
        // One in seven is more than one in eight: such words have no list.
        let expected = if tag < 7 { None } else { Some(expected) };
        assert_eq!(piece.postings_len(&tags, code).unwrap(), expected.as_ref().map(Vec::len));
        assert_eq!(list, expected, "{word}");
    }
    assert_eq!(piece.code_of(&tags, "t40").unwrap(), Some(None));
    assert_eq!(piece.postings(&tags, 1_000_000).unwrap(), None);
    assert_eq!(piece.postings(&path("text"), 0).unwrap(), None, "not kept as words");
    assert_eq!(piece.postings(&path("word"), 0).unwrap(), None, "each is in one of five documents");
    let words = piece.words(&tags).unwrap().unwrap();
    assert!((1..words.len()).all(|code| words.value(code - 1) < words.value(code)), "words are sorted");
}

#[test]
fn a_segment_of_another_version_is_refused_by_name() {
    let fixture = sealed_with(quiet());
    let path = segment_file(fixture.directory.path());
    fixture.store.close().unwrap();
    let file = fs::File::options().write(true).open(&path).unwrap();
    for version in [1u8, 3] {
        file.write_all_at(&[version], 8).unwrap();
        let error = Store::open(fixture.directory.path(), quiet()).unwrap_err();
        assert_damaged(&error, &path, 8);
        let text = error.to_string();
        assert!(text.contains(&format!("version {version} and this program reads version 2")), "{text}");
    }
}

#[test]
fn a_segment_of_another_collection_is_refused() {
    let (one, other) = (sealed_with(quiet()), fixture());
    other.append(&[r#"{"a":1}"#]);
    other.collection.seal().unwrap();
    let path = segment_file(one.directory.path());
    one.store.close().unwrap();
    fs::copy(segment_file(other.directory.path()), &path).unwrap();
    let error = Store::open(one.directory.path(), quiet()).unwrap_err();
    assert_damaged(&error, &path, 0);
}

#[test]
fn merged_segments_have_ids_of_their_own() {
    let fixture = sealed_with(quiet());
    let first: Option<SegmentId> = fixture.piece().segment();
    assert!(first.is_some());
    fixture.append(&[r#"{"n":1}"#]);
    let snapshot = fixture.snapshot();
    assert_eq!(snapshot.pieces.iter().filter(|piece| piece.segment().is_some()).count(), 1);
    fixture.collection.seal().unwrap();
    let snapshot = fixture.snapshot();
    let ids: std::collections::BTreeSet<_> = snapshot.pieces.iter().map(|piece| piece.segment()).collect();
    assert!(ids.len() == snapshot.pieces.len() && ids.contains(&first));
}
