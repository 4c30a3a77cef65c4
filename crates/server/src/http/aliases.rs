//! Aliases: other names for collections.

use std::sync::Arc;

use axum::extract::{Path, State};
use bytes::Bytes;
use rockhopper_api::{Alias, AliasRequest, Data};

use super::body;
use super::organization::USER;
use super::reply::{Reply, data};
use crate::catalog::{self, AliasEntry, check_name, split_full_name};
use crate::{App, Error, Result, clock};

/// `GET /v1/orgs/self/aliases`
pub async fn list_all(State(app): State<Arc<App>>) -> Reply<Data<Vec<Alias>>> {
    let state = app.catalog.state();
    let all = state.workspaces.iter().flat_map(|(workspace, entry)| {
        entry.aliases.iter().map(move |(name, alias)| show(workspace, name, alias))
    });
    data(all.collect())
}

/// `GET /v1/orgs/self/ws/{workspace}/aliases`
pub async fn list(State(app): State<Arc<App>>, Path(workspace): Path<String>) -> Reply<Data<Vec<Alias>>> {
    let state = app.catalog.state();
    let aliases = &state.workspace(&workspace)?.aliases;
    data(aliases.iter().map(|(name, alias)| show(&workspace, name, alias)).collect())
}

/// `POST /v1/orgs/self/ws/{workspace}/aliases`
pub async fn create(
    State(app): State<Arc<App>>,
    Path(workspace): Path<String>,
    body: Bytes,
) -> Reply<Data<Alias>> {
    let request: AliasRequest = body::parse(&body)?;
    check_name("alias", &request.name)?;
    let _changing = app.changes.lock().await;
    let entry = app.catalog.change(|state| {
        let entry = new_entry(state, &request)?;
        let workspace_entry = state.workspace_mut(&workspace)?;
        workspace_entry.check_free(&workspace, &request.name)?;
        catalog::check_room("aliases in the workspace", workspace_entry.aliases.len())?;
        workspace_entry.aliases.insert(request.name.clone(), entry.clone());
        Ok(entry)
    })?;
    data(show(&workspace, &request.name, &entry))
}

/// `GET /v1/orgs/self/ws/{workspace}/aliases/{alias}`
pub async fn read(
    State(app): State<Arc<App>>,
    Path((workspace, name)): Path<(String, String)>,
) -> Reply<Data<Alias>> {
    let state = app.catalog.state();
    let alias = state.workspace(&workspace)?.aliases.get(&name).ok_or_else(|| no_alias(&workspace, &name))?;
    data(show(&workspace, &name, alias))
}

/// `POST /v1/orgs/self/ws/{workspace}/aliases/{alias}`: points it at another collection.
pub async fn change(
    State(app): State<Arc<App>>,
    Path((workspace, name)): Path<(String, String)>,
    body: Bytes,
) -> Reply<Data<Alias>> {
    let request: AliasRequest = body::parse(&body)?;
    let _changing = app.changes.lock().await;
    let entry = app.catalog.change(|state| {
        let fresh = new_entry(state, &request)?;
        let aliases = &mut state.workspace_mut(&workspace)?.aliases;
        let alias = aliases.get_mut(&name).ok_or_else(|| no_alias(&workspace, &name))?;
        *alias = AliasEntry { created_at: alias.created_at.clone(), ..fresh };
        Ok(alias.clone())
    })?;
    data(show(&workspace, &name, &entry))
}

/// `DELETE /v1/orgs/self/ws/{workspace}/aliases/{alias}`
pub async fn delete(
    State(app): State<Arc<App>>,
    Path((workspace, name)): Path<(String, String)>,
) -> Reply<Data<Alias>> {
    let _changing = app.changes.lock().await;
    let entry = app.catalog.change(|state| {
        let aliases = &mut state.workspace_mut(&workspace)?.aliases;
        aliases.remove(&name).ok_or_else(|| no_alias(&workspace, &name))
    })?;
    data(Alias { state: "DELETED".to_string(), ..show(&workspace, &name, &entry) })
}

fn new_entry(state: &catalog::State, request: &AliasRequest) -> Result<AliasEntry> {
    let [target] = request.collections.as_slice() else {
        return Err(Error::Invalid(
            "an alias stands for exactly one collection; name one in `collections`".into(),
        ));
    };
    let (target_workspace, target_name) = split_full_name(target);
    state.collection(target_workspace, target_name)?;
    Ok(AliasEntry {
        description: request.description.clone(),
        target_workspace: target_workspace.to_string(),
        target_name: target_name.to_string(),
        created_at: clock::now_text(),
        modified_at: clock::now_text(),
    })
}

fn no_alias(workspace: &str, name: &str) -> Error {
    Error::NotFound {
        key: Some("ALIAS_NOT_FOUND"),
        message: format!("Alias \"{name}\" not found in workspace \"{workspace}\""),
    }
}

fn show(workspace: &str, name: &str, alias: &AliasEntry) -> Alias {
    Alias {
        name: name.to_string(),
        description: alias.description.clone(),
        workspace: workspace.to_string(),
        creator_email: Some(USER.to_string()),
        collections: vec![format!("{}.{}", alias.target_workspace, alias.target_name)],
        state: "CREATED".to_string(),
        created_at: Some(alias.created_at.clone()),
        modified_at: Some(alias.modified_at.clone()),
    }
}
