//! One collection: what is appended and what is seen.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use rockhopper_engine::{Appended, Batch, Error, FieldStatistics, Result, Statistics};

use crate::cache::ColumnCache;
use crate::commit::{Commits, Pending};
use crate::describe::describe;
use crate::files;
use crate::format;
use crate::ledger::{Ledger, MAX_POSITIONS, Record};
use crate::log::{self, Log, replay::replay};
use crate::manifest::{Manifest, SegmentEntry};
use crate::piece::Piece;
use crate::segment::{self, Segment};
use crate::shred::{Bad, shred};
use crate::snapshot::Snapshot;
use crate::store::StoreOptions;
use crate::wake::Wake;

/// Appends wait while a collection has more unsealed pieces than this: background work is behind.
const MAX_WAITING_PIECES: usize = 128;
/// Appends wait while unsealed documents take this many times of what triggers sealing.
const MAX_UNSEALED_FACTOR: usize = 2;
/// An append that waited this long for background work fails.
const MAX_APPEND_WAIT_SECS: u64 = 30;

/// The documents of one collection.
#[derive(Debug)]
pub struct Collection {
    pub(crate) id: String,
    pub(crate) directory: PathBuf,
    pub(crate) options: StoreOptions,
    /// Decoded columns of the segments of all collections.
    pub(crate) cache: Arc<ColumnCache>,
    pub(crate) commits: Commits,
    /// Held while frames are written and published, so that commits are seen in their order.
    pub(crate) log: Mutex<Log>,
    /// Held only for moments. Locked after `log` where both are.
    pub(crate) live: Mutex<Live>,
    /// Told when background work made room for appends.
    pub(crate) room: Condvar,
    /// Held by background work, which goes one step at a time: what the manifest file says.
    pub(crate) manifest: Mutex<Manifest>,
    /// Held while chunks are merged, and for the moment in which sealing says what it takes.
    pub(crate) merging: Mutex<()>,
    /// What queries see. Held only to copy or replace the pointer.
    published: RwLock<Arc<Snapshot>>,
    closed: AtomicBool,
    wake: Arc<Wake>,
}

/// What a collection holds now.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) segments: Vec<Segment>,
    /// Chunks and the blocks that were made of them, oldest first.
    pub(crate) unsealed: Vec<Unsealed>,
    pub(crate) ledger: Ledger,
    pub(crate) commit: u64,
    /// The last commit that the manifest covers.
    pub(crate) sealed_commit: u64,
    /// So many of the first unsealed pieces are being sealed: merging leaves them alone.
    pub(crate) sealing: usize,
}

/// A piece that is in memory and in the log.
#[derive(Clone, Debug)]
pub(crate) struct Unsealed {
    pub(crate) piece: Arc<Piece>,
    /// Its size.
    pub(crate) bytes: usize,
    /// When the oldest of its documents came.
    pub(crate) since: Instant,
}

impl Live {
    /// Bytes of unsealed documents.
    pub(crate) fn unsealed_bytes(&self) -> usize {
        self.unsealed.iter().map(|unsealed| unsealed.bytes).sum()
    }
}

impl Collection {
    /// Stores a batch: when it returns, documents and position are durable and seen by every later snapshot. An empty
    /// batch stores its position. Blocks; batches that are appended at the same time share one wait for the disk.
    ///
    /// # Errors
    ///
    /// If the batch passes a limit, the disk is full or fails, or the store is closed. Nothing is stored then.
    pub fn append(&self, batch: Batch) -> Result<Appended> {
        self.check_open()?;
        self.wait_for_room(&batch)?;
        let bad = if batch.position.is_some() { Bad::Kept } else { Bad::Refused };
        let shredded = shred(&batch.documents, bad)?;
        let bad: Vec<&String> = shredded.outcomes.iter().filter_map(|outcome| outcome.bad.as_ref()).collect();
        let record = Record {
            position: batch.position.map(Record::position),
            documents: shredded.rows() as u64,
            json_bytes: shredded.json_bytes,
            bad: bad.len() as u64,
            last_bad: bad.last().map(|reason| (*reason).clone()),
            time_ms: now_ms(),
        };
        let bytes = format::encode(&shredded.root, shredded.json_bytes);
        let piece = Piece::new(shredded.root, shredded.json_bytes);
        let commit = self.commit(Pending { record, piece: Arc::new(piece), bytes })?;
        Ok(Appended { documents: shredded.outcomes, commit })
    }

    /// What a query that starts now sees.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.published.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The last stored position of every partition of a source.
    pub fn positions(&self, source: &str) -> BTreeMap<Arc<str>, Arc<str>> {
        self.live().ledger.positions(source)
    }

    /// Counts and sizes.
    pub fn statistics(&self) -> Statistics {
        let document_count = self.snapshot().rows() as u64;
        let size_bytes = files::size_bytes(&self.directory);
        let live = self.live();
        Statistics {
            document_count,
            size_bytes,
            ingested_bytes: live.ledger.ingested_bytes,
            last_updated_ms: live.ledger.last_updated_ms,
            sources: live.ledger.sources(),
        }
    }

    /// The paths and types that the documents hold, sorted by path and type.
    ///
    /// # Errors
    ///
    /// If there are more paths than can be listed.
    pub fn describe(&self) -> Result<Vec<FieldStatistics>> {
        describe(&self.snapshot())
    }

