//! The background work of a collection: chunks to blocks, blocks to segments, small segments to larger ones, and the
//! end of what is too old.

use std::ops::Range;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Instant;

use rockhopper_engine::Result;

use crate::collection::{Collection, Unsealed, now_ms};
use crate::files;
use crate::ledger::Ledger;
use crate::log::{self, Log};
use crate::manifest::Manifest;
use crate::merge::merge;
use crate::piece::Piece;
use crate::place::Place;
use crate::segment::Segment;

/// Rows of a block: chunks are merged until a piece has at least so many, and at most twice as many.
const BLOCK_ROWS: usize = 65_536;
/// More chunks than this behind the last block are merged.
const MAX_CHUNKS: usize = 8;
/// More unsealed pieces than this are sealed whatever their size, so that a query meets at most 32.
const MAX_UNSEALED_PIECES: usize = 24;
/// More small segments than this are merged.
const MAX_SMALL_SEGMENTS: usize = 8;
/// More frames than this in the log are sealed, even if they hold only positions.
const MAX_LOG_FRAMES: u64 = 100_000;
/// A piece joins a merge if it has at most this many times the rows behind it: each row is then merged few times.
const MERGE_FACTOR: usize = 4;
/// Bytes of JSON that the documents of one segment may come from: keeps every column's offsets within 31 bits.
const MAX_SEGMENT_JSON_BYTES: u64 = 1024 * 1024 * 1024;

/// What the finished log files hold.
struct Finished {
    unsealed: Vec<Unsealed>,
    commit: u64,
    ledger: Ledger,
}

impl Collection {
    /// Merges chunks until there are few.
    pub(crate) fn merge(&self) -> Result<()> {
        let _merging = self.merging.lock().unwrap_or_else(PoisonError::into_inner);
        while self.merge_chunks()? {}
        Ok(())
    }

    /// Does what else is due.
    pub(crate) fn maintain(&self) -> Result<()> {
        // First, for on a disk that is full it makes room for the rest.
        self.drop_old()?;
        if self.is_seal_due() {
            self.seal()?;
        }
        let mut manifest = self.manifest_guard();
        self.check_open()?;
        while self.merge_segments(&mut manifest)? {}
        Ok(())
    }

    /// Writes every unsealed document to a segment file now, as the store does by itself later. Blocks.
    ///
    /// # Errors
    ///
    /// If the disk is full or fails. The documents stay readable and durable in the log.
    pub fn seal(&self) -> Result<()> {
        let mut manifest = self.manifest_guard();
        self.check_open()?;
        let sealed = match self.rotate(manifest.commit)? {
            Some(finished) => self.seal_finished(&mut manifest, finished),
            None => return Ok(()),
        };
        self.live().sealing = 0;
        self.room.notify_all();
        sealed.and_then(|()| self.remove_logs(manifest.commit))
    }

    fn seal_finished(&self, manifest: &mut Manifest, finished: Finished) -> Result<()> {
        let Finished { unsealed, commit, ledger } = finished;
        let mut next = manifest.clone();
        let mut segments = Vec::new();
        for run in runs(&unsealed) {
            let pieces: Vec<&Piece> = run.iter().map(|unsealed| unsealed.piece.as_ref()).collect();
            let segment = Segment::write(&self.directory, next.next_segment, &pieces, &self.cache)?;
            next.next_segment += 1;
            next.segments.push(segment.entry.clone());
            segments.push(segment);
        }
        next.commit = commit;
        next.ledger = ledger;
        next.write(&self.directory)?;
        *manifest = next;
        let mut live = self.live();
        live.unsealed.drain(..unsealed.len());
        live.sealing = 0;
        live.segments.extend(segments);
        live.sealed_commit = commit;
        self.publish(&live);
        Ok(())
    }

