//! Small files that are replaced as a whole: a crash leaves the old one or the new one.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::{Error, Result};

/// The mode of every file the server writes itself: for its owner only.
const PRIVATE_MODE: u32 = 0o600;

/// Replaces a file. When it returns, the content is durable, and only the owner may read it.
///
/// # Errors
/// [`Error::File`].
pub fn replace(path: &Path, content: &[u8]) -> Result<()> {
    let fresh = path.with_extension("new");
    write_synced(&fresh, content).map_err(|source| Error::file("write", &fresh, source))?;
    fs::rename(&fresh, path).map_err(|source| Error::file("replace", path, source))?;
    if let Some(folder) = path.parent() {
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|source| Error::file("sync", folder, source))?;
    }
    Ok(())
}

/// Reads a file; None if there is none.
///
/// # Errors
/// [`Error::File`].
pub fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::file("read", path, source)),
    }
}

fn write_synced(path: &Path, content: &[u8]) -> std::io::Result<()> {
    // A leftover of a crash may have another mode: it is removed, not reused.
    if let Err(error) = fs::remove_file(path)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(PRIVATE_MODE).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_is_replaced_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        fs::write(path.with_extension("new"), "leftover").unwrap();
        replace(&path, b"1").unwrap();
        replace(&path, b"2").unwrap();
        assert_eq!(read(&path).unwrap().unwrap(), b"2");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(read(&folder.path().join("none")).unwrap(), None);
    }
}
