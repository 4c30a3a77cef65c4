//! Sealed pieces in files of their own.

mod file;
mod layout;
mod load;
mod postings;
mod tree;
mod write;

use std::path::Path;
use std::sync::Arc;

use rockhopper_engine::Result;

use crate::cache::ColumnCache;
use crate::files;
use crate::manifest::SegmentEntry;
use crate::merge::{merge, must_reshred};
use crate::piece::Piece;
use crate::place::Place;

pub(crate) use file::SegmentFile;
pub(crate) use load::{Loader, Wanted};
pub(crate) use postings::is_listed;
pub(crate) use tree::{Postings, StoredNode, StoredValues};

const PREFIX: &str = "segment-";

/// A sealed piece and its file.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) entry: SegmentEntry,
    pub(crate) piece: Arc<Piece>,
}

/// Whether a file name is that of a segment.
pub(crate) fn is_segment(file_name: &str) -> bool {
    file_name.starts_with(PREFIX)
}

impl Segment {
    /// Writes the documents of several pieces, one after another, to a new file, and opens it.
    ///
    /// # Errors
    ///
    /// If the disk is full or fails, or a piece's own file is damaged. Nothing is left of the file then.
    pub(crate) fn write(
        directory: &Path,
        number: u64,
        pieces: &[&Piece],
        cache: &Arc<ColumnCache>,
    ) -> Result<Segment> {
        let name = format!("{PREFIX}{number:020}");
        let json_bytes = pieces.iter().map(|piece| piece.json_bytes()).sum();
        let ranges = pieces.iter().filter_map(|piece| piece.event_time_range());
        let range = ranges.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)));
        let (min_event_time_us, max_event_time_us) = range.unwrap_or((0, 0));
        let roots: Vec<Place<'_>> = pieces.iter().map(|piece| piece.root()).collect();
        let written = files::write_atomically(directory, &name, |file, path| {
            if must_reshred(&roots) {
                let merged = merge(&roots)?;
                return write::write(file, path, &[Place::Memory(&merged)], json_bytes);
            }
            write::write(file, path, &roots, json_bytes)
        })?;
        let entry = SegmentEntry {
            rows: written.rows as u64,
            bytes: written.bytes,
            json_bytes,
            min_event_time_us,
            max_event_time_us,
            crc32: written.checksum,
            deletion_version: 0,
            file: name,
        };
        Segment::open(directory, entry, cache)
    }

    /// Opens a segment's file: checks its header and tree. Its columns are checked when they are read.
    pub(crate) fn open(directory: &Path, entry: SegmentEntry, cache: &Arc<ColumnCache>) -> Result<Segment> {
        let (file, root) = SegmentFile::open(directory, &entry, cache)?;
        let piece = Arc::new(Piece::sealed(root, file, entry.json_bytes, entry.deletion_version));
        Ok(Segment { entry, piece })
    }
}
