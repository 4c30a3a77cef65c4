//! The calls of [`StreamClient`] on Amazon Kinesis, or whatever speaks its protocol.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::config::retry::RetryConfig;
use aws_sdk_kinesis::config::timeout::TimeoutConfig;
use aws_sdk_kinesis::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_kinesis::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_kinesis::primitives::DateTime;
use aws_sdk_kinesis::types::{ChildShard, Shard, ShardIteratorType};
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder, tls};
use bytes::Bytes;

use crate::client::{Answer, ClientError, ClientErrorKind, IteratorStart, Record, ShardInfo, StreamClient};
use crate::position::Stored;
use crate::secret::Secret;
use crate::shards::MAX_SHARDS;

/// The region where neither the source nor the environment names one: Rockset's default.
const DEFAULT_REGION: &str = "us-west-2";
/// A connection is made within this time.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A call is answered within this time. The SDK itself would wait for ever.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// Of a client's message, so much is shown.
const MAX_SAID_CHARS: usize = 300;
/// Records of one answer. The service sends at most 10,000, and at most 10 MiB.
const MAX_ANSWER_RECORDS: i32 = 10_000;
/// An answer to a listing holds up to 1,000 shards; one page more than [`MAX_SHARDS`] needs.
const MAX_LIST_PAGES: usize = MAX_SHARDS / 1_000 + 1;

/// A stream of Amazon Kinesis.
#[derive(Clone, Debug)]
pub struct AwsStream {
    client: Client,
    stream: String,
    place: String,
}

impl AwsStream {
    /// A client for a stream. Makes no call: what is wrong shows in the first one.
    ///
    /// Where an argument is `None`, the standard environment of AWS decides: `AWS_ENDPOINT_URL_KINESIS`,
    /// `AWS_ENDPOINT_URL`, `AWS_REGION`, the credentials' variables, profiles and roles.
    pub async fn connect(
        stream: &str,
        region: Option<&str>,
        endpoint_url: Option<&str>,
        credentials: Option<&(String, Secret)>,
    ) -> Self {
        let http = Builder::new().tls_provider(tls::Provider::Rustls(CryptoMode::Ring)).build_https();
        let environment = std::env::var("AWS_REGION").ok();
        let region = region.map(str::to_owned).or(environment).unwrap_or_else(|| DEFAULT_REGION.to_owned());
        let timeouts =
            TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).operation_timeout(CALL_TIMEOUT).build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .region(Region::new(region.clone()))
            .timeout_config(timeouts)
            .retry_config(RetryConfig::disabled());
        if let Some(url) = endpoint_url {
            loader = loader.endpoint_url(url);
        }
        if let Some((id, secret)) = credentials {
            loader =
                loader.credentials_provider(Credentials::new(id, secret.expose(), None, None, "rockhopper"));
        }
        let config = loader.load().await;
        // The client's own configuration knows `AWS_ENDPOINT_URL_KINESIS`, the shared one does not.
        let named =
            endpoint_url.map(str::to_owned).or_else(|| std::env::var("AWS_ENDPOINT_URL_KINESIS").ok());
        let place = match named.as_deref().or(config.endpoint_url()) {
            Some(url) => format!("{url} (region {region})"),
            None => format!("AWS region {region}"),
        };
        Self { client: Client::new(&config), stream: stream.to_owned(), place }
    }

    /// The client, for tests that change the stream.
    pub fn client(&self) -> &Client {
        &self.client
    }

    fn error<E, R>(&self, error: SdkError<E, R>) -> ClientError
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: std::fmt::Debug,
    {
        let (kind, said) = match &error {
            SdkError::ServiceError(service) => {
                let code = service.err().code().unwrap_or("error without a code");
                (kind_of(code), format!("{code}: {}", service.err().message().unwrap_or("no message")))
            }
            _ => {
                let said = with_causes(&error);
                let kind = match said.contains("credentials") {
                    true => ClientErrorKind::Denied,
                    false => ClientErrorKind::Unreachable,
                };
                (kind, said)
            }
        };
        let remedy = match kind {
            ClientErrorKind::Throttled => {
                "other readers use the same shards, or records come faster than allowed"
            }
            ClientErrorKind::ExpiredIterator => "reading goes on after the last stored record",
            ClientErrorKind::NotFound => "create the stream, or correct the source's stream name or region",
            ClientErrorKind::InvalidArgument => "the position is not one of this stream",
            ClientErrorKind::Denied => {
                "give the integration (or the environment) credentials that may list and read the stream"
            }
            ClientErrorKind::Unreachable => "check that the endpoint is running and can be reached from here",
        };
        let message = format!("stream {} at {}: {said}; {remedy}", self.stream, self.place);
        ClientError { kind, message }
    }
}

