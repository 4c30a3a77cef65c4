//! The running back end: started by handshake, called by gRPC, stopped as go-plugin stops it.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use grafana_plugin_sdk::pluginv2::data_client::DataClient;
use grafana_plugin_sdk::pluginv2::diagnostics_client::DiagnosticsClient;
use grafana_plugin_sdk::pluginv2::{
    CheckHealthRequest, CheckHealthResponse, DataQuery, DataResponse, DataSourceInstanceSettings,
    PluginContext, QueryDataRequest, TimeRange,
};
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tonic::transport::{Channel, Endpoint, Uri};

use crate::error::{Error, Result};

/// Grafana waits a minute; nothing here is that slow.
const START_TIMEOUT: Duration = Duration::from_secs(10);
const STOP_TIMEOUT: Duration = Duration::from_secs(2);
const STOP_POLL: Duration = Duration::from_millis(10);
/// Grafana takes frames of any size.
const MAX_ANSWER_BYTES: usize = i32::MAX as usize;

/// The uid of the one data source the stand-in has.
pub const DATASOURCE_UID: &str = "rockset-standin";

/// One query of a panel.
pub struct Query {
    /// Its letter.
    pub ref_id: String,
    /// What the panel saved.
    pub json: serde_json::Value,
    /// Start of the range: milliseconds since the epoch.
    pub from_ms: i64,
    /// End of the range.
    pub to_ms: i64,
    /// Width of a point.
    pub interval_ms: i64,
    /// How many points fit.
    pub max_data_points: i64,
}

impl Drop for Plugin {
    /// Nothing started is left behind, however the stand-in ends.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A started back end.
pub struct Plugin {
    child: Child,
    channel: Channel,
    settings: DataSourceInstanceSettings,
    id: String,
}

impl Plugin {
    /// Starts the binary that `plugin.json` names, with the cookie and nothing else of the environment.
    pub async fn start(folder: &Path, url: &str, api_key_file: &Path) -> Result<Plugin> {
        let api_key = read(api_key_file)?.trim().to_owned();
        let (id, binary) = manifest(folder)?;
        let failed = |message: String| Error::Start { path: binary.clone(), message };
        let mut child = Command::new(&binary)
            .env_clear()
            .env("grafana_plugin_type", "datasource")
            .env("PLUGIN_PROTOCOL_VERSIONS", "2")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| failed(error.to_string()))?;
        let stdout = child.stdout.take().ok_or_else(|| failed("no standard output".into()))?;
        let first_line = tokio::task::spawn_blocking(move || BufReader::new(stdout).lines().next());
        let line = match tokio::time::timeout(START_TIMEOUT, first_line).await {
            Ok(Ok(Some(Ok(line)))) => line,
            Ok(_) => return Err(failed("it ended without a handshake line".into())),
            Err(_) => {
                // It may still be running, and nobody will stop it later.
                let _ = child.kill();
                return Err(failed(format!("no handshake line within {START_TIMEOUT:?}")));
            }
        };
        let socket = socket_path(&line).map_err(failed)?;
        let settings = DataSourceInstanceSettings {
            uid: DATASOURCE_UID.into(),
            name: "Rockset".into(),
            url: url.into(),
            json_data: b"{}".to_vec(),
            decrypted_secure_json_data: HashMap::from([("apiKey".to_owned(), api_key)]),
            last_updated_ms: 1,
            ..Default::default()
        };
        Ok(Plugin { child, channel: connect(socket).await?, settings, id })
    }

    /// The plugin's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Runs queries; the answers by letter.
    pub async fn query(&self, queries: Vec<Query>) -> Result<HashMap<String, DataResponse>> {
        let queries = queries.into_iter().map(|query| DataQuery {
            ref_id: query.ref_id,
            max_data_points: query.max_data_points,
            interval_ms: query.interval_ms,
            time_range: Some(TimeRange { from_epoch_ms: query.from_ms, to_epoch_ms: query.to_ms }),
            json: query.json.to_string().into_bytes(),
            query_type: String::new(),
        });
        let request = QueryDataRequest {
            plugin_context: Some(self.context()),
            headers: HashMap::new(),
            queries: queries.collect(),
        };
        let mut client = DataClient::new(self.channel.clone()).max_decoding_message_size(MAX_ANSWER_BYTES);
        Ok(client.query_data(request).await?.into_inner().responses)
    }

    /// The *Save & test* button.
    pub async fn check_health(&self) -> Result<CheckHealthResponse> {
        let request = CheckHealthRequest { plugin_context: Some(self.context()), headers: HashMap::new() };
        Ok(DiagnosticsClient::new(self.channel.clone()).check_health(request).await?.into_inner())
    }

    /// Asks the back end to stop, and kills it if it does not, as go-plugin does.
    pub async fn stop(&mut self) {
        let mut grpc = tonic::client::Grpc::new(self.channel.clone());
        if grpc.ready().await.is_ok() {
            let path = axum::http::uri::PathAndQuery::from_static("/plugin.GRPCController/Shutdown");
            let codec = tonic::codec::ProstCodec::<(), ()>::default();
            // A back end that stops at once may not finish its answer.
            let _ = grpc.unary(tonic::Request::new(()), path, codec).await;
        }
        let deadline = Instant::now() + STOP_TIMEOUT;
        while Instant::now() < deadline {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            tokio::time::sleep(STOP_POLL).await;
        }
        eprintln!("grafana-standin: the back end did not stop within {STOP_TIMEOUT:?} and is killed");
        // Killing fails only where it has ended after all.
        let _ = self.child.kill().and_then(|()| self.child.wait());
    }

    fn context(&self) -> PluginContext {
        PluginContext {
            org_id: 1,
            plugin_id: self.id.clone(),
            data_source_instance_settings: Some(self.settings.clone()),
            ..Default::default()
        }
    }
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.into(), source })
}

/// The plugin's id and its binary for this machine.
fn manifest(folder: &Path) -> Result<(String, PathBuf)> {
    let path = folder.join("plugin.json");
    let text = read(&path)?;
    let content = |message: String| Error::Content { path: path.clone(), message };
    let manifest: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| content(error.to_string()))?;
    let field = |name: &str| {
        manifest[name].as_str().map(str::to_owned).ok_or_else(|| content(format!("no text `{name}`")))
    };
    let arch = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    let system = if cfg!(target_os = "macos") { "darwin" } else { "linux" };
    let binary = folder.join(format!("{}_{system}_{arch}", field("executable")?));
    Ok((field("id")?, std::path::absolute(&binary).unwrap_or(binary)))
}

/// `1|2|unix|PATH|grpc`
fn socket_path(line: &str) -> std::result::Result<PathBuf, String> {
    match line.split('|').collect::<Vec<_>>().as_slice() {
        ["1", "2", "unix", path, "grpc", ..] => Ok(PathBuf::from(path)),
        _ => Err(format!("it wrote `{line}` where the handshake line must be")),
    }
}

async fn connect(socket: PathBuf) -> Result<Channel> {
    // The address is not used: the connector opens the socket.
    let endpoint = Endpoint::from_static("http://plugin");
    let connector = tower::service_fn(move |_: Uri| {
        let socket = socket.clone();
        async move { UnixStream::connect(socket).await.map(TokioIo::new) }
    });
    Ok(endpoint.connect_with_connector(connector).await?)
}
