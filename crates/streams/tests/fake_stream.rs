//! A stream with shards that split and merge, records that expire, and a service that often fails.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rockhopper_streams::{
    Answer, ClientError, ClientErrorKind, IteratorStart, Record, ShardInfo, Stored, StreamClient,
};
use tokio::time::Instant;

const BASE_MS: i64 = 1_700_000_000_000;
const ITERATOR_LIFE_MS: i64 = 300_000;

pub struct FakeStream {
    started: Instant,
    world: Mutex<World>,
}

pub struct World {
    pub shards: BTreeMap<Arc<str>, FakeShard>,
    pub random: SmallRng,
    /// Of 100 calls, so many fail.
    pub failing_percent: u32,
    /// Whether the last answer of a shard names its children.
    pub names_children: bool,
    pub retention_ms: i64,
    /// What the service says to a sequence number that it does not know: they differ in it.
    pub unknown_sequence: ClientErrorKind,
    pub exists: bool,
    next_sequence: u64,
}

#[derive(Clone, Default)]
pub struct FakeShard {
    pub parents: Vec<Arc<str>>,
    pub records: Vec<Record>,
    pub closed: bool,
    starting_sequence: u64,
    /// The first record that the stream still has.
    pub first_kept: usize,
}

impl FakeStream {
    pub fn new(seed: u64, shard_count: usize) -> Arc<Self> {
        let mut world = World {
            shards: BTreeMap::new(),
            random: SmallRng::seed_from_u64(seed),
            failing_percent: 0,
            names_children: true,
            retention_ms: 86_400_000,
            unknown_sequence: ClientErrorKind::InvalidArgument,
            exists: true,
            next_sequence: 1_000,
        };
        for _ in 0..shard_count {
            world.open(Vec::new());
        }
        Arc::new(Self { started: Instant::now(), world: Mutex::new(world) })
    }

    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// Puts a record into an open shard and returns its text.
    pub fn put(&self) -> String {
        let arrived_ms = self.now_ms();
        let mut world = self.world();
        let open = world.open_shards();
        let shard = open[world.random.random_range(0..open.len())].clone();
        world.next_sequence += 1;
        // As real ones: far too long for an integer type, and their lengths differ.
        let sequence = format!("{}00000000000000000000000000000000000000000000000000", world.next_sequence);
        let text = format!("{{\"n\":{}}}", world.next_sequence);
        let stored = Stored { sequence: sequence.into(), arrived_ms };
        let record = Record { stored, data: Bytes::from(text.clone()) };
        world.shards.get_mut(&shard).unwrap().records.push(record);
        text
    }

    async fn call(&self) -> Result<(), ClientError> {
        let (wait_ms, fault, limit) = {
            let mut world = self.world();
            let limit = world.failing_percent;
            (world.random.random_range(1..30), world.random.random_range(0..100), limit)
        };
        tokio::time::sleep(Duration::from_millis(wait_ms)).await;
        if !self.world().exists {
            return Err(fault_of(ClientErrorKind::NotFound));
        }
        match fault < limit {
            true if fault % 2 == 0 => Err(fault_of(ClientErrorKind::Throttled)),
            true => Err(fault_of(ClientErrorKind::Unreachable)),
            false => Ok(()),
        }
    }
}

impl World {
    pub fn open(&mut self, parents: Vec<Arc<str>>) -> Arc<str> {
        self.next_sequence += 1;
        let id: Arc<str> = format!("shardId-{:012}", self.shards.len()).into();
        let shard = FakeShard { parents, starting_sequence: self.next_sequence, ..FakeShard::default() };
        self.shards.insert(id.clone(), shard);
        id
    }

    pub fn open_shards(&self) -> Vec<Arc<str>> {
        self.shards.iter().filter(|(_, shard)| !shard.closed).map(|(id, _)| id.clone()).collect()
    }

    /// Splits a shard into two.
    pub fn split(&mut self, id: &Arc<str>) {
        self.shards.get_mut(id).unwrap().closed = true;
        self.open(vec![id.clone()]);
        self.open(vec![id.clone()]);
    }