#[async_trait]
impl StreamClient for AwsStream {
    async fn retention_ms(&self) -> Result<i64, ClientError> {
        let answer = self.client.describe_stream_summary().stream_name(&self.stream).send().await;
        let answer = answer.map_err(|error| self.error(error))?;
        let hours =
            answer.stream_description_summary().map_or(24, |summary| summary.retention_period_hours());
        Ok(i64::from(hours) * 3_600_000)
    }

    async fn list_shards(&self) -> Result<Vec<ShardInfo>, ClientError> {
        let mut shards = Vec::new();
        let mut token: Option<String> = None;
        for _ in 0..MAX_LIST_PAGES {
            let call = self.client.list_shards();
            let call = match token.take() {
                Some(token) => call.next_token(token),
                None => call.stream_name(&self.stream),
            };
            let answer = call.send().await.map_err(|error| self.error(error))?;
            shards.extend(answer.shards().iter().map(shard_info));
            token = answer.next_token().map(str::to_owned);
            if token.is_none() {
                break;
            }
        }
        Ok(shards)
    }

    async fn shard_iterator(&self, shard: &str, start: &IteratorStart) -> Result<String, ClientError> {
        let call = self.client.get_shard_iterator().stream_name(&self.stream).shard_id(shard);
        let call = match start {
            IteratorStart::TrimHorizon => call.shard_iterator_type(ShardIteratorType::TrimHorizon),
            IteratorStart::AtTimestamp(ms) => {
                call.shard_iterator_type(ShardIteratorType::AtTimestamp).timestamp(DateTime::from_millis(*ms))
            }
            IteratorStart::AfterSequence(sequence) => call
                .shard_iterator_type(ShardIteratorType::AfterSequenceNumber)
                .starting_sequence_number(sequence.to_string()),
        };
        let answer = call.send().await.map_err(|error| self.error(error))?;
        answer.shard_iterator.ok_or_else(|| ClientError {
            kind: ClientErrorKind::Unreachable,
            message: format!(
                "stream {} at {}: the service answered without an iterator",
                self.stream, self.place
            ),
        })
    }

    async fn records(&self, iterator: &str) -> Result<Answer, ClientError> {
        let call = self.client.get_records().shard_iterator(iterator).limit(MAX_ANSWER_RECORDS);
        let answer = call.send().await.map_err(|error| self.error(error))?;
        let now_ms = self.now_ms();
        Ok(Answer {
            next_iterator: answer.next_shard_iterator.filter(|iterator| !iterator.is_empty()),
            behind_ms: answer.millis_behind_latest,
            children: answer.child_shards.unwrap_or_default().iter().map(child_info).collect(),
            records: answer.records.into_iter().map(|record| convert(record, now_ms)).collect(),
        })
    }
}

fn convert(record: aws_sdk_kinesis::types::Record, now_ms: i64) -> Record {
    let arrived_ms = record.approximate_arrival_timestamp.and_then(|arrived| arrived.to_millis().ok());
    let stored = Stored { sequence: record.sequence_number.into(), arrived_ms: arrived_ms.unwrap_or(now_ms) };
    Record { stored, data: Bytes::from(record.data.into_inner()) }
}

fn shard_info(shard: &Shard) -> ShardInfo {
    let parents = [shard.parent_shard_id(), shard.adjacent_parent_shard_id()];
    let range = shard.sequence_number_range();
    ShardInfo {
        id: shard.shard_id().into(),
        parents: parents.into_iter().flatten().map(Arc::from).collect(),
        starting_sequence: range.map(|range| range.starting_sequence_number().into()),
        closed: range.is_some_and(|range| range.ending_sequence_number().is_some()),
    }
}

fn child_info(child: &ChildShard) -> ShardInfo {
    let parents = child.parent_shards().iter().map(|parent| parent.as_str().into()).collect();
    ShardInfo { id: child.shard_id().into(), parents, starting_sequence: None, closed: false }
}

fn kind_of(code: &str) -> ClientErrorKind {
    match code {
        "ExpiredIteratorException" => ClientErrorKind::ExpiredIterator,
        "ResourceNotFoundException" => ClientErrorKind::NotFound,
        "InvalidArgumentException" | "ValidationException" | "SerializationException" => {
            ClientErrorKind::InvalidArgument
        }
        "AccessDeniedException"
        | "UnrecognizedClientException"
        | "InvalidSignatureException"
        | "MissingAuthenticationTokenException"
        | "IncompleteSignatureException"
        | "ExpiredTokenException"
        | "InvalidClientTokenId"
        | "KMSAccessDeniedException" => ClientErrorKind::Denied,
        _ if code.contains("Throttl")
            || code.contains("LimitExceeded")
            || code.contains("ThroughputExceeded") =>
        {
            ClientErrorKind::Throttled
        }
        _ => ClientErrorKind::Unreachable,
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
