//! Keys, CORS, limits: what stands before every endpoint.

use reqwest::Method;
use serde_json::json;

use crate::harness::{KEY, TestServer, answer};

#[tokio::test]
async fn the_greeting_and_the_health_need_no_key() {
    let server = TestServer::start().await;
    let (status, body) = answer(server.http.get(server.url("/"))).await;
    assert_eq!((status, body), (200, json!({"message": "GO ROCKSET!"})));
    let (status, _) = answer(server.http.get(server.url("/healthz"))).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn without_the_right_key_everything_is_a_401_in_rocksets_shape() {
    let server = TestServer::start().await;
    for path in ["/v1/orgs/self", "/v1/orgs/self/queries", "/metrics", "/nothing"] {
        for header in [None, Some("ApiKey wrong"), Some(KEY), Some("Basic dGVzdA==")] {
            let mut request = server.http.get(server.url(path));
            if let Some(header) = header {
                request = request.header("authorization", header);
            }
            let (status, body) = answer(request).await;
            assert_eq!((status, &body["type"]), (401, &json!("AUTHEXCEPTION")), "{path} {header:?}");
            assert!(!body.to_string().contains(KEY));
        }
    }
}

#[tokio::test]
async fn every_spelling_of_the_scheme_is_taken() {
    let server = TestServer::start().await;
    for scheme in ["ApiKey", "apikey", "Bearer", "bearer"] {
        let request =
            server.http.get(server.url("/v1/orgs/self")).header("authorization", format!("{scheme} {KEY}"));
        let (status, body) = answer(request).await;
        assert_eq!(status, 200, "{scheme}");
        assert!(body["data"]["id"].is_string());
    }
}

#[tokio::test]
async fn a_browser_may_call_the_api() {
    let server = TestServer::start().await;
    let preflight =
        server.http.request(Method::OPTIONS, server.url("/v1/orgs/self/queries")).send().await.unwrap();
    assert_eq!(preflight.status(), 200);
    let answered = server.http.get(server.url("/v1/orgs/self")).send().await.unwrap();
    assert_eq!(answered.status(), 401);
    for response in [preflight, answered] {
        let header = |name: &str| response.headers().get(name).unwrap().to_str().unwrap().to_string();
        assert_eq!(header("access-control-allow-origin"), "*");
        assert_eq!(header("access-control-allow-methods"), "GET, POST, PUT, DELETE, OPTIONS, HEAD, PATCH");
        assert!(header("access-control-allow-headers").contains("authorization"));
        assert_eq!(header("access-control-max-age"), "1209600");
        assert_eq!(header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn what_is_not_there_says_so_in_rocksets_shape() {
    let server = TestServer::start().await;
    let (status, body) = server.get("/nothing/here").await;
    assert_eq!((status, &body["type"]), (404, &json!("NOTFOUND")));
    assert!(body["message"].as_str().unwrap().contains("/v1/orgs/self/nothing/here"), "{body}");
    let (status, body) = answer(server.request(Method::PUT, "/queries")).await;
    assert_eq!((status, &body["type"]), (405, &json!("METHODNOTALLOWED")));
    for path in ["/lambdas", "/ws/commons/lambdas/a/tags/latest", "/roles", "/queries/a/pages"] {
        let (status, body) = server.get(path).await;
        assert_eq!((status, &body["type"]), (501, &json!("NOTIMPLEMENTEDYET")), "{path}");
    }
}

#[tokio::test]
async fn a_body_one_byte_over_its_limit_is_refused_with_a_reason() {
    let server = TestServer::start().await;
    let limit = rockhopper_server::http::MAX_BODY_BYTES;
    let query = json!({"sql": {"query": "SELECT 1"}}).to_string();
    let fits = format!("{query}{}", " ".repeat(limit - query.len()));
    let (status, body) = answer(server.request(Method::POST, "/queries").body(fits.clone())).await;
    assert_eq!(status, 200, "{body}");
    let (status, body) = answer(server.request(Method::POST, "/queries").body(fits + " ")).await;
    assert_eq!((status, &body["type"]), (413, &json!("CONTENTTOOLARGE")));
}

#[tokio::test]
async fn metrics_take_the_key_as_the_name_of_a_user() {
    let server = TestServer::start().await;
    server.collection("counted", json!([{"a": 1}, {"a": 2}])).await;
    server.rows("SELECT 1").await;
    server.sql("SELECT nope()").await;
    for path in ["/metrics", "/v1/orgs/self/metrics"] {
        let response = server.http.get(server.url(path)).basic_auth(KEY, Some("")).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let text = response.text().await.unwrap();
        for line in [
            "rockset_queries 2",
            "rockset_query_errors{error_code=\"QUERY_ERROR\"} 1",
            "rockset_collection_documents{workspace_name=\"commons\",collection=\"counted\"} 2",
        ] {
            assert!(text.lines().any(|shown| shown == line), "{line}\n{text}");
        }
    }
}
