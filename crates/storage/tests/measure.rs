//! How fast appends are and how much disk a million documents take. Run with
//! `cargo test --release -p rockhopper-storage -- --ignored --nocapture measure`.

#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use arrow::array::Array;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rockhopper_engine::{Batch, CollectionOptions, Document};
use rockhopper_storage::{ColumnType, StoreOptions};

use crate::support::*;

const BATCHES: usize = 300;
const BATCH_DOCUMENTS: usize = 1000;

/// A word that is the more frequent the smaller its number.
fn word(random: &mut StdRng, words: f64) -> u32 {
    words.powf(random.random::<f64>()) as u32
}

fn tweet(random: &mut StdRng, n: u64) -> String {
    let ms = 1_457_651_532_000 + n * 86;
    let id = 708_067_963_060_916_224 + n * 1000;
    let user = word(random, 1e6);
    let tags: Vec<String> = (0..random.random_range(0..4))
        .map(|at| format!(r#"{{"text":"tag{}","indices":[{at},{}]}}"#, word(random, 50_000.0), at + 8))
        .collect();
    let text: Vec<String> = (0..14).map(|_| format!("word{}", word(random, 20_000.0))).collect();
    let (tags, text) = (tags.join(","), text.join(" "));
    let extended = if random.random_bool(0.45) {
        format!(r#","extended_tweet":{{"full_text":"{text} and more","entities":{{"hashtags":[{tags}]}}}}"#)
    } else {
        String::new()
    };
    format!(
        concat!(
            r#"{{"created_at":"Thu Mar 10 23:12:12 +0000 2016","id":{id},"id_str":"{id}","timestamp_ms":"{ms}","#,
            r#""text":"{text}","lang":"{lang}","source":"app{source}","truncated":false,"in_reply_to_status_id":null,"#,
            r#""user":{{"id":{user},"id_str":"{user}","screen_name":"user{user}","name":"Name {user}","#,
            r#""followers_count":{followers},"friends_count":{friends},"verified":false,"location":null,"#,
            r#""created_at":"Fri Dec 11 15:18:02 +0000 2015"}},"retweet_count":0,"favorite_count":{favorites},"#,
            r#""entities":{{"hashtags":[{tags}],"urls":[],"user_mentions":[]}}{extended}}}"#
        ),
        id = id,
        ms = ms,
        text = text,
        lang = ["en", "es", "ja", "de"][random.random_range(0..4)],
        source = word(random, 50.0),
        user = user,
        followers = word(random, 1e5),
        friends = word(random, 1e4),
        favorites = word(random, 100.0),
        tags = tags,
        extended = extended,
    )
}

fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}

#[test]
#[ignore = "takes a minute and says something only in a release build"]
fn measure() {
    let fixture =
        fixture_with(StoreOptions { segment_rows: 1_000_000, ..quiet() }, &CollectionOptions::default());
    let mut random = StdRng::seed_from_u64(1);
    let (mut bytes, mut n) = (0, 0);
    let (mut spent, mut cpu, mut slowest) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    for _ in 0..BATCHES {
        let documents: Vec<Document> = (0..BATCH_DOCUMENTS)
            .map(|_| {
                n += 1;
                let json = tweet(&mut random, n);
                bytes += json.len();
                Document {
                    json: json.into(),
                    id: Some(format!("shard-0:{n:020}").into()),
                    event_time_us: n as i64,
                }
            })
            .collect();
        let (start, start_cpu) = (Instant::now(), cpu_time());
        fixture
            .collection
            .append(Batch { documents, position: position("shard-0", &n.to_string()) })
            .unwrap();
        spent += start.elapsed();
        cpu += cpu_time() - start_cpu;
        slowest = slowest.max(start.elapsed());
    }
    let per_document = |time: Duration| time.as_secs_f64() * 1e6 / n as f64;
    println!("{n} documents of {} bytes", bytes / n as usize);
    println!("append: {:.2} us a document, slowest batch {slowest:?}", per_document(spent));
    println!("append: {:.2} us of processor time a document, background work included", per_document(cpu));
    println!("pieces before sealing: {}", fixture.snapshot().pieces.len());
    println!("on disk before sealing: {} bytes a document", fixture.collection.statistics().size_bytes / n);
    let start = Instant::now();
    fixture.collection.seal().unwrap();
    println!("seal: {:.2} us a document", per_document(start.elapsed()));
    println!("on disk sealed: {} bytes a document", fixture.collection.statistics().size_bytes / n);
    let piece = fixture.piece();
    for (at, want) in [
        ("timestamp_ms", ColumnType::String),
        ("lang", ColumnType::String),
        ("user.followers_count", ColumnType::Int),
        ("entities.hashtags.*.text", ColumnType::String),
        ("entities.hashtags", ColumnType::Any),
        ("", ColumnType::Any),
    ] {
        let start = Instant::now();
        let column = piece.column(&path(at), want).unwrap();
        println!("column {at:?} {want:?}: {:?} for {} rows", start.elapsed(), column.len());
    }
    let start = Instant::now();
    let fixture = fixture.reopen();
    println!("reopen: {:?}", start.elapsed());
    assert_eq!(fixture.snapshot().rows() as u64, n);
}
