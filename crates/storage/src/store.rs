//! All collections of one data directory.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rockhopper_engine::{CollectionId, CollectionOptions, Error, Result};

use crate::cache::ColumnCache;
use crate::collection::Collection;
use crate::files;
use crate::manifest::Manifest;
use crate::wake::{Heard, Wake};

const LOCK_FILE: &str = "LOCK";
/// How folders begin that are being made or deleted. Left behind by a crash, they are deleted at the next start.
const UNFINISHED_PREFIX: &str = ".unfinished-";
/// Bytes that the name of a collection's folder may have.
const MAX_FOLDER_NAME_BYTES: usize = 200;
/// How often the background work looks for what is due by time.
const MAINTENANCE_INTERVAL: Duration = Duration::from_millis(250);
/// How long the background work rests after a failure.
const FAILURE_REST: Duration = Duration::from_secs(2);

/// Limits and times of a store.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// Unsealed documents of a collection are sealed into a segment when they are this many.
    pub segment_rows: usize,
    /// Unsealed documents of a collection are sealed when they take this much memory. Appends wait at twice as much.
    pub max_unsealed_bytes: usize,
    /// Unsealed documents of a collection are sealed when the oldest is this old.
    pub seal_after: Duration,
    /// Memory for the columns of sealed segments that were read, of all collections together.
    pub column_cache_bytes: usize,
}

impl Default for StoreOptions {
    fn default() -> StoreOptions {
        StoreOptions {
            segment_rows: 1_000_000,
            max_unsealed_bytes: 256 * 1024 * 1024,
            seal_after: Duration::from_secs(60),
            column_cache_bytes: 1024 * 1024 * 1024,
        }
    }
}

/// All collections of one data directory, which no other process may open at the same time.
#[derive(Debug)]
pub struct Store {
    directory: PathBuf,
    options: StoreOptions,
    cache: Arc<ColumnCache>,
    collections: Arc<Mutex<Collections>>,
    wake: Arc<Wake>,
    running: Mutex<Option<Running>>,
}

type Collections = BTreeMap<Arc<str>, Arc<Collection>>;

/// What ends when the store is closed.
#[derive(Debug)]
struct Running {
    workers: Vec<JoinHandle<()>>,
    /// Locked as long as it is open.
    _lock: File,
}

impl Store {
    /// Opens a data directory, which is made if it is not there, and recovers every collection in it.
    ///
    /// # Errors
    ///
    /// If another process has it open, or a file is missing or damaged: the error names it and says what to do.
    pub fn open(directory: &Path, options: StoreOptions) -> Result<Store> {
        fs::create_dir_all(directory).map_err(files::failed("create", directory))?;
        let lock = lock(directory)?;
        let wake = Arc::new(Wake::default());
        let cache = Arc::new(ColumnCache::new(options.column_cache_bytes));
        let mut collections = Collections::new();
        for name in files::names(directory)? {
            let path = directory.join(&name);
            if name.starts_with(UNFINISHED_PREFIX) {
                fs::remove_dir_all(&path).map_err(files::failed("delete", &path))?;
            } else if path.is_dir() {
                let collection =
                    Collection::open(&path, options.clone(), Arc::clone(&cache), Arc::clone(&wake))?;
                collections.insert(Arc::from(collection.id.as_str()), Arc::new(collection));
            }
        }
        let collections = Arc::new(Mutex::new(collections));
        let work: [(&str, Work); 2] =
            [("storage-merge", Collection::merge), ("storage-seal", Collection::maintain)];
        let mut workers = Vec::new();
        for (name, work) in work {
            let (collections, wake) = (Arc::clone(&collections), Arc::clone(&wake));
            let worker = std::thread::Builder::new()
                .name(name.to_owned())
                .spawn(move || run(work, &collections, &wake));
            workers.push(worker.map_err(files::failed("start the background work of", directory))?);
        }
        Ok(Store {
            directory: directory.to_owned(),
            options,
            cache,
            collections,
            wake,
            running: Mutex::new(Some(Running { workers, _lock: lock })),
        })
    }

    /// Makes an empty collection.
    ///
    /// # Errors
    ///
    /// If there is one of this id, its id is too long, the disk fails, or the store is closed.
    pub fn create(&self, id: &CollectionId, options: &CollectionOptions) -> Result<()> {
        self.check_open()?;
        let name = folder_name(&id.0)?;
        let mut collections = self.collections();
        if collections.contains_key(&id.0) {
            return Err(Error::CollectionExists(id.0.to_string()));
        }
        let unfinished = self.unfinished();
        Collection::create(&unfinished, &Manifest::new(&id.0, options))?;
        let path = self.directory.join(name);
        fs::rename(&unfinished, &path).map_err(files::failed("rename", &unfinished))?;
        files::sync_directory(&self.directory)?;
        let (cache, wake) = (Arc::clone(&self.cache), Arc::clone(&self.wake));
        let collection = Collection::open(&path, self.options.clone(), cache, wake)?;
        collections.insert(Arc::clone(&id.0), Arc::new(collection));
        Ok(())
    }

