//! Adding documents.

use serde_json::json;

use crate::harness::{TestServer, members};

#[tokio::test]
async fn every_document_has_its_outcome_and_is_seen_at_once() {
    let server = TestServer::start().await;
    server.collection("notes", json!([])).await;
    let path = "/ws/commons/collections/notes/docs";
    let (status, body) = server.post(path, json!({"data": [{"_id": "mine", "a": 1}, 5, {"a": 2}]})).await;
    assert_eq!(status, 200, "{body}");
    let outcomes = body["data"].as_array().unwrap();
    assert_eq!(members(&outcomes[0]), ["_collection", "error", "_id", "status", "patch_id"]);
    assert_eq!(outcomes[0]["_id"], "mine");
    let statuses: Vec<_> = outcomes.iter().map(|outcome| outcome["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["ADDED", "ERROR", "ADDED"]);
    let error = "the text is JSON but not an object; the document was not stored";
    assert_eq!((&outcomes[1]["error"], &outcomes[1]["_id"]), (&json!(error), &json!(null)));
    assert_eq!(server.rows("SELECT count(*) FROM notes").await, json!([{"?count": 2}]));
    let fence = json!({"name": [body["last_offset"]]});
    let (_, body) = server.post("/ws/commons/collections/notes/offsets/commit", fence).await;
    assert_eq!(body["data"]["passed"], true, "{body}");
    let (status, _) =
        server.post("/ws/commons/collections/notes/offsets/commit", json!({"name": ["x"]})).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn one_document_too_many_is_refused_and_nothing_is_stored() {
    let server = TestServer::start().await;
    server.collection("notes", json!([])).await;
    let path = "/ws/commons/collections/notes/docs";
    let mut documents = vec![json!({}); rockhopper_server::http::MAX_DOCUMENTS];
    let (status, _) = server.post(path, json!({ "data": documents })).await;
    assert_eq!(status, 200);
    documents.push(json!({}));
    let (status, body) = server.post(path, json!({ "data": documents })).await;
    assert_eq!((status, &body["type"]), (413, &json!("CONTENTTOOLARGE")));
    assert_eq!(server.rows("SELECT count(*) FROM notes").await, json!([{"?count": documents.len() - 1}]));
}

#[tokio::test]
async fn documents_outlive_a_restart() {
    let server = TestServer::start().await;
    server.collection("kept", json!([{"a": 1}])).await;
    let server = server.restart().await;
    assert_eq!(server.rows("SELECT a FROM kept").await, json!([{"a": 1}]));
}
