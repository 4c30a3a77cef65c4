//! Where the server is, and the key to it.

use std::path::PathBuf;

use clap::Args;
use rockhopper_client::{Client, Options, Secret};

use crate::{Error, Result, key};

/// Where a server keeps its data if nothing else is said.
pub const DEFAULT_DATA_DIR: &str = "rockhopper-data";

/// How to reach the server.
#[derive(Debug, Args)]
pub struct Connection {
    /// The server's address
    #[arg(long, env = "ROCKHOPPER_SERVER", default_value = "http://127.0.0.1:9080", value_name = "URL")]
    server: String,
    /// A file that holds the API key [default: ROCKHOPPER_API_KEY, else DIR/api-key of the data directory]
    #[arg(long, value_name = "FILE")]
    api_key_file: Option<PathBuf>,
    /// The server's data directory, if it is on this machine: its api-key file is used
    #[arg(long, env = "ROCKHOPPER_DATA_DIR", default_value = DEFAULT_DATA_DIR, value_name = "DIR")]
    data_dir: PathBuf,
}

impl Connection {
    /// A client of the server.
    ///
    /// # Errors
    /// No key is found, or the address is wrong.
    pub fn client(&self) -> Result<Client> {
        let beside_data = key::key_path(&self.data_dir);
        let api_key = match (&self.api_key_file, std::env::var(key::KEY_VARIABLE)) {
            (Some(file), _) => key::read(file)?,
            (None, Ok(text)) if !text.trim().is_empty() => Secret::new(text.trim()),
            _ if beside_data.exists() => key::read(&beside_data)?,
            _ => {
                return Err(Error::Setup(format!(
                    "no API key: there is no file {}; name the server's key file with --api-key-file, set {}, or name \
                     the server's data directory with --data-dir",
                    beside_data.display(),
                    key::KEY_VARIABLE
                )));
            }
        };
        Ok(Client::new(Options::new(self.server.clone(), api_key))?)
    }
}
