//! Errors of statements: codes, types and places.

use serde_json::{Value, json};

use crate::harness::{TestServer, members};

#[tokio::test]
async fn an_error_has_the_recorded_members() {
    let server = TestServer::start().await;
    let (status, body) = server.sql("SELECT COUT(*)").await;
    assert_eq!(status, 400);
    assert_eq!(
        members(&body),
        [
            "message",
            "message_key",
            "type",
            "line",
            "column",
            "trace_id",
            "error_id",
            "query_id",
            "internal_errors"
        ]
    );
    assert_eq!(body["message"], "Function `COUT` not found.");
    assert_eq!((&body["type"], &body["error_id"]), (&json!("QUERY_ERROR"), &json!("function_not_found")));
    assert_eq!((&body["line"], &body["column"]), (&json!(1), &json!(8)));
    assert_eq!(body["internal_errors"], Value::Null);
}

#[tokio::test]
async fn unknown_names_are_404_with_their_keys() {
    let server = TestServer::start().await;
    let (status, body) = server.sql("SELECT *\nFROM nothing").await;
    assert_eq!((status, &body["type"]), (404, &json!("NOTFOUND")));
    assert_eq!(body["message_key"], "COLLECTION_DOES_NOT_EXIST");
    let message = body["message"].as_str().unwrap();
    assert!(message.contains("\"nothing\"") && message.contains("\"commons\""), "{message}");
    assert_eq!((&body["line"], &body["column"]), (&json!(2), &json!(6)));
    let (status, body) = server.sql("SELECT * FROM nowhere.nothing").await;
    assert_eq!((status, &body["message_key"]), (404, &json!("WORKSPACE_NOT_FOUND")));
    for (path, key) in [
        ("/ws/commons/collections/nothing", "COLLECTION_DOES_NOT_EXIST"),
        ("/ws/nowhere/collections", "WORKSPACE_NOT_FOUND"),
        ("/integrations/nothing", "INTEGRATION_NOT_FOUND"),
    ] {
        let (status, body) = server.get(path).await;
        assert_eq!((status, &body["message_key"]), (404, &json!(key)), "{path}");
    }
}

#[tokio::test]
async fn a_syntax_error_has_its_place() {
    let server = TestServer::start().await;
    let (status, body) = server.sql("SELECT 1,\n  (2 + ) AS b").await;
    assert_eq!((status, &body["type"]), (400, &json!("QUERY_ERROR")));
    assert_eq!((&body["line"], &body["column"]), (&json!(2), &json!(8)), "{body}");
}

#[tokio::test]
async fn an_error_of_a_value_has_its_place() {
    let server = TestServer::start().await;
    let (status, body) = server.sql("SELECT 1 AS a, CAST('x' AS INT) AS b").await;
    assert_eq!((status, &body["type"]), (400, &json!("QUERY_ERROR")), "{body}");
    assert_eq!(body["line"], 1, "{body}");
    assert_eq!(body["column"], 16, "{body}");
}

#[tokio::test]
async fn what_is_not_done_yet_says_so_by_name() {
    let server = TestServer::start().await;
    server.collection("a", json!([])).await;
    let (status, body) = server.sql("INSERT INTO a SELECT 1").await;
    assert_eq!((status, &body["type"]), (501, &json!("NOTIMPLEMENTEDYET")));
    assert!(body["message"].as_str().unwrap().contains("INSERT INTO"));
    let (status, body) = server.post("/queries", json!({"async": true, "sql": {"query": "SELECT 1"}})).await;
    assert_eq!((status, &body["type"]), (501, &json!("NOTIMPLEMENTEDYET")));
    assert!(body["message"].as_str().unwrap().contains("async"), "{body}");
    let docs = "/ws/commons/collections/a/docs";
    let (status, body) = server.delete(docs).await;
    assert_eq!((status, &body["type"]), (501, &json!("NOTIMPLEMENTEDYET")));
}

#[tokio::test]
async fn a_request_that_is_not_understood_says_what_is_wrong() {
    let server = TestServer::start().await;
    for (body, word) in [
        (json!({}), "sql"),
        (json!({"sql": {}}), "query"),
        (json!({"sql": {"query": "SELECT 1"}, "timeout_ms": 1_800_001}), "1800000"),
        (
            json!({"sql": {"query": "SELECT :a", "parameters": [{"name": "a", "type": "int", "value": "x"}]}}),
            ":a",
        ),
    ] {
        let (status, answer) = server.post("/queries", body).await;
        assert_eq!((status, &answer["type"]), (400, &json!("INVALIDINPUT")), "{answer}");
        assert!(answer["message"].as_str().unwrap().contains(word), "{word}: {answer}");
    }
}
