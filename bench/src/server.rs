//! A server of its own for each benchmark.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use rockhopper_client::{Client, Options, Query};

use crate::answer;
use crate::error::{Error, Result, io};
use crate::process::{Process, folder_bytes};

/// Recovery of a large folder is part of a start.
const START_TIMEOUT: Duration = Duration::from_secs(300);
const START_LOOK: Duration = Duration::from_millis(2);
/// The store seals what is a minute old; the time is for the sealing of a large tail.
const SEAL_TIMEOUT: Duration = Duration::from_secs(600);
/// A log without documents is smaller than this.
const EMPTY_LOG_BYTES: u64 = 64 << 10;
/// Turns off cached partial results; not every build has it.
const PARTIAL_RESULTS_FLAG: &str = "--partial-results";

/// How a server is started.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Whether partial results are cached, where the build has a switch for it.
    pub partial_results: bool,
    /// The one core it may use, if not all.
    pub core: Option<usize>,
    /// More variables of its environment.
    pub environment: Vec<(&'static str, String)>,
}

impl Default for Setup {
    fn default() -> Setup {
        Setup { partial_results: true, core: None, environment: Vec::new() }
    }
}

/// A running server. Killed when dropped, as by `kill -9`; its folder stays.
#[derive(Debug)]
pub struct Server {
    /// The process.
    pub process: Process,
    /// When the process was started.
    pub started: Instant,
    /// Queries over a kept connection.
    pub client: Client,
    /// For what the client does not have.
    pub api: Api,
    folder: PathBuf,
}

/// The REST API past the client. Cheap to clone: clones share the connections. It does not keep the server alive, so
/// that tasks may have it.
#[derive(Clone, Debug)]
pub struct Api {
    url: String,
    key: String,
    http: reqwest::Client,
}

impl Server {
    /// Whether the server can be told not to cache partial results.
    ///
    /// # Errors
    /// The binary cannot be run.
    pub fn has_partial_results_switch() -> Result<bool> {
        let help = Command::new(binary("rockhopper")?).args(["serve", "--help"]).output();
        let help = help.map_err(io("run rockhopper serve --help"))?;
        Ok(String::from_utf8_lossy(&help.stdout).contains(PARTIAL_RESULTS_FLAG))
    }

    /// Starts the binary beside this one on a folder, and waits until it answers.
    ///
    /// # Errors
    /// It cannot be started, or ends.
    pub async fn start(folder: &Path, setup: &Setup) -> Result<Server> {
        let probe = TcpListener::bind("127.0.0.1:0").map_err(io("find a port"))?;
        let address = probe.local_addr().map_err(io("find a port"))?;
        drop(probe);
        let binary = binary("rockhopper")?;
        let mut command = match setup.core {
            None => Command::new(binary),
            Some(core) => {
                let mut command = Command::new("taskset");
                command.args(["-c", &core.to_string()]).arg(binary);
                command
            }
        };
        command.args(["serve", "--listen", &address.to_string(), "--data-dir"]).arg(folder);
        if !setup.partial_results && Server::has_partial_results_switch()? {
            command.args([PARTIAL_RESULTS_FLAG, "0"]);
        }
        command.envs(setup.environment.iter().cloned()).env("RUST_LOG", "warn").stdout(Stdio::null());
        let started = Instant::now();
        let mut process = Process::start(&mut command, "the server")?;
        let url = format!("http://{address}");
        let http = http_client()?;
        while http.get(format!("{url}/healthz")).send().await.is_err() {
            if started.elapsed() > START_TIMEOUT || !matches!(process.child().try_wait(), Ok(None)) {
                return Err(Error::Process("the server did not start; its log is above".into()));
            }
            tokio::time::sleep(START_LOOK).await;
        }
        let key = std::fs::read_to_string(folder.join("api-key")).map_err(io("read the API key"))?;
        let key = key.trim().to_owned();
        let api = Api { url, key, http };
        Ok(Server { process, started, client: api.new_client()?, api, folder: folder.to_owned() })
    }

    /// The one number that a statement answers with.
    ///
    /// # Errors
    /// The statement fails, or answers with something else.
    pub async fn number(&self, sql: &str) -> Result<i64> {
        let rows = answer::rows(&self.client.query(&Query::new(sql)).await?);
        let number = rows.first().and_then(|row| row.first()).and_then(serde_json::Value::as_i64);
        number.ok_or_else(|| Error::Process(format!("no number is the answer to {sql}")))
    }

    /// Waits until everything is sealed and the background is quiet.
    ///
    /// # Errors
    /// The server ended, or does not come to rest.
    pub async fn wait_until_sealed(&self) -> Result<()> {
        let started = Instant::now();
        while folder_bytes(&self.folder, "log-") > EMPTY_LOG_BYTES {
            if started.elapsed() > SEAL_TIMEOUT {
                return Err(Error::Process(format!("documents were not sealed within {SEAL_TIMEOUT:?}")));
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        self.process.wait_until_quiet().await
    }

    /// Bytes on disk.
    pub fn disk_bytes(&self) -> u64 {
        folder_bytes(&self.folder, "")
    }
}

impl Api {
    /// A client with connections of its own.
    ///
    /// # Errors
    /// None that a running server gives cause for.
    pub fn new_client(&self) -> Result<Client> {
        Ok(Client::new(Options::new(&self.url, self.key.clone()))?)
    }

    /// Makes an empty collection in `commons`.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn make_collection(&self, name: &str) -> Result<()> {
        self.post("/ws/commons/collections", format!("{{\"name\":\"{name}\"}}")).await
    }

    /// A POST below the organization; fails unless it is answered with success.
    ///
    /// # Errors
    /// The server's own, with path, status and text.
    pub async fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> Result<()> {
        let url = format!("{}/v1/orgs/self{path}", self.url);
        let request = self.http.post(url).header("authorization", format!("ApiKey {}", self.key));
        let answer = request.header("content-type", "application/json").body(body).send().await?;
        let status = answer.status();
        // The whole answer is read, so that the connection can be used again.
        let bytes: Bytes = answer.bytes().await?;
        if status.is_success() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(500)]).into_owned();
        Err(Error::Process(format!("POST {path} answered {status}: {text}")))
    }
}

/// An HTTP client with connections of its own.
///
/// # Errors
/// The system cannot give one.
pub fn http_client() -> Result<reqwest::Client> {
    // The client crate chooses the TLS provider by making its own first; here none is needed.
    Client::new(Options::new("http://127.0.0.1:1", "unused"))?;
    Ok(reqwest::Client::builder().build()?)
}

/// A binary that was built with this one.
fn binary(name: &str) -> Result<PathBuf> {
    let own = std::env::current_exe().map_err(io("find the binaries"))?;
    Ok(own.with_file_name(name))
}
