//! Collections and their sources.

use std::sync::Arc;

use axum::extract::{Path, State};
use bytes::Bytes;
use rockhopper_api::{
    Collection, CollectionStats, CreateCollectionRequest, Data, DeletedCollection, Source, SourceRequest,
};
use rockhopper_engine::{CollectionOptions, Statistics};
use uuid::Uuid;

use super::body;
use super::integrations::no_integration;
use super::organization::USER;
use super::reply::{Reply, data};
use crate::catalog::{self, CollectionEntry, IntegrationKind, SourceEntry, check_name};
use crate::{App, Error, Result, clock};

/// The most sources of one collection.
pub const MAX_SOURCES: usize = 100;
/// The shortest retention, as Rockset had it: one hour.
const MIN_RETENTION_SECS: u64 = 3600;
/// The longest retention, as Rockset had it: ten years.
const MAX_RETENTION_SECS: u64 = 10 * 365 * 24 * 3600;

/// `GET /v1/orgs/self/collections`
pub async fn list_all(State(app): State<Arc<App>>) -> Reply<Data<Vec<Collection>>> {
    let state = app.catalog.state();
    let mut shown = Vec::new();
    for (workspace, name, collection) in state.collections() {
        shown.push(show(&app, &state, workspace, name, collection).await);
    }
    data(shown)
}

/// `GET /v1/orgs/self/ws/{workspace}/collections`
pub async fn list(
    State(app): State<Arc<App>>,
    Path(workspace): Path<String>,
) -> Reply<Data<Vec<Collection>>> {
    let state = app.catalog.state();
    let mut shown = Vec::new();
    for (name, collection) in &state.workspace(&workspace)?.collections {
        shown.push(show(&app, &state, &workspace, name, collection).await);
    }
    data(shown)
}

/// `POST /v1/orgs/self/ws/{workspace}/collections`
pub async fn create(
    State(app): State<Arc<App>>,
    Path(workspace): Path<String>,
    body: Bytes,
) -> Reply<Data<Collection>> {
    let request: CreateCollectionRequest = body::parse(&body)?;
    // Not ended halfway when the caller goes away.
    let creating = tokio::spawn(create_now(app, workspace, request));
    let created = creating.await.map_err(|error| Error::Internal(error.to_string()))??;
    data(created)
}

/// `GET .../collections/{collection}`: also for a short time after it was deleted.
pub async fn read(
    State(app): State<Arc<App>>,
    Path((workspace, name)): Path<(String, String)>,
) -> Reply<Data<Collection>> {
    let state = app.catalog.state();
    match state.collection(&workspace, &name) {
        Ok(collection) => data(show(&app, &state, &workspace, &name, collection).await),
        Err(error) => match app.deleted_collection(&workspace, &name) {
            Some(deleted) => data(deleted),
            None => Err(error.into()),
        },
    }
}

/// `DELETE .../collections/{collection}`
pub async fn delete(
    State(app): State<Arc<App>>,
    Path((workspace, name)): Path<(String, String)>,
) -> Reply<Data<DeletedCollection>> {
    // Not ended halfway when the caller goes away.
    let deleting = tokio::spawn(delete_now(app, workspace.clone(), name.clone()));
    deleting.await.map_err(|error| Error::Internal(error.to_string()))??;
    data(DeletedCollection {
        name,
        workspace,
        storage_type: "HOT".to_string(),
        ..DeletedCollection::default()
    })
}

/// `GET .../collections/{collection}/sources`
pub async fn list_sources(
    State(app): State<Arc<App>>,
    Path((workspace, name)): Path<(String, String)>,
) -> Reply<Data<Vec<Source>>> {
    let state = app.catalog.state();
    let collection = state.collection(&workspace, &name)?;
    data(show(&app, &state, &workspace, &name, collection).await.sources)
}

