//! Workspaces, collections, integrations, aliases and views.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::harness::TestServer;

#[tokio::test]
async fn a_collection_lives_and_is_deleted_as_recorded() {
    let server = TestServer::start().await;
    let (status, body) = server.post("/ws/commons/collections", json!({"name": "short-lived"})).await;
    assert_eq!((status, &body["data"]["status"]), (200, &json!("CREATED")), "{body}");
    let path = "/ws/commons/collections/short-lived";
    let (_, body) = server.get(path).await;
    assert_eq!((&body["data"]["status"], &body["data"]["workspace"]), (&json!("READY"), &json!("commons")));
    assert_eq!(body["data"]["stats"]["doc_count"], 0);
    let (status, body) = server.post("/ws/commons/collections", json!({"name": "short-lived"})).await;
    assert_eq!((status, &body["type"]), (409, &json!("ALREADYEXISTS")));
    let (status, body) = server.delete(path).await;
    assert_eq!(status, 200);
    let expected = json!({"name": "short-lived", "workspace": "commons", "sources": [], "field_mappings": [],
        "field_partitions": [], "clustering_key": [], "field_schemas": [], "storage_type": "HOT"});
    assert_eq!(body["data"], expected);
    let (status, body) = server.get(path).await;
    assert_eq!((status, &body["data"]["status"]), (200, &json!("DELETED")));
    let (status, _) = server.sql("SELECT * FROM \"short-lived\"").await;
    assert_eq!(status, 404);
    // The name is free, and the new collection is empty.
    server.collection("short-lived", json!([{"a": 1}])).await;
    assert_eq!(server.rows("SELECT count(*) FROM \"short-lived\"").await, json!([{"?count": 1}]));
}

#[tokio::test]
async fn a_kinesis_source_shows_how_it_goes_and_outlives_a_restart() {
    let server = TestServer::start().await;
    let kinesis = json!({"stream_name": "s", "aws_region": "us-west-2", "offset_reset_policy": "EARLIEST"});
    let key = json!({"aws_access_key_id": "AKID", "aws_secret_access_key": "hunter2"});
    let (status, body) =
        server.post("/integrations", json!({"name": "aws", "kinesis": {"aws_access_key": key}})).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["data"]["kinesis"]["aws_access_key"]["aws_secret_access_key"], "REDACTED");
    let source = json!({"integration_name": "aws", "kinesis": kinesis, "format_params": {"json": true}});
    let body = json!({"name": "streamed", "sources": [source], "retention_secs": 3600});
    let (status, body) = server.post("/ws/commons/collections", body).await;
    assert_eq!(status, 200, "{body}");
    let server = server.restart().await;
    let (_, body) = server.get("/ws/commons/collections/streamed").await;
    let source = &body["data"]["sources"][0];
    assert_eq!((&source["kinesis"], &source["integration_name"]), (&kinesis, &json!("aws")));
    assert!(source["status"]["state"].is_string(), "{source}");
    assert_eq!(source["status"]["total_processed_items"], 0);
    let (status, body) = server.delete("/integrations/aws").await;
    assert_eq!((status, &body["type"]), (409, &json!("DEPENDENTRESOURCES")));
    for path in ["/integrations", "/integrations/aws", "/collections", "/ws/commons/collections"] {
        assert!(!server.get(path).await.1.to_string().contains("hunter2"), "{path}");
    }
    for entry in std::fs::read_dir(server.folder.path()).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() && entry.file_name() != "api-key" {
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o077, 0, "{entry:?}");
        }
    }
    server.delete("/ws/commons/collections/streamed").await;
    let (status, _) = server.delete("/integrations/aws").await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn what_a_source_cannot_be_is_refused_by_name() {
    let server = TestServer::start().await;
    let collection = |source: Value| json!({"name": "c", "sources": [source]});
    for (source, status, word) in [
        (json!({"s3": {"bucket": "b"}}), 501, "s3"),
        (json!({}), 400, "kinesis"),
        (json!({"kinesis": {"stream_name": ""}}), 400, "stream_name"),
        (json!({"kinesis": {"stream_name": "s"}, "format_params": {"avro": {}}}), 501, "avro"),
        (json!({"kinesis": {"stream_name": "s"}, "integration_name": "no"}), 404, "\"no\""),
    ] {
        let (given, body) = server.post("/ws/commons/collections", collection(source)).await;
        assert_eq!(given, status, "{body}");
        assert!(body["message"].as_str().unwrap().contains(word), "{body}");
    }
    for body in [
        json!({"name": "bad name"}),
        json!({"name": "a".repeat(101)}),
        json!({"name": "c", "retention_secs": 3599}),
    ] {
        let (status, body) = server.post("/ws/commons/collections", body).await;
        assert_eq!((status, &body["type"]), (400, &json!("INVALIDINPUT")), "{body}");
    }
    let transformed = json!({"name": "c", "field_mapping_query": {"sql": "SELECT * FROM _input"}});
    assert_eq!(server.post("/ws/commons/collections", transformed).await.0, 501);
    assert_eq!(server.get("/collections").await.1["data"], json!([]));
}

