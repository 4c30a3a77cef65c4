//! Whole runs against a stream that is slow, full or broken.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::HashSet;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use kinesis_producer::batch::{MAX_RECORD_BYTES, MAX_RECORDS, Record};
use kinesis_producer::counts::{Counts, Totals};
use kinesis_producer::error::{Error, Result};
use kinesis_producer::generate::Profile;
use kinesis_producer::input::{self, Input, Options};
use kinesis_producer::run::{MAX_CALLS, STOP_TIMEOUT, run};
use kinesis_producer::send::{PutError, Service};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// A stream that keeps what it gets, with the time of each call.
struct FakeStream {
    stored: Mutex<Vec<String>>,
    calls: Mutex<Vec<(Instant, usize)>>,
    started: Instant,
    under_way: Mutex<usize>,
    /// Every so-manieth record of a call is refused; 0: none.
    refuse_each: usize,
    down: bool,
}

impl FakeStream {
    fn new(refuse_each: usize, down: bool) -> Arc<Self> {
        Arc::new(Self {
            stored: Mutex::default(),
            calls: Mutex::default(),
            started: Instant::now(),
            under_way: Mutex::default(),
            refuse_each,
            down,
        })
    }
}

#[async_trait]
impl Service for FakeStream {
    async fn put(&self, records: &[Record]) -> std::result::Result<Vec<Option<String>>, PutError> {
        assert!(!records.is_empty() && records.len() <= MAX_RECORDS);
        *self.under_way.lock().unwrap() += 1;
        assert!(*self.under_way.lock().unwrap() <= MAX_CALLS);
        self.calls.lock().unwrap().push((Instant::now(), records.len()));
        tokio::time::sleep(Duration::from_millis(20)).await;
        *self.under_way.lock().unwrap() -= 1;
        if self.down {
            return Err(PutError::Again("nobody answers".to_owned()));
        }
        let mut results = Vec::new();
        for (index, record) in records.iter().enumerate() {
            let refused = self.refuse_each > 0 && index % self.refuse_each == 1;
            if !refused {
                self.stored.lock().unwrap().push(String::from_utf8(record.data.to_vec()).unwrap());
            }
            results.push(refused.then(|| "ProvisionedThroughputExceededException".to_owned()));
        }
        Ok(results)
    }
}

async fn feed(stream: &Arc<FakeStream>, posts: mpsc::Receiver<Result<bytes::Bytes>>) -> (Totals, Result<()>) {
    run(stream.clone(), posts, Arc::new(Counts::default()), CancellationToken::new()).await
}

#[tokio::test(start_paused = true)]
async fn every_record_arrives_once_though_many_are_refused() {
    let stream = FakeStream::new(7, false);
    let (sender, posts) = mpsc::channel(10);
    tokio::spawn(async move {
        for number in 0..5_000 {
            sender.send(Ok(format!("{{\"n\":{number}}}").into())).await.unwrap();
        }
    });
    let (totals, result) = feed(&stream, posts).await;
    result.unwrap();
    let stored = stream.stored.lock().unwrap();
    assert_eq!(stored.len(), 5_000);
    assert_eq!(stored.iter().collect::<HashSet<_>>().len(), 5_000);
    assert_eq!((totals.sent, totals.open), (5_000, 0));
    assert!(totals.retried > 700, "{}", totals.retried);
}

#[tokio::test(start_paused = true)]
async fn a_single_record_is_sent_within_100_ms() {
    let stream = FakeStream::new(0, false);
    let (sender, posts) = mpsc::channel(10);
    sender.send(Ok("{}".into())).await.unwrap();
    let waiting = tokio::spawn({
        let stream = stream.clone();
        async move { feed(&stream, posts).await }
    });
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(stream.calls.lock().unwrap()[0].0 - stream.started <= Duration::from_millis(100));
    drop(sender);
    assert_eq!(waiting.await.unwrap().0.sent, 1);
}

