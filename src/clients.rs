//! One HTTP client for each data source, so that connections are kept; dropped when its settings change.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use rockhopper_client::{Client, Options};

use crate::error::Result;
use crate::settings::Settings;

/// Most data sources whose clients are kept at once. One more drops all; they are made anew on use.
const MAX_CLIENTS: usize = 256;

/// The clients, by the data source's uid.
#[derive(Default)]
pub struct Clients {
    /// Locked only to look up or replace an entry, never across a request.
    by_uid: Mutex<HashMap<String, (i64, Client)>>,
}

impl Clients {
    /// The client for these settings: the kept one while the settings have not been saved since.
    pub fn get(&self, settings: &Settings) -> Result<Client> {
        let mut by_uid = self.by_uid.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((updated_ms, client)) = by_uid.get(&settings.instance.uid)
            && *updated_ms == settings.instance.updated_ms
        {
            return Ok(client.clone());
        }
        let client = Client::new(Options {
            timeout: settings.timeout,
            ..Options::new(&settings.url, settings.api_key.clone())
        })?;
        if by_uid.len() >= MAX_CLIENTS {
            by_uid.clear();
        }
        by_uid.insert(settings.instance.uid.clone(), (settings.instance.updated_ms, client.clone()));
        Ok(client)
    }
}
