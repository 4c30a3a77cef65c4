//! Every record once and in order, whatever happens when.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rockhopper_engine::CollectionId;
use rockhopper_streams::{ResetPolicy, SourceHandle, StreamClient, spawn_with_client};

use crate::fake_stream::FakeStream;
use crate::memory_engine::MemoryEngine;

pub fn start(stream: &Arc<FakeStream>, engine: &Arc<MemoryEngine>, policy: ResetPolicy) -> SourceHandle {
    engine.crashed();
    spawn_with_client(engine.clone(), CollectionId("c".into()), "source-1".into(), policy, stream.clone())
}

pub async fn pass(time_ms: u64) {
    tokio::time::sleep(Duration::from_millis(time_ms)).await;
}

#[test]
fn every_record_is_stored_once_and_in_order() {
    for seed in 0..30 {
        simulate(seed, ResetPolicy::Earliest);
    }
}

#[test]
fn latest_loses_nothing_that_arrives_after_the_first_start() {
    for seed in 100..130 {
        simulate(seed, ResetPolicy::Latest);
    }
}

fn simulate(seed: u64, policy: ResetPolicy) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let mut random = SmallRng::seed_from_u64(seed);
        let stream = FakeStream::new(seed, random.random_range(1..4));
        let engine = MemoryEngine::new(seed, 5);
        stream.world().names_children = !seed.is_multiple_of(3);
        for _ in 0..random.random_range(0..200) {
            stream.put();
        }
        if seed.is_multiple_of(2) {
            let first = stream.world().open_shards()[0].clone();
            stream.world().split(&first);
        }
        pass(1_000).await;
        stream.world().failing_percent = random.random_range(0..25);
        let started_ms = stream.now_ms();
        let mut handle = Some(start(&stream, &engine, policy));
        trouble(&mut random, &stream, &engine, policy, &mut handle).await;
        stream.world().failing_percent = 0;
        pass(120_000).await;
        let status = handle.as_ref().unwrap().status();
        handle.take().unwrap().stop().await;
        check(&stream, &engine, policy, started_ms, seed);
        assert_eq!(status.message, None, "seed {seed}");
    });
}

async fn trouble(
    random: &mut SmallRng,
    stream: &Arc<FakeStream>,
    engine: &Arc<MemoryEngine>,
    policy: ResetPolicy,
    handle: &mut Option<SourceHandle>,
) {
    for _ in 0..random.random_range(100..400) {
        match random.random_range(0..100) {
            0..60 => {
                for _ in 0..random.random_range(0..30) {
                    stream.put();
                }
            }
            60..64 => {
                let mut world = stream.world();
                let open = world.open_shards();
                world.split(&open[random.random_range(0..open.len())]);
            }
            64..68 => {
                let mut world = stream.world();
                let open = world.open_shards();
                if open.len() > 1 {
                    let left = random.random_range(0..open.len() - 1);
                    world.merge(&open[left], &open[left + 1]);
                }
            }
            68..76 => {
                // Killed at any moment.
                drop(handle.take());
                pass(random.random_range(0..20_000)).await;
                *handle = Some(start(stream, engine, policy));
            }
            76..78 => {
                handle.take().unwrap().stop().await;
                *handle = Some(start(stream, engine, policy));
            }
            _ => {}
        }
        pass(random.random_range(0..400)).await;
    }
}

fn check(stream: &FakeStream, engine: &MemoryEngine, policy: ResetPolicy, started_ms: i64, seed: u64) {
    let world = stream.world();
    let stored = engine.stored();
    let mut by_shard: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut last_seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut first_seen: BTreeMap<String, usize> = BTreeMap::new();
    for (index, (shard, text)) in stored.into_iter().enumerate() {
        first_seen.entry(shard.clone()).or_insert(index);
        last_seen.insert(shard.clone(), index);
        by_shard.entry(shard).or_default().push(text);
    }
    let number = |id: &Arc<str>| id.trim_start_matches("shardId-").parse::<usize>().unwrap().to_string();
    for (id, shard) in &world.shards {
        let all: Vec<String> =
            shard.records.iter().map(|record| String::from_utf8(record.data.to_vec()).unwrap()).collect();
        let mut read = by_shard.remove(&number(id)).unwrap_or_default();
        if policy == ResetPolicy::Latest {
            // What arrived before the start may be left out; of the rest nothing, and no gap in between.
            let due =
                shard.records.iter().filter(|record| record.stored.arrived_ms >= started_ms + 20_000).count();
            assert!(read.len() >= due, "seed {seed}, {id}: {} of {due} are stored", read.len());
            let before = shard.records.iter().filter(|record| record.stored.arrived_ms < started_ms).count();
            assert!(
                read.len() <= all.len() - before,
                "seed {seed}, {id}: records from before the start are stored"
            );
            let mut whole = all[..all.len() - read.len()].to_vec();
            whole.append(&mut read);
            read = whole;
        }
        assert_eq!(read, all, "seed {seed}, {id}");
        for parent in &shard.parents {
            if let (Some(last), Some(first)) = (last_seen.get(&number(parent)), first_seen.get(&number(id))) {
                assert!(last < first, "seed {seed}: {id} was read before {parent} was stored to its end");
            }
        }
    }
}
