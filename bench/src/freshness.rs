//! Time from Kinesis' answer to PutRecords until a query sees the post, posts one after another.

use std::time::{Duration, Instant};

use base64::Engine;
use rockhopper_client::Query;
use serde_json::{Value, json};

use crate::error::{Error, Result, io};
use crate::report::{Runs, machine};
use crate::server::Server;

const STREAM: &str = "bench-freshness";
const SHARDS: u32 = 5;
const VISIBLE_TIMEOUT: Duration = Duration::from_secs(30);
/// Between two looks. The look itself takes about a millisecond, so that is the error of the measurement.
const LOOK_INTERVAL: Duration = Duration::from_millis(2);

/// Measures; the report as Markdown.
pub async fn run(kinesis: &str, posts: usize) -> Result<String> {
    let folder = tempfile::tempdir().map_err(io("make a folder"))?;
    let server = Server::start(&folder.path().join("server")).await?;
    let create = json!({"StreamName": STREAM, "ShardCount": SHARDS});
    // A stream left over from an earlier run is as good.
    let _ = call(&server, kinesis, "CreateStream", &create).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let integration = json!({"name": STREAM, "kinesis": {"aws_access_key":
        {"aws_access_key_id": "bench", "aws_secret_access_key": "bench"}}});
    server.post("/integrations", integration.to_string()).await?;
    let source = json!({"integration_name": STREAM, "kinesis": {"stream_name": STREAM}});
    let collection = json!({"name": "freshness", "sources": [source]});
    server.post("/ws/commons/collections", collection.to_string()).await?;

    let run = std::process::id();
    let mut all_ms = Vec::new();
    for number in 0..=posts {
        let document = json!({"run": run, "number": number}).to_string();
        let record = json!({
            "Data": base64::prelude::BASE64_STANDARD.encode(document),
            "PartitionKey": number.to_string(),
        });
        call(&server, kinesis, "PutRecords", &json!({"StreamName": STREAM, "Records": [record]})).await?;
        let accepted = Instant::now();
        wait_until_visible(&server, run, number, accepted).await?;
        all_ms.push(accepted.elapsed().as_secs_f64() * 1000.0);
        // So that posts meet the poll at any moment of its interval.
        tokio::time::sleep(Duration::from_millis((number as u64 * 37) % 211)).await;
    }
    let runs = Runs::new(all_ms);
    Ok(format!(
        "{posts} posts one after another, {SHARDS} shards, polled every 200 ms. {}\n\n| p50 ms | p99 | max |\n| --- | --- | --- |\n\
         | {:.0} | {:.0} | {:.0} |\n",
        machine(),
        runs.at(0.5),
        runs.at(0.99),
        runs.at(1.0)
    ))
}

async fn wait_until_visible(server: &Server, run: u32, number: usize, since: Instant) -> Result<()> {
    let query = Query::new("SELECT f.number FROM freshness f WHERE f.run = :run AND f.number = :number")
        .parameter("run", "int", run.to_string())
        .parameter("number", "int", number.to_string());
    while server.client.query(&query).await?.row_count() == 0 {
        if since.elapsed() > VISIBLE_TIMEOUT {
            return Err(Error::Process(format!("post {number} was not visible within {VISIBLE_TIMEOUT:?}")));
        }
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
    Ok(())
}

/// The Kinesis protocol by hand. A local Kinesis does not check the signature.
async fn call(server: &Server, kinesis: &str, operation: &str, body: &Value) -> Result<()> {
    let answer = server
        .http
        .post(kinesis)
        .header("x-amz-target", format!("Kinesis_20131202.{operation}"))
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-date", "20260101T000000Z")
        .header(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=bench/20260101/us-west-2/kinesis/aws4_request, \
             SignedHeaders=host;x-amz-date, Signature=0",
        )
        .body(body.to_string())
        .send()
        .await?;
    if answer.status().is_success() {
        return Ok(());
    }
    let text = answer.text().await?;
    Err(Error::Process(format!("Kinesis answered {operation} with {text}")))
}
