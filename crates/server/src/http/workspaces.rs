//! Workspaces.

use std::sync::Arc;

use axum::extract::{Path, State};
use bytes::Bytes;
use rockhopper_api::{DEFAULT_WORKSPACE, Data, Workspace, WorkspaceRequest};

use super::body;
use super::organization::USER;
use super::reply::{Reply, data};
use crate::catalog::{WorkspaceEntry, check_workspace_name};
use crate::{App, Error};

/// `GET /v1/orgs/self/ws`
pub async fn list(State(app): State<Arc<App>>) -> Reply<Data<Vec<Workspace>>> {
    data(app.catalog.state().workspaces.iter().map(|(name, entry)| show(name, entry)).collect())
}

/// `POST /v1/orgs/self/ws`
pub async fn create(State(app): State<Arc<App>>, body: Bytes) -> Reply<Data<Workspace>> {
    let request: WorkspaceRequest = body::parse(&body)?;
    check_workspace_name(&request.name)?;
    let _changing = app.changes.lock().await;
    app.catalog.change(|state| state.add_workspace(&request.name, request.description.clone()))?;
    data(show(&request.name, app.catalog.state().workspace(&request.name)?))
}

/// `GET /v1/orgs/self/ws/{workspace}`
pub async fn read(State(app): State<Arc<App>>, Path(name): Path<String>) -> Reply<Data<Workspace>> {
    data(show(&name, app.catalog.state().workspace(&name)?))
}

/// `DELETE /v1/orgs/self/ws/{workspace}`: only an empty one.
pub async fn delete(State(app): State<Arc<App>>, Path(name): Path<String>) -> Reply<Data<Workspace>> {
    let _changing = app.changes.lock().await;
    let deleted = app.catalog.change(|state| {
        let entry = state.workspace(&name)?;
        if name == DEFAULT_WORKSPACE {
            return Err(Error::Invalid(format!("the workspace \"{DEFAULT_WORKSPACE}\" cannot be deleted")));
        }
        if !(entry.collections.is_empty() && entry.aliases.is_empty() && entry.views.is_empty()) {
            return Err(Error::Dependent(format!(
                "workspace \"{name}\" is not empty; delete its collections, aliases and views first"
            )));
        }
        let shown = show(&name, entry);
        state.workspaces.remove(&name);
        Ok(shown)
    })?;
    data(deleted)
}

fn show(name: &str, entry: &WorkspaceEntry) -> Workspace {
    Workspace {
        created_at: Some(entry.created_at.clone()),
        created_by: Some(USER.to_string()),
        name: name.to_string(),
        description: entry.description.clone(),
        collection_count: entry.collections.len() as u64,
    }
}