/// `GET .../collections/{collection}/sources/{source}`
pub async fn read_source(
    State(app): State<Arc<App>>,
    Path((workspace, name, source)): Path<(String, String, String)>,
) -> Reply<Data<Source>> {
    let state = app.catalog.state();
    let collection = state.collection(&workspace, &name)?;
    let sources = show(&app, &state, &workspace, &name, collection).await.sources;
    let found = sources.into_iter().find(|shown| shown.id == source);
    data(found.ok_or_else(|| Error::NotFound {
        key: None,
        message: format!("Source \"{source}\" not found in collection \"{workspace}.{name}\""),
    })?)
}

async fn create_now(
    app: Arc<App>,
    workspace: String,
    request: CreateCollectionRequest,
) -> Result<Collection> {
    let _changing = app.changes.lock().await;
    let entry = new_entry(&app.catalog.state(), &workspace, &request)?;
    let id = entry.engine_id();
    let retention = entry.retention_secs.map(std::time::Duration::from_secs);
    // Noted before the engine is asked: what a crash leaves half made is dropped at the next start.
    app.catalog.change(|state| {
        state.unfinished.push(entry.id.clone());
        Ok(())
    })?;
    let created = app.engine.create(&id, &CollectionOptions { retention }).await;
    app.catalog.change(|state| {
        state.unfinished.retain(|unfinished| *unfinished != entry.id);
        if created.is_ok() {
            let collections = &mut state.workspace_mut(&workspace)?.collections;
            collections.insert(request.name.clone(), entry.clone());
        }
        Ok(())
    })?;
    created?;
    let state = app.catalog.state();
    app.readers.start(&state, app.catalog.secrets(), &entry);
    tracing::info!(workspace, collection = request.name, id = entry.id, "made a collection");
    let shown = show(&app, &state, &workspace, &request.name, &entry).await;
    Ok(Collection { status: "CREATED".to_string(), ..shown })
}

async fn delete_now(app: Arc<App>, workspace: String, name: String) -> Result<()> {
    let _changing = app.changes.lock().await;
    let state = app.catalog.state();
    let entry = state.collection(&workspace, &name)?.clone();
    let aliases = state.aliases_of(&workspace, &name);
    if !aliases.is_empty() {
        let aliases = aliases.join(", ");
        return Err(Error::Dependent(format!(
            "collection \"{workspace}.{name}\" has aliases: {aliases}; delete or re-point them first"
        )));
    }
    let shown = show(&app, &state, &workspace, &name, &entry).await;
    // From here on a crash ends the collection too: its data is dropped at the next start.
    app.catalog.change(|state| {
        state.workspace_mut(&workspace)?.collections.remove(&name);
        state.unfinished.push(entry.id.clone());
        Ok(())
    })?;
    app.readers.stop(&entry).await;
    app.engine.drop_collection(&entry.engine_id()).await?;
    app.catalog.change(|state| {
        state.unfinished.retain(|unfinished| *unfinished != entry.id);
        Ok(())
    })?;
    tracing::info!(workspace, collection = name, id = entry.id, "deleted a collection");
    app.remember_deleted(Collection { status: "DELETED".to_string(), ..shown });
    Ok(())
}

/// Checks a request and makes the entry of the catalog.
fn new_entry(
    state: &catalog::State,
    workspace: &str,
    request: &CreateCollectionRequest,
) -> Result<CollectionEntry> {
    check_name("collection", &request.name)?;
    let workspace_entry = state.workspace(workspace)?;
    workspace_entry.check_free(workspace, &request.name)?;
    catalog::check_room("collections in the workspace", workspace_entry.collections.len())?;
    let transformation = request.field_mapping_query.as_ref().and_then(|query| query.sql.as_deref());
    if transformation.is_some_and(|sql| !sql.trim().is_empty())
        || request.field_mappings.as_ref().is_some_and(|mappings| !mappings.is_empty())
    {
        return Err(Error::NotSupported(
            "an ingest transformation (field_mapping_query, field_mappings)".into(),
        ));
    }
    if let Some(retention_secs) = request.retention_secs
        && !(MIN_RETENTION_SECS..=MAX_RETENTION_SECS).contains(&retention_secs)
    {
        return Err(Error::Invalid(format!(
            "retention_secs is {retention_secs}; it must be from {MIN_RETENTION_SECS} to {MAX_RETENTION_SECS}"
        )));
    }
    let sources = request.sources.as_deref().unwrap_or_default();
    if sources.len() > MAX_SOURCES {
        return Err(Error::Invalid(format!("a collection may have at most {MAX_SOURCES} sources")));
    }
    Ok(CollectionEntry {
        id: Uuid::new_v4().to_string(),
        description: request.description.clone(),
        created_at: clock::now_text(),
        retention_secs: request.retention_secs,
        sources: sources.iter().map(|source| new_source(state, source)).collect::<Result<_>>()?,
    })
}