    /// Merges chunks behind the last block; whether there may be more to merge.
    fn merge_chunks(&self) -> Result<bool> {
        let unsealed = {
            let live = self.live();
            live.unsealed[live.sealing..].to_vec()
        };
        let rows: Vec<usize> = unsealed.iter().map(|unsealed| unsealed.piece.rows()).collect();
        let tail = rows.iter().rposition(|rows| *rows >= BLOCK_ROWS).map_or(0, |at| at + 1);
        if rows.len() - tail <= MAX_CHUNKS {
            return Ok(false);
        }
        let range = last_run(&rows[tail..], 2 * BLOCK_ROWS);
        let run = &unsealed[range.start + tail..range.end + tail];
        let pieces: Vec<&Piece> = run.iter().map(|unsealed| unsealed.piece.as_ref()).collect();
        let roots: Vec<Place<'_>> = pieces.iter().map(|piece| piece.root()).collect();
        let root = merge(&roots)?;
        let bytes = root.bytes();
        let block = Arc::new(Piece::new(root, pieces.iter().map(|piece| piece.json_bytes()).sum()));
        let since = run.iter().map(|unsealed| unsealed.since).min().unwrap_or_else(Instant::now);
        let mut live = self.live();
        // Sealing may have taken pieces away before them; only merging changes those behind.
        let start = live.unsealed.iter().position(|unsealed| Arc::ptr_eq(&unsealed.piece, &run[0].piece));
        let Some(start) = start else { return Ok(true) };
        live.unsealed.splice(start..start + run.len(), [Unsealed { piece: block, bytes, since }]);
        self.publish(&live);
        drop(live);
        self.room.notify_all();
        Ok(true)
    }

    fn is_seal_due(&self) -> bool {
        let live = self.live();
        let rows: usize = live.unsealed.iter().map(|unsealed| unsealed.piece.rows()).sum();
        let json_bytes: u64 = live.unsealed.iter().map(|unsealed| unsealed.piece.json_bytes()).sum();
        rows >= self.options.segment_rows
            || live.unsealed_bytes() >= self.options.max_unsealed_bytes
            || json_bytes >= MAX_SEGMENT_JSON_BYTES / 2
            || live.unsealed.len() > MAX_UNSEALED_PIECES
            || live.commit - live.sealed_commit > MAX_LOG_FRAMES
            || live.unsealed.iter().any(|unsealed| unsealed.since.elapsed() >= self.options.seal_after)
    }

    /// Begins a new log file. Gives what the finished ones hold; None if that is nothing.
    fn rotate(&self, sealed_commit: u64) -> Result<Option<Finished>> {
        let _merging = self.merging.lock().unwrap_or_else(PoisonError::into_inner);
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let live = self.live();
        let (commit, ledger, unsealed) = (live.commit, live.ledger.clone(), live.unsealed.clone());
        drop(live);
        if commit == sealed_commit {
            return Ok(None);
        }
        // After a failed attempt the log may have been begun already and be empty still.
        if log.path() != self.directory.join(log::file_name(commit + 1)) {
            *log = Log::create(&self.directory, commit + 1)?;
        }
        self.live().sealing = unsealed.len();
        Ok(Some(Finished { unsealed, commit, ledger }))
    }

    fn remove_logs(&self, covered: u64) -> Result<()> {
        for name in files::names(&self.directory)? {
            if log::first_commit(&name).is_some_and(|first| first <= covered) {
                files::remove(&self.directory.join(name))?;
            }
        }
        Ok(())
    }

    /// Drops segments whose documents are all older than the retention.
    fn drop_old(&self) -> Result<()> {
        let mut manifest = self.manifest_guard();
        self.check_open()?;
        let Some(retention) = manifest.options().retention else { return Ok(()) };
        let oldest_us =
            (now_ms() * 1000).saturating_sub(i64::try_from(retention.as_micros()).unwrap_or(i64::MAX));
        let mut kept = manifest.clone();
        kept.segments.retain(|entry| entry.max_event_time_us >= oldest_us);
        if kept.segments.len() == manifest.segments.len() {
            return Ok(());
        }
        let kept_segments: Vec<Segment> = {
            let live = self.live();
            let stays = |segment: &&Segment| kept.segments.contains(&segment.entry);
            live.segments.iter().filter(stays).cloned().collect()
        };
        self.replace_segments(&mut manifest, kept, kept_segments)
    }

    /// Merges small segments that follow each other; whether there may be more to merge.
    fn merge_segments(&self, manifest: &mut Manifest) -> Result<bool> {
        let segments = self.live().segments.clone();
        let Some(range) = self.small_run(&segments) else { return Ok(false) };
        let pieces: Vec<&Piece> =
            segments[range.clone()].iter().map(|segment| segment.piece.as_ref()).collect();
        let merged = Segment::write(&self.directory, manifest.next_segment, &pieces, &self.cache)?;
        let mut next = manifest.clone();
        next.next_segment += 1;
        next.segments.splice(range.clone(), [merged.entry.clone()]);
        let mut live_segments = segments;
        live_segments.splice(range, [merged]);
        self.replace_segments(manifest, next, live_segments)?;
        Ok(true)
    }

