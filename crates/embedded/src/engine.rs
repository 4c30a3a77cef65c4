//! The engine: the methods of the trait.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use rockhopper_engine::{
    Answer, Appended, Batch, CollectionId, CollectionOptions, Engine, Error, FieldStatistics, MemoryUse,
    Result, Statement, Statistics,
};
use rockhopper_storage::{Collection, Store};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use crate::EmbeddedOptions;
use crate::admission::Admission;
use crate::execute::Executor;
use crate::memory::AllMemory;
use crate::partials::Partials;

/// An engine that keeps collections in a folder of this machine and runs queries in this process.
#[derive(Debug)]
pub struct EmbeddedEngine {
    store: Arc<Store>,
    executor: Arc<Executor>,
    admission: Arc<Admission>,
    /// Queries have threads of their own, so that they hold up neither ingest nor requests.
    queries: Option<Runtime>,
}

impl EmbeddedEngine {
    /// Opens the data directory and recovers what is in it. Blocks while it does. Fails if another process has the
    /// directory or a file in it is damaged.
    pub fn open(options: EmbeddedOptions) -> Result<Arc<EmbeddedEngine>> {
        let store = Arc::new(Store::open(&options.data_dir, options.store.clone())?);
        let queries = Builder::new_multi_thread()
            .worker_threads(options.query_threads.max(1))
            .thread_name("query")
            .enable_time()
            .build()
            .map_err(|error| {
                Error::Unavailable(format!("the threads for queries could not be started: {error}"))
            })?;
        let admission = Admission::new(options.max_concurrent_queries, options.max_queued_queries);
        let memory = Arc::new(AllMemory::new(options.memory_limit_bytes));
        let partials = (options.partial_results_bytes > 0)
            .then(|| Arc::new(Partials::new(options.partial_results_bytes)));
        let executor = Arc::new(Executor { store: store.clone(), memory, partials, options });
        Ok(Arc::new(EmbeddedEngine { store, executor, admission, queries: Some(queries) }))
    }

    fn collection(&self, id: &CollectionId) -> Result<Arc<Collection>> {
        self.store.collection(id).ok_or_else(|| Error::UnknownCollection(id.0.to_string()))
    }
}

impl Drop for EmbeddedEngine {
    fn drop(&mut self) {
        if let Some(queries) = self.queries.take() {
            // Waiting for queries would block, which a task must not.
            queries.shutdown_background();
        }
    }
}

/// A query's task, which ends when nobody waits for it any more.
struct Running(JoinHandle<Result<Answer>>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Runs what blocks on a thread that may block.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(Error::Internal(format!("a thread of the store ended early: {error}"))),
    }
}

#[async_trait]
impl Engine for EmbeddedEngine {
    async fn create(&self, collection: &CollectionId, options: &CollectionOptions) -> Result<()> {
        let (store, id, options) = (self.store.clone(), collection.clone(), options.clone());
        blocking(move || store.create(&id, &options)).await
    }

    async fn drop_collection(&self, collection: &CollectionId) -> Result<()> {
        let (store, id) = (self.store.clone(), collection.clone());
        blocking(move || store.drop_collection(&id)).await
    }

    async fn append(&self, collection: &CollectionId, batch: Batch) -> Result<Appended> {
        let collection = self.collection(collection)?;
        blocking(move || collection.append(batch)).await
    }

    async fn positions(
        &self,
        collection: &CollectionId,
        source: &str,
    ) -> Result<BTreeMap<Arc<str>, Arc<str>>> {
        Ok(self.collection(collection)?.positions(source))
    }

    async fn execute(&self, statement: Statement) -> Result<Answer> {
        let Some(queries) = &self.queries else {
            return Err(Error::Unavailable("the engine is closed".to_owned()));
        };
        let (executor, admission) = (self.executor.clone(), self.admission.clone());
        let limit = statement.timeout;
        let task = queries.spawn(async move {
            let admitted = admission
                .enter(&statement.client)
                .await
                .map_err(|failure| failure.into_error(&statement.text))?;
            let mut answer =
                executor.run(&statement).await.map_err(|failure| failure.into_error(&statement.text))?;
            answer.throttled = admitted.waited;
            Ok(answer)
        });
        let mut running = Running(task);
        // The time is kept by the caller's threads: those of queries may all be busy and look at no clock.
        match tokio::time::timeout(limit, &mut running.0).await {
            Ok(Ok(result)) => result,
            Ok(Err(error)) if error.is_cancelled() => {
                Err(Error::Unavailable("the engine is closed".to_owned()))
            }
            Ok(Err(error)) => Err(Error::Internal(format!("the query's task failed: {error}"))),
            Err(_) => Err(Error::Timeout { limit }),
        }
    }

    async fn statistics(&self, collection: &CollectionId) -> Result<Statistics> {
        Ok(self.collection(collection)?.statistics())
    }

    async fn describe(&self, collection: &CollectionId) -> Result<Vec<FieldStatistics>> {
        let collection = self.collection(collection)?;
        blocking(move || collection.describe()).await
    }

    fn memory(&self) -> Vec<MemoryUse> {
        let options = &self.executor.options;
        let partials = self.executor.partials.as_ref().map_or(0, |partials| partials.bytes());
        let parts = [
            ("queries", self.executor.memory.used_bytes(), options.memory_limit_bytes),
            ("partial_results", partials, options.partial_results_bytes),
            ("column_cache", self.store.column_cache_used_bytes(), options.store.column_cache_bytes),
        ];
        let part = |(name, used, limit): (&'static str, usize, usize)| MemoryUse {
            name,
            used_bytes: used as u64,
            limit_bytes: limit as u64,
        };
        parts.map(part).to_vec()
    }

    async fn close(&self) -> Result<()> {
        let store = self.store.clone();
        blocking(move || store.close()).await
    }
}
