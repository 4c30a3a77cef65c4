//! Making, dropping, closing, counting, positions, retention.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rockhopper_engine::{Batch, CollectionId, CollectionOptions, Error, FieldStatistics};
use rockhopper_storage::{Store, StoreOptions};

use crate::support::*;

#[test]
fn a_second_process_is_refused_by_the_name_of_the_directory() {
    let fixture = fixture();
    let error = Store::open(fixture.directory.path(), quiet()).unwrap_err().to_string();
    assert!(error.contains(&fixture.directory.path().display().to_string()), "{error}");
    fixture.store.close().unwrap();
    fixture.store.close().unwrap();
    Store::open(fixture.directory.path(), quiet()).unwrap();
}

#[test]
fn what_is_closed_takes_nothing() {
    let fixture = fixture();
    fixture.append(&["{}"]);
    fixture.store.close().unwrap();
    assert!(matches!(fixture.collection.append(batch(&["{}"])), Err(Error::Unavailable(_))));
    assert!(matches!(
        fixture.store.create(&CollectionId(Arc::from("b")), &CollectionOptions::default()),
        Err(Error::Unavailable(_))
    ));
    assert_eq!(fixture.reopen().documents().len(), 1);
}

#[test]
fn a_collection_that_is_dropped_and_made_anew_is_empty() {
    let fixture = fixture();
    fixture.append(&[r#"{"a":1}"#]);
    fixture.collection.seal().unwrap();
    let running = fixture.snapshot();
    assert!(matches!(
        fixture.store.create(&id(), &CollectionOptions::default()),
        Err(Error::CollectionExists(_))
    ));
    fixture.store.drop_collection(&id()).unwrap();
    fixture.store.drop_collection(&id()).unwrap();
    assert!(fixture.store.collection(&id()).is_none());
    assert!(fixture.collection.append(batch(&["{}"])).is_err());
    assert_eq!(documents(&running), [value(r#"{"a":1}"#)], "a query that runs finishes");
    fixture.store.create(&id(), &CollectionOptions::default()).unwrap();
    assert_eq!(fixture.store.collection(&id()).unwrap().snapshot().rows(), 0);
    assert_eq!(fixture.reopen().documents().len(), 0);
}

#[test]
fn ids_may_hold_anything() {
    let fixture = fixture();
    let ids = ["../up", "a/b", "Ä", ".", "..", "a b", "%2e"].map(|id| CollectionId(Arc::from(id)));
    for id in &ids {
        fixture.store.create(id, &CollectionOptions::default()).unwrap();
        let json = format!(r#"{{"id":{:?}}}"#, id.0);
        fixture.store.collection(id).unwrap().append(batch(&[&json])).unwrap();
    }
    let fixture = fixture.reopen();
    for id in &ids {
        let snapshot = fixture.store.collection(id).unwrap().snapshot();
        assert_eq!(documents(&snapshot), [value(&format!(r#"{{"id":{:?}}}"#, id.0))]);
    }
}

#[test]
fn positions_are_those_of_the_last_batches() {
    let fixture = fixture();
    for (partition, at) in [("shard-0", "10"), ("shard-1", "5"), ("shard-0", "11")] {
        fixture.collection.append(Batch { position: position(partition, at), ..batch(&["{}"]) }).unwrap();
    }
    fixture.collection.append(Batch { position: position("shard-2", "1"), documents: Vec::new() }).unwrap();
    let expected: BTreeMap<Arc<str>, Arc<str>> = [("shard-0", "11"), ("shard-1", "5"), ("shard-2", "1")]
        .map(|(a, b)| (Arc::from(a), Arc::from(b)))
        .into();
    assert_eq!(fixture.collection.positions("kinesis"), expected);
    assert!(fixture.collection.positions("kafka").is_empty());
    let fixture = fixture.reopen();
    assert_eq!(fixture.collection.positions("kinesis"), expected);
    fixture.collection.seal().unwrap();
    assert_eq!(fixture.reopen().collection.positions("kinesis"), expected);
}

#[test]
fn positions_alone_are_sealed_too() {
    let fixture = fixture();
    fixture.collection.append(Batch { position: position("shard-0", "1"), documents: Vec::new() }).unwrap();
    fixture.collection.seal().unwrap();
    let fixture = fixture.reopen();
    assert_eq!(fixture.collection.positions("kinesis").len(), 1);
    assert_eq!(fixture.snapshot().commit(), 1);
    assert_eq!(fixture.snapshot().pieces.len(), 0);
}

#[test]
fn counts_survive() {
    let fixture = fixture();
    assert_eq!(fixture.collection.statistics().last_updated_ms, None);
    let good = r#"{"a":1}"#;
    fixture
        .collection
        .append(Batch { position: position("s", "1"), ..batch(&[good, "oops", good]) })
        .unwrap();
    fixture.append(&[good]);
    let check = |fixture: &Fixture| {
        let statistics = fixture.collection.statistics();
        assert_eq!((statistics.document_count, statistics.ingested_bytes), (4, 25));
        assert!(statistics.size_bytes > 0 && statistics.last_updated_ms.is_some());
        let source = &statistics.sources["kinesis"];
        assert_eq!((source.document_count, source.ingested_bytes, source.bad_count), (3, 18, 1));
        assert!(source.last_bad.as_ref().unwrap().contains("not JSON"));
    };
    check(&fixture);
    let fixture = fixture.reopen();
    check(&fixture);
    fixture.collection.seal().unwrap();
    check(&fixture);
    check(&fixture.reopen());
}

#[test]
fn paths_are_described_with_how_often_they_hold_a_type() {
    let fixture = fixture();
    fixture.append(&[r#"{"a":1,"o":{"x":null},"l":[{"t":"p"},{"t":2},7]}"#, r#"{"a":"s","l":[]}"#]);
    fixture.append(&[r#"{"o":{},"d":{"__rockset_type":"date","value":"2020-01-01"}}"#]);
    let row = |path: &[&str], type_name, occurrences, total| FieldStatistics {
        path: path.iter().map(|part| (*part).to_owned()).collect(),
        type_name,
        occurrences,
        total,
    };
    let expected = [
        row(&["_event_time"], "timestamp", 3, 3),
        row(&["_id"], "string", 3, 3),
        row(&["a"], "int", 1, 3),
        row(&["a"], "string", 1, 3),
        row(&["d"], "date", 1, 3),
        row(&["l"], "array", 2, 3),
        row(&["l", "*"], "int", 1, 3),
        row(&["l", "*"], "object", 2, 3),
        row(&["l", "*", "t"], "int", 1, 2),
        row(&["l", "*", "t"], "string", 1, 2),
        row(&["o"], "object", 2, 3),
        row(&["o", "x"], "null", 1, 2),
    ];
    assert_eq!(fixture.collection.describe().unwrap(), expected);
    fixture.collection.seal().unwrap();
    assert_eq!(fixture.collection.describe().unwrap(), expected);
}

/// Waits for the background work to leave so many documents, if it ever does.
fn wait_until_rows(fixture: &Fixture, rows: usize) {
    let start = Instant::now();
    while fixture.snapshot().rows() > rows && start.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn segments_that_are_too_old_are_dropped() {
    let options = StoreOptions { seal_after: Duration::from_millis(50), ..quiet() };
    let retention = CollectionOptions { retention: Some(Duration::from_secs(3600)) };
    let fixture = fixture_with(options, &retention);
    let now_us = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as i64;
    let old = format!(r#"{{"_event_time":{}}}"#, now_us - 7_200_000_000);
    let new = format!(r#"{{"_event_time":{now_us}}}"#);
    fixture.append(&[&old]);
    fixture.collection.seal().unwrap();
    fixture.append(&[&old, &new]);
    fixture.collection.seal().unwrap();
    wait_until_rows(&fixture, 2);
    assert_eq!(fixture.snapshot().rows(), 2, "only a segment whose documents are all old is dropped");
    assert_eq!(fixture.collection.statistics().document_count, 2);
    let fixture = fixture.reopen();
    assert_eq!(fixture.snapshot().rows(), 2);
}

#[test]
fn segments_that_are_too_old_are_dropped_where_nothing_can_be_sealed() {
    let options = StoreOptions { seal_after: Duration::from_millis(50), ..quiet() };
    let retention = CollectionOptions { retention: Some(Duration::from_secs(1)) };
    let fixture = fixture_with(options, &retention);
    let now_us = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as i64;
    fixture.append(&[&format!(r#"{{"_event_time":{now_us}}}"#)]);
    fixture.collection.seal().unwrap();
    // A folder in the place of the next segment: writing it fails, as on a full disk.
    let next = fixture.directory.path().join("tweets/segment-00000000000000000002");
    std::fs::create_dir(&next).unwrap();
    fixture.append(&[&format!(r#"{{"_event_time":{}}}"#, now_us + 3_600_000_000)]);
    assert!(fixture.collection.seal().is_err());
    wait_until_rows(&fixture, 1);
    assert_eq!(fixture.snapshot().rows(), 1, "the old segment is gone");
}

#[test]
fn documents_are_sealed_by_themselves_in_time() {
    let fixture = fixture_with(
        StoreOptions { seal_after: Duration::from_millis(50), ..quiet() },
        &CollectionOptions::default(),
    );
    fixture.append(&[r#"{"a":1}"#]);
    let folder = fixture.directory.path().join("tweets");
    let start = Instant::now();
    while !folder.join("segment-00000000000000000001").exists() && start.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(folder.join("segment-00000000000000000001").exists());
    assert_eq!(fixture.documents(), [value(r#"{"a":1}"#)]);
}

#[test]
fn appends_of_many_threads_are_all_there() {
    let fixture = fixture();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let collection = &fixture.collection;
            scope.spawn(move || {
                for n in 0..50 {
                    let json = format!(r#"{{"thread":{thread},"n":{n}}}"#);
                    let at = position(&format!("shard-{thread}"), &n.to_string());
                    let appended = collection.append(Batch { position: at, ..batch(&[&json]) }).unwrap();
                    assert!(collection.snapshot().commit() >= appended.commit, "seen when append returned");
                }
            });
        }
    });
    let check = |fixture: &Fixture| {
        assert_eq!(fixture.snapshot().rows(), 400);
        assert_eq!(fixture.snapshot().commit(), 400);
        assert!(fixture.collection.positions("kinesis").values().all(|at| at.as_ref() == "49"));
    };
    check(&fixture);
    check(&fixture.reopen());
}

#[test]
fn appending_merging_and_sealing_at_the_same_time_keeps_order_and_all() {
    let fixture = fixture();
    std::thread::scope(|scope| {
        let appending = scope.spawn(|| {
            for n in 0..400 {
                fixture.append(&[&format!(r#"{{"n":{n}}}"#)]);
            }
        });
        while !appending.is_finished() {
            let before = fixture.snapshot();
            fixture.collection.seal().unwrap();
            let after = fixture.snapshot();
            assert!(after.rows() >= before.rows() && after.commit() >= before.commit());
        }
    });
    let expected: Vec<_> = (0..400).map(|n| value(&format!(r#"{{"n":{n}}}"#))).collect();
    assert_eq!(fixture.documents(), expected);
    assert_eq!(fixture.reopen().documents(), expected);
}