    /// Merges two shards into one.
    pub fn merge(&mut self, left: &Arc<str>, right: &Arc<str>) {
        self.shards.get_mut(left).unwrap().closed = true;
        self.shards.get_mut(right).unwrap().closed = true;
        self.open(vec![left.clone(), right.clone()]);
    }

    fn info(&self, id: &Arc<str>) -> ShardInfo {
        let shard = &self.shards[id];
        let starting =
            format!("{}00000000000000000000000000000000000000000000000000", shard.starting_sequence);
        ShardInfo {
            id: id.clone(),
            parents: shard.parents.clone(),
            starting_sequence: Some(starting.into()),
            closed: shard.closed,
        }
    }
}

#[async_trait]
impl StreamClient for FakeStream {
    async fn retention_ms(&self) -> Result<i64, ClientError> {
        self.call().await?;
        Ok(self.world().retention_ms)
    }

    async fn list_shards(&self) -> Result<Vec<ShardInfo>, ClientError> {
        self.call().await?;
        let world = self.world();
        let kept = |shard: &FakeShard| !shard.closed || shard.first_kept < shard.records.len().max(1);
        Ok(world.shards.iter().filter(|(_, shard)| kept(shard)).map(|(id, _)| world.info(id)).collect())
    }

    async fn shard_iterator(&self, shard: &str, start: &IteratorStart) -> Result<String, ClientError> {
        self.call().await?;
        let now_ms = self.now_ms();
        let world = self.world();
        let fake = world.shards.get(shard).ok_or_else(|| fault_of(ClientErrorKind::NotFound))?;
        let at = |found: Option<usize>| found.unwrap_or(fake.records.len());
        let index = match start {
            IteratorStart::TrimHorizon => fake.first_kept,
            IteratorStart::AtTimestamp(ms) => {
                at(fake.records.iter().position(|record| record.stored.arrived_ms >= *ms))
                    .max(fake.first_kept)
            }
            IteratorStart::AfterSequence(sequence) => {
                let found = fake.records.iter().position(|record| record.stored.sequence == *sequence);
                let index = found.ok_or_else(|| fault_of(world.unknown_sequence))?;
                (index + 1).max(fake.first_kept)
            }
        };
        Ok(format!("{shard}|{index}|{now_ms}"))
    }

    async fn records(&self, iterator: &str) -> Result<Answer, ClientError> {
        self.call().await?;
        let now_ms = self.now_ms();
        let parts: Vec<&str> = iterator.split('|').collect();
        let (shard, index, made_ms) =
            (parts[0], parts[1].parse::<usize>().unwrap(), parts[2].parse::<i64>().unwrap());
        let mut world = self.world();
        // Now and then an iterator is too old for no reason that the reader can see.
        if now_ms - made_ms > ITERATOR_LIFE_MS || world.random.random_range(0..300) < world.failing_percent {
            return Err(fault_of(ClientErrorKind::ExpiredIterator));
        }
        let limit = world.random.random_range(0..20);
        let fake = world.shards[shard].clone();
        let index = index.max(fake.first_kept);
        let records: Vec<Record> = fake.records.iter().skip(index).take(limit).cloned().collect();
        let next = index + records.len();
        let at_end = fake.closed && next >= fake.records.len();
        let children =
            world.shards.iter().filter(|(_, child)| child.parents.iter().any(|parent| &**parent == shard));
        let named = at_end && world.names_children;
        Ok(Answer {
            children: children.filter(|_| named).map(|(id, _)| world.info(id)).collect(),
            behind_ms: Some(fake.records.get(next).map_or(0, |record| now_ms - record.stored.arrived_ms + 1)),
            next_iterator: (!at_end).then(|| format!("{shard}|{next}|{now_ms}")),
            records,
        })
    }

    fn now_ms(&self) -> i64 {
        BASE_MS + self.started.elapsed().as_millis() as i64
    }
}

fn fault_of(kind: ClientErrorKind) -> ClientError {
    ClientError { kind, message: format!("{kind:?} (simulated)") }
}
