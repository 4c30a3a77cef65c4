//! A server of its own for each benchmark.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rockhopper_client::{Client, Options};

use crate::error::{Error, Result, io};

const START_TIMEOUT: Duration = Duration::from_secs(30);

/// A running server. Stopped when dropped.
pub struct Server {
    child: Child,
    /// Its address.
    pub url: String,
    /// Its API key.
    pub key: String,
    /// Queries over a kept connection.
    pub client: Client,
    /// For calls that the client does not have.
    pub http: reqwest::Client,
}

impl Server {
    /// Starts the binary beside this one on a folder.
    pub async fn start(folder: &Path) -> Result<Server> {
        let probe = TcpListener::bind("127.0.0.1:0").map_err(io("find a port"))?;
        let address = probe.local_addr().map_err(io("find a port"))?;
        drop(probe);
        let mut child = Command::new(binary("rockhopper")?)
            .args(["serve", "--listen", &address.to_string(), "--data-dir"])
            .arg(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(io("start the server"))?;
        let url = format!("http://{address}");
        let http = reqwest_client()?;
        let started = Instant::now();
        while http.get(format!("{url}/healthz")).send().await.is_err() {
            if started.elapsed() > START_TIMEOUT || !matches!(child.try_wait(), Ok(None)) {
                let _ = child.kill();
                return Err(Error::Process("the server did not start".into()));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let key = std::fs::read_to_string(folder.join("api-key"))
            .map_err(io("read the API key"))?
            .trim()
            .to_owned();
        let client = Client::new(Options::new(&url, key.clone()))?;
        Ok(Server { child, url, key, client, http })
    }

    /// A POST below the organization; fails unless it is answered with success.
    pub async fn post(&self, path: &str, body: String) -> Result<serde_json::Value> {
        let url = format!("{}/v1/orgs/self{path}", self.url);
        let request = self.http.post(url).header("authorization", format!("ApiKey {}", self.key));
        let answer = request.header("content-type", "application/json").body(body).send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        if !status.is_success() {
            return Err(Error::Process(format!("POST {path} answered {status}: {text}")));
        }
        serde_json::from_str(&text).map_err(|error| Error::Process(format!("POST {path}: {error}")))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn reqwest_client() -> Result<reqwest::Client> {
    // The client crate has chosen the TLS provider by making its own first; here none is needed.
    Client::new(Options::new("http://127.0.0.1:1", "unused"))?;
    Ok(reqwest::Client::builder().build()?)
}

/// A binary that was built with this one.
pub fn binary(name: &str) -> Result<PathBuf> {
    let own = std::env::current_exe().map_err(io("find the binaries"))?;
    Ok(own.with_file_name(name))
}
