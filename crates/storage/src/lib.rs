//! The embedded engine's store: schemaless JSON documents in, immutable columnar pieces out, durable.
//!
//! # Layout
//!
//! - `path`, `piece`, `words`, `snapshot`: what a query asks and is answered.
//! - `shred`, `builder`, `slots`, `strings`, `layout`: JSON text to a tree of columns.
//! - `node`, `blocks`, `presence`: the tree, with one node for each path and one part for each type in it.
//! - `place`, `find`: a path's place in a piece, whether its columns are in memory or in a file.
//! - `rebuild`, `column`, `list`, `describe`: columns back to values, Arrow arrays and counts.
//! - `merge`, `reshred`, `distinct`: several trees to one.
//! - `segment`, `encoding`, `cache`: files of sealed pieces, how columns are encoded in them, and what was decoded.
//! - `format`, `files`, `log`, `ledger`, `manifest`: the other bytes on disk.
//! - `collection`, `commit`, `maintain`, `wake`, `store`: who does what when.
//!
//! # What holds
//!
//! - What `append` returned for is on disk, and every snapshot taken later holds it.
//! - A piece and a snapshot never change. Taking a snapshot waits for nobody but a pointer being replaced.
//! - Documents and the source position of a batch are one frame of the log: both are there after a crash, or none.
//! - Merging, sealing and restarting change no answer.
//! - Damage to a file is an error that names it, for whoever reads the damaged place, and never a wrong answer.

mod blocks;
mod builder;
mod cache;
mod collection;
mod column;
mod commit;
mod describe;
mod distinct;
mod encoding;
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
mod place;
mod presence;
mod rebuild;
mod reshred;
mod segment;
mod shred;
mod slots;
mod snapshot;
mod store;
mod strings;
mod wake;
mod words;

pub use builder::MAX_PATHS;
pub use collection::Collection;
pub use path::{ColumnType, PathTypes, Step};
pub use piece::{Piece, SegmentId, ZONE_ROWS, Zones};
pub use shred::{
    MAX_BATCH_BYTES, MAX_BATCH_DOCUMENTS, MAX_DOCUMENT_BYTES, MAX_FIELD_NAME_BYTES, MAX_NESTING,
};
pub use snapshot::Snapshot;
pub use store::{Store, StoreOptions};
