//! Adding documents, and the fence that says when they are seen.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use bytes::Bytes;
use rockhopper_api::{
    AddDocumentsRequest, AddDocumentsResponse, CommitOffsets, CommitRequest, CommitResponse, DocumentStatus,
    FenceStatus,
};
use rockhopper_engine::{Batch, Document};
use serde::Deserialize;

use super::body;
use super::reply::Reply;
use crate::{App, Error, clock};

/// The most documents of one request, as Rockset had it.
pub const MAX_DOCUMENTS: usize = 20_000;

/// `POST .../docs`: when it answers, the documents are durable, and queries that start later see them.
pub async fn add(
    State(app): State<Arc<App>>,
    Path((workspace, name)): Path<(String, String)>,
    body: Bytes,
) -> Reply<AddDocumentsResponse> {
    let id = app.catalog.state().collection(&workspace, &name)?.engine_id();
    let request: AddDocumentsRequest<'_> = body::parse(&body)?;
    if request.data.len() > MAX_DOCUMENTS {
        return Err(Error::TooLarge(format!(
            "the request has {} documents; there may be at most {MAX_DOCUMENTS}",
            request.data.len()
        ))
        .into());
    }
    let event_time_us = clock::now_us();
    let documents = request.data.iter().map(|document| {
        // A part of the body, which is not copied. The engine makes an id where it has none.
        let json = body.slice_ref(document.get().as_bytes());
        Document { json, id: None, event_time_us }
    });
    let batch = Batch { documents: documents.collect(), position: None };
    let appended = app.engine.append(&id, batch).await?;
    let statuses = appended.documents.into_iter().map(|outcome| {
        let (id, error, status) = match outcome.bad {
            None => (Some(outcome.id), None, "ADDED"),
            Some(bad) => (None, Some(format!("{bad}; the document was not stored")), "ERROR"),
        };
        DocumentStatus { collection: name.clone(), error, id, status: status.to_string(), patch_id: None }
    });
    let data = statuses.collect();
    Ok(Json(AddDocumentsResponse { data, last_offset: Some(offset_text(appended.commit)) }))
}

/// `POST .../offsets/commit`: whether offsets are seen.
pub async fn commit(
    State(app): State<Arc<App>>,
    Path((workspace, name)): Path<(String, String)>,
    body: Bytes,
) -> Reply<CommitResponse> {
    app.catalog.state().collection(&workspace, &name)?;
    let request: CommitRequest = body::parse(&body)?;
    fence(&request.name)
}

/// What the GET form of the fence takes.
#[derive(Deserialize)]
pub struct FenceQuery {
    fence: Option<String>,
}

/// `GET .../offsets/commit?fence=..`: the same for one offset.
pub async fn commit_get(
    State(app): State<Arc<App>>,
    Path((workspace, name)): Path<(String, String)>,
    Query(query): Query<FenceQuery>,
) -> Reply<CommitResponse> {
    app.catalog.state().collection(&workspace, &name)?;
    let offsets: Vec<String> = query.fence.into_iter().collect();
    fence(&offsets)
}

/// A write is seen before its offset is given out, so every offset of this server has passed.
fn fence(offsets: &[String]) -> Reply<CommitResponse> {
    let mut highest = 0;
    for offset in offsets {
        let commit = parse_offset(offset).ok_or_else(|| {
            Error::Invalid(format!(
                "\"{offset}\" is no offset; send a `last_offset` that this server answered"
            ))
        })?;
        highest = highest.max(commit);
    }
    let fence = offset_text(highest);
    let data = FenceStatus { fence: fence.clone(), passed: true };
    Ok(Json(CommitResponse { data, offsets: CommitOffsets { commit: fence } }))
}

fn offset_text(commit: u64) -> String {
    format!("f1:0:{commit}:0:0")
}

fn parse_offset(offset: &str) -> Option<u64> {
    let mut parts = offset.split(':');
    (parts.next()? == "f1").then_some(())?;
    parts.nth(1)?.parse().ok()
}