    /// Makes the folder of an empty collection.
    pub(crate) fn create(directory: &Path, manifest: &Manifest) -> Result<()> {
        std::fs::create_dir(directory).map_err(files::failed("create", directory))?;
        manifest.write(directory)
    }

    /// Opens a collection's folder and brings back what it held.
    pub(crate) fn open(
        directory: &Path,
        options: StoreOptions,
        cache: Arc<ColumnCache>,
        wake: Arc<Wake>,
    ) -> Result<Collection> {
        let manifest = Manifest::read(directory)?;
        remove_leftovers(directory, &manifest)?;
        let open = |entry: &SegmentEntry| Segment::open(directory, entry.clone(), &cache);
        let segments = manifest.segments.iter().map(open).collect::<Result<Vec<Segment>>>()?;
        let mut live = Live {
            segments,
            unsealed: Vec::new(),
            ledger: manifest.ledger.clone(),
            commit: manifest.commit,
            sealed_commit: manifest.commit,
            sealing: 0,
        };
        for replayed in replay(directory, manifest.commit)? {
            live.commit = replayed.commit;
            live.ledger.add(&replayed.record);
            live.add(Arc::new(replayed.piece), replayed.bytes);
        }
        let log = Log::create(directory, live.commit + 1)?;
        let collection = Collection {
            id: manifest.id.clone(),
            directory: directory.to_owned(),
            options,
            cache,
            commits: Commits::default(),
            log: Mutex::new(log),
            live: Mutex::new(live),
            room: Condvar::new(),
            manifest: Mutex::new(manifest),
            merging: Mutex::new(()),
            published: RwLock::default(),
            closed: AtomicBool::new(false),
            wake,
        };
        // Merging what was replayed is left to the background work: a start need not wait for it.
        collection.publish(&collection.live());
        Ok(collection)
    }

    /// Lets queries see what is live.
    pub(crate) fn publish(&self, live: &Live) {
        let sealed = live.segments.iter().map(|segment| Arc::clone(&segment.piece));
        let unsealed = live.unsealed.iter().map(|unsealed| Arc::clone(&unsealed.piece));
        let snapshot = Arc::new(Snapshot::new(sealed.chain(unsealed).collect(), live.commit));
        *self.published.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
    }

    /// What is live. A panic while it is held leaves it whole: it is changed only by single assignments.
    pub(crate) fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes appends fail from now on; waits for the one that is being written.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        drop(self.log.lock());
        self.room.notify_all();
    }

    /// Fails once the collection is closed or dropped.
    pub(crate) fn check_open(&self) -> Result<()> {
        if self.closed.load(Ordering::Acquire) {
            return Err(Error::Unavailable(format!("collection {} is closed", self.id)));
        }
        Ok(())
    }

    /// Tells the background work that there is some.
    pub(crate) fn wake(&self) {
        self.wake.wake();
    }

    /// Waits while the background work is behind, so that memory and the number of pieces stay bounded.
    fn wait_for_room(&self, batch: &Batch) -> Result<()> {
        let start = Instant::now();
        let limit = std::time::Duration::from_secs(MAX_APPEND_WAIT_SECS);
        let mut live = self.live();
        if batch.position.as_ref().is_some_and(|position| !live.ledger.has_room_for(position)) {
            return Err(Error::ResourceExceeded {
                what: "the partitions of the collection's sources".to_owned(),
                limit: format!("{MAX_POSITIONS} partitions"),
                remedy: "make a new collection for the new source".to_owned(),
            });
        }
        let max_bytes = self.options.max_unsealed_bytes * MAX_UNSEALED_FACTOR;
        while live.unsealed.len() > MAX_WAITING_PIECES || live.unsealed_bytes() > max_bytes {
            let waited = start.elapsed();
            if waited >= limit {
                let what = "the store cannot seal documents as fast as they come; see its log for why";
                return Err(Error::Unavailable(what.to_owned()));
            }
            self.wake();
            let result = self.room.wait_timeout(live, limit - waited);
            live = result.unwrap_or_else(PoisonError::into_inner).0;
            self.check_open()?;
        }
        Ok(())
    }
}

impl Live {
    /// Adds a chunk behind what is there.
    pub(crate) fn add(&mut self, piece: Arc<Piece>, bytes: usize) {
        if piece.rows() > 0 {
            self.unsealed.push(Unsealed { piece, bytes, since: Instant::now() });
        }
    }
}

/// Deletes files that no manifest names: a crash came between writing and naming, or between naming and deleting.
fn remove_leftovers(directory: &Path, manifest: &Manifest) -> Result<()> {
    let names = files::names(directory)?;
    let logs: Vec<u64> = names.iter().filter_map(|name| log::first_commit(name)).collect();
    for name in &names {
        let unnamed = segment::is_segment(name) && manifest.segments.iter().all(|entry| entry.file != *name);
        // A log is covered if the next one begins behind nothing that is missing in the segments.
        let covered = log::first_commit(name)
            .is_some_and(|first| logs.iter().any(|next| *next > first && *next <= manifest.commit + 1));
        if unnamed || covered || name.ends_with(files::UNFINISHED) {
            files::remove(&directory.join(name))?;
        }
    }
    Ok(())
}

/// Milliseconds since the epoch.
pub(crate) fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_millis() as i64)
}
