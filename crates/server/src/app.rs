//! What a running server holds.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rockhopper_api::{Collection, Secret};
use rockhopper_engine::{CollectionId, Engine};
use tokio::sync::Semaphore;

use crate::Result;
use crate::catalog::Catalog;
use crate::metrics::Metrics;
use crate::queries::{Registry, Statements};
use crate::sources::Readers;

/// The most requests that are worked on at once; more are refused with a 429.
pub const MAX_CONCURRENT_REQUESTS: usize = 512;
/// How long a deleted collection is still shown, with the status `DELETED`.
pub const DELETED_SHOWN: Duration = Duration::from_secs(15);
/// The most deleted collections that are still shown.
const MAX_DELETED_SHOWN: usize = 100;

/// A running server without its sockets.
pub struct App {
    /// Where documents are and queries run.
    pub engine: Arc<dyn Engine>,
    /// Names.
    pub catalog: Catalog,
    /// The tasks that read streams.
    pub readers: Readers,
    /// Queries that run or ran lately.
    pub queries: Arc<Registry>,
    /// Statements that were resolved lately.
    pub statements: Statements,
    /// Counters.
    pub metrics: Metrics,
    /// What every request must carry.
    pub api_key: Secret,
    /// One permit for each request that is worked on.
    pub(crate) requests: Arc<Semaphore>,
    /// Held while collections, integrations and their readers change.
    pub(crate) changes: tokio::sync::Mutex<()>,
    deleted: Mutex<Vec<(Instant, Collection)>>,
}

impl App {
    /// Opens the names of a data directory, finishes what a crash left unfinished, and starts to read all sources.
    ///
    /// # Errors
    /// The catalog cannot be read, or the engine cannot drop what a crash left.
    pub async fn start(data_dir: &Path, engine: Arc<dyn Engine>, api_key: Secret) -> Result<Arc<App>> {
        let catalog = Catalog::open(data_dir)?;
        let unfinished = catalog.state().unfinished.clone();
        for id in &unfinished {
            engine.drop_collection(&CollectionId(id.as_str().into())).await?;
        }
        if !unfinished.is_empty() {
            catalog.change(|state| {
                state.unfinished.clear();
                Ok(())
            })?;
        }
        let app = App {
            readers: Readers::new(engine.clone()),
            engine,
            catalog,
            queries: Arc::new(Registry::default()),
            statements: Statements::default(),
            metrics: Metrics::default(),
            api_key,
            requests: Arc::new(Semaphore::new(MAX_CONCURRENT_REQUESTS)),
            changes: tokio::sync::Mutex::new(()),
            deleted: Mutex::new(Vec::new()),
        };
        let state = app.catalog.state();
        for (_, _, collection) in state.collections() {
            app.readers.start(&state, app.catalog.secrets(), collection);
        }
        Ok(Arc::new(app))
    }

    /// Stops the readers, so that what they began is stored, and closes the engine. Requests should have ended.
    ///
    /// # Errors
    /// The engine could not write what it had buffered.
    pub async fn stop(&self) -> Result<()> {
        self.readers.stop_all().await;
        self.engine.close().await?;
        Ok(())
    }

    /// Remembers a deleted collection for a short time.
    pub(crate) fn remember_deleted(&self, collection: Collection) {
        let mut deleted = self.deleted();
        deleted.retain(|(at, _)| at.elapsed() < DELETED_SHOWN);
        if deleted.len() < MAX_DELETED_SHOWN {
            deleted.push((Instant::now(), collection));
        }
    }

    /// A collection that was deleted a moment ago.
    pub(crate) fn deleted_collection(&self, workspace: &str, name: &str) -> Option<Collection> {
        self.deleted()
            .iter()
            .rev()
            .find(|(at, collection)| {
                at.elapsed() < DELETED_SHOWN && collection.workspace == workspace && collection.name == name
            })
            .map(|(_, collection)| collection.clone())
    }

    fn deleted(&self) -> MutexGuard<'_, Vec<(Instant, Collection)>> {
        // Entries are added and removed as a whole, so a panic cannot leave one half done.
        self.deleted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
