//! The AWS client against a real Kinesis protocol. Set `ROCKHOPPER_TEST_KINESIS` to the URL of a local stand-in
//! (kinesis-local, kinesalite); without it the tests say so and pass.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::{PutRecordsRequestEntry, StreamStatus};
use rockhopper_engine::CollectionId;
use rockhopper_streams::{AwsStream, KinesisSource, ResetPolicy, Secret, SourceHandle, spawn};

use crate::memory_engine::MemoryEngine;

const DEADLINE: Duration = Duration::from_secs(60);

fn source(url: &str, stream: &str, policy: ResetPolicy) -> KinesisSource {
    KinesisSource {
        source_id: "live".into(),
        stream_name: stream.to_owned(),
        region: Some("us-east-1".to_owned()),
        endpoint_url: Some(url.to_owned()),
        credentials: Some(("test".to_owned(), Secret::new("test"))),
        reset_policy: policy,
    }
}

struct Live {
    url: String,
    stream: String,
    client: Client,
}

impl Live {
    async fn create(test: &str, shard_count: i32) -> Option<Self> {
        let Ok(url) = std::env::var("ROCKHOPPER_TEST_KINESIS") else {
            eprintln!("{test}: skipped, ROCKHOPPER_TEST_KINESIS is not set");
            return None;
        };
        let stream = format!("{test}-{}", std::process::id());
        let credentials = ("test".to_owned(), Secret::new("test"));
        let connected = AwsStream::connect(&stream, Some("us-east-1"), Some(&url), Some(&credentials)).await;
        let client = connected.client().clone();
        client.create_stream().stream_name(&stream).shard_count(shard_count).send().await.unwrap();
        let live = Self { url, stream, client };
        live.active().await;
        Some(live)
    }

    async fn active(&self) {
        let until = Instant::now() + DEADLINE;
        loop {
            let answer =
                self.client.describe_stream_summary().stream_name(&self.stream).send().await.unwrap();
            if *answer.stream_description_summary().unwrap().stream_status() == StreamStatus::Active {
                return;
            }
            assert!(Instant::now() < until, "the stream does not become active");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn put(&self, numbers: std::ops::Range<usize>) {
        let numbers: Vec<usize> = numbers.collect();
        for chunk in numbers.chunks(100) {
            let records = chunk.iter().map(|number| {
                PutRecordsRequestEntry::builder()
                    .partition_key(format!("key-{number}"))
                    .data(Blob::new(format!("{{\"n\":{number}}}")))
                    .build()
                    .unwrap()
            });
            let put = self.client.put_records().stream_name(&self.stream);
            put.set_records(Some(records.collect())).send().await.unwrap();
        }
    }

    async fn split_first(&self) {
        let shards = self.client.list_shards().stream_name(&self.stream).send().await.unwrap();
        let open = |shard: &&aws_sdk_kinesis::types::Shard| {
            shard.sequence_number_range().unwrap().ending_sequence_number().is_none()
        };
        let shard = shards.shards().iter().find(open).unwrap();
        let range = shard.hash_key_range().unwrap();
        let (low, high): (u128, u128) =
            (range.starting_hash_key().parse().unwrap(), range.ending_hash_key().parse().unwrap());
        let call = self.client.split_shard().stream_name(&self.stream).shard_to_split(shard.shard_id());
        call.new_starting_hash_key((low + (high - low) / 2).to_string()).send().await.unwrap();
        self.active().await;
    }

    fn start(&self, engine: &Arc<MemoryEngine>, policy: ResetPolicy) -> SourceHandle {
        spawn(engine.clone(), CollectionId("c".into()), source(&self.url, &self.stream, policy))
    }
}

async fn wait_for(engine: &MemoryEngine, count: usize, handle: &SourceHandle) {
    let until = Instant::now() + DEADLINE;
    while engine.count() < count {
        assert!(Instant::now() < until, "{} of {count} records: {:?}", engine.count(), handle.status());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn numbers(engine: &MemoryEngine) -> HashSet<String> {
    engine.stored().into_iter().map(|(_, text)| text).collect()
}

#[tokio::test]
async fn a_restart_and_a_split_lose_nothing_and_store_nothing_twice() {
    let Some(live) = Live::create("split", 2).await else { return };
    let engine = MemoryEngine::new(1, 0);
    live.put(0..300).await;
    let handle = live.start(&engine, ResetPolicy::Earliest);
    wait_for(&engine, 300, &handle).await;
    handle.stop().await;

    live.put(300..500).await;
    live.split_first().await;
    live.put(500..800).await;
    let handle = live.start(&engine, ResetPolicy::Earliest);
    wait_for(&engine, 800, &handle).await;
    live.split_first().await;
    live.put(800..1_000).await;
    wait_for(&engine, 1_000, &handle).await;
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!((engine.count(), numbers(&engine).len()), (1_000, 1_000));
    assert_eq!(handle.status().message, None);
    handle.stop().await;
}

#[tokio::test]
async fn latest_begins_at_the_start_and_is_kept_over_a_restart() {
    let Some(live) = Live::create("latest", 2).await else { return };
    let engine = MemoryEngine::new(1, 0);
    live.put(0..50).await;
    live.split_first().await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let handle = live.start(&engine, ResetPolicy::Latest);
    while engine.position("@listed").is_none() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    handle.stop().await;
    live.put(50..150).await;
    let handle = live.start(&engine, ResetPolicy::Latest);
    wait_for(&engine, 100, &handle).await;
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(!numbers(&engine).contains("{\"n\":49}") && numbers(&engine).contains("{\"n\":50}"));
    assert_eq!(engine.count(), 100);
    assert_eq!(handle.status().message, None);
    handle.stop().await;
}

#[tokio::test]
async fn a_missing_stream_and_a_missing_service_say_so() {
    let Some(live) = Live::create("missing", 1).await else { return };
    let engine = MemoryEngine::new(1, 0);
    for (url, expected) in
        [(live.url.as_str(), "create the stream"), ("http://127.0.0.1:9", "endpoint is running")]
    {
        let collection = CollectionId("c".into());
        let handle = spawn(engine.clone(), collection, source(url, "no-such-stream", ResetPolicy::Latest));
        tokio::time::sleep(Duration::from_secs(2)).await;
        let message = handle.status().message.unwrap();
        assert!(message.contains(expected) && message.contains("no-such-stream"), "{message}");
        handle.stop().await;
    }
}
