//! The Kinesis door: a local Kinesis, and 1,000 documents/s whatever its answers take.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::schedule::{self, Scheduled};
use super::watch::Outstanding;
use crate::error::{Error, Result, io};
use crate::process::Process;
use crate::runs::Spread;
use crate::server::{Api, http_client};

const STREAM: &str = "bench-freshness";
/// As `./start` makes its stream.
pub const SHARDS: u32 = 5;
/// Documents of one PutRecords, and how often one is sent: 1,000 documents/s.
pub const BATCH_DOCUMENTS: usize = 20;
pub const INTERVAL: Duration = Duration::from_millis(20);
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// A Kinesis on loopback, the one of `./start`. Stopped when dropped.
#[derive(Debug)]
pub struct LocalKinesis {
    _process: Process,
    /// Its address.
    pub url: String,
    http: reqwest::Client,
}

impl LocalKinesis {
    /// Starts it on an empty folder and makes the stream.
    ///
    /// # Errors
    /// Node or its packages are missing.
    pub async fn start(root: &Path, folder: &Path) -> Result<LocalKinesis> {
        let scripts = root.join("scripts/kinesis");
        if !scripts.join("node_modules/kinesalite").exists() {
            let what = "the local Kinesis is not installed: start with bench/bench, or run npm ci in scripts/kinesis";
            return Err(Error::Process(what.into()));
        }
        let probe = TcpListener::bind("127.0.0.1:0").map_err(io("find a port"))?;
        let port = probe.local_addr().map_err(io("find a port"))?.port();
        drop(probe);
        let mut command = Command::new("node");
        command.arg(scripts.join("serve.cjs")).arg(port.to_string()).arg(folder).stdout(Stdio::null());
        let process = Process::start(&mut command, "node for the local Kinesis")?;
        let http = http_client()?;
        let kinesis = LocalKinesis { _process: process, url: format!("http://127.0.0.1:{port}"), http };
        let started = Instant::now();
        let create = json!({"StreamName": STREAM, "ShardCount": SHARDS});
        while let Err(error) = kinesis.call("CreateStream", &create).await {
            if started.elapsed() > START_TIMEOUT {
                return Err(error);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let describe = json!({"StreamName": STREAM});
        while kinesis.call("DescribeStreamSummary", &describe).await?["StreamDescriptionSummary"]["StreamStatus"]
            != "ACTIVE"
        {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(kinesis)
    }

    /// The variables that lead the server there.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL_KINESIS", self.url.clone()),
            ("AWS_ACCESS_KEY_ID", "bench".into()),
            ("AWS_SECRET_ACCESS_KEY", "bench".into()),
            ("AWS_REGION", "us-west-2".into()),
        ]
    }

    /// Makes the collection that the stream feeds.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn make_collection(&self, api: &Api) -> Result<()> {
        let key = json!({"aws_access_key_id": "bench", "aws_secret_access_key": "bench"});
        let integration = json!({"name": STREAM, "kinesis": {"aws_access_key": key}});
        api.post("/integrations", integration.to_string()).await?;
        let source = json!({"integration_name": STREAM, "kinesis": {"stream_name": STREAM}});
        let collection = json!({"name": "tweets", "sources": [source]});
        api.post("/ws/commons/collections", collection.to_string()).await
    }

    /// Sends for some time; how many documents, and the milliseconds from each call's schedule to its answer.
    ///
    /// # Errors
    /// Kinesis refuses a record.
    pub async fn send(&self, seconds: u64, outstanding: &Outstanding) -> Result<(u64, Spread)> {
        let batches = seconds * 1000 / INTERVAL.as_millis() as u64;
        let mut schedule = schedule::start(batches, INTERVAL, |documents, _| documents == BATCH_DOCUMENTS);
        let mut calls: JoinSet<Result<f64>> = JoinSet::new();
        let (mut documents, mut all_ms) = (0, Vec::new());
        while let Some(Scheduled { batch, documents: these, at }) = schedule.recv().await {
            tokio::time::sleep_until(at.into()).await;
            documents += these.len() as u64;
            outstanding.send(batch, these.len() as u64, at);
            let (kinesis, outstanding) = ((self.url.clone(), self.http.clone()), outstanding.clone());
            calls.spawn(async move {
                let records: Vec<Value> = these.iter().map(|document| record(document, batch)).collect();
                let body = json!({"StreamName": STREAM, "Records": records});
                let answer = call(&kinesis.1, &kinesis.0, "PutRecords", &body).await?;
                let answered = Instant::now();
                if answer["FailedRecordCount"] != 0 {
                    return Err(Error::Process(format!("Kinesis refused records: {answer}")));
                }
                outstanding.accept(batch, answered);
                Ok((answered - at).as_secs_f64() * 1000.0)
            });
            while let Some(ended) = calls.try_join_next() {
                all_ms.push(ended.map_err(broke_off)??);
            }
        }
        while let Some(ended) = calls.join_next().await {
            all_ms.push(ended.map_err(broke_off)??);
        }
        Ok((documents, Spread::new(all_ms)))
    }

    async fn call(&self, operation: &str, body: &Value) -> Result<Value> {
        call(&self.http, &self.url, operation, body).await
    }
}

fn broke_off(error: tokio::task::JoinError) -> Error {
    Error::Process(format!("a call of Kinesis broke off: {error}"))
}

/// The documents of a batch stay together in one shard.
fn record(document: &[u8], batch: u64) -> Value {
    json!({"Data": base64::prelude::BASE64_STANDARD.encode(document), "PartitionKey": batch.to_string()})
}

/// The Kinesis protocol by hand. A local Kinesis does not check the signature.
async fn call(http: &reqwest::Client, url: &str, operation: &str, body: &Value) -> Result<Value> {
    let request = http
        .post(url)
        .header("x-amz-target", format!("Kinesis_20131202.{operation}"))
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-date", "20260101T000000Z")
        .header(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=bench/20260101/us-west-2/kinesis/aws4_request, \
             SignedHeaders=host;x-amz-date, Signature=0",
        );
    let answer = request.body(body.to_string()).send().await?;
    let status = answer.status();
    let text = answer.text().await?;
    if !status.is_success() {
        return Err(Error::Process(format!("Kinesis answered {operation} with {status}: {text}")));
    }
    Ok(serde_json::from_str(&text).unwrap_or_default())
}
