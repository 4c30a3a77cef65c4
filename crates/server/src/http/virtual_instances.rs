//! Virtual instances: there is one, called `main`, and it is always active.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use bytes::Bytes;
use rockhopper_api::{Data, QueryInfo, VirtualInstance};

use super::client::Client;
use super::organization::USER;
use super::queries;
use super::reply::{Failure, Reply, data};
use crate::catalog::State as Names;
use crate::{App, Error, Result};

/// `GET /v1/orgs/self/virtualinstances`
pub async fn list(State(app): State<Arc<App>>) -> Reply<Data<Vec<VirtualInstance>>> {
    data(vec![show(&app.catalog.state())])
}

/// `GET /v1/orgs/self/virtualinstances/{instance}`
pub async fn read(State(app): State<Arc<App>>, Path(instance): Path<String>) -> Reply<Data<VirtualInstance>> {
    let state = app.catalog.state();
    check(&state, &instance)?;
    data(show(&state))
}

/// `GET /v1/orgs/self/virtualinstances/{instance}/queries`
pub async fn list_queries(
    State(app): State<Arc<App>>,
    Path(instance): Path<String>,
) -> Reply<Data<Vec<QueryInfo>>> {
    check(&app.catalog.state(), &instance)?;
    data(app.queries.recent())
}

/// `POST /v1/orgs/self/virtualinstances/{instance}/queries`
pub async fn run_query(
    State(app): State<Arc<App>>,
    Path(instance): Path<String>,
    client: Client,
    headers: HeaderMap,
    body: Bytes,
) -> std::result::Result<Response, Failure> {
    check(&app.catalog.state(), &instance)?;
    queries::run(State(app), client, headers, body).await
}

/// Fails unless the id, resource name or name is that of the one instance.
fn check(state: &Names, instance: &str) -> Result<()> {
    let main = show(state);
    if [main.id.as_str(), main.rrn.as_str(), main.name.as_str()].contains(&instance) {
        return Ok(());
    }
    Err(Error::NotFound {
        key: None,
        message: format!(
            "Virtual instance \"{instance}\" not found; this server has one: \"main\", {}",
            main.id
        ),
    })
}

fn show(state: &Names) -> VirtualInstance {
    let id = state.virtual_instance_id.clone();
    VirtualInstance {
        name: "main".to_string(),
        description: Some("this server".to_string()),
        rrn: format!("rrn:vi:local:{id}"),
        id,
        state: "ACTIVE".to_string(),
        created_at: Some(state.created_at.clone()),
        created_by: Some(USER.to_string()),
        current_size: "FREE".to_string(),
        desired_size: "FREE".to_string(),
        default_vi: true,
        monitoring_enabled: true,
        mount_type: "LIVE".to_string(),
        ..VirtualInstance::default()
    }
}
