//! Documents through the POST door, in bodies as large as it takes.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use crate::error::{Error, Result};
use crate::server::Api;

/// The write API's limits.
const MAX_DOCUMENTS: u64 = 20_000;
const MAX_BODY_BYTES: usize = 10 << 20;
/// Room for one document more and the closing brackets. No document of a benchmark is larger.
const HEAD_ROOM_BYTES: usize = 16 << 10;
const HEAD: &[u8] = b"{\"data\":[";
/// Bodies that wait to be sent.
const QUEUED_BODIES: usize = 4;
/// Progress is told each so many documents.
const PROGRESS_DOCUMENTS: u64 = 1_000_000;

/// A body of the write API.
#[derive(Debug)]
pub struct Body {
    /// `{"data":[..]}`
    pub json: Vec<u8>,
    /// How many documents it has.
    pub documents: u64,
}

/// What was loaded.
#[derive(Clone, Copy, Debug, Default)]
pub struct Loaded {
    /// From the first request to the last answer.
    pub seconds: f64,
    /// How many documents.
    pub documents: u64,
    /// Bytes of JSON, with the brackets around.
    pub bytes: u64,
}

/// Fills a body with as many documents as it may have, but at most `max_documents`; none if there is none left.
/// `write_next` appends a document and says whether there was one.
pub fn next_body(max_documents: u64, write_next: &mut impl FnMut(&mut Vec<u8>) -> bool) -> Option<Body> {
    let mut body = Body { json: HEAD.to_vec(), documents: 0 };
    while body.documents < MAX_DOCUMENTS.min(max_documents)
        && body.json.len() + HEAD_ROOM_BYTES < MAX_BODY_BYTES
        && write_next(&mut body.json)
    {
        body.json.push(b',');
        body.documents += 1;
    }
    if body.documents == 0 {
        return None;
    }
    body.json.pop();
    body.json.extend_from_slice(b"]}");
    Some(body)
}

/// Posts documents that are made while they are sent, over some connections. The first `max_documents` of the source.
///
/// # Errors
/// The server refuses a body.
pub async fn stream(
    api: &Api,
    collection: &str,
    connections: usize,
    max_documents: u64,
    mut write_next: impl FnMut(&mut Vec<u8>) -> bool + Send + 'static,
) -> Result<Loaded> {
    let (sender, bodies) = mpsc::channel(QUEUED_BODIES);
    tokio::task::spawn_blocking(move || {
        let mut left = max_documents;
        while let Some(body) = next_body(left, &mut write_next) {
            left -= body.documents;
            if sender.blocking_send(body).is_err() {
                return;
            }
        }
    });
    post_all(api, collection, connections, bodies).await
}

/// Posts bodies that are there already.
///
/// # Errors
/// The server refuses one.
pub async fn bodies(api: &Api, collection: &str, connections: usize, all: Vec<Body>) -> Result<Loaded> {
    let (sender, bodies) = mpsc::channel(all.len().max(1));
    for body in all {
        sender.try_send(body).map_err(|_| Error::Process("a queue is too short".into()))?;
    }
    drop(sender);
    post_all(api, collection, connections, bodies).await
}

async fn post_all(
    api: &Api,
    collection: &str,
    connections: usize,
    bodies: mpsc::Receiver<Body>,
) -> Result<Loaded> {
    let started = Instant::now();
    let bodies = Arc::new(Mutex::new(bodies));
    let loaded = Arc::new(std::sync::Mutex::new(Loaded::default()));
    let mut tasks = JoinSet::new();
    for _ in 0..connections {
        let (api, bodies, loaded) = (api.clone(), bodies.clone(), loaded.clone());
        let path = format!("/ws/commons/collections/{collection}/docs");
        tasks.spawn(async move {
            loop {
                let body = bodies.lock().await.recv().await;
                let Some(Body { json, documents }) = body else { return Ok::<(), Error>(()) };
                let bytes = json.len() as u64;
                api.post(&path, json).await?;
                let mut loaded = loaded.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                let before = loaded.documents;
                loaded.documents += documents;
                loaded.bytes += bytes;
                if before / PROGRESS_DOCUMENTS != loaded.documents / PROGRESS_DOCUMENTS {
                    eprintln!("  {} documents, {:.0} s", loaded.documents, started.elapsed().as_secs_f64());
                }
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.map_err(|error| Error::Process(format!("posting broke off: {error}")))??;
    }
    let mut loaded = *loaded.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    loaded.seconds = started.elapsed().as_secs_f64();
    Ok(loaded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_hold_every_document_once_and_keep_to_the_limits() {
        let mut number = 0;
        let mut write_next = |out: &mut Vec<u8>| {
            if number == 45_000 {
                return false;
            }
            number += 1;
            out.extend_from_slice(format!("{{\"n\":{number}}}").as_bytes());
            true
        };
        let mut all = Vec::new();
        while let Some(body) = next_body(u64::MAX, &mut write_next) {
            let json: serde_json::Value = serde_json::from_slice(&body.json).unwrap_or_default();
            let documents = json["data"].as_array().cloned().unwrap_or_default();
            assert_eq!(documents.len() as u64, body.documents);
            assert!(body.json.len() <= MAX_BODY_BYTES && body.documents <= MAX_DOCUMENTS);
            all.extend(documents.iter().filter_map(|document| document["n"].as_u64()));
        }
        assert!(all.len() == 45_000 && all.is_sorted() && all.first() == Some(&1));
        let mut large = |out: &mut Vec<u8>| {
            out.extend(std::iter::repeat_n(b'1', 15 << 10));
            true
        };
        let body = next_body(u64::MAX, &mut large).map(|body| body.json.len());
        assert!(body.is_some_and(|bytes| bytes <= MAX_BODY_BYTES && bytes > MAX_BODY_BYTES - (64 << 10)));
    }
}
