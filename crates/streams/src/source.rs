//! A source: finds the shards of a stream, and has each read by a task of its own.

use std::collections::HashMap;
use std::sync::Arc;

use rockhopper_engine::{CollectionId, Engine};
use tokio::sync::Semaphore;
use tokio::task::{Id, JoinHandle, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::aws::AwsStream;
use crate::backoff::{Backoff, MAX_BACKOFF_MS};
use crate::client::StreamClient;
use crate::error::{Error, Result};
use crate::position::ShardPosition;
use crate::reader::{Context, Outcome, read_shard};
use crate::secret::Secret;
use crate::shard_state::ShardState;
use crate::shards::{ResetPolicy, Shards};
use crate::status::{SourceStatus, StatusBoard};

/// The shards are listed anew after this time, and whenever one ends.
pub const RELIST_INTERVAL_MS: i64 = 10_000;
/// So many answers of a source are held in memory at once, each at most 10 MiB.
pub const MAX_FETCHES: usize = 16;

/// A stream of Kinesis as a source of a collection.
#[derive(Clone, Debug)]
pub struct KinesisSource {
    /// The source's id, under which the engine keeps its positions.
    pub source_id: Arc<str>,
    /// The stream's name.
    pub stream_name: String,
    /// The stream's region; else `AWS_REGION`, else `us-west-2`.
    pub region: Option<String>,
    /// Where the service is; else `AWS_ENDPOINT_URL_KINESIS`, `AWS_ENDPOINT_URL`, or AWS itself.
    pub endpoint_url: Option<String>,
    /// Access key id and secret; else the standard environment of AWS.
    pub credentials: Option<(String, Secret)>,
    /// Where to begin when nothing is stored.
    pub reset_policy: ResetPolicy,
}

/// A running source. Dropping it ends its tasks at once, which is safe: what is stored is stored with its position.
#[derive(Debug)]
pub struct SourceHandle {
    status: Arc<StatusBoard>,
    stop: CancellationToken,
    task: Option<JoinHandle<()>>,
}

impl SourceHandle {
    /// What to tell a user about the source now.
    pub fn status(&self) -> SourceStatus {
        self.status.read()
    }

    /// Stops reading and waits for appends that were begun.
    pub async fn stop(mut self) {
        self.stop.cancel();
        if let Some(task) = self.task.take() {
            // It can only have panicked, and then it is stopped too.
            let _ = task.await;
        }
    }
}

impl Drop for SourceHandle {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

/// Starts to read a stream into a collection. Returns at once; what is wrong shows in the status. Must be called
/// in a tokio runtime.
pub fn spawn(engine: Arc<dyn Engine>, collection: CollectionId, source: KinesisSource) -> SourceHandle {
    let source_id = source.source_id.clone();
    let reset_policy = source.reset_policy;
    let connect = async move {
        let KinesisSource { stream_name, region, endpoint_url, credentials, .. } = source;
        let stream = AwsStream::connect(
            &stream_name,
            region.as_deref(),
            endpoint_url.as_deref(),
            credentials.as_ref(),
        );
        Arc::new(stream.await) as Arc<dyn StreamClient>
    };
    start(engine, collection, source_id, reset_policy, connect)
}

/// Like [`spawn`], on any stream.
pub fn spawn_with_client(
    engine: Arc<dyn Engine>,
    collection: CollectionId,
    source_id: Arc<str>,
    reset_policy: ResetPolicy,
    client: Arc<dyn StreamClient>,
) -> SourceHandle {
    start(engine, collection, source_id, reset_policy, async move { client })
}

fn start(
    engine: Arc<dyn Engine>,
    collection: CollectionId,
    source_id: Arc<str>,
    reset_policy: ResetPolicy,
    connect: impl Future<Output = Arc<dyn StreamClient>> + Send + 'static,
) -> SourceHandle {
    let status = Arc::new(StatusBoard::default());
    let stop = CancellationToken::new();
    let (board, token) = (status.clone(), stop.clone());
    let task = tokio::spawn(async move {
        let context = Context {
            engine,
            collection,
            source_id,
            client: connect.await,
            status: board,
            stop: token,
            fetches: Semaphore::new(MAX_FETCHES),
            started: Instant::now(),
        };
        Coordinator::new(context, reset_policy).run().await;
    });
    SourceHandle { status, stop, task: Some(task) }
}

/// Finds shards and starts and ends their tasks.
struct Coordinator {
    context: Arc<Context>,
    reset_policy: ResetPolicy,
    tasks: JoinSet<Outcome>,
    /// Which task reads which shard, for one that panicked.
    running: HashMap<Id, Arc<str>>,
    retention_ms: Option<i64>,
    backoff: Backoff,
    /// Under which name the status shows what is wrong with the stream as a whole.
    name: Arc<str>,
}

impl Coordinator {
    fn new(context: Context, reset_policy: ResetPolicy) -> Self {
        Self {
            context: Arc::new(context),
            reset_policy,
            tasks: JoinSet::new(),
            running: HashMap::new(),
            retention_ms: None,
            backoff: Backoff::new(rand::random()),
            name: "source".into(),
        }
    }

    async fn run(mut self) {
        let Some(mut shards) = self.restore().await else { return };
        loop {
            let wait_ms = match self.list_and_start(&mut shards).await {
                Ok(()) => {
                    self.backoff.succeeded();
                    self.context.status.works(&self.name);
                    RELIST_INTERVAL_MS
                }
                Err(error) => self.failed(&error),
            };
            let until_ms = self.context.elapsed_ms() + wait_ms;
            if !self.wait(&mut shards, until_ms).await {
                break;
            }
        }
        while self.tasks.join_next().await.is_some() {}
    }

    /// The shards as the engine has them. `None`: the source is to stop.
    async fn restore(&mut self) -> Option<Shards> {
        loop {
            let positions =
                self.context.engine.positions(&self.context.collection, &self.context.source_id).await;
            match positions
                .map_err(Error::from)
                .and_then(|stored| Shards::restore(&stored, self.reset_policy))
            {
                Ok(shards) => return Some(shards),
                Err(error) => {
                    let until_ms = self.context.elapsed_ms() + self.failed(&error);
                    if !self.context.wait_until(until_ms).await {
                        return None;
                    }
                }
            }
        }
    }

    /// Notes a failure of the stream as a whole: how long to wait.
    fn failed(&mut self, error: &Error) -> i64 {
        let wait_ms = self.backoff.failed();
        let message = error.to_string();
        tracing::warn!(source_id = %self.context.source_id, failures = self.backoff.failures(), "{message}");
        let lasting = match error {
            Error::Client(error) => !matches!(error.kind, crate::ClientErrorKind::Throttled),
            Error::Engine(_) => false,
            Error::Position { .. } | Error::Recreated { .. } | Error::TooManyShards { .. } => true,
        };
        match lasting {
            true => self.context.status.lasting_problem(&self.name, &message),
            false => self.context.status.problem(&self.name, &message, self.backoff.failures()),
        }
        match error {
            Error::Client(_) | Error::Engine(_) => wait_ms,
            _ => MAX_BACKOFF_MS,
        }
    }

    async fn list_and_start(&mut self, shards: &mut Shards) -> Result<()> {
        // Before the listing: a shard that is closed in between still has its newest records read.
        let now_ms = self.context.client.now_ms();
        let listing = tokio::select! {
            () = self.context.stop.cancelled() => return Ok(()),
            listing = self.context.client.list_shards() => listing?,
        };
        shards.listed(&listing)?;
        self.context.status.listed(&self.name, &listing);
        if self.retention_ms.is_none() {
            self.retention_ms = self.context.client.retention_ms().await.ok();
        }
        for (partition, position) in shards.first_positions(now_ms) {
            self.context.store_position(&partition, position.clone()).await?;
            shards.stored(&partition, &position)?;
        }
        for gone in shards.expired() {
            let position = gone.position.ended().to_string();
            self.context.store_position(&gone.shard, position.clone()).await?;
            shards.stored(&gone.shard, &position)?;
            let gap = format!(
                "{}: the stream dropped the shard before it was read to its end; its last records are lost, and \
                 reading goes on with the shards after it. Raise the stream's retention period",
                gone.shard
            );
            tracing::warn!(source_id = %self.context.source_id, "gap: {gap}");
            self.context.status.gap(gap);
        }
        self.start_ready(shards);
        Ok(())
    }

    /// How many shards it started.
    fn start_ready(&mut self, shards: &mut Shards) -> usize {
        let starts = shards.start_ready();
        let count = starts.len();
        let horizon_ms = self.retention_ms.map(|retention_ms| self.context.client.now_ms() - retention_ms);
        for start in starts {
            tracing::info!(source_id = %self.context.source_id, shard = %start.shard, position = %start.position,
                "reading shard");
            self.context.status.lag(&start.shard, None);
            let state = ShardState::new(start.position, horizon_ms, rand::random());
            let task = self.tasks.spawn(read_shard(self.context.clone(), start.shard.clone(), state));
            self.running.insert(task.id(), start.shard);
        }
        count
    }

    /// Waits until a time, or until a shard ended and the shards are to be listed again. False: stop.
    async fn wait(&mut self, shards: &mut Shards, until_ms: i64) -> bool {
        loop {
            let finished = tokio::select! {
                go_on = self.context.wait_until(until_ms) => return go_on,
                Some(finished) = self.tasks.join_next_with_id() => finished,
            };
            match finished {
                Ok((id, outcome)) => {
                    self.running.remove(&id);
                    if !self.shard_left(shards, outcome) {
                        continue;
                    }
                }
                Err(error) => self.shard_failed(shards, &error).await,
            }
            // The shards after it, if there are any, are not known yet.
            if self.start_ready(shards) == 0 {
                return true;
            }
        }
    }

    /// Takes up what became of a shard. False: nothing can be started because of it before the next listing.
    fn shard_left(&mut self, shards: &mut Shards, outcome: Outcome) -> bool {
        tracing::info!(source_id = %self.context.source_id, shard = %outcome.shard, position = %outcome.position,
            "shard left");
        let ended = outcome.position.is_ended();
        shards.stopped(&outcome.shard, outcome.position);
        for child in &outcome.children {
            shards.child_found(child);
        }
        ended && !outcome.lost
    }

    /// A task panicked: a defect. What is stored is whole, so the shard is taken up again from there.
    async fn shard_failed(&mut self, shards: &mut Shards, error: &tokio::task::JoinError) {
        let Some(shard) = self.running.remove(&error.id()) else { return };
        let message =
            format!("the reader of {shard} failed ({error}) and is started again; please report it");
        tracing::error!(source_id = %self.context.source_id, "{message}");
        self.context.status.left(&shard, false);
        self.context.status.problem(&self.name, &message, 1);
        loop {
            let until_ms = self.context.elapsed_ms() + self.backoff.failed();
            if !self.context.wait_until(until_ms).await {
                return;
            }
            match self.context.stored_position(&shard).await {
                Ok(position) => return shards.stopped(&shard, position.unwrap_or(ShardPosition::Oldest)),
                Err(error) => {
                    self.context.status.problem(&self.name, &error.to_string(), self.backoff.failures())
                }
            }
        }
    }
}
