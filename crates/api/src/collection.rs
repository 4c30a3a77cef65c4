//! Collections and their sources.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The body of `POST .../collections`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CreateCollectionRequest {
    /// Letters, digits, dashes and underscores.
    pub name: String,
    /// For readers.
    #[serde(default)]
    pub description: Option<String>,
    /// Where documents come from; none for a collection that is written through the API.
    #[serde(default)]
    pub sources: Option<Vec<SourceRequest>>,
    /// Documents whose `_event_time` is older are dropped.
    #[serde(default)]
    pub retention_secs: Option<u64>,
    /// An ingest transformation.
    #[serde(default)]
    pub field_mapping_query: Option<FieldMappingQuery>,
    /// Field mappings of the first API version.
    #[serde(default)]
    pub field_mappings: Option<Vec<Value>>,
}

/// An ingest transformation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FieldMappingQuery {
    /// Its text.
    #[serde(default)]
    pub sql: Option<String>,
}

/// A source in a request. Exactly one kind of source may be set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SourceRequest {
    /// The integration that holds the credentials.
    #[serde(default)]
    pub integration_name: Option<String>,
    /// A Kinesis stream.
    #[serde(default)]
    pub kinesis: Option<KinesisSource>,
    /// What the records hold.
    #[serde(default)]
    pub format_params: Option<Value>,
    /// Every other member: kinds of sources that this server does not read.
    #[serde(flatten)]
    pub others: serde_json::Map<String, Value>,
}

/// A Kinesis stream as a source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KinesisSource {
    /// The stream's name.
    pub stream_name: String,
    /// The stream's region; None: the server's.
    #[serde(default)]
    pub aws_region: Option<String>,
    /// Where to begin in a stream that was never read.
    #[serde(default)]
    pub offset_reset_policy: Option<OffsetResetPolicy>,
    /// Not supported: change records of AWS DMS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dms_primary_key: Option<Vec<String>>,
}

/// Where to begin in a stream that was never read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum OffsetResetPolicy {
    /// With what arrives from now on.
    #[serde(rename = "LATEST", alias = "latest")]
    Latest,
    /// With the oldest record that the stream still has.
    #[default]
    #[serde(rename = "EARLIEST", alias = "earliest")]
    Earliest,
}

/// A source as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// Its id.
    pub id: String,
    /// The integration that holds its credentials.
    pub integration_name: Option<String>,
    /// A Kinesis stream.
    pub kinesis: Option<KinesisSource>,
    /// What the records hold.
    pub format_params: Option<Value>,
    /// How it goes.
    pub status: Option<SourceStatus>,
    /// Never set: sources cannot be suspended.
    pub suspended_at: Option<String>,
    /// Never set: sources cannot be suspended.
    pub resume_at: Option<String>,
}

/// Whether a source is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum SourceState {
    /// The reader starts.
    #[default]
    Initializing,
    /// All there was is read; new records are waited for.
    Watching,
    /// Records are being read.
    Processing,
    /// It cannot be read; the message says why, and the reader keeps trying.
    Error,
}

/// How a source goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SourceStatus {
    /// Whether it is read.
    pub state: SourceState,
    /// What is wrong, or what the reader does.
    pub message: Option<String>,
    /// When a record was last stored.
    pub last_processed_at: Option<String>,
    /// Never set for streams.
    pub last_processed_item: Option<String>,
    /// Documents stored.
    pub total_processed_items: u64,
    /// Never set for streams.
    pub detected_size_bytes: Option<u64>,
    /// Records that were no JSON objects.
    pub total_parse_errors: u64,
    /// Why the last of them was none.
    pub last_parse_error_message: Option<String>,
    /// Bytes of JSON taken in.
    pub data_downloaded_bytes: u64,
    /// How far the slowest shard is behind, in milliseconds: our extension.
    pub lag_ms: Option<u64>,
}

/// A collection as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Collection {
    /// When it was made.
    pub created_at: Option<String>,
    /// Who made it.
    pub created_by: Option<String>,
    /// Rockset's resource name.
    pub rrn: String,
    /// Its name.
    pub name: String,
    /// For readers.
    pub description: Option<String>,
    /// The workspace that it is in.
    pub workspace: String,
    /// `CREATED`, `READY`, `DELETED`.
    pub status: String,
    /// Where its documents come from.
    pub sources: Vec<Source>,
    /// Counts and sizes.
    pub stats: CollectionStats,
    /// Documents whose `_event_time` is older are dropped.
    pub retention_secs: Option<u64>,
    /// Always empty.
    pub field_mappings: Vec<Value>,
    /// Never set.
    pub field_mapping_query: Option<FieldMappingQuery>,
    /// Always empty.
    pub field_partitions: Vec<Value>,
    /// Always empty.
    pub clustering_key: Vec<Value>,
    /// Always empty.
    pub field_schemas: Vec<Value>,
    /// Full names of the aliases that point at it.
    pub aliases: Vec<String>,
    /// Always false.
    pub read_only: bool,
    /// Always true: documents are added, never changed.
    pub insert_only: bool,
    /// Always `HOT`.
    pub storage_type: String,
}

/// Counts and sizes of a collection.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CollectionStats {
    /// Documents that a query sees.
    pub doc_count: u64,
    /// Documents dropped by retention; not counted here.
    pub purged_doc_count: u64,
    /// How much of the sources is read, from 0 to 1; always 1 for streams.
    pub fill_progress: f64,
    /// When it was last queried: milliseconds since the epoch.
    pub last_queried_ms: Option<i64>,
    /// When its last document was stored: milliseconds since the epoch.
    pub last_updated_ms: Option<i64>,
    /// Bytes on disk.
    pub total_size: u64,
    /// Bytes of JSON taken in.
    pub bytes_inserted: u64,
    /// Always 0.
    pub bytes_overwritten: u64,
}

/// What deleting a collection answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeletedCollection {
    /// Its name.
    pub name: String,
    /// The workspace that it was in.
    pub workspace: String,
    /// Always empty.
    pub sources: Vec<Value>,
    /// Always empty.
    pub field_mappings: Vec<Value>,
    /// Always empty.
    pub field_partitions: Vec<Value>,
    /// Always empty.
    pub clustering_key: Vec<Value>,
    /// Always empty.
    pub field_schemas: Vec<Value>,
    /// Always `HOT`.
    pub storage_type: String,
}
