//! Sealed pieces in files of their own.

use std::path::Path;
use std::sync::Arc;

use rockhopper_engine::{Error, Result};

use crate::files;
use crate::format;
use crate::manifest::SegmentEntry;
use crate::piece::Piece;

const PREFIX: &str = "segment-";
const REMEDY: &str = "restore the file from a backup, or drop the collection and ingest again";

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
    /// Writes a piece to a new file. The segment reads from the file, so the piece's memory can go.
    pub(crate) fn write(directory: &Path, number: u64, piece: Piece) -> Result<Segment> {
        let file = format!("{PREFIX}{number:020}");
        let (min_event_time_us, max_event_time_us) = piece.event_time_range().unwrap_or((0, 0));
        let bytes = format::encode(&piece);
        let entry = SegmentEntry {
            rows: piece.rows() as u64,
            bytes: bytes.len() as u64,
            json_bytes: piece.json_bytes(),
            min_event_time_us,
            max_event_time_us,
            crc32: format::stored_checksum(&bytes),
            deletion_version: 0,
            file,
        };
        drop(piece);
        files::write_atomically(directory, &entry.file, &bytes)?;
        drop(bytes);
        Segment::open(directory, entry)
    }

    /// Opens a segment's file and checks all of it.
    pub(crate) fn open(directory: &Path, entry: SegmentEntry) -> Result<Segment> {
        let path = directory.join(&entry.file);
        let damaged = |what: String| Error::Damaged { path: path.clone(), what, remedy: REMEDY };
        let bytes = match files::map(&path) {
            Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                return Err(damaged("the segment's file is missing".to_owned()));
            }
            other => other?,
        };
        if bytes.len() as u64 != entry.bytes {
            return Err(damaged(format!("it has {} bytes instead of {}", bytes.len(), entry.bytes)));
        }
        let (piece, _) = format::decode(&bytes).map_err(damaged)?;
        if format::stored_checksum(&bytes) != entry.crc32 || piece.rows() as u64 != entry.rows {
            return Err(damaged("it is not the file that the manifest names".to_owned()));
        }
        Ok(Segment { entry, piece: Arc::new(piece) })
    }
}
