//! Views: stored queries.

use std::sync::Arc;

use axum::extract::{Path, State};
use bytes::Bytes;
use rockhopper_api::{Data, View, ViewRequest};

use super::body;
use super::organization::USER;
use super::reply::{Reply, data};
use crate::catalog::{self, ViewEntry, check_name};
use crate::queries::view_entities;
use crate::{App, Error, Result, clock};

/// The longest text of a view, in bytes.
pub const MAX_VIEW_BYTES: usize = 64 << 10;

/// `GET /v1/orgs/self/views`
pub async fn list_all(State(app): State<Arc<App>>) -> Reply<Data<Vec<View>>> {
    let state = app.catalog.state();
    let all = state.workspaces.iter().flat_map(|(workspace, entry)| {
        entry.views.iter().map(move |(name, view)| show(workspace, name, view))
    });
    data(all.collect())
}

/// `GET /v1/orgs/self/ws/{workspace}/views`
pub async fn list(State(app): State<Arc<App>>, Path(workspace): Path<String>) -> Reply<Data<Vec<View>>> {
    let state = app.catalog.state();
    let views = &state.workspace(&workspace)?.views;
    data(views.iter().map(|(name, view)| show(&workspace, name, view)).collect())
}

/// `POST /v1/orgs/self/ws/{workspace}/views`
pub async fn create(
    State(app): State<Arc<App>>,
    Path(workspace): Path<String>,
    body: Bytes,
) -> Reply<Data<View>> {
    let request: ViewRequest = body::parse(&body)?;
    check_name("view", &request.name)?;
    let _changing = app.changes.lock().await;
    let entry = app.catalog.change(|state| {
        let entry = new_entry(state, &workspace, &request)?;
        let workspace_entry = state.workspace_mut(&workspace)?;
        workspace_entry.check_free(&workspace, &request.name)?;
        catalog::check_room("views in the workspace", workspace_entry.views.len())?;
        workspace_entry.views.insert(request.name.clone(), entry.clone());
        Ok(entry)
    })?;
    data(show(&workspace, &request.name, &entry))
}

/// `GET /v1/orgs/self/ws/{workspace}/views/{view}`
pub async fn read(
    State(app): State<Arc<App>>,
    Path((workspace, name)): Path<(String, String)>,
) -> Reply<Data<View>> {
    let state = app.catalog.state();
    let view = state.workspace(&workspace)?.views.get(&name).ok_or_else(|| no_view(&workspace, &name))?;
    data(show(&workspace, &name, view))
}

/// `POST /v1/orgs/self/ws/{workspace}/views/{view}`: replaces its query.
pub async fn change(
    State(app): State<Arc<App>>,
    Path((workspace, name)): Path<(String, String)>,
    body: Bytes,
) -> Reply<Data<View>> {
    let request: ViewRequest = body::parse(&body)?;
    let _changing = app.changes.lock().await;
    let entry = app.catalog.change(|state| {
        let fresh = new_entry(state, &workspace, &request)?;
        let views = &mut state.workspace_mut(&workspace)?.views;
        let view = views.get_mut(&name).ok_or_else(|| no_view(&workspace, &name))?;
        *view = ViewEntry { created_at: view.created_at.clone(), ..fresh };
        Ok(view.clone())
    })?;
    data(show(&workspace, &name, &entry))
}

/// `DELETE /v1/orgs/self/ws/{workspace}/views/{view}`
pub async fn delete(
    State(app): State<Arc<App>>,
    Path((workspace, name)): Path<(String, String)>,
) -> Reply<Data<View>> {
    let _changing = app.changes.lock().await;
    let entry = app.catalog.change(|state| {
        let views = &mut state.workspace_mut(&workspace)?.views;
        views.remove(&name).ok_or_else(|| no_view(&workspace, &name))
    })?;
    data(View { state: "DELETED".to_string(), ..show(&workspace, &name, &entry) })
}

fn new_entry(state: &catalog::State, workspace: &str, request: &ViewRequest) -> Result<ViewEntry> {
    state.workspace(workspace)?;
    if request.query.len() > MAX_VIEW_BYTES {
        return Err(Error::TooLarge(format!("a view may have at most {} KiB of text", MAX_VIEW_BYTES >> 10)));
    }
    Ok(ViewEntry {
        description: request.description.clone(),
        query_sql: request.query.clone(),
        entities: view_entities(state, workspace, &request.query)?,
        created_at: clock::now_text(),
        modified_at: clock::now_text(),
    })
}

fn no_view(workspace: &str, name: &str) -> Error {
    Error::NotFound {
        key: Some("VIEW_NOT_FOUND"),
        message: format!("View \"{name}\" not found in workspace \"{workspace}\""),
    }
}

fn show(workspace: &str, name: &str, view: &ViewEntry) -> View {
    View {
        path: format!("{workspace}.{name}"),
        name: name.to_string(),
        description: view.description.clone(),
        workspace: workspace.to_string(),
        creator_email: Some(USER.to_string()),
        query_sql: view.query_sql.clone(),
        entities: view.entities.clone(),
        state: "CREATED".to_string(),
        created_at: Some(view.created_at.clone()),
        modified_at: Some(view.modified_at.clone()),
        ..View::default()
    }
}
