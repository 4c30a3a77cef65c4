//! Limits, time-outs, warnings and cancellation.

use std::time::Duration;

use rockhopper_engine::Engine;

use crate::support::{Harness, text};

fn numbers(count: usize) -> Vec<String> {
    (0..count).map(|n| format!(r#"{{"n": {n}, "s": "text {n}"}}"#)).collect()
}

async fn with_numbers(harness: &mut Harness, count: usize) {
    harness.create("t").await;
    let lines = numbers(count);
    harness.append("t", &lines.iter().map(String::as_str).collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn the_default_limit_cuts_and_says_so() {
    let mut harness = Harness::new();
    with_numbers(&mut harness, 10).await;
    let default = |statement: &mut rockhopper_engine::Statement| statement.default_row_limit = Some(3);
    let cut = harness.run("SELECT n FROM t", &[], default).await.unwrap();
    assert_eq!(cut.row_count(), 3);
    assert_eq!(cut.warnings, ["the answer was cut to the default limit of 3 rows; add a LIMIT to the query"]);
    let own = harness.run("SELECT n FROM t LIMIT 5", &[], default).await.unwrap();
    assert_eq!((own.row_count(), own.warnings.len()), (5, 0));
}

#[tokio::test]
async fn a_result_past_its_limit_is_refused() {
    let mut harness = Harness::with(|options| options.max_answer_rows = 9);
    with_numbers(&mut harness, 10).await;
    assert_eq!(harness.query("SELECT n FROM t LIMIT 9", &[]).await.unwrap().row_count(), 9);
    let refused = harness.query("SELECT n FROM t", &[]).await.unwrap_err().message;
    assert!(refused.contains("would pass the limit"), "{refused}");
}

#[tokio::test]
async fn a_query_past_its_memory_is_refused() {
    let mut harness = Harness::with(|options| options.query_memory_limit_bytes = 200_000);
    with_numbers(&mut harness, 20_000).await;
    assert_eq!(harness.query("SELECT count(*) FROM t", &[]).await.unwrap().row_count(), 1);
    let refused = harness.query("SELECT s, count(*) FROM t GROUP BY s", &[]).await.unwrap_err().message;
    assert!(refused.contains("memory"), "{refused}");
}

#[tokio::test]
async fn a_query_past_its_time_is_stopped() {
    let mut harness = Harness::new();
    with_numbers(&mut harness, 3_000).await;
    let slow = "SELECT count(*) FROM t a, t b, t c WHERE a.n + b.n + c.n = -1";
    let stopped = harness.run(slow, &[], |statement| statement.timeout = Duration::from_millis(200)).await;
    let message = stopped.unwrap_err().message;
    assert!(message.contains("200ms") && message.contains("was stopped"), "{message}");
}

#[tokio::test]
async fn a_collection_without_documents_gives_no_rows_and_a_warning() {
    let mut harness = Harness::new();
    harness.create("t").await;
    let answer = harness.query("SELECT a, count(*) FROM t GROUP BY a", &[]).await.unwrap();
    assert_eq!(answer.row_count(), 0);
    assert_eq!(answer.warnings, ["collection commons.t has no documents"]);
    let count = harness.query("SELECT count(*), max(a) FROM t", &[]).await.unwrap();
    assert_eq!(text(&count)[1], "0 | null");
}

#[tokio::test]
async fn sampling_keeps_about_the_share_asked_for() {
    let mut harness = Harness::new();
    with_numbers(&mut harness, 20_000).await;
    let answer = harness.query("SELECT count(*) FROM t TABLESAMPLE BERNOULLI(10)", &[]).await.unwrap();
    let count: i64 = text(&answer)[1].parse().unwrap();
    assert!((1_600..2_400).contains(&count), "{count}");
}

#[tokio::test]
async fn pieces_and_zones_that_cannot_match_change_nothing() {
    let mut harness = Harness::new();
    with_numbers(&mut harness, 30_000).await;
    for (condition, expected) in
        [("n >= 29999", 1), ("n < 8192", 8192), ("n = 8192", 1), ("n > 40000", 0), ("5 > n", 5)]
    {
        let answer = harness.query(&format!("SELECT count(*) FROM t WHERE {condition}"), &[]).await.unwrap();
        assert_eq!(text(&answer)[1], expected.to_string(), "{condition}");
    }
}

#[tokio::test]
async fn after_close_queries_and_appends_fail_in_words() {
    let mut harness = Harness::new();
    with_numbers(&mut harness, 1).await;
    assert_eq!(harness.engine.statistics(&harness.collections["t"]).await.unwrap().document_count, 1);
    assert!(!harness.engine.describe(&harness.collections["t"]).await.unwrap().is_empty());
    let missing = rockhopper_engine::CollectionId("none".into());
    assert!(harness.engine.positions(&missing, "s").await.is_err());
}
