//! Where the engine keeps its data, and its limits.

use std::path::PathBuf;
use std::thread::available_parallelism;

use rockhopper_storage::StoreOptions;

const GIB: usize = 1 << 30;
const MIB: usize = 1 << 20;

/// Where the engine keeps its data, and its limits.
#[derive(Clone, Debug)]
pub struct EmbeddedOptions {
    /// The folder, which is made if it is not there. No other process may use it.
    pub data_dir: PathBuf,
    /// Memory that all running queries together may use to sort, group, join and hold results.
    pub memory_limit_bytes: usize,
    /// Memory that one of them may use.
    pub query_memory_limit_bytes: usize,
    /// Memory for partial results: what aggregations found in sealed segments. With 0 they are turned off.
    pub partial_results_bytes: usize,
    /// So many queries run at the same time.
    pub max_concurrent_queries: usize,
    /// So many more may wait for their turn, whoever they are from.
    pub max_queued_queries: usize,
    /// Threads that queries run on, and parts that one query is split into.
    pub query_threads: usize,
    /// Rows of the largest answer.
    pub max_answer_rows: usize,
    /// Bytes of the largest answer.
    pub max_answer_bytes: usize,
    /// Values that `IN (SELECT ..)` may look in.
    pub max_subquery_values: usize,
    /// Limits and times of the store.
    pub store: StoreOptions,
}

impl EmbeddedOptions {
    /// The defaults for a data directory.
    pub fn new(data_dir: impl Into<PathBuf>) -> EmbeddedOptions {
        EmbeddedOptions {
            data_dir: data_dir.into(),
            memory_limit_bytes: 4 * GIB,
            query_memory_limit_bytes: GIB,
            partial_results_bytes: 256 * MIB,
            max_concurrent_queries: 8,
            max_queued_queries: 100,
            query_threads: available_parallelism().map_or(1, usize::from),
            max_answer_rows: 4_000_000,
            max_answer_bytes: 512 * MIB,
            max_subquery_values: 1_000_000,
            store: StoreOptions::default(),
        }
    }
}
