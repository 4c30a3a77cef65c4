//! The embedded engine's store: schemaless JSON documents in, immutable columnar pieces out, durable.
//!
//! # Layout
//!
//! - `path`, `piece`, `snapshot`: what a query asks and is answered.
//! - `shred`, `builder`, `strings`, `layout`: JSON text to a tree of columns.
//! - `node`, `presence`, `find`: the tree, with one node for each path and one part for each type in it.
//! - `rebuild`, `column`, `list`, `describe`: columns back to values, Arrow arrays and counts.
//! - `merge`, `reshred`: several trees to one.
//! - `format`, `files`, `segment`, `log`, `ledger`, `manifest`: bytes on disk.
//! - `collection`, `commit`, `maintain`, `wake`, `store`: who does what when.
//!
//! # What holds
//!
//! - What `append` returned for is on disk, and every snapshot taken later holds it.
//! - A piece and a snapshot never change. Taking a snapshot waits for nobody but a pointer being replaced.
//! - Documents and the source position of a batch are one frame of the log: both are there after a crash, or none.
//! - Merging, sealing and restarting change no answer.

mod builder;
mod collection;
mod column;
mod commit;
mod describe;
mod files;
mod find;
mod format;
mod layout;
mod ledger;
mod list;
mod log;
mod maintain;
mod manifest;
mod merge;
mod node;
mod path;
mod piece;
mod presence;
mod rebuild;
mod reshred;
mod segment;
mod shred;
mod snapshot;
mod store;
mod strings;
mod wake;

pub use builder::MAX_PATHS;
pub use collection::Collection;
pub use path::{ColumnType, PathTypes, Step};
pub use piece::{Piece, ZONE_ROWS, Zones};
pub use shred::{
    MAX_BATCH_BYTES, MAX_BATCH_DOCUMENTS, MAX_DOCUMENT_BYTES, MAX_FIELD_NAME_BYTES, MAX_NESTING,
};
pub use snapshot::Snapshot;
pub use store::{Store, StoreOptions};