#[tokio::test(start_paused = true)]
async fn a_signal_sends_what_was_read_and_ends() {
    let stream = FakeStream::new(0, false);
    let (sender, posts) = mpsc::channel(1_000);
    for number in 0..700 {
        sender.send(Ok(format!("{number}").into())).await.unwrap();
    }
    let stop = CancellationToken::new();
    stop.cancel();
    // The sender stays open, as standard input does.
    let (totals, result) = run(stream.clone(), posts, Arc::new(Counts::default()), stop).await;
    result.unwrap();
    assert_eq!(totals.summary(), "sent=700 retried=0 skipped=0 filtered=0 failed=0");
    drop(sender);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_down_does_not_hold_up_a_signal_and_its_records_are_counted_as_failed() {
    let stream = FakeStream::new(0, true);
    let (sender, posts) = mpsc::channel(10_000);
    for number in 0..9_000 {
        sender.send(Ok(format!("{number}").into())).await.unwrap();
    }
    let stop = CancellationToken::new();
    stop.cancel();
    let started = Instant::now();
    let (totals, result) = run(stream.clone(), posts, Arc::new(Counts::default()), stop).await;
    assert!(started.elapsed() <= STOP_TIMEOUT + Duration::from_secs(1));
    assert!(totals.sent == 0 && totals.open > 0);
    assert!(matches!(result, Err(Error::Failed { .. })));
}

fn file(name: &str, lines: &[&str]) -> PathBuf {
    let path = std::env::temp_dir().join(format!("kinesis-producer-{}-{name}", std::process::id()));
    let mut file = std::fs::File::create(&path).unwrap();
    for line in lines {
        writeln!(file, "{line}").unwrap();
    }
    path
}

async fn replay(
    lines: &[&str],
    name: &str,
    forever: bool,
    options: Options,
) -> (Totals, Vec<String>, Result<()>) {
    let (stream, counts) = (FakeStream::new(0, false), Arc::new(Counts::default()));
    let path = file(name, lines);
    let posts = input::start(Input::Replay { path: path.clone(), forever }, options, counts.clone());
    let (totals, result) = run(stream.clone(), posts, counts, CancellationToken::new()).await;
    std::fs::remove_file(path).unwrap();
    let stored = stream.stored.lock().unwrap().clone();
    (totals, stored, result)
}

#[tokio::test]
async fn what_is_no_json_or_too_large_is_skipped_and_the_rest_is_sent_as_it_is() {
    let large = format!("\"{}\"", "x".repeat(MAX_RECORD_BYTES));
    let huge = format!("\"{}\"", "x".repeat(4 * MAX_RECORD_BYTES));
    let lines = ["{\"a\": 1.0 }", "", "{no json", &large, &huge, "[2]", "{} {}"];
    let (totals, stored, result) = replay(&lines, "skip", false, Options::default()).await;
    result.unwrap();
    assert_eq!(stored, ["{\"a\": 1.0 }", "[2]"]);
    assert_eq!(totals.summary(), "sent=2 retried=0 skipped=4 filtered=0 failed=0");
}

#[tokio::test]
async fn a_loop_with_track_stamp_and_count_sends_exactly_the_count() {
    let lines = [r#"{"text":"Music","timestamp_ms":"5"}"#, r#"{"text":"silence"}"#];
    let options =
        Options { track: Some("music".parse_track()), stamp: true, rate: Some(1_000), count: Some(5) };
    let (totals, stored, result) = replay(&lines, "loop", true, options).await;
    result.unwrap();
    assert_eq!((totals.sent, totals.filtered), (5, 4));
    assert!(
        stored
            .iter()
            .all(|post| post.contains("\"text\":\"Music\"") && !post.contains("\"timestamp_ms\":\"5\""))
    );
}

trait ParseTrack {
    fn parse_track(&self) -> kinesis_producer::track::Track;
}

impl ParseTrack for str {
    fn parse_track(&self) -> kinesis_producer::track::Track {
        kinesis_producer::track::Track::parse(self).unwrap()
    }
}

#[tokio::test]
async fn a_loop_over_a_file_without_posts_ends_with_an_error() {
    let (_, _, result) = replay(&["", "no json"], "empty", true, Options::default()).await;
    assert!(matches!(result, Err(Error::Usage(_))));
}

#[tokio::test]
async fn a_missing_file_is_named() {
    let posts = input::start(
        Input::Replay { path: "/no/such/posts.ndjson".into(), forever: false },
        Options::default(),
        Arc::new(Counts::default()),
    );
    let (_, result) = feed(&FakeStream::new(0, false), posts).await;
    assert!(result.unwrap_err().to_string().contains("/no/such/posts.ndjson"));
}

#[tokio::test]
async fn synthetic_posts_come_at_the_asked_rate_with_the_time_they_are_made() {
    let (stream, counts) = (FakeStream::new(0, false), Arc::new(Counts::default()));
    let options = Options { rate: Some(500), count: Some(200), ..Options::default() };
    let started = std::time::Instant::now();
    let posts = input::start(Input::Synthetic { profile: Profile::Stream, seed: 1 }, options, counts.clone());
    let (totals, result) = run(stream.clone(), posts, counts, CancellationToken::new()).await;
    result.unwrap();
    assert_eq!(totals.sent, 200);
    let elapsed_ms = started.elapsed().as_millis();
    assert!((390..2_000).contains(&elapsed_ms), "{elapsed_ms}");
    let now_ms =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as i64;
    for post in &*stream.stored.lock().unwrap() {
        let post: serde_json::Value = serde_json::from_str(post).unwrap();
        let at_ms: i64 = post["timestamp_ms"].as_str().unwrap().parse().unwrap();
        assert!((0..5_000).contains(&(now_ms - at_ms)));
    }
}
