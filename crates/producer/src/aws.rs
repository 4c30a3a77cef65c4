//! The producer's calls on Amazon Kinesis, or whatever speaks its protocol.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::config::retry::RetryConfig;
use aws_sdk_kinesis::config::timeout::TimeoutConfig;
use aws_sdk_kinesis::config::{BehaviorVersion, Region};
use aws_sdk_kinesis::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::{PutRecordsRequestEntry, StreamStatus};
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder, tls};

use crate::batch::Record;
use crate::error::{Error, Result};
use crate::send::{PutError, Service};

/// Where neither the command line nor the environment names a region.
const DEFAULT_REGION: &str = "us-west-2";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// Of a client's message, so much is shown.
const MAX_SAID_CHARS: usize = 300;
/// A stream that was created is waited for this long.
const ACTIVE_TIMEOUT: Duration = Duration::from_secs(180);
const ACTIVE_INTERVAL: Duration = Duration::from_millis(200);

/// A stream.
#[derive(Clone, Debug)]
pub struct Kinesis {
    client: Client,
    stream: String,
    place: String,
}

impl Kinesis {
    /// A client by the standard environment of AWS: `AWS_ENDPOINT_URL_KINESIS`, `AWS_ENDPOINT_URL`, `AWS_REGION`,
    /// credentials, profiles, roles. Makes no call to the stream.
    pub async fn connect(stream: &str) -> Self {
        let http = Builder::new().tls_provider(tls::Provider::Rustls(CryptoMode::Ring)).build_https();
        let timeouts =
            TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).operation_timeout(CALL_TIMEOUT).build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .timeout_config(timeouts)
            // Sending has its own retries, so that its counts are exact.
            .retry_config(RetryConfig::disabled());
        if std::env::var_os("AWS_REGION").is_none() && std::env::var_os("AWS_PROFILE").is_none() {
            loader = loader.region(Region::new(DEFAULT_REGION));
        }
        let config = loader.load().await;
        let region = config.region().map_or("unknown", |region| region.as_ref()).to_owned();
        // The client's own configuration knows `AWS_ENDPOINT_URL_KINESIS`, the shared one does not.
        let url = std::env::var("AWS_ENDPOINT_URL_KINESIS").or_else(|_| std::env::var("AWS_ENDPOINT_URL"));
        let place = match url {
            Ok(url) => format!("{url} (region {region})"),
            Err(_) => format!("AWS region {region}"),
        };
        Self { client: Client::new(&config), stream: stream.to_owned(), place }
    }

    /// Creates the stream, unless it exists, and waits until it is active. False: it was there.
    pub async fn create(&self, shard_count: i32) -> Result<bool> {
        let call = self.client.create_stream().stream_name(&self.stream).shard_count(shard_count).send();
        let created = match call.await {
            Ok(_) => true,
            Err(error) if error.code() == Some("ResourceInUseException") => false,
            Err(error) => return Err(self.error("CreateStream", error)),
        };
        let started = Instant::now();
        loop {
            let status = self.status().await?;
            if matches!(status, StreamStatus::Active | StreamStatus::Updating) {
                return Ok(created);
            }
            if started.elapsed() > ACTIVE_TIMEOUT {
                let (stream, waited_s) = (self.stream.clone(), ACTIVE_TIMEOUT.as_secs());
                return Err(Error::NotActive { stream, status: status.to_string(), waited_s });
            }
            tokio::time::sleep(ACTIVE_INTERVAL).await;
        }
    }

    /// The number of shards that take records. Fails where the stream cannot be reached or does not exist.
    pub async fn open_shards(&self) -> Result<i32> {
        let answer = self.client.describe_stream_summary().stream_name(&self.stream).send().await;
        let answer = answer.map_err(|error| self.error("DescribeStreamSummary", error))?;
        Ok(answer.stream_description_summary().map_or(0, |summary| summary.open_shard_count()))
    }

    /// The endpoint's URL, or the AWS region.
    pub fn place(&self) -> &str {
        &self.place
    }

    async fn status(&self) -> Result<StreamStatus> {
        let answer = self.client.describe_stream_summary().stream_name(&self.stream).send().await;
        let answer = answer.map_err(|error| self.error("DescribeStreamSummary", error))?;
        let status = answer.stream_description_summary().map(|summary| summary.stream_status().clone());
        Ok(status.unwrap_or(StreamStatus::Creating))
    }

    fn error<E, R>(&self, call: &'static str, error: SdkError<E, R>) -> Error
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: std::fmt::Debug,
    {
        let (place, stream) = (self.place.clone(), self.stream.clone());
        let SdkError::ServiceError(service) = &error else {
            let said = with_causes(&error);
            return match said.contains("credentials") {
                true => Error::Denied { place, said },
                false => Error::Unreachable { place, said },
            };
        };
        let code = service.err().code().unwrap_or("error without a code");
        let said = format!("{code}: {}", service.err().message().unwrap_or("no message"));
        match code {
            "ResourceNotFoundException" => Error::NoStream { stream, place },
            "AccessDeniedException"
            | "UnrecognizedClientException"
            | "InvalidSignatureException"
            | "MissingAuthenticationTokenException"
            | "IncompleteSignatureException"
            | "ExpiredTokenException"
            | "InvalidClientTokenId" => Error::Denied { place, said },
            _ => Error::Refused { call, stream, place, said },
        }
    }
}

#[async_trait]
impl Service for Kinesis {
    async fn put(&self, records: &[Record]) -> std::result::Result<Vec<Option<String>>, PutError> {
        let mut call = self.client.put_records().stream_name(&self.stream);
        for record in records {
            let entry = PutRecordsRequestEntry::builder()
                .partition_key(&record.key)
                .data(Blob::new(record.data.as_ref()))
                .build();
            let refused = |error: aws_sdk_kinesis::error::BuildError| PutError::Again(error.to_string());
            call = call.records(entry.map_err(refused)?);
        }
        let answer = match call.send().await {
            Ok(answer) => answer,
            Err(error) => {
                let code = error.code().unwrap_or_default();
                let throttled = code.contains("Throttl") || code.contains("Exceeded");
                let broken = code.contains("Internal") || code.contains("Unavailable");
                return Err(match self.error("PutRecords", error) {
                    error @ Error::Unreachable { .. } => PutError::Again(error.to_string()),
                    error if throttled || broken => PutError::Again(error.to_string()),
                    error => PutError::Fatal(error),
                });
            }
        };
        let reason =
            |code: &str, message: Option<&str>| format!("{code}: {}", message.unwrap_or("no message"));
        let results = answer.records().iter();
        Ok(results
            .map(|result| result.error_code().map(|code| reason(code, result.error_message())))
            .collect())
    }
}

/// An error with all its causes, without the debug output that the SDK adds.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text.chars().take(MAX_SAID_CHARS).collect()
}