    /// Drops a collection and its files. Dropping what is not there is fine. Queries that run finish.
    ///
    /// # Errors
    ///
    /// If the disk fails or the store is closed.
    pub fn drop_collection(&self, id: &CollectionId) -> Result<()> {
        self.check_open()?;
        let Some(collection) = self.collections().remove(&id.0) else { return Ok(()) };
        collection.close();
        // Background work that has begun finishes first.
        let _manifest = collection.manifest.lock().unwrap_or_else(PoisonError::into_inner);
        let path = &collection.directory;
        let unfinished = self.unfinished();
        fs::rename(path, &unfinished).map_err(files::failed("rename", path))?;
        files::sync_directory(&self.directory)?;
        fs::remove_dir_all(&unfinished).map_err(files::failed("delete", &unfinished))
    }

    /// The collection, if there is one.
    pub fn collection(&self, id: &CollectionId) -> Option<Arc<Collection>> {
        self.collections().get(&id.0).cloned()
    }

    /// Memory that decoded columns of sealed segments take, of [`StoreOptions::column_cache_bytes`].
    pub fn column_cache_used_bytes(&self) -> usize {
        self.cache.used_bytes()
    }

    /// Stops the background work and lets other processes open the directory. Everything appended is durable already.
    /// Appends fail afterwards. Closing twice is fine.
    pub fn close(&self) -> Result<()> {
        self.wake.stop();
        self.collections().values().for_each(|collection| collection.close());
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Running { workers, _lock }) = running else { return Ok(()) };
        let ends: Vec<bool> = workers.into_iter().map(|worker| worker.join().is_ok()).collect();
        if ends.contains(&false) {
            return Err(Error::Internal("the store's background work panicked".to_owned()));
        }
        Ok(())
    }

    /// A name for a folder that is not yet, or no longer, that of a collection.
    fn unfinished(&self) -> PathBuf {
        self.directory.join(format!("{UNFINISHED_PREFIX}{}", uuid::Uuid::new_v4()))
    }

    fn check_open(&self) -> Result<()> {
        if self.running.lock().unwrap_or_else(PoisonError::into_inner).is_none() {
            return Err(Error::Unavailable("the store is closed".to_owned()));
        }
        Ok(())
    }

    fn collections(&self) -> MutexGuard<'_, Collections> {
        self.collections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        if let Err(error) = self.close() {
            tracing::error!(%error, "the store was not closed well");
        }
    }
}

/// Locks a directory. The lock's file says which process has it, for whoever comes second.
fn lock(directory: &Path) -> Result<File> {
    let path = directory.join(LOCK_FILE);
    let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path);
    let mut file = file.map_err(files::failed("open", &path))?;
    match file.try_lock() {
        Ok(()) => {
            let told = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
            if let Err(error) = told {
                // The lock holds all the same: on a full disk the store is still read.
                tracing::warn!(path = %path.display(), %error, "cannot write the number of this process");
            }
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            let mut number = String::new();
            let process = match file.read_to_string(&mut number) {
                Ok(_) if !number.is_empty() => format!("process {number}"),
                _ => "another process".to_owned(),
            };
            Err(Error::Unavailable(format!(
                "the data directory {} is in use by {process}; stop it, or choose another directory",
                directory.display()
            )))
        }
        Err(TryLockError::Error(error)) => Err(files::failed("lock", &path)(error)),
    }
}

/// What a background thread does with each collection.
type Work = fn(&Collection) -> Result<()>;

/// One background thread of all collections. Merging has one of its own, so that queries meet few pieces while a
/// segment is written.
fn run(work: Work, collections: &Mutex<Collections>, wake: &Wake) {
    let mut heard = Heard::default();
    let mut rest = MAINTENANCE_INTERVAL;
    while wake.wait(&mut heard, rest) {
        rest = MAINTENANCE_INTERVAL;
        let all: Vec<Arc<Collection>> =
            collections.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        for collection in all {
            let Err(error) = work(&collection) else { continue };
            if collection.check_open().is_ok() {
                tracing::error!(collection = collection.id, %error, "background work failed and is tried again");
                rest = FAILURE_REST;
            }
        }
        if rest == FAILURE_REST {
            // Appends ring on: they must not make the failure repeat without a pause.
            std::thread::sleep(MAINTENANCE_INTERVAL);
        }
    }
}

/// The folder of a collection: its id, with what file names may not have as `%` and two hex digits.
fn folder_name(id: &str) -> Result<String> {
    let mut name = String::new();
    for byte in id.bytes() {
        let plain =
            byte.is_ascii_alphanumeric() || b"-_".contains(&byte) || (byte == b'.' && !name.is_empty());
        if plain {
            name.push(char::from(byte));
        } else {
            name.push_str(&format!("%{byte:02x}"));
        }
    }
    if name.is_empty() || name.len() > MAX_FOLDER_NAME_BYTES {
        return Err(Error::ResourceExceeded {
            what: format!("the collection id {id:?}"),
            limit: format!("1 to {MAX_FOLDER_NAME_BYTES} bytes"),
            remedy: "choose a shorter id".to_owned(),
        });
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::unwrap_used)]
    fn every_id_has_a_safe_folder_of_its_own() {
        assert_eq!(folder_name("c-1_x.y").unwrap(), "c-1_x.y");
        assert_eq!(folder_name("../a/é").unwrap(), "%2e.%2fa%2f%c3%a9");
        assert!(folder_name("").is_err());
        assert!(folder_name(&"a".repeat(MAX_FOLDER_NAME_BYTES + 1)).is_err());
    }
}
