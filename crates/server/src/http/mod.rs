//! The only module that speaks HTTP: paths to handlers, and what stands before every handler.

mod aliases;
mod body;
mod client;
mod collections;
mod documents;
mod guard;
mod integrations;
mod metrics;
mod organization;
mod queries;
mod reply;
mod unsupported;
mod views;
mod virtual_instances;
mod workspaces;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
pub use body::{BODY_TIMEOUT, MAX_BODY_BYTES, MAX_DOCUMENTS_BODY_BYTES};
pub use documents::MAX_DOCUMENTS;

use crate::App;

/// All endpoints. Requests pass, in this order: CORS, the limit of requests, the key, the limit of bodies.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(organization::ping))
        .route("/healthz", get(organization::health))
        .route("/metrics", get(metrics::read))
        .nest("/v1/orgs/self", organization_routes())
        .fallback(reply::unknown_endpoint)
        .method_not_allowed_fallback(reply::unknown_method)
        .with_state(app.clone())
        // axum has a limit of its own; ours is in `body::take`.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn(body::take))
        .layer(from_fn_with_state(app.clone(), guard::check_key))
        .layer(from_fn_with_state(app, guard::limit_requests))
        .layer(from_fn(guard::add_cors))
}

fn organization_routes() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(organization::read))
        .route("/metrics", get(metrics::read))
        .route("/users/self", get(organization::user))
        .route("/users/self/apikeys", get(organization::api_keys))
        .route("/aliases", get(aliases::list_all))
        .route("/views", get(views::list_all))
        .route("/collections", get(collections::list_all))
        .route("/integrations", get(integrations::list).post(integrations::create))
        .route(
            "/integrations/{integration}",
            get(integrations::read).put(integrations::change).delete(integrations::delete),
        )
        .route("/queries", get(queries::list_running).post(queries::run))
        .route("/queries/validations", post(queries::validate))
        .route("/queries/{query}", get(queries::read).delete(queries::cancel))
        .route("/virtualinstances", get(virtual_instances::list))
        .route("/virtualinstances/{instance}", get(virtual_instances::read))
        .route(
            "/virtualinstances/{instance}/queries",
            get(virtual_instances::list_queries).post(virtual_instances::run_query),
        )
        .route("/ws", get(workspaces::list).post(workspaces::create))
        .route("/ws/{workspace}", get(workspaces::read).delete(workspaces::delete))
        .merge(workspace_routes())
        .merge(unsupported::routes())
}

fn workspace_routes() -> Router<Arc<App>> {
    Router::new()
        .route("/ws/{workspace}/aliases", get(aliases::list).post(aliases::create))
        .route(
            "/ws/{workspace}/aliases/{alias}",
            get(aliases::read).post(aliases::change).delete(aliases::delete),
        )
        .route("/ws/{workspace}/views", get(views::list).post(views::create))
        .route("/ws/{workspace}/views/{view}", get(views::read).post(views::change).delete(views::delete))
        .route("/ws/{workspace}/collections", get(collections::list).post(collections::create))
        .route(
            "/ws/{workspace}/collections/{collection}",
            get(collections::read).put(unsupported::change_collection).delete(collections::delete),
        )
        .route(
            "/ws/{workspace}/collections/{collection}/docs",
            post(documents::add).patch(unsupported::patch_documents).delete(unsupported::delete_documents),
        )
        .route(
            "/ws/{workspace}/collections/{collection}/offsets/commit",
            get(documents::commit_get).post(documents::commit),
        )
        .route(
            "/ws/{workspace}/collections/{collection}/sources",
            get(collections::list_sources).post(unsupported::add_source),
        )
        .route(
            "/ws/{workspace}/collections/{collection}/sources/{source}",
            get(collections::read_source).put(unsupported::change_source).delete(unsupported::delete_source),
        )
}
