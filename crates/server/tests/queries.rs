//! Answers of queries: JSON as recorded, Arrow as our extension.

use std::time::Duration;

use rockhopper_client::{Client, Options, Query};
use serde_json::json;

use crate::harness::{KEY, TestServer, members};

#[tokio::test]
async fn select_1_answers_as_recorded() {
    let server = TestServer::start().await;
    let (status, body) = server.sql("SELECT 1").await;
    assert_eq!(status, 200, "{body}");
    let recorded = ["collections", "aliases", "column_fields", "results", "query_id", "stats", "status"];
    assert_eq!(members(&body), recorded);
    assert_eq!(body["column_fields"], json!([{"name": "?field0", "type": ""}]));
    assert_eq!(body["results"], json!([{"?field0": 1}]));
    assert_eq!(members(&body["stats"]), ["elapsed_time_ms", "throttled_time_micros"]);
    assert_eq!(body["status"], "COMPLETED");
    assert_eq!(body["query_id"].as_str().unwrap().split(':').count(), 3);
}

#[tokio::test]
async fn a_star_has_no_column_fields_and_leaves_out_what_is_missing() {
    let server = TestServer::start().await;
    server
        .collection("mixed", json!([{"_id": "a", "x": 1, "n": null}, {"_id": "b", "y": {"z": [1, "q"]}}]))
        .await;
    let (_, body) = server.sql("SELECT * FROM mixed ORDER BY _id").await;
    assert!(!members(&body).contains(&"column_fields"), "{body}");
    assert_eq!(body["collections"], json!(["commons.mixed"]));
    let (first, second) = (&body["results"][0], &body["results"][1]);
    assert_eq!((&first["x"], &first["n"]), (&json!(1), &json!(null)), "{body}");
    assert!(first.get("y").is_none() && second.get("x").is_none(), "{body}");
    assert_eq!(second["y"], json!({"z": [1, "q"]}));
    let event_time = first["_event_time"].as_str().unwrap();
    assert!(
        event_time.ends_with('Z') && event_time.len() == "2023-08-23T19:03:04.746448Z".len(),
        "{event_time}"
    );
}

#[tokio::test]
async fn parameters_are_values_of_their_types() {
    let server = TestServer::start().await;
    let parameters = json!([
        {"name": "s", "type": "string", "value": "5"},
        {"name": "i", "type": "int", "value": "5"},
        {"name": "b", "type": "bool", "value": "True"},
        {"name": "t", "type": "timestamp", "value": "2024-05-01T10:00:00Z"},
        {"name": "l", "type": "array", "value": "[1, \"a\"]"},
        {"name": "d", "type": "date", "value": "2024-5-1"},
    ]);
    let body = json!({"sql": {
        "query": "SELECT TYPEOF(:s) s, :i + 1 i, :b b, :t t, LENGTH(:l) l, :d d",
        "parameters": parameters,
    }});
    let (status, body) = server.post("/queries", body).await;
    assert_eq!(status, 200, "{body}");
    let date = json!({"__rockset_type": "date", "value": "2024-05-01"});
    let row =
        json!({"s": "string", "i": 6, "b": true, "t": "2024-05-01T10:00:00.000000Z", "l": 2, "d": date});
    assert_eq!(body["results"], json!([row]));
}

#[tokio::test]
async fn the_default_row_limit_holds_only_without_a_limit() {
    let server = TestServer::start().await;
    server.collection("many", json!([{"a": 1}, {"a": 2}, {"a": 3}])).await;
    for (sql, rows) in [("SELECT a FROM many", 2), ("SELECT a FROM many LIMIT 3", 3)] {
        let (_, body) = server.post("/queries", json!({"sql": {"query": sql, "default_row_limit": 2}})).await;
        assert_eq!(body["results"].as_array().unwrap().len(), rows, "{sql}: {body}");
    }
}

#[tokio::test]
async fn arrow_answers_carry_the_query_in_their_schema() {
    let server = TestServer::start().await;
    server.collection("tweets", json!([{"lang": "en"}, {"lang": "de"}, {"lang": "en"}])).await;
    let client = Client::new(Options::new(server.url(""), KEY)).unwrap();
    let query = Query::new("SELECT lang, count(*) FROM tweets WHERE lang = :lang GROUP BY lang")
        .parameter("lang", "string", "en");
    let answer = client.query(&query).await.unwrap();
    assert_eq!(answer.row_count(), 1);
    let names: Vec<&str> = answer.schema.fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(names, ["lang", "?count"]);
    assert_eq!(answer.schema.field(1).metadata()["rockset.type"], "int");
    assert_eq!(answer.metadata.collections, ["commons.tweets"]);
    assert!(!answer.metadata.query_id.is_empty());
    let error = client.query(&Query::new("SELECT\n nope()")).await.unwrap_err();
    let body = error.body().unwrap();
    assert_eq!((body.line, body.column), (Some(2), Some(2)));
    assert_eq!(body.error_id.as_deref(), Some("function_not_found"));
    let wrong = Client::new(Options::new(server.url(""), "wrong")).unwrap();
    assert!(wrong.organization().await.unwrap_err().is_unauthorized());
    assert!(client.organization().await.unwrap().state == "ACTIVE");
}

