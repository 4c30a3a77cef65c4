//! Queries.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use rockhopper_api::{
    ARROW_MEDIA_TYPE, Data, QueryInfo, QueryMetadata, QueryRequest, QueryStats, ValidateResponse,
};

use super::body;
use super::client::Client;
use super::reply::{Failure, Reply, data};
use crate::encode::{Head, arrow_stream, json_body};
use crate::queries::{self, Outcome, new_query_id};
use crate::{App, Error, Result};

/// Answers with more rows are written on a thread of their own, so that they do not hold up other requests.
const ROWS_WRITTEN_INLINE: usize = 1000;

/// `POST /v1/orgs/self/queries`: as Arrow if the `Accept` header asks for it, else as JSON.
pub async fn run(
    State(app): State<Arc<App>>,
    Client(client): Client,
    headers: HeaderMap,
    body: Bytes,
) -> std::result::Result<Response, Failure> {
    let started = Instant::now();
    let request: QueryRequest = body::parse(&body)?;
    let query_id = new_query_id();
    let arrow = wants_arrow(&headers);
    let failed = |error| Failure::of_query(error, &query_id);
    let outcome = queries::run(&app, &request, &query_id, &client).await.map_err(failed)?;
    let content_type = if arrow { ARROW_MEDIA_TYPE } else { "application/json" };
    let bytes = write(outcome, query_id.clone(), started, arrow).await.map_err(failed)?;
    Ok(([(CONTENT_TYPE, content_type)], bytes).into_response())
}

/// `POST /v1/orgs/self/queries/validations`
pub async fn validate(State(app): State<Arc<App>>, body: Bytes) -> Reply<ValidateResponse> {
    Ok(Json(queries::validate(&app, &body::parse(&body)?)?))
}

/// `GET /v1/orgs/self/queries`: those that wait or run.
pub async fn list_running(State(app): State<Arc<App>>) -> Reply<Data<Vec<QueryInfo>>> {
    data(app.queries.running())
}

/// `GET /v1/orgs/self/queries/{query}`: one that runs or ended lately.
pub async fn read(State(app): State<Arc<App>>, Path(query_id): Path<String>) -> Reply<serde_json::Value> {
    let info = app.queries.find(&query_id).ok_or_else(|| no_query(&query_id))?;
    Ok(Json(serde_json::json!({ "data": info, "last_offset": null })))
}

/// `DELETE /v1/orgs/self/queries/{query}`: ends one that runs.
pub async fn cancel(State(app): State<Arc<App>>, Path(query_id): Path<String>) -> Reply<Data<QueryInfo>> {
    data(app.queries.cancel(&query_id).ok_or_else(|| no_query(&query_id))?)
}

fn wants_arrow(headers: &HeaderMap) -> bool {
    headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|part| {
            part.split(';').next().is_some_and(|media| media.trim().eq_ignore_ascii_case(ARROW_MEDIA_TYPE))
        })
}

async fn write(outcome: Outcome, query_id: String, started: Instant, arrow: bool) -> Result<Vec<u8>> {
    if outcome.answer.row_count() <= ROWS_WRITTEN_INLINE {
        return write_now(&outcome, &query_id, started, arrow);
    }
    let writing = tokio::task::spawn_blocking(move || write_now(&outcome, &query_id, started, arrow));
    writing.await.map_err(|error| Error::Internal(format!("writing the answer failed: {error}")))?
}

fn write_now(outcome: &Outcome, query_id: &str, started: Instant, arrow: bool) -> Result<Vec<u8>> {
    if !arrow {
        let (collections, aliases) = (&outcome.collections, &outcome.aliases);
        return json_body(&outcome.answer, &Head { query_id, collections, aliases, started });
    }
    let metadata = QueryMetadata {
        query_id: query_id.to_string(),
        stats: QueryStats {
            elapsed_time_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            throttled_time_micros: u64::try_from(outcome.answer.throttled.as_micros()).unwrap_or(u64::MAX),
        },
        warnings: outcome.answer.warnings.clone(),
        collections: outcome.collections.clone(),
    };
    arrow_stream(&outcome.answer, &metadata)
}

fn no_query(query_id: &str) -> Error {
    Error::NotFound {
        key: None,
        message: format!("Query \"{query_id}\" is not running and not among the last ones that ended"),
    }
}
