//! Names: workspaces, collections with their sources, integrations, aliases and views. Kept in one file that is
//! replaced as a whole; the secrets of integrations are in a file of their own.

mod names;
mod secrets;
mod state;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

pub use names::{check_name, check_workspace_name, split_full_name};
pub use secrets::IntegrationSecrets;
pub(crate) use state::check_room;
pub use state::{
    AliasEntry, CollectionEntry, IntegrationEntry, IntegrationKind, MAX_ENTRIES, SourceEntry, State,
    ViewEntry, WorkspaceEntry,
};

use crate::{Error, Result, files};

/// The version of the file's form that this code reads and writes.
const FORMAT_VERSION: u32 = 1;

/// The names of one data directory. Reading takes no lock that a writer of the file holds.
#[derive(Debug)]
pub struct Catalog {
    path: PathBuf,
    state: RwLock<Arc<State>>,
    /// Held while a change is computed and written, so that changes follow one another.
    writing: Mutex<()>,
    secrets: IntegrationSecrets,
}

impl Catalog {
    /// Opens the catalog of a data directory; makes it on first start.
    ///
    /// # Errors
    /// A file cannot be read, is damaged, or was written by a newer version.
    pub fn open(data_dir: &Path) -> Result<Catalog> {
        let path = data_dir.join("catalog.json");
        let secrets = IntegrationSecrets::open(data_dir)?;
        let state = match files::read(&path)? {
            Some(content) => read_state(&path, &content)?,
            None => {
                let state = State::new(FORMAT_VERSION);
                write_state(&path, &state)?;
                state
            }
        };
        Ok(Catalog { path, state: RwLock::new(Arc::new(state)), writing: Mutex::new(()), secrets })
    }

    /// The names as they are now. Later changes do not show in it.
    pub fn state(&self) -> Arc<State> {
        // The lock is only held to swap or clone an Arc, which cannot leave anything half done.
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes the names: durable when it returns, and not at all if `change` fails.
    ///
    /// # Errors
    /// The error of `change`, or the file cannot be written.
    pub fn change<T>(&self, change: impl FnOnce(&mut State) -> Result<T>) -> Result<T> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut state = State::clone(&self.state());
        let result = change(&mut state)?;
        write_state(&self.path, &state)?;
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(state);
        Ok(result)
    }

    /// The secrets of integrations.
    pub fn secrets(&self) -> &IntegrationSecrets {
        &self.secrets
    }
}

fn read_state(path: &Path, content: &[u8]) -> Result<State> {
    #[derive(serde::Deserialize)]
    struct Version {
        format_version: u32,
    }
    let damaged = |error: serde_json::Error| {
        Error::Setup(format!("{} is damaged: {error}; restore it from a backup", path.display()))
    };
    let version: Version = serde_json::from_slice(content).map_err(damaged)?;
    if version.format_version != FORMAT_VERSION {
        return Err(Error::Setup(format!(
            "{} has format version {}, this program reads {FORMAT_VERSION}; use the program that wrote it",
            path.display(),
            version.format_version
        )));
    }
    serde_json::from_slice(content).map_err(damaged)
}

fn write_state(path: &Path, state: &State) -> Result<()> {
    let content = serde_json::to_vec_pretty(state).map_err(|error| Error::Internal(error.to_string()))?;
    files::replace(path, &content)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_change_is_there_after_reopening_and_a_failed_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let catalog = Catalog::open(folder.path()).unwrap();
        catalog.change(|state| state.add_workspace("team.a", None)).unwrap();
        let failed: Result<()> = catalog.change(|state| {
            state.add_workspace("other", None)?;
            Err(Error::Cancelled)
        });
        assert!(failed.is_err());
        for state in [catalog.state(), Catalog::open(folder.path()).unwrap().state()] {
            assert_eq!(state.workspaces.keys().collect::<Vec<_>>(), ["commons", "team.a"]);
        }
    }

    #[test]
    fn a_file_of_a_newer_version_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("catalog.json"), r#"{"format_version": 2}"#).unwrap();
        let error = Catalog::open(folder.path()).unwrap_err().to_string();
        assert!(error.contains("format version 2"), "{error}");
    }
}
