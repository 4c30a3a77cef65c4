//! A server on loopback in a data directory of its own.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;

use reqwest::Method;
use rockhopper_api::Secret;
use rockhopper_embedded::{EmbeddedEngine, EmbeddedOptions};
use rockhopper_server::{App, http};
use serde_json::{Value, json};
use tempfile::TempDir;

pub const KEY: &str = "test-key-0123456789";
const ORGANIZATION: &str = "/v1/orgs/self";

pub struct TestServer {
    pub address: SocketAddr,
    pub http: reqwest::Client,
    pub folder: TempDir,
    app: Arc<App>,
    serving: tokio::task::JoinHandle<()>,
}

impl TestServer {
    pub async fn start() -> TestServer {
        TestServer::start_in(tempfile::tempdir().unwrap()).await
    }

    pub async fn start_in(folder: TempDir) -> TestServer {
        // Another test may have installed it already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let app = open(folder.path()).await;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let router = http::router(app.clone());
        let serving = tokio::spawn(async move {
            axum_server::from_tcp(listener).unwrap().serve(router.into_make_service()).await.unwrap();
        });
        let http = reqwest::Client::new();
        TestServer { address, http, folder, app, serving }
    }

    /// Stops the server and starts another one in the same data directory.
    pub async fn restart(self) -> TestServer {
        self.app.stop().await.unwrap();
        self.serving.abort();
        let _ = self.serving.await;
        drop(self.app);
        TestServer::start_in(self.folder).await
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let path = if path.starts_with("/v1") { path.to_string() } else { format!("{ORGANIZATION}{path}") };
        self.http.request(method, self.url(&path)).header("authorization", format!("apikey {KEY}"))
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        answer(self.request(Method::POST, path).body(body.to_string())).await
    }

    pub async fn delete(&self, path: &str) -> (u16, Value) {
        answer(self.request(Method::DELETE, path)).await
    }

    /// Runs a statement: status and body.
    pub async fn sql(&self, sql: &str) -> (u16, Value) {
        self.post("/queries", json!({ "sql": { "query": sql } })).await
    }

    /// Runs a statement that must succeed: its rows.
    pub async fn rows(&self, sql: &str) -> Value {
        let (status, body) = self.sql(sql).await;
        assert_eq!(status, 200, "{sql}: {body}");
        body["results"].clone()
    }

    /// Makes a collection in `commons` that holds the documents.
    pub async fn collection(&self, name: &str, documents: Value) {
        let (status, body) = self.post("/ws/commons/collections", json!({ "name": name })).await;
        assert_eq!(status, 200, "{body}");
        let path = format!("/ws/commons/collections/{name}/docs");
        let (status, body) = self.post(&path, json!({ "data": documents })).await;
        assert_eq!(status, 200, "{body}");
    }
}

pub async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// The members of an object, in order.
pub fn members(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

async fn open(folder: &Path) -> Arc<App> {
    let engine = EmbeddedEngine::open(EmbeddedOptions::new(folder.join("engine"))).unwrap();
    App::start(folder, engine, Secret::new(KEY)).await.unwrap()
}
