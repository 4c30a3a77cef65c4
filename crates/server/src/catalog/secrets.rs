//! The secrets of integrations: one file that only its owner may read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rockhopper_api::Secret;

use crate::{Error, Result, files};

/// Secret access keys by the name of their integration.
#[derive(Debug)]
pub struct IntegrationSecrets {
    path: PathBuf,
    secrets: Mutex<BTreeMap<String, Secret>>,
}

impl IntegrationSecrets {
    /// Opens the file of a data directory.
    ///
    /// # Errors
    /// The file cannot be read or is damaged.
    pub fn open(data_dir: &Path) -> Result<IntegrationSecrets> {
        let path = data_dir.join("integration-secrets.json");
        let secrets = match files::read(&path)? {
            // What serde says could quote a secret, so it is not repeated.
            Some(content) => serde_json::from_slice(&content).map_err(|_| {
                Error::Setup(format!(
                    "{} is damaged; delete it and create the integrations anew",
                    path.display()
                ))
            })?,
            None => BTreeMap::new(),
        };
        Ok(IntegrationSecrets { path, secrets: Mutex::new(secrets) })
    }

    /// The secret access key of an integration.
    pub fn get(&self, integration: &str) -> Option<Secret> {
        self.lock().get(integration).cloned()
    }

    /// Stores, replaces or (with None) forgets the secret access key of an integration.
    ///
    /// # Errors
    /// The file cannot be written; nothing is changed then.
    pub fn set(&self, integration: &str, secret: Option<Secret>) -> Result<()> {
        let mut secrets = self.lock();
        let mut changed = secrets.clone();
        match secret {
            Some(secret) => changed.insert(integration.to_string(), secret),
            None => changed.remove(integration),
        };
        if changed != *secrets {
            let content = serde_json::to_vec(&changed).map_err(|error| Error::Internal(error.to_string()))?;
            files::replace(&self.path, &content)?;
            *secrets = changed;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Secret>> {
        // The map is replaced as a whole, so a panic cannot leave it half changed.
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
