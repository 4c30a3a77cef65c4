//! The log: what was appended since the last segment was sealed. One frame for each append.
//!
//! ```text
//! header, 64 bytes: magic, commit, bytes of the record, checksum, bytes of the piece, where the log was durable up to
//! record: JSON, padded to 64 bytes
//! piece: see `format`, with a checksum of its own
//! ```

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rockhopper_engine::{Error, Result};

use crate::files::{self, failed};
use crate::format::ALIGNMENT;
use crate::ledger::Record;

pub(crate) mod replay;

const MAGIC: &[u8; 8] = b"RHFRAME\0";
const HEADER_BYTES: usize = 64;
const PREFIX: &str = "log-";

// Where the header's fields are.
const COMMIT_AT: usize = 8;
const RECORD_BYTES_AT: usize = 16;
const PIECE_BYTES_AT: usize = 24;
const DURABLE_AT: usize = 32;
const CHECKSUM_AT: usize = 40;

/// One log file that is appended to.
#[derive(Debug)]
pub(crate) struct Log {
    file: File,
    path: PathBuf,
    /// What is durable. Everything behind it is a failed write.
    durable_bytes: u64,
    /// Whether a failed write could not be taken back: what follows it would be lost at the next start.
    broken: bool,
}

/// The name of the log file whose first frame has a commit.
pub(crate) fn file_name(first_commit: u64) -> String {
    format!("{PREFIX}{first_commit:020}")
}

/// The first commit of a log file, if the name is that of one.
pub(crate) fn first_commit(file_name: &str) -> Option<u64> {
    file_name.strip_prefix(PREFIX)?.parse().ok()
}

impl Log {
    /// Makes an empty log file for the frames from a commit on.
    pub(crate) fn create(directory: &Path, first_commit: u64) -> Result<Log> {
        let path = directory.join(file_name(first_commit));
        let file = File::create(&path).map_err(failed("create", &path))?;
        files::sync_directory(directory)?;
        Ok(Log { file, path, durable_bytes: 0, broken: false })
    }

    /// Its file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Appends frames and makes them durable: all of them or none.
    ///
    /// # Errors
    ///
    /// If the disk is full or fails; what was written is then taken back.
    pub(crate) fn append(&mut self, first_commit: u64, frames: &[(&Record, &[u8])]) -> Result<()> {
        if self.broken {
            let what = format!("{} could not be written; free disk space and restart", self.path.display());
            return Err(Error::Unavailable(what));
        }
        let mut at = self.durable_bytes;
        let mut write = || -> Result<()> {
            for (commit, (record, piece)) in (first_commit..).zip(frames) {
                let head = head(commit, record, piece, self.durable_bytes)?;
                self.file.write_all_at(&head, at).map_err(failed("write", &self.path))?;
                self.file.write_all_at(piece, at + head.len() as u64).map_err(failed("write", &self.path))?;
                at += (head.len() + piece.len()) as u64;
            }
            self.file.sync_data().map_err(failed("sync", &self.path))
        };
        let written = write();
        match written {
            Ok(()) => self.durable_bytes = at,
            Err(_) => self.take_back(),
        }
        written
    }

    fn take_back(&mut self) {
        let taken_back = self.file.set_len(self.durable_bytes).and_then(|()| self.file.sync_all());
        if let Err(error) = taken_back {
            tracing::error!(path = %self.path.display(), %error, "a failed write could not be taken back");
            self.broken = true;
        }
    }
}

/// Header and record of a frame, padded.
fn head(commit: u64, record: &Record, piece: &[u8], durable: u64) -> Result<Vec<u8>> {
    let mut bytes = vec![0; HEADER_BYTES];
    serde_json::to_writer(&mut bytes, record).map_err(|error| Error::Internal(error.to_string()))?;
    let record_bytes = (bytes.len() - HEADER_BYTES) as u64;
    bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
    bytes[..COMMIT_AT].copy_from_slice(MAGIC);
    let fields = [
        (COMMIT_AT, commit),
        (RECORD_BYTES_AT, record_bytes),
        (PIECE_BYTES_AT, piece.len() as u64),
        (DURABLE_AT, durable),
    ];
    for (at, value) in fields {
        bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
    }
    let checksum = checksum(&bytes);
    bytes[CHECKSUM_AT..CHECKSUM_AT + 4].copy_from_slice(&checksum.to_le_bytes());
    Ok(bytes)
}

/// The checksum of header and record, the field of the checksum itself left out.
fn checksum(head: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&head[..CHECKSUM_AT]);
    hasher.update(&head[CHECKSUM_AT + 4..]);
    hasher.finalize()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::replay::replay;
    use super::*;
    use crate::format;
    use crate::node::Node;

    fn piece() -> Vec<u8> {
        format::encode(&Node::default(), 0)
    }

    #[test]
    fn a_failed_write_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let mut log = Log::create(directory.path(), 1).unwrap();
        log.append(1, &[(&Record::default(), &piece())]).unwrap();
        // What a disk that became full in the middle of a frame leaves.
        log.file.write_all_at(&[7; 1000], log.durable_bytes).unwrap();
        log.take_back();
        assert_eq!(log.path.metadata().unwrap().len(), log.durable_bytes);
        log.append(2, &[(&Record::default(), &piece()), (&Record::default(), &piece())]).unwrap();
        assert_eq!(replay(directory.path(), 0).unwrap().len(), 3);
    }

    #[test]
    fn a_full_disk_is_an_error_that_names_the_file() {
        let path = PathBuf::from("/dev/full");
        let file = File::options().write(true).open(&path).unwrap();
        let mut log = Log { file, path, durable_bytes: 0, broken: false };
        let error = log.append(1, &[(&Record::default(), &piece())]).unwrap_err();
        assert!(matches!(error, Error::Io { action: "write", .. }), "{error}");
        // The device cannot be cut either, so nothing may follow what was written.
        let error = log.append(1, &[(&Record::default(), &piece())]).unwrap_err();
        assert!(error.to_string().contains("free disk space and restart"), "{error}");
    }
}
