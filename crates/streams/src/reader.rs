//! Drives the reading of one shard: does what [`ShardState`] says, one thing after another.

use std::sync::Arc;
use std::time::Duration;

use rockhopper_engine::{Batch, CollectionId, Document, Engine, Position};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::client::{ShardInfo, StreamClient};
use crate::error::{Error, Result};
use crate::position::ShardPosition;
use crate::shard_state::{Action, Chunk, ShardState, document_id};
use crate::status::StatusBoard;

/// What the tasks of a source share.
pub(crate) struct Context {
    pub engine: Arc<dyn Engine>,
    pub collection: CollectionId,
    pub source_id: Arc<str>,
    pub client: Arc<dyn StreamClient>,
    pub status: Arc<StatusBoard>,
    pub stop: CancellationToken,
    /// One for each answer that may be held in memory.
    pub fetches: Semaphore,
    /// What waits are measured from.
    pub started: Instant,
}

/// How the reading of a shard came to its end.
pub(crate) struct Outcome {
    pub shard: Arc<str>,
    pub position: ShardPosition,
    pub children: Vec<ShardInfo>,
    /// The stream does not know the shard: list the shards before it is started again.
    pub lost: bool,
}

impl Context {
    /// Stores a position without documents.
    pub async fn store_position(&self, partition: &Arc<str>, position: String) -> Result<()> {
        self.append(partition, Vec::new(), position).await
    }

    /// The stored position of a shard.
    pub async fn stored_position(&self, shard: &Arc<str>) -> Result<Option<ShardPosition>> {
        let positions = self.engine.positions(&self.collection, &self.source_id).await?;
        positions.get(shard).map(|text| ShardPosition::parse(shard, text)).transpose()
    }

    async fn append(&self, partition: &Arc<str>, documents: Vec<Document>, position: String) -> Result<()> {
        let position = Position {
            source: self.source_id.clone(),
            partition: partition.clone(),
            position: position.into(),
        };
        let batch = Batch { documents, position: Some(position) };
        self.engine.append(&self.collection, batch).await.map(|_| ()).map_err(Error::from)
    }

    async fn append_chunk(&self, shard: &Arc<str>, chunk: Chunk) -> Result<()> {
        let documents: Vec<Document> = chunk
            .records
            .into_iter()
            .map(|record| Document {
                id: Some(document_id(&self.source_id, shard, &record.stored.sequence)),
                event_time_us: record.stored.arrived_ms.saturating_mul(1_000),
                json: record.data,
            })
            .collect();
        let count = documents.len();
        self.append(shard, documents, chunk.position.to_string()).await?;
        if count > 0 {
            self.status.stored(count, self.client.now_ms());
        }
        Ok(())
    }

    /// Milliseconds since the source was started.
    pub fn elapsed_ms(&self) -> i64 {
        self.started.elapsed().as_millis() as i64
    }

    /// Waits until a time of [`Context::elapsed_ms`]. False: the source is to stop.
    pub async fn wait_until(&self, time_ms: i64) -> bool {
        let wait = Duration::from_millis((time_ms - self.elapsed_ms()).max(0) as u64);
        tokio::select! {
            biased;
            () = self.stop.cancelled() => false,
            () = tokio::time::sleep(wait) => true,
        }
    }
}

/// Reads a shard until it ends, is lost, or the source is to stop. An append that was begun is waited for.
pub(crate) async fn read_shard(context: Arc<Context>, shard: Arc<str>, mut state: ShardState) -> Outcome {
    let mut fetch = None;
    loop {
        let (time_ms, action) = state.next();
        let storing = matches!(action, Action::Append(_));
        if !storing {
            fetch = None;
        }
        let stopped = !context.wait_until(time_ms).await;
        if stopped || matches!(action, Action::Finished | Action::Lost) {
            let lost = action == Action::Lost;
            context.status.left(&shard, lost);
            let children = state.children().to_vec();
            return Outcome { shard, position: state.committed().clone(), children, lost };
        }
        let now_ms = || context.elapsed_ms();
        tokio::select! {
            () = context.stop.cancelled(), if !storing => continue,
            () = async {
                match action {
                    Action::GetIterator(start) => {
                        let result = context.client.shard_iterator(&shard, &start).await;
                        state.iterator_arrived(result, now_ms());
                    }
                    Action::GetRecords(iterator) => {
                        // Never closed, so this cannot fail; and without a permit the answer is merely not counted.
                        fetch = context.fetches.acquire().await.ok();
                        let asked_ms = now_ms();
                        let result = context.client.records(&iterator).await;
                        state.answer_arrived(result, asked_ms, now_ms());
                    }
                    Action::Append(chunk) => {
                        let result = context.append_chunk(&shard, chunk).await;
                        state.appended(result.map_err(|error| error.to_string()), now_ms());
                    }
                    Action::Reload => {
                        let result = context.stored_position(&shard).await;
                        state.reloaded(result.map_err(|error| error.to_string()), now_ms());
                    }
                    Action::Finished | Action::Lost => {}
                }
            } => {}
        }
        report(&context, &shard, &mut state);
    }
}

fn report(context: &Context, shard: &Arc<str>, state: &mut ShardState) {
    context.status.lag(shard, state.lag_ms());
    match state.take_failure() {
        Some((problem, failures)) => {
            tracing::warn!(source_id = %context.source_id, %shard, failures, "{}", problem.message);
            match problem.lasting {
                true => context.status.lasting_problem(shard, &problem.message),
                false => context.status.problem(shard, &problem.message, failures),
            }
        }
        None if !state.is_failing() => context.status.works(shard),
        None => {}
    }
    if let Some(gap) = state.take_gap() {
        tracing::warn!(source_id = %context.source_id, %shard, "gap: {gap}");
        context.status.gap(format!("{shard}: {gap}"));
    }
}
