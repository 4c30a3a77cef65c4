//! `GET /metrics`: Prometheus text.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::reply::Failure;
use crate::App;
use crate::metrics::CollectionMetrics;

/// `GET /metrics` and `GET /v1/orgs/self/metrics`
pub async fn read(State(app): State<Arc<App>>) -> Result<Response, Failure> {
    let state = app.catalog.state();
    let mut collections = Vec::new();
    for (workspace, name, collection) in state.collections() {
        // A collection that is dropped at this moment is left out.
        let Ok(statistics) = app.engine.statistics(&collection.engine_id()).await else {
            continue;
        };
        let lags = collection.sources.iter();
        let lags_ms = lags.map(|source| (source.kinesis.stream_name.clone(), app.readers.lag_ms(&source.id)));
        collections.push(CollectionMetrics {
            workspace: workspace.to_string(),
            name: name.to_string(),
            statistics,
            lags_ms: lags_ms.collect(),
        });
    }
    let text = app.metrics.render(app.queries.running_count(), &app.engine.memory(), &collections);
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}
