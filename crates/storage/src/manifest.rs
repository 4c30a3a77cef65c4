//! What names the files of a collection that count. Replaced atomically.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use rockhopper_engine::{CollectionOptions, Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::files;
use crate::ledger::Ledger;

/// Its file.
pub(crate) const FILE: &str = "MANIFEST.json";
const FORMAT: u32 = 1;
const REMEDY: &str = "restore the collection's folder from a backup, or move it away and ingest again";

/// What a collection consists of, up to a commit. What came later is in the log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Manifest {
    format: u32,
    /// The collection's id.
    pub(crate) id: String,
    retention_ms: Option<u64>,
    /// The last commit whose documents are in segments. Frames of the log up to it are passed over.
    pub(crate) commit: u64,
    /// The number of the next segment file.
    pub(crate) next_segment: u64,
    /// Oldest first.
    pub(crate) segments: Vec<SegmentEntry>,
    /// Positions and counts up to the commit.
    pub(crate) ledger: Ledger,
}

/// A segment file that counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SegmentEntry {
    pub(crate) file: String,
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
    pub(crate) json_bytes: u64,
    pub(crate) min_event_time_us: i64,
    pub(crate) max_event_time_us: i64,
    pub(crate) crc32: u32,
    /// Which deletions are applied to it. There are none yet: 0.
    pub(crate) deletion_version: u64,
}

#[derive(Deserialize, Serialize)]
struct Sealed<T> {
    crc32: u32,
    manifest: T,
}

impl Manifest {
    /// That of an empty collection.
    pub(crate) fn new(id: &str, options: &CollectionOptions) -> Manifest {
        Manifest {
            format: FORMAT,
            id: id.to_owned(),
            retention_ms: options.retention.map(|retention| retention.as_millis() as u64),
            commit: 0,
            next_segment: 1,
            segments: Vec::new(),
            ledger: Ledger::default(),
        }
    }

    /// How the collection is kept.
    pub(crate) fn options(&self) -> CollectionOptions {
        CollectionOptions { retention: self.retention_ms.map(Duration::from_millis) }
    }

    /// Replaces the manifest in a folder.
    pub(crate) fn write(&self, directory: &Path) -> Result<()> {
        let internal =
            |error: serde_json::Error| Error::Internal(format!("the manifest cannot be written: {error}"));
        let text = serde_json::to_string(self).map_err(internal)?;
        let crc32 = crc32fast::hash(text.as_bytes());
        let manifest = RawValue::from_string(text).map_err(internal)?;
        let text = serde_json::to_vec(&Sealed { crc32, manifest }).map_err(internal)?;
        files::write_atomically(directory, FILE, |mut file, path| {
            file.write_all(&text).map_err(files::failed("write", path))
        })
    }

    /// Reads the manifest in a folder.
    pub(crate) fn read(directory: &Path) -> Result<Manifest> {
        let path = directory.join(FILE);
        let damaged = |what: String| Error::Damaged { path: path.clone(), what, remedy: REMEDY };
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(damaged("it is missing".into()));
            }
            other => other.map_err(files::failed("read", &path))?,
        };
        let sealed: Sealed<&RawValue> =
            serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        if crc32fast::hash(sealed.manifest.get().as_bytes()) != sealed.crc32 {
            return Err(damaged("its checksum is wrong".to_owned()));
        }
        let manifest: Manifest =
            serde_json::from_str(sealed.manifest.get()).map_err(|error| damaged(error.to_string()))?;
        if manifest.format != FORMAT {
            let what =
                format!("its format is version {} and this program reads version {FORMAT}", manifest.format);
            return Err(damaged(what));
        }
        Ok(manifest)
    }
}