#[tokio::test]
async fn describe_gives_paths_as_arrays() {
    let server = TestServer::start().await;
    server.collection("shapes", json!([{"a": {"b": [1]}}, {"a": {"b": ["x"]}}])).await;
    let rows = server.rows("DESCRIBE shapes").await;
    let row = rows.as_array().unwrap().iter().find(|row| row["field"] == json!(["a", "b", "*"])).unwrap();
    assert_eq!(members(row), ["field", "type", "occurrences", "total"], "{rows}");
    for statement in ["DESCRIBE shapes OPTION(max_field_depth=1)", "SHOW COLUMNS FROM commons.shapes"] {
        let rows = server.rows(statement).await;
        assert!(rows.as_array().unwrap().iter().any(|row| row["field"] == json!(["a"])), "{rows}");
    }
    let rows = server.rows("DESCRIBE shapes OPTION(max_field_depth=1)").await;
    assert!(rows.as_array().unwrap().iter().all(|row| row["field"].as_array().unwrap().len() == 1), "{rows}");
}

#[tokio::test]
async fn explain_shows_the_plan_and_analyze_runs_it() {
    let server = TestServer::start().await;
    let plan = server.rows("EXPLAIN SELECT 1 AS x").await.to_string();
    assert!(plan.contains("Output x"), "{plan}");
    let analyzed = server.rows("EXPLAIN ANALYZE SELECT 1 AS x").await.to_string();
    assert!(analyzed.contains("1 rows"), "{analyzed}");
}

#[tokio::test]
async fn a_statement_is_validated_without_running() {
    let server = TestServer::start().await;
    server.collection("seen", json!([])).await;
    let sql = json!({"query": "SELECT * FROM seen WHERE a = :p", "parameters": [{"name": "p", "value": 1}]});
    let (status, body) = server.post("/queries/validations", json!({ "sql": sql })).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(members(&body), ["aliases", "views", "name", "collections", "parameters"]);
    assert_eq!((&body["collections"], &body["parameters"]), (&json!(["commons.seen"]), &json!(["p"])));
}

#[tokio::test]
async fn the_virtual_instance_runs_queries() {
    let server = TestServer::start().await;
    let (_, body) = server.get("/virtualinstances").await;
    let main = &body["data"][0];
    assert_eq!(
        (&main["name"], &main["state"], &main["default_vi"]),
        (&json!("main"), &json!("ACTIVE"), &json!(true))
    );
    for instance in ["main", main["id"].as_str().unwrap(), main["rrn"].as_str().unwrap()] {
        let path = format!("/virtualinstances/{instance}/queries");
        let (status, body) = server.post(&path, json!({"sql": {"query": "SELECT 2 AS two"}})).await;
        assert_eq!((status, &body["results"]), (200, &json!([{"two": 2}])), "{instance}");
    }
    let (status, _) =
        server.post("/virtualinstances/other/queries", json!({"sql": {"query": "SELECT 1"}})).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn a_query_ends_when_its_client_goes_away_and_when_it_is_cancelled() {
    let server = TestServer::start().await;
    let documents: Vec<_> = (0..2000).map(|a| json!({ "a": a })).collect();
    server.collection("many", json!(documents)).await;
    let long = "SELECT count(*) FROM many x, many y, many z WHERE x.a + y.a * z.a = -1";
    let request = || {
        let body = json!({"sql": {"query": long}}).to_string();
        server.request(reqwest::Method::POST, "/queries").body(body)
    };
    let gone = request().timeout(Duration::from_millis(300)).send().await;
    assert!(gone.is_err());
    until_nothing_runs(&server).await;
    let pending = tokio::spawn(request().send());
    let id = loop {
        let (_, body) = server.get("/queries").await;
        if let Some(id) = body["data"][0]["query_id"].as_str() {
            break id.to_string();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    let (status, body) = server.delete(&format!("/queries/{id}")).await;
    assert_eq!((status, &body["data"]["status"]), (200, &json!("CANCELLED")));
    let answer: serde_json::Value =
        serde_json::from_str(&pending.await.unwrap().unwrap().text().await.unwrap()).unwrap();
    assert_eq!(answer["type"], "QUERY_CANCELLED");
    until_nothing_runs(&server).await;
}

#[tokio::test]
async fn a_query_ends_at_its_timeout() {
    let server = TestServer::start().await;
    let documents: Vec<_> = (0..2000).map(|a| json!({ "a": a })).collect();
    server.collection("many", json!(documents)).await;
    let long = "SELECT count(*) FROM many x, many y, many z WHERE x.a + y.a * z.a = -1";
    let (status, body) = server.post("/queries", json!({"sql": {"query": long}, "timeout_ms": 200})).await;
    assert_eq!(
        (status, &body["type"], &body["error_id"]),
        (408, &json!("QUERY_TIMEOUT"), &json!("")),
        "{body}"
    );
}

async fn until_nothing_runs(server: &TestServer) {
    for _ in 0..200 {
        let (_, body) = server.get("/queries").await;
        if body["data"].as_array().unwrap().is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("a query still runs");
}
