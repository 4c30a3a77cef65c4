//! The embedded engine: a store on this machine's disk, and DataFusion to run queries on it. No network.
//!
//! Read in this order: [`engine`](EmbeddedEngine) (the trait's methods), `execute` (one statement from snapshot to
//! answer), `plan` (resolved query to operators), `operator` (those that are ours), `program` (expressions), `partials`
//! (what aggregations found in sealed segments), `answer` (columns as the caller gets them).

mod admission;
mod answer;
mod engine;
mod error;
mod execute;
mod kind;
mod memory;
mod operator;
mod options;
mod partials;
mod plan;
mod program;

pub use engine::EmbeddedEngine;
pub use options::EmbeddedOptions;
pub use rockhopper_storage::StoreOptions;
