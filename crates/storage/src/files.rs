//! The one way files are read and written: whole, atomically, with errors that name the file.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use arrow::buffer::Buffer;
use rockhopper_engine::{Error, Result};

/// What to do when the file system fails.
const REMEDY: &str = "check the free space and the permissions of the data directory";

/// The ending of a file that is not yet complete. Left behind by a crash, it is deleted at the next start.
pub(crate) const UNFINISHED: &str = ".tmp";

/// Turns what the operating system said into an error that names the file.
pub(crate) fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { action, path, source, remedy: REMEDY }
}

/// Writes a file that after a crash is there as a whole or not at all, and replaces one of the same name. `fill` gets
/// the file while it is empty, and its path.
pub(crate) fn write_atomically<T>(
    directory: &Path,
    name: &str,
    fill: impl FnOnce(&File, &Path) -> Result<T>,
) -> Result<T> {
    let unfinished = directory.join(format!("{name}{UNFINISHED}"));
    let write = || -> Result<T> {
        let file = File::create(&unfinished).map_err(failed("create", &unfinished))?;
        let filled = fill(&file, &unfinished)?;
        file.sync_all().map_err(failed("sync", &unfinished))?;
        fs::rename(&unfinished, directory.join(name)).map_err(failed("rename", &unfinished))?;
        Ok(filled)
    };
    let written = write().inspect_err(|_| {
        // The disk may be full: give back what was taken. The error that counts is the first one.
        let _ = fs::remove_file(&unfinished);
    })?;
    sync_directory(directory)?;
    Ok(written)
}

/// Makes the names in a directory durable.
pub(crate) fn sync_directory(directory: &Path) -> Result<()> {
    File::open(directory).and_then(|file| file.sync_all()).map_err(failed("sync", directory))
}

/// Deletes a file that may be gone already.
pub(crate) fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("delete", path)(error)),
        _ => Ok(()),
    }
}

/// The names in a directory, sorted.
pub(crate) fn names(directory: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed("read", directory))? {
        let entry = entry.map_err(failed("read", directory))?;
        names.extend(entry.file_name().into_string());
    }
    names.sort();
    Ok(names)
}

/// Bytes of all files in a directory.
pub(crate) fn size_bytes(directory: &Path) -> u64 {
    let sizes = fs::read_dir(directory).into_iter().flatten().flatten();
    // A file that background work deleted meanwhile counts nothing.
    sizes.filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len()).sum()
}

/// A file's bytes, mapped: they are read when they are used, and stay readable when the file is deleted.
pub(crate) fn map(path: &Path) -> Result<Buffer> {
    let file = File::open(path).map_err(failed("open", path))?;
    if file.metadata().map_err(failed("open", path))?.len() == 0 {
        return Ok(Buffer::from_vec(Vec::<u8>::new()));
    }
    // SAFETY: the bytes must not change while they are mapped. Files are mapped only when they are complete (a segment
    // after its rename, a log that no process appends to any more), and the store's lock keeps other processes away.
    #[allow(unsafe_code)]
    let mapping = unsafe { memmap2::Mmap::map(&file) }.map_err(failed("map", path))?;
    Ok(Buffer::from(bytes::Bytes::from_owner(mapping)))
}
