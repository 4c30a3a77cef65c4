//! An engine that keeps batches in memory, slowly and with failures, as a disk would.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rockhopper_engine::{
    Answer, Appended, Batch, CollectionId, CollectionOptions, Document, Engine, Error, FieldStatistics,
    Result, Statement, Statistics,
};

#[derive(Debug)]
pub struct MemoryEngine {
    state: Mutex<State>,
    /// Of 100 appends, so many fail: half of them after they were stored.
    pub failing_percent: u32,
}

#[derive(Debug)]
struct State {
    documents: Vec<Document>,
    positions: BTreeMap<Arc<str>, Arc<str>>,
    appending: HashSet<Arc<str>>,
    random: SmallRng,
}

impl MemoryEngine {
    pub fn new(seed: u64, failing_percent: u32) -> Arc<Self> {
        let state = State {
            documents: Vec::new(),
            positions: BTreeMap::new(),
            appending: HashSet::new(),
            random: SmallRng::seed_from_u64(seed),
        };
        Arc::new(Self { state: Mutex::new(state), failing_percent })
    }

    pub fn count(&self) -> usize {
        self.state.lock().unwrap().documents.len()
    }

    /// Number of the shard and text of every document, in the order they were stored.
    pub fn stored(&self) -> Vec<(String, String)> {
        let state = self.state.lock().unwrap();
        let mut ids = HashSet::new();
        let mut stored = Vec::new();
        for document in &state.documents {
            let id = document.id.clone().unwrap();
            assert!(ids.insert(id.clone()), "{id} was stored twice");
            let shard = id.split('-').nth(1).unwrap().to_owned();
            stored.push((shard, String::from_utf8(document.json.to_vec()).unwrap()));
        }
        stored
    }

    pub fn position(&self, partition: &str) -> Option<String> {
        self.state.lock().unwrap().positions.get(partition).map(|position| position.to_string())
    }

    pub fn set_position(&self, partition: &str, position: &str) {
        self.state.lock().unwrap().positions.insert(partition.into(), position.into());
    }

    /// A crash: appends that were under way are gone.
    pub fn crashed(&self) {
        self.state.lock().unwrap().appending.clear();
    }
}

#[async_trait]
impl Engine for MemoryEngine {
    async fn append(&self, _: &CollectionId, batch: Batch) -> Result<Appended> {
        let position = batch.position.unwrap();
        let (before_ms, after_ms, fault) = {
            let mut state = self.state.lock().unwrap();
            assert!(state.appending.insert(position.partition.clone()), "two appends of one shard at a time");
            let fault = state.random.random_range(0..200);
            (state.random.random_range(0..40), state.random.random_range(0..40), fault)
        };
        tokio::time::sleep(Duration::from_millis(before_ms)).await;
        let broken = || Err(Error::Unavailable("the disk is away".to_owned()));
        if fault < self.failing_percent {
            self.state.lock().unwrap().appending.remove(&position.partition);
            return broken();
        }
        {
            let mut state = self.state.lock().unwrap();
            state.documents.extend(batch.documents);
            state.positions.insert(position.partition.clone(), position.position);
        }
        tokio::time::sleep(Duration::from_millis(after_ms)).await;
        self.state.lock().unwrap().appending.remove(&position.partition);
        match fault < 2 * self.failing_percent {
            true => broken(),
            false => Ok(Appended::default()),
        }
    }

    async fn positions(&self, _: &CollectionId, _: &str) -> Result<BTreeMap<Arc<str>, Arc<str>>> {
        Ok(self.state.lock().unwrap().positions.clone())
    }

    async fn create(&self, _: &CollectionId, _: &CollectionOptions) -> Result<()> {
        Ok(())
    }

    async fn drop_collection(&self, _: &CollectionId) -> Result<()> {
        Ok(())
    }

    async fn execute(&self, _: Statement) -> Result<Answer> {
        Err(Error::Unavailable("no queries here".to_owned()))
    }

    async fn statistics(&self, _: &CollectionId) -> Result<Statistics> {
        Ok(Statistics::default())
    }

    async fn describe(&self, _: &CollectionId) -> Result<Vec<FieldStatistics>> {
        Ok(Vec::new())
    }

    fn memory(&self) -> Vec<rockhopper_engine::MemoryUse> {
        Vec::new()
    }

    async fn close(&self) -> Result<()> {
        Ok(())
    }
}