fn new_source(state: &catalog::State, request: &SourceRequest) -> Result<SourceEntry> {
    let Some(kinesis) = &request.kinesis else {
        let kinds: Vec<&str> = request
            .others
            .iter()
            .filter(|(_, value)| value.is_object())
            .map(|(kind, _)| kind.as_str())
            .collect();
        return Err(match kinds.as_slice() {
            [] => Error::Invalid("a source has no `kinesis` member".to_string()),
            kinds => Error::NotSupported(format!("a source of the kind {}", kinds.join(", "))),
        });
    };
    if kinesis.stream_name.is_empty() {
        return Err(Error::Invalid("a Kinesis source needs a `stream_name`".to_string()));
    }
    if kinesis.dms_primary_key.as_ref().is_some_and(|key| !key.is_empty()) {
        return Err(Error::NotSupported("a stream of AWS DMS (dms_primary_key)".to_string()));
    }
    check_format(request.format_params.as_ref())?;
    let integration = request.integration_name.as_deref().filter(|name| !name.is_empty());
    if let Some(name) = integration {
        let entry = state.integrations.get(name).ok_or_else(|| no_integration(name))?;
        if let IntegrationKind::Role { .. } = entry.kind {
            return Err(Error::NotSupported(format!(
                "taking the AWS role of integration \"{name}\" (use an access key, or let the server's environment take it)"
            )));
        }
    }
    Ok(SourceEntry {
        id: Uuid::new_v4().to_string(),
        integration_name: integration.map(str::to_string),
        kinesis: rockhopper_api::KinesisSource {
            offset_reset_policy: Some(kinesis.offset_reset_policy.unwrap_or_default()),
            ..kinesis.clone()
        },
    })
}

/// Records are JSON: any other format is refused by name.
fn check_format(format: Option<&serde_json::Value>) -> Result<()> {
    let Some(serde_json::Value::Object(members)) = format else {
        return Ok(());
    };
    let unset =
        |value: &serde_json::Value| matches!(value, serde_json::Value::Null | serde_json::Value::Bool(false));
    match members.iter().find(|(name, value)| *name != "json" && !unset(value)) {
        Some((name, _)) => Err(Error::NotSupported(format!("the record format {name}"))),
        None => Ok(()),
    }
}

async fn show(
    app: &App,
    state: &catalog::State,
    workspace: &str,
    name: &str,
    entry: &CollectionEntry,
) -> Collection {
    let statistics = app.engine.statistics(&entry.engine_id()).await.unwrap_or_else(|error| {
        tracing::warn!(workspace, collection = name, %error, "the engine gives no statistics");
        Statistics::default()
    });
    Collection {
        created_at: Some(entry.created_at.clone()),
        created_by: Some(USER.to_string()),
        rrn: format!("rrn:col:local:{}", entry.id),
        name: name.to_string(),
        description: entry.description.clone(),
        workspace: workspace.to_string(),
        status: "READY".to_string(),
        sources: entry.sources.iter().map(|source| app.readers.show(source, &statistics)).collect(),
        stats: CollectionStats {
            doc_count: statistics.document_count,
            fill_progress: 1.0,
            last_updated_ms: statistics.last_updated_ms,
            total_size: statistics.size_bytes,
            bytes_inserted: statistics.ingested_bytes,
            ..CollectionStats::default()
        },
        retention_secs: entry.retention_secs,
        aliases: state.aliases_of(workspace, name),
        insert_only: true,
        storage_type: "HOT".to_string(),
        ..Collection::default()
    }
}
