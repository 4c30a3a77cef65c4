//! The part of Grafana's HTTP API that the editor uses, and the plugin's files.

use std::net::SocketAddr;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use axum::extract::{Path as UrlPath, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use grafana_plugin_sdk::pluginv2::check_health_response::HealthStatus;
use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::frames;
use crate::plugin::{DATASOURCE_UID, Plugin, Query};

struct Host {
    plugin: Plugin,
    folder: PathBuf,
    page: Option<PathBuf>,
}

/// Serves until Ctrl-C or SIGTERM, then stops the back end.
pub async fn serve(plugin: Plugin, listen: SocketAddr, folder: PathBuf, page: Option<PathBuf>) -> Result<()> {
    let listener = tokio::net::TcpListener::bind(listen).await.map_err(Error::Serve)?;
    let address = listener.local_addr().map_err(Error::Serve)?;
    let id = plugin.id().to_owned();
    let host = Arc::new(Host { plugin, folder, page });
    let router = Router::new()
        .route("/api/ds/query", post(query))
        .route("/api/datasources/uid/{uid}/health", get(health))
        .route(&format!("/public/plugins/{id}/{{*path}}"), get(plugin_file))
        .fallback(get(page_file))
        .with_state(host.clone());
    println!("listening on http://{address} (data source uid {DATASOURCE_UID})");
    axum::serve(listener, router).with_graceful_shutdown(stopped()).await.map_err(Error::Serve)?;
    if let Some(mut host) = Arc::into_inner(host) {
        host.plugin.stop().await;
    }
    Ok(())
}

async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        },
        Err(_) => {
            // Without the signal, Ctrl-C is what is left.
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

/// `POST /api/ds/query`: `{queries, from, to}`; 207 where some query failed, as Grafana answers.
async fn query(State(host): State<Arc<Host>>, Json(body): Json<Value>) -> Response {
    let queries = body["queries"].as_array().cloned().unwrap_or_default();
    let (from_ms, to_ms) = (epoch_ms(&body["from"]), epoch_ms(&body["to"]));
    let queries = queries.into_iter().map(|json| Query {
        ref_id: json["refId"].as_str().unwrap_or("A").to_owned(),
        interval_ms: json["intervalMs"].as_i64().unwrap_or(1000),
        max_data_points: json["maxDataPoints"].as_i64().unwrap_or(500),
        json,
        from_ms,
        to_ms,
    });
    let answers = match host.plugin.query(queries.collect()).await {
        Ok(answers) => answers,
        Err(error) => return failure(error),
    };
    let mut results = Map::new();
    let mut status = StatusCode::OK;
    for (ref_id, answer) in answers {
        if !answer.error.is_empty() {
            status = StatusCode::MULTI_STATUS;
        }
        match frames::answer_json(&answer) {
            Ok(json) => results.insert(ref_id, json),
            Err(error) => return failure(error),
        };
    }
    (status, Json(json!({"results": results}))).into_response()
}

/// Grafana sends milliseconds as text or as a number.
fn epoch_ms(value: &Value) -> i64 {
    value.as_i64().or_else(|| value.as_str()?.parse().ok()).unwrap_or_default()
}

async fn health(State(host): State<Arc<Host>>) -> Response {
    match host.plugin.check_health().await {
        Ok(answer) => {
            let ok = answer.status == HealthStatus::Ok as i32;
            let status = if ok { StatusCode::OK } else { StatusCode::BAD_REQUEST };
            let word = if ok { "OK" } else { "ERROR" };
            (status, Json(json!({"status": word, "message": answer.message}))).into_response()
        }
        Err(error) => failure(error),
    }
}

async fn plugin_file(State(host): State<Arc<Host>>, UrlPath(path): UrlPath<String>) -> Response {
    file(&host.folder, &path)
}

async fn page_file(State(host): State<Arc<Host>>, uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    match &host.page {
        Some(page) => file(page, if path.is_empty() { "index.html" } else { path }),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn file(folder: &Path, path: &str) -> Response {
    let path = Path::new(path);
    if !path.components().all(|part| matches!(part, Component::Normal(_))) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let kind = match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    };
    match std::fs::read(folder.join(path)) {
        Ok(bytes) => ([(header::CONTENT_TYPE, kind)], bytes).into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

fn failure(error: Error) -> Response {
    (StatusCode::BAD_GATEWAY, Json(json!({"message": error.to_string()}))).into_response()
}
