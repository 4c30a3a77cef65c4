//! The few calls that a reader makes, so that a simulated stream can stand in for AWS.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use bytes::Bytes;

use crate::position::Stored;

/// A shard, as the stream lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShardInfo {
    /// Its id: `shardId-000000000003`.
    pub id: Arc<str>,
    /// The shards it was made of: none, one (split) or two (merge).
    pub parents: Vec<Arc<str>>,
    /// Where its sequence numbers begin, if known. Never changes, so another one means another shard.
    pub starting_sequence: Option<Arc<str>>,
    /// Whether it takes no more records.
    pub closed: bool,
}

/// Where an iterator is to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IteratorStart {
    /// At the oldest record that the stream still has.
    TrimHorizon,
    /// At the first record that arrived at this time or later: milliseconds since the epoch.
    AtTimestamp(i64),
    /// After the record with this sequence number.
    AfterSequence(Arc<str>),
}

/// A record of a shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its sequence number and arrival.
    pub stored: Stored,
    /// Its data, as they are.
    pub data: Bytes,
}

/// What a call for records returns.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The records, in the shard's order. None does not mean that there are no more.
    pub records: Vec<Record>,
    /// Where to go on; `None` at the end of a closed shard.
    pub next_iterator: Option<String>,
    /// How far the answer is from the newest record: milliseconds.
    pub behind_ms: Option<i64>,
    /// At the end of a closed shard: the shards that follow it, if the stream names them.
    pub children: Vec<ShardInfo>,
}

/// What kind of failure it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientErrorKind {
    /// Too many calls or bytes: slow down.
    Throttled,
    /// The iterator is older than five minutes.
    ExpiredIterator,
    /// There is no such stream, or no such shard any more.
    NotFound,
    /// The service does not take the position or iterator.
    InvalidArgument,
    /// Credentials or permissions are missing or wrong.
    Denied,
    /// No answer: network, time-out, or a failure inside the service.
    Unreachable,
}

/// A call to the stream failed. The message names stream and endpoint, and what to do.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct ClientError {
    /// What kind of failure it was.
    pub kind: ClientErrorKind,
    /// What, where, remedy.
    pub message: String,
}

/// A stream's calls. Each is one request (or a few pages of one), without retries: the reader retries.
#[async_trait]
pub trait StreamClient: Send + Sync + 'static {
    /// For how long the stream keeps its records: milliseconds.
    async fn retention_ms(&self) -> Result<i64, ClientError>;

    /// All shards that still have records, closed ones included.
    async fn list_shards(&self) -> Result<Vec<ShardInfo>, ClientError>;

    /// An iterator of a shard.
    async fn shard_iterator(&self, shard: &str, start: &IteratorStart) -> Result<String, ClientError>;

    /// The next records of an iterator.
    async fn records(&self, iterator: &str) -> Result<Answer, ClientError>;

    /// The time, in milliseconds since the epoch, that `LATEST` is fixed at.
    fn now_ms(&self) -> i64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_millis() as i64)
    }
}
