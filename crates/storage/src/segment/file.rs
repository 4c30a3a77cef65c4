//! The file of a segment: mapped, and checked block by block as it is read.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::buffer::Buffer;
use rockhopper_engine::{Error, Result};

use super::layout::*;
use super::tree::{self, Block, Pages, StoredNode};
use crate::cache::ColumnCache;
use crate::encoding::Decoded;
use crate::encoding::cursor::Cursor;
use crate::files;
use crate::manifest::SegmentEntry;

const REMEDY: &str = "restore the file from a backup, or drop the collection and ingest again";

/// An open segment file.
#[derive(Debug)]
pub(crate) struct SegmentFile {
    path: PathBuf,
    bytes: Buffer,
    /// Counts the segments that this process opened.
    pub(crate) serial: u64,
    pub(crate) cache: Arc<ColumnCache>,
}

impl SegmentFile {
    /// Opens a file and checks its header and tree.
    pub(crate) fn open(
        directory: &Path,
        entry: &SegmentEntry,
        cache: &Arc<ColumnCache>,
    ) -> Result<(SegmentFile, StoredNode)> {
        static SERIAL: AtomicU64 = AtomicU64::new(0);
        let path = directory.join(&entry.file);
        let bytes = match files::map(&path) {
            Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                return Err(damaged(&path, "the segment's file is missing".to_owned()));
            }
            other => other?,
        };
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let root = read(&bytes, entry).map_err(|what| damaged(&path, what))?;
        Ok((SegmentFile { path, bytes, serial, cache: Arc::clone(cache) }, root))
    }

    /// The bytes of a block, checked.
    pub(crate) fn block(&self, block: &Block) -> Result<Cursor<'_>> {
        let bytes = self.checked(block.at, block.bytes, block.checksum)?;
        Ok(Cursor::new(bytes))
    }

    /// Bytes between two places of a run, checked.
    pub(crate) fn range(&self, pages: &Pages, from: usize, to: usize) -> Result<Cursor<'_>> {
        if from > to || to > pages.bytes {
            return Err(self.damaged("a posting list lies outside of its place".to_owned()));
        }
        for page in from / PAGE_BYTES..to.div_ceil(PAGE_BYTES) {
            let start = page * PAGE_BYTES;
            let len = PAGE_BYTES.min(pages.bytes - start);
            self.checked(pages.at + start, len, pages.checksums[page])?;
        }
        Ok(Cursor::new(&self.bytes[pages.at + from..pages.at + to]))
    }

    /// The error for bytes that do not hold what they must.
    pub(crate) fn damaged(&self, what: String) -> Error {
        damaged(&self.path, what)
    }

    fn checked(&self, at: usize, len: usize, checksum: u32) -> Result<&[u8]> {
        let bytes = self.bytes.get(at..at + len).filter(|bytes| crc32fast::hash(bytes) == checksum);
        bytes.ok_or_else(|| self.damaged(format!("the {len} bytes from byte {at} have a wrong checksum")))
    }
}

impl Drop for SegmentFile {
    fn drop(&mut self) {
        self.cache.forget(self.serial);
    }
}

fn damaged(path: &Path, what: String) -> Error {
    Error::Damaged { path: path.to_owned(), what, remedy: REMEDY }
}

fn read(bytes: &[u8], entry: &SegmentEntry) -> Decoded<StoredNode> {
    let header = bytes.get(..HEADER_BYTES).ok_or("its header is cut off")?;
    if header[..VERSION_AT] != *MAGIC {
        return Err("it does not begin as a segment does".to_owned());
    }
    let number = |at: usize| header[at..].first_chunk().copied().map_or(0, u64::from_le_bytes);
    let version = number(VERSION_AT) as u32;
    if version != VERSION {
        return Err(format!("its format is version {version} and this program reads version {VERSION}"));
    }
    if bytes.len() as u64 != entry.bytes || number(TOTAL_BYTES_AT) != entry.bytes {
        return Err(format!("it has {} bytes instead of {}", bytes.len(), entry.bytes));
    }
    let tree_at = number(TREE_AT) as usize;
    let tree = tree_at
        .checked_add(number(TREE_BYTES_AT) as usize)
        .filter(|end| *end == bytes.len())
        .and_then(|end| bytes.get(tree_at..end))
        .ok_or("its tree is cut off")?;
    let stored = number(CHECKSUM_AT) as u32;
    if checksum(header, tree) != stored {
        return Err("its checksum is wrong".to_owned());
    }
    let root = tree::read(tree, tree_at)?;
    if root.slots as u64 != number(ROWS_AT) || stored != entry.crc32 || number(ROWS_AT) != entry.rows {
        return Err("it is not the file that the manifest names".to_owned());
    }
    Ok(root)
}