#[tokio::test]
async fn workspaces_nest_and_only_empty_ones_are_deleted() {
    let server = TestServer::start().await;
    let (status, body) = server.post("/ws", json!({"name": "team.a"})).await;
    assert_eq!((status, &body["data"]["collection_count"]), (200, &json!(0)));
    server.post("/ws/team.a/collections", json!({"name": "c"})).await;
    assert_eq!(server.rows("SELECT count(*) FROM team.a.c").await, json!([{"?count": 0}]));
    let sql = "OPTION(default_workspace='team.a')\nSELECT count(*) FROM c";
    assert_eq!(server.rows(sql).await, json!([{"?count": 0}]));
    assert_eq!(server.get("/ws/team.a").await.1["data"]["collection_count"], 1);
    assert_eq!(server.delete("/ws/team.a").await.0, 409);
    server.delete("/ws/team.a/collections/c").await;
    assert_eq!(server.delete("/ws/team.a").await.0, 200);
    assert_eq!(server.get("/ws/team.a").await.0, 404);
    assert_eq!(server.delete("/ws/commons").await.0, 400);
}

#[tokio::test]
async fn aliases_and_views_stand_for_collections_and_queries() {
    let server = TestServer::start().await;
    server.collection("first", json!([{"a": 1}])).await;
    server.collection("second", json!([{"a": 2}])).await;
    let aliases = "/ws/commons/aliases";
    let (status, body) = server.post(aliases, json!({"name": "now", "collections": ["commons.first"]})).await;
    assert_eq!((status, &body["data"]["state"]), (200, &json!("CREATED")), "{body}");
    let (_, body) = server.sql("SELECT a FROM now").await;
    assert_eq!((&body["results"], &body["aliases"]), (&json!([{"a": 1}]), &json!(["commons.now"])));
    assert_eq!(server.delete("/ws/commons/collections/first").await.0, 409);
    server.post("/ws/commons/aliases/now", json!({"collections": ["commons.second"]})).await;
    assert_eq!(server.rows("SELECT a FROM now").await, json!([{"a": 2}]));
    let view = json!({"name": "doubled", "query": "SELECT a * 2 AS b FROM first"});
    let (status, body) = server.post("/ws/commons/views", view).await;
    assert_eq!((status, &body["data"]["entities"]), (200, &json!(["commons.first"])), "{body}");
    assert_eq!(server.rows("SELECT b FROM doubled").await, json!([{"b": 2}]));
    let (status, _) = server.post("/ws/commons/views", json!({"name": "now", "query": "SELECT 1"})).await;
    assert_eq!(status, 409);
    let (status, _) = server.post("/ws/commons/views", json!({"name": "bad", "query": "SELECT FROM"})).await;
    assert_eq!(status, 400);
    let server = server.restart().await;
    assert_eq!(server.rows("SELECT b FROM doubled").await, json!([{"b": 2}]));
    for path in ["/ws/commons/aliases/now", "/ws/commons/views/doubled"] {
        assert_eq!(server.delete(path).await.0, 200);
        assert_eq!(server.get(path).await.0, 404);
    }
}
