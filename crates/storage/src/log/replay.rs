//! Reading the log after a start.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use arrow::buffer::Buffer;
use rockhopper_engine::{Error, Result};

use super::*;
use crate::format;
use crate::piece::Piece;

const REMEDY: &str = "restore the collection's folder from a backup; what was appended since the damaged place is lost \
                      if you delete this file and the logs after it";

/// One append that the log holds.
#[derive(Debug)]
pub(crate) struct Replayed {
    pub(crate) commit: u64,
    pub(crate) record: Record,
    pub(crate) piece: Piece,
    /// Bytes of the piece.
    pub(crate) bytes: usize,
}

/// Reads every frame behind a commit, in order, and cuts off what a crash left half-written at the end.
///
/// # Errors
///
/// If a frame that was durable is damaged or missing.
pub(crate) fn replay(directory: &Path, covered: u64) -> Result<Vec<Replayed>> {
    let names = files::names(directory)?;
    let mut logs: Vec<(u64, PathBuf)> =
        names.iter().filter_map(|name| Some((first_commit(name)?, directory.join(name)))).collect();
    logs.sort();
    let mut replayed: Vec<Replayed> = Vec::new();
    for (at, (_, path)) in logs.iter().enumerate() {
        let bytes = files::map(path)?;
        let torn = read_file(path, &bytes, covered, &mut replayed)?;
        if let Some((good, what)) = torn {
            // A later log is begun only when the one before is whole.
            let later =
                logs[at + 1..].iter().any(|(_, later)| later.metadata().is_ok_and(|data| data.len() > 0));
            if later || durable_behind(&bytes, good) {
                return Err(damaged(path, format!("at byte {good}: {what}")));
            }
            cut(path, good, bytes.len(), &what)?;
        }
    }
    Ok(replayed)
}

/// Reads a file up to its end or the first bad frame: gives where that begins and what is wrong with it.
fn read_file(
    path: &Path,
    bytes: &Buffer,
    covered: u64,
    replayed: &mut Vec<Replayed>,
) -> Result<Option<(usize, String)>> {
    let mut at = 0;
    while at < bytes.len() {
        let head = match read_head(bytes, at) {
            Ok(head) => head,
            Err(what) => return Ok(Some((at, what))),
        };
        let piece_at = at + head.head_bytes;
        let Some(end) = piece_at.checked_add(head.piece_bytes).filter(|end| *end <= bytes.len()) else {
            return Ok(Some((at, "a frame is cut off".to_owned())));
        };
        let (piece, size) = match format::decode(&bytes.slice_with_length(piece_at, head.piece_bytes)) {
            Ok(decoded) => decoded,
            Err(what) => return Ok(Some((at, format!("a piece: {what}")))),
        };
        if size != head.piece_bytes {
            return Ok(Some((at, "a piece has not the size of its frame".to_owned())));
        }
        if head.commit > covered {
            let expected = replayed.last().map_or(covered, |last| last.commit) + 1;
            if head.commit != expected {
                let what = format!("commit {} follows where commit {expected} must", head.commit);
                return Err(damaged(path, what));
            }
            replayed.push(Replayed { commit: head.commit, record: head.record, piece, bytes: size });
        }
        at = end;
    }
    Ok(None)
}

/// Whether a frame behind a bad one shows that the bad one had been durable.
fn durable_behind(bytes: &Buffer, bad: usize) -> bool {
    (bad + ALIGNMENT..bytes.len()).step_by(ALIGNMENT).any(|at| {
        bytes[at..].starts_with(MAGIC) && read_head(bytes, at).is_ok_and(|head| head.durable > bad as u64)
    })
}

fn cut(path: &Path, good: usize, was: usize, what: &str) -> Result<()> {
    tracing::warn!(
        path = %path.display(), kept_bytes = good, cut_bytes = was - good, what,
        "cut off an append that a crash left half-written"
    );
    let file = OpenOptions::new().write(true).open(path).map_err(failed("open", path))?;
    file.set_len(good as u64).and_then(|()| file.sync_all()).map_err(failed("cut", path))
}

fn damaged(path: &Path, what: String) -> Error {
    Error::Damaged { path: path.to_owned(), what, remedy: REMEDY }
}

struct Head {
    commit: u64,
    record: Record,
    durable: u64,
    head_bytes: usize,
    piece_bytes: usize,
}

fn read_head(bytes: &[u8], at: usize) -> std::result::Result<Head, String> {
    let bytes = &bytes[at..];
    let header = bytes.get(..HEADER_BYTES).ok_or("a frame's header is cut off")?;
    if !header.starts_with(MAGIC) {
        return Err("no frame begins here".to_owned());
    }
    let number = |at: usize| header[at..].first_chunk().copied().map_or(0, u64::from_le_bytes);
    let record_end =
        usize::try_from(number(RECORD_BYTES_AT)).ok().and_then(|size| size.checked_add(HEADER_BYTES));
    let head_bytes = record_end.and_then(|end| end.checked_next_multiple_of(ALIGNMENT));
    let (Some(record_end), Some(head_bytes)) = (record_end, head_bytes) else {
        return Err("a frame's size is wrong".to_owned());
    };
    let head = bytes.get(..head_bytes).ok_or("a frame's record is cut off")?;
    if number(CHECKSUM_AT) as u32 != checksum(head) {
        return Err("a frame's checksum is wrong".to_owned());
    }
    let record =
        serde_json::from_slice(&head[HEADER_BYTES..record_end]).map_err(|error| error.to_string())?;
    Ok(Head {
        commit: number(COMMIT_AT),
        record,
        durable: number(DURABLE_AT),
        head_bytes,
        piece_bytes: number(PIECE_BYTES_AT) as usize,
    })
}
