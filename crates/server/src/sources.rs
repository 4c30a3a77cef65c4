//! The tasks that read streams: one for each source of each collection.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rockhopper_api::{OffsetResetPolicy, Source, SourceState, SourceStatus};
use rockhopper_engine::{Engine, SourceStatistics, Statistics};
use rockhopper_streams::{KinesisSource, ResetPolicy, Secret, SourceHandle};

use crate::catalog::{CollectionEntry, IntegrationKind, IntegrationSecrets, SourceEntry, State};
use crate::clock;

/// How long the readers may take to store what they began when the server stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(20);

/// The running readers by the ids of their sources.
pub struct Readers {
    engine: Arc<dyn Engine>,
    handles: Mutex<HashMap<String, SourceHandle>>,
}

impl Readers {
    /// No reader yet.
    pub fn new(engine: Arc<dyn Engine>) -> Readers {
        Readers { engine, handles: Mutex::new(HashMap::new()) }
    }

    /// Starts to read all sources of a collection. What goes wrong shows in the status of the source.
    pub fn start(&self, state: &State, secrets: &IntegrationSecrets, collection: &CollectionEntry) {
        for source in &collection.sources {
            tracing::info!(
                stream = source.kinesis.stream_name,
                source = source.id,
                "starting to read a stream"
            );
            let kinesis = kinesis_source(state, secrets, source);
            let handle = rockhopper_streams::spawn(self.engine.clone(), collection.engine_id(), kinesis);
            self.handles().insert(source.id.clone(), handle);
        }
    }

    /// Stops to read the sources of a collection, and waits until what was begun is stored.
    pub async fn stop(&self, collection: &CollectionEntry) {
        let handles: Vec<SourceHandle> =
            collection.sources.iter().filter_map(|source| self.handles().remove(&source.id)).collect();
        stop_within_limit(handles).await;
    }

    /// Stops all readers.
    pub async fn stop_all(&self) {
        let handles: Vec<SourceHandle> = self.handles().drain().map(|(_, handle)| handle).collect();
        stop_within_limit(handles).await;
    }

    /// How far the slowest shard of a source is behind, in milliseconds.
    pub fn lag_ms(&self, source_id: &str) -> Option<u64> {
        lag_ms(&self.handles().get(source_id)?.status())
    }

    /// A source as it is shown: what the reader says, and what the engine has stored of it.
    pub fn show(&self, source: &SourceEntry, statistics: &Statistics) -> Source {
        let reader = self.handles().get(&source.id).map(SourceHandle::status);
        let stored = statistics.sources.get(&source.id).cloned().unwrap_or_default();
        Source {
            id: source.id.clone(),
            integration_name: source.integration_name.clone(),
            kinesis: Some(source.kinesis.clone()),
            format_params: Some(serde_json::json!({ "json": true })),
            status: Some(status(reader.unwrap_or_default(), stored, statistics.last_updated_ms)),
            suspended_at: None,
            resume_at: None,
        }
    }

    fn handles(&self) -> MutexGuard<'_, HashMap<String, SourceHandle>> {
        // Handles are added and removed as a whole, so a panic cannot leave one half done.
        self.handles.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn kinesis_source(state: &State, secrets: &IntegrationSecrets, source: &SourceEntry) -> KinesisSource {
    let integration =
        source.integration_name.as_ref().and_then(|name| Some((name, state.integrations.get(name)?)));
    let credentials = match integration {
        Some((name, entry)) => match &entry.kind {
            IntegrationKind::AccessKey { aws_access_key_id } => {
                // A lost secret is sent empty: the service then refuses it, and its message is shown.
                let secret = secrets.get(name).unwrap_or_default();
                Some((aws_access_key_id.clone(), Secret::new(secret.expose())))
            }
            IntegrationKind::Role { .. } | IntegrationKind::Environment => None,
        },
        None => None,
    };
    KinesisSource {
        source_id: source.id.as_str().into(),
        stream_name: source.kinesis.stream_name.clone(),
        region: source.kinesis.aws_region.clone(),
        endpoint_url: None,
        credentials,
        reset_policy: match source.kinesis.offset_reset_policy.unwrap_or_default() {
            OffsetResetPolicy::Latest => ResetPolicy::Latest,
            OffsetResetPolicy::Earliest => ResetPolicy::Earliest,
        },
    }
}

fn status(
    reader: rockhopper_streams::SourceStatus,
    stored: SourceStatistics,
    last_updated_ms: Option<i64>,
) -> SourceStatus {
    // The reader knows what happened since the start, the engine what happened before.
    let last_processed_ms =
        reader.last_processed_at_ms.or(last_updated_ms.filter(|_| stored.document_count > 0));
    SourceStatus {
        state: match reader.state {
            rockhopper_streams::SourceState::Initializing => SourceState::Initializing,
            rockhopper_streams::SourceState::Processing => SourceState::Processing,
            rockhopper_streams::SourceState::Watching => SourceState::Watching,
            rockhopper_streams::SourceState::Error => SourceState::Error,
        },
        lag_ms: lag_ms(&reader),
        message: reader.message,
        last_processed_at: last_processed_ms.map(clock::text),
        last_processed_item: None,
        total_processed_items: stored.document_count,
        detected_size_bytes: None,
        total_parse_errors: stored.bad_count,
        last_parse_error_message: stored.last_bad,
        data_downloaded_bytes: stored.ingested_bytes,
    }
}

fn lag_ms(status: &rockhopper_streams::SourceStatus) -> Option<u64> {
    let slowest = status.lag_ms.values().flatten().max()?;
    u64::try_from(*slowest).ok()
}

async fn stop_within_limit(handles: Vec<SourceHandle>) {
    let all = async {
        for handle in handles {
            handle.stop().await;
        }
    };
    if tokio::time::timeout(STOP_TIMEOUT, all).await.is_err() {
        tracing::warn!(
            ?STOP_TIMEOUT,
            "some readers did not stop in time and were ended; what they had stored is kept"
        );
    }
}
