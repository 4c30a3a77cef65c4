//! How fast appends are, how much disk documents take and how fast their columns are read. Run with
//! `kinesis-producer generate --profile panel --seed 1 --count 1000000 --end-ms 1790000000000 > /tmp/tweets` and
//! `DOCUMENTS=/tmp/tweets cargo test --release -p rockhopper-storage -- --ignored --nocapture measure_segments`.

#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use arrow::array::Array;
use rockhopper_engine::{Batch, CollectionOptions, Document};
use rockhopper_storage::{ColumnType, StoreOptions};

use crate::support::*;

const BATCH_DOCUMENTS: usize = 10_000;

fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}

/// Appends the documents of the file $DOCUMENTS, one JSON object a line, in batches as a server gets them.
fn append_all() -> (Fixture, i64) {
    let text = bytes::Bytes::from(std::fs::read(std::env::var("DOCUMENTS").unwrap()).unwrap());
    let fixture =
        fixture_with(StoreOptions { segment_rows: 10_000_000, ..quiet() }, &CollectionOptions::default());
    let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
    let (mut n, mut spent, mut cpu, mut slowest) = (0, Duration::ZERO, Duration::ZERO, Duration::ZERO);
    for (number, batch) in lines.chunks(BATCH_DOCUMENTS).enumerate() {
        let document = |(at, line): (usize, &&[u8])| Document {
            json: text.slice_ref(line),
            id: Some(format!("8d0cd6c4-6d2d-4e8f-a6d5-{number:012x}-{at}").into()),
            event_time_us: 1_790_000_000_000_000 + n,
        };
        let documents: Vec<Document> = batch.iter().enumerate().map(document).collect();
        n += batch.len() as i64;
        let (start, start_cpu) = (Instant::now(), cpu_time());
        let appended =
            fixture.collection.append(Batch { documents, position: position("shard-0", &n.to_string()) });
        assert!(appended.unwrap().documents.iter().all(|outcome| outcome.bad.is_none()));
        spent += start.elapsed();
        cpu += cpu_time() - start_cpu;
        slowest = slowest.max(start.elapsed());
    }
    println!("append: {:.2} us a document, slowest batch {slowest:?}", per_document(spent, n));
    println!("append: {:.2} us of processor time a document, merging included", per_document(cpu, n));
    println!("pieces before sealing: {}", fixture.snapshot().pieces.len());
    println!("in the log: {} bytes a document", fixture.collection.statistics().size_bytes as i64 / n);
    (fixture, n)
}

fn per_document(time: Duration, documents: i64) -> f64 {
    time.as_secs_f64() * 1e6 / documents as f64
}

#[test]
#[ignore = "says something only in a release build, and needs documents"]
fn measure_appends() {
    append_all();
}

#[test]
#[ignore = "says something only in a release build, and needs documents"]
fn measure_segments() {
    let (fixture, n) = append_all();
    let (start, start_cpu) = (Instant::now(), cpu_time());
    fixture.collection.seal().unwrap();
    println!(
        "seal: {:.2} us, {:.2} us of processor time a document",
        per_document(start.elapsed(), n),
        per_document(cpu_time() - start_cpu, n)
    );
    println!("sealed: {:.1} bytes a document", fixture.collection.statistics().size_bytes as f64 / n as f64);
    let start = Instant::now();
    let fixture = fixture.reopen();
    println!("reopen: {:?}", start.elapsed());
    assert_eq!(fixture.snapshot().rows() as i64, n);
    for piece in fixture.snapshot().pieces.iter() {
        println!("piece of {} rows", piece.rows());
        for (path, bytes) in piece.file_sizes().iter().filter(|(_, bytes)| *bytes * 100 > piece.rows()) {
            println!("  {:>7.2} {path}", *bytes as f64 / piece.rows() as f64);
        }
    }
    let snapshot = fixture.snapshot();
    let piece = &snapshot.pieces[0];
    for time in ["cold", "again"] {
        for (at, want) in [
            ("timestamp_ms", ColumnType::String),
            ("lang", ColumnType::String),
            ("text", ColumnType::String),
            ("user.followers_count", ColumnType::Int),
            ("entities.hashtags.*.text", ColumnType::String),
            ("entities.hashtags", ColumnType::Any),
            ("", ColumnType::Any),
        ] {
            let start = Instant::now();
            let rows = if want == ColumnType::Any { 0..10_000.min(piece.rows()) } else { 0..piece.rows() };
            let column = piece.slice(&path(at), want, rows).unwrap();
            println!("{time}: column {at:?} {want:?}: {:?} for {} rows", start.elapsed(), column.len());
        }
        let start = Instant::now();
        let tags = path("entities.hashtags.*.text");
        let code = piece.code_of(&tags, "music").unwrap().unwrap().unwrap();
        println!("{time}: code of a tag: {:?}", start.elapsed());
        let start = Instant::now();
        let list = piece.postings(&tags, code).unwrap();
        println!("{time}: list of {:?} documents: {:?}", list.map(|list| list.len()), start.elapsed());
    }
}