    /// The last run of small segments to merge, if there are too many.
    fn small_run(&self, segments: &[Segment]) -> Option<Range<usize>> {
        let small = |segment: &Segment| {
            (segment.entry.rows as usize) < self.options.segment_rows / 2
                && segment.entry.json_bytes < MAX_SEGMENT_JSON_BYTES / 2
        };
        let start = segments.iter().rposition(|segment| !small(segment)).map_or(0, |at| at + 1);
        if segments.len() - start <= MAX_SMALL_SEGMENTS {
            return None;
        }
        let rows: Vec<usize> = segments[start..].iter().map(|segment| segment.entry.rows as usize).collect();
        let mut run = last_run(&rows, self.options.segment_rows);
        let json_bytes = |run: &Range<usize>| -> u64 {
            segments[start..][run.clone()].iter().map(|segment| segment.entry.json_bytes).sum()
        };
        while run.len() > 2 && json_bytes(&run) > MAX_SEGMENT_JSON_BYTES {
            run.start += 1;
        }
        Some(run.start + start..run.end + start)
    }

    fn replace_segments(
        &self,
        manifest: &mut Manifest,
        next: Manifest,
        segments: Vec<Segment>,
    ) -> Result<()> {
        next.write(&self.directory)?;
        let before = std::mem::replace(manifest, next);
        let mut live = self.live();
        live.segments = segments;
        self.publish(&live);
        drop(live);
        // Queries that run keep their mapping of a deleted file.
        for entry in before.segments.iter().filter(|entry| !manifest.segments.contains(entry)) {
            files::remove(&self.directory.join(&entry.file))?;
        }
        Ok(())
    }

    fn manifest_guard(&self) -> MutexGuard<'_, Manifest> {
        // It is replaced in one assignment, so a panic leaves it whole.
        self.manifest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The pieces of each segment: one, unless their documents are too large together.
fn runs(unsealed: &[Unsealed]) -> Vec<&[Unsealed]> {
    let mut runs = Vec::new();
    let (mut start, mut json_bytes) = (0, 0);
    for (at, one) in unsealed.iter().enumerate() {
        if at > start && json_bytes + one.piece.json_bytes() > MAX_SEGMENT_JSON_BYTES {
            runs.push(&unsealed[start..at]);
            (start, json_bytes) = (at, 0);
        }
        json_bytes += one.piece.json_bytes();
    }
    if start < unsealed.len() {
        runs.push(&unsealed[start..]);
    }
    runs
}

/// The pieces at the end that are worth merging, at least the last two: going back while a piece is not much larger
/// than all behind it, up to a number of rows.
fn last_run(rows: &[usize], max_rows: usize) -> Range<usize> {
    let mut start = rows.len() - 1;
    let mut total = rows[start];
    while start > 0 {
        let next = rows[start - 1];
        let worth_it = next <= MERGE_FACTOR * total && total + next <= max_rows;
        if !worth_it && rows.len() - start >= 2 {
            break;
        }
        start -= 1;
        total += next;
    }
    start..rows.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_goes_back_until_a_piece_is_too_large_for_it() {
        assert_eq!(last_run(&[1; 9], 100), 0..9);
        assert_eq!(last_run(&[50, 1, 1, 1], 100), 1..4);
        assert_eq!(last_run(&[12, 1, 1, 1], 100), 0..4);
        assert_eq!(last_run(&[60, 60], 100), 0..2);
        assert_eq!(last_run(&[30, 30, 30, 30], 100), 1..4);
    }

    #[test]
    fn many_appends_of_any_size_leave_few_pieces_and_few_rewrites() {
        for size in [1, 7, 100, 1000] {
            let mut pieces: Vec<usize> = Vec::new();
            let mut rewritten = 0;
            for _ in 0..1000 {
                pieces.push(size);
                let tail = pieces.iter().rposition(|rows| *rows >= BLOCK_ROWS).map_or(0, |at| at + 1);
                if pieces.len() - tail > MAX_CHUNKS {
                    let range = last_run(&pieces[tail..], 2 * BLOCK_ROWS);
                    let total: usize = pieces[tail..][range.clone()].iter().sum();
                    rewritten += total;
                    pieces.splice(range.start + tail..range.end + tail, [total]);
                }
                assert!(pieces.len() <= MAX_UNSEALED_PIECES + MAX_CHUNKS, "{pieces:?}");
            }
            assert!(rewritten <= 8 * 1000 * size, "size {size}: {rewritten} rows rewritten");
        }
    }
}
