//! Readers of streams: shards in, batches with positions out.
//!
//! What a reader does next is decided by state machines without I/O ([`Shards`] for the stream, [`ShardState`] for
//! one shard). [`spawn`] drives them with the AWS client; a test drives them with a simulated stream.
//!
//! Kept here and tested in `tests/`:
//! - every record is stored once and in the order of its shard, whatever fails whenever;
//! - a shard is read after its parents are stored to their ends, and a shard found later is read from its beginning;
//! - `LATEST` is one instant, fixed before the first record is read and stored.

mod aws;
mod backoff;
mod client;
mod error;
mod position;
mod reader;
mod secret;
mod shard_state;
mod shards;
mod source;
mod status;

pub use aws::AwsStream;
pub use backoff::{Backoff, MAX_BACKOFF_MS};
pub use client::{Answer, ClientError, ClientErrorKind, IteratorStart, Record, ShardInfo, StreamClient};
pub use error::{Error, Result};
pub use position::{ShardPosition, Stored};
pub use secret::Secret;
pub use shard_state::{Action, Chunk, MAX_BATCH_BYTES, MAX_BATCH_RECORDS, POLL_INTERVAL_MS, ShardState};
pub use shards::{MAX_SHARDS, ResetPolicy, Shards, Start};
pub use source::{KinesisSource, MAX_FETCHES, RELIST_INTERVAL_MS, SourceHandle, spawn, spawn_with_client};
pub use status::{SourceState, SourceStatus};
