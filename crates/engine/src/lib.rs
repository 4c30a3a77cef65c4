//! What an engine is: the trait and its plain types. No engine is named here.

mod error;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use bytes::Bytes;
pub use error::{Error, Result};
use rockhopper_sql::Value;
use rockhopper_sql::resolved::Query;

/// The key of a field's metadata that says which Rockset type the column holds: a name of [`rockhopper_sql::Type`],
/// or [`JSON_TYPE`] for a column of mixed types, arrays or objects, whose cells are JSON text (extended JSON for
/// typed values; an Arrow null is an undefined value, the text `null` an explicit null).
pub const TYPE_KEY: &str = "rockset.type";
/// See [`TYPE_KEY`].
pub const JSON_TYPE: &str = "json";
/// The key of a field's metadata that says what an Arrow null in a typed column stands for: `null` or `undefined`.
pub const ABSENT_KEY: &str = "rockset.absent";

/// Names the data of one collection inside an engine. The server gives it when it creates the collection and never
/// gives it again, so that a collection that is dropped and made anew starts empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CollectionId(pub Arc<str>);

/// Where in a source a batch ends. Stored in the same commit as the documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The source's id in its collection.
    pub source: Arc<str>,
    /// The shard or partition.
    pub partition: Arc<str>,
    /// Opaque to engines: a sequence number, an offset.
    pub position: Arc<str>,
}

/// One raw document.
#[derive(Clone, Debug)]
pub struct Document {
    /// JSON text. What is no JSON object is bad, see [`DocumentOutcome`].
    pub json: Bytes,
    /// The `_id` where the document carries none; unique for the place in the source, so that the same record
    /// always gets the same one. None: the engine makes one.
    pub id: Option<Arc<str>>,
    /// The `_event_time` where the document carries none: microseconds since the epoch.
    pub event_time_us: i64,
}

/// What a source hands an engine: documents and the position after them.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// The documents in order of arrival.
    pub documents: Vec<Document>,
    /// Where the source stands after them.
    pub position: Option<Position>,
}

/// What became of a batch.
#[derive(Clone, Debug, Default)]
pub struct Appended {
    /// One for each document, in order.
    pub documents: Vec<DocumentOutcome>,
    /// Grows with each commit of the collection: a query that starts after `append` returned sees the batch.
    pub commit: u64,
}

/// What became of one document.
#[derive(Clone, Debug)]
pub struct DocumentOutcome {
    /// Its `_id`.
    pub id: String,
    /// Why it is bad, if it is. A source's document (the batch has a position) is then stored as one with only
    /// `_meta.bad`; of other batches it is left out, for its sender hears of it.
    pub bad: Option<String>,
}

/// A query to run.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The resolved query.
    pub query: Arc<Query>,
    /// The values of the query's parameters, in their order. Those in the query itself are of the request that it was
    /// resolved for.
    pub parameters: Vec<Value>,
    /// Its text, for places in error messages.
    pub text: Arc<str>,
    /// The data of each of the query's collections, in their order.
    pub collections: Vec<CollectionId>,
    /// The instant `current_timestamp()` stands for: microseconds since the epoch.
    pub now_us: i64,
    /// The limit where the outermost query has none.
    pub default_row_limit: Option<usize>,
    /// The query is ended with [`Error::Timeout`] after this time.
    pub timeout: Duration,
    /// Who asks: where queries have to wait, clients are served in turn.
    pub client: Arc<str>,
}

/// The complete answer of a query.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Names, types and [`TYPE_KEY`]/[`ABSENT_KEY`] of the columns. Arrow types: bool Boolean, int Int64, float
    /// Float64, string Utf8, bytes Binary, timestamp Timestamp(us, UTC), datetime Timestamp(us), date Date32,
    /// time Time64(us), microsecond_interval Duration(us), month_interval Int64, json Utf8.
    pub schema: SchemaRef,
    /// The rows.
    pub batches: Vec<RecordBatch>,
    /// Whether columns come from a star; their set then depends on the data.
    pub star: bool,
    /// What the reader should know: a limit that cut the answer, a collection without documents.
    pub warnings: Vec<String>,
    /// How long the query waited for its turn.
    pub throttled: Duration,
}

impl Answer {
    /// The number of rows.
    pub fn row_count(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }
}

/// What a collection holds.
#[derive(Clone, Debug, Default)]
pub struct Statistics {
    /// Documents that a query sees.
    pub document_count: u64,
    /// Bytes on disk.
    pub size_bytes: u64,
    /// Bytes of JSON taken in since the collection was made.
    pub ingested_bytes: u64,
    /// When the last batch was committed: milliseconds since the epoch.
    pub last_updated_ms: Option<i64>,
    /// For each source: documents stored, documents that were no JSON objects, and the last reason.
    pub sources: BTreeMap<String, SourceStatistics>,
}

/// What a collection holds of one source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceStatistics {
    /// Documents stored, bad ones included.
    pub document_count: u64,
    /// Bytes of JSON taken in.
    pub ingested_bytes: u64,
    /// Documents stored with only `_meta.bad`.
    pub bad_count: u64,
    /// Why the last of them was bad.
    pub last_bad: Option<String>,
}

/// One row of `DESCRIBE`: a path and one type that was seen there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldStatistics {
    /// The parts of the path; `*` stands for the elements of an array.
    pub path: Vec<String>,
    /// The type's name.
    pub type_name: &'static str,
    /// How often the path holds the type.
    pub occurrences: u64,
    /// How many documents or parents could hold it.
    pub total: u64,
}

/// Memory of an engine that has a limit of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryUse {
    /// What it is for, in snake case.
    pub name: &'static str,
    /// Bytes that are used now.
    pub used_bytes: u64,
    /// Bytes that may be used.
    pub limit_bytes: u64,
}

/// A store of collections that runs queries. All methods may be called from many tasks at once.
#[async_trait]
pub trait Engine: Send + Sync + 'static {
    /// Makes an empty collection. Fails if its data exists.
    async fn create(&self, collection: &CollectionId, options: &CollectionOptions) -> Result<()>;

    /// Drops a collection and its data. Dropping what is not there is fine.
    async fn drop_collection(&self, collection: &CollectionId) -> Result<()>;

    /// Stores a batch: when it returns, documents and position are durable in one commit and visible to queries that
    /// start later. Batches of one partition must be appended one after another.
    async fn append(&self, collection: &CollectionId, batch: Batch) -> Result<Appended>;

    /// The last stored position of every partition of a source.
    async fn positions(
        &self,
        collection: &CollectionId,
        source: &str,
    ) -> Result<BTreeMap<Arc<str>, Arc<str>>>;

    /// Runs a query on one snapshot. Dropping the future cancels it and frees what it holds.
    async fn execute(&self, statement: Statement) -> Result<Answer>;

    /// Counts and sizes.
    async fn statistics(&self, collection: &CollectionId) -> Result<Statistics>;

    /// The paths and types that a collection's documents hold, sorted by path and type.
    async fn describe(&self, collection: &CollectionId) -> Result<Vec<FieldStatistics>>;

    /// What the engine keeps in memory, each part with its limit.
    fn memory(&self) -> Vec<MemoryUse>;

    /// Writes what is buffered and closes every file. Appends and queries fail afterwards.
    async fn close(&self) -> Result<()>;
}

/// How a collection is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CollectionOptions {
    /// Segments whose documents are all older, by `_event_time`, are dropped.
    pub retention: Option<Duration>,
}
