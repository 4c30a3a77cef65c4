//! Queries: request, answer, and what is known of a query that runs or ran.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The body of `POST /v1/orgs/self/queries`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct QueryRequest {
    /// The statement with its parameters.
    pub sql: Sql,
    /// The query is ended after this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// The size of the first page; answers are complete here, so it is not used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_initial_results: Option<u64>,
    /// Whether the query shall run in the background.
    #[serde(default, rename = "async", skip_serializing_if = "Option::is_none")]
    pub run_async: Option<bool>,
    /// Settings of queries in the background.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub async_options: Option<Value>,
}

/// A statement with its parameters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sql {
    /// The text.
    pub query: String,
    /// The values of `:name` in the text.
    #[serde(default, deserialize_with = "null_as_default")]
    pub parameters: Vec<QueryParameter>,
    /// The limit where the outermost query has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_row_limit: Option<u64>,
}

/// The value of one parameter.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct QueryParameter {
    /// The name without the colon.
    pub name: String,
    /// `string`, `int`, `float`, `bool`, `date`, `datetime`, `time`, `timestamp`, `array`, `object`, `null`.
    /// None: the type of the JSON value.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The value, as text from all typed clients.
    #[serde(default)]
    pub value: Value,
}

/// What a query took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct QueryStats {
    /// From the arrival of the request to the complete answer, in milliseconds.
    pub elapsed_time_ms: u64,
    /// How long it waited for its turn, in microseconds.
    pub throttled_time_micros: u64,
}

/// One column of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnField {
    /// The name.
    pub name: String,
    /// Always empty, as it was in every recorded answer.
    #[serde(default, rename = "type")]
    pub kind: String,
}

/// Where a query stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum QueryStatus {
    /// It waits for its turn.
    Queued,
    /// It runs.
    Running,
    /// Its answer is complete.
    #[default]
    Completed,
    /// It failed.
    Error,
    /// A request ended it.
    Cancelled,
}

/// The JSON answer of a query.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct QueryResponse {
    /// Full names of the collections that were read.
    #[serde(default)]
    pub collections: Vec<String>,
    /// Full names of the aliases that the statement went through.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The columns in order; absent where the statement has a star.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column_fields: Option<Vec<ColumnField>>,
    /// The rows.
    #[serde(default)]
    pub results: Vec<Map<String, Value>>,
    /// The query's id.
    pub query_id: String,
    /// What it took.
    pub stats: QueryStats,
    /// Where it stands.
    pub status: QueryStatus,
    /// What the reader should know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warnings: Option<Vec<String>>,
}

/// What [`crate::QUERY_METADATA_KEY`] holds in an Arrow answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct QueryMetadata {
    /// The query's id.
    pub query_id: String,
    /// What it took.
    pub stats: QueryStats,
    /// What the reader should know.
    pub warnings: Vec<String>,
    /// Full names of the collections that were read.
    pub collections: Vec<String>,
}

/// The answer of `POST /v1/orgs/self/queries/validations`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValidateResponse {
    /// Full names of the aliases that the statement goes through.
    pub aliases: Vec<String>,
    /// Full names of the views that the statement reads.
    pub views: Vec<String>,
    /// Always empty.
    pub name: Vec<String>,
    /// Full names of the collections that the statement reads.
    pub collections: Vec<String>,
    /// Names of the parameters that the statement uses.
    pub parameters: Vec<String>,
}

/// A query that runs or ran.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct QueryInfo {
    /// The query's id.
    pub query_id: String,
    /// Where it stands.
    pub status: QueryStatus,
    /// Who sent it.
    pub executed_by: Option<String>,
    /// When it arrived.
    pub submitted_at: Option<String>,
    /// Until when its answer is kept; answers are not kept.
    pub expires_at: Option<String>,
    /// What it took up to now.
    pub stats: QueryInfoStats,
    /// What went wrong.
    pub query_errors: Vec<QueryErrorInfo>,
    /// The statement's text.
    pub sql: String,
}

/// What a query took up to now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryInfoStats {
    /// Milliseconds since it arrived, or until it ended.
    pub elapsed_time_ms: u64,
    /// How long it waited for its turn, in milliseconds.
    pub throttled_time_ms: u64,
    /// Rows of its answer.
    pub result_set_document_count: Option<u64>,
    /// Bytes of its answer.
    pub result_set_bytes_size: Option<u64>,
}

/// What went wrong with a query.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryErrorInfo {
    /// The name of an [`crate::ErrorType`].
    #[serde(rename = "type")]
    pub kind: String,
    /// What failed.
    pub message: String,
    /// The HTTP status that the caller got.
    pub status_code: u16,
}

fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_recorded_answer_of_select_1_is_read_and_written_alike() {
        let recorded = concat!(
            r#"{"collections":[],"aliases":[],"column_fields":[{"name":"?field0","type":""}],"results":[{"?field0":1}],"#,
            r#""query_id":"a","stats":{"elapsed_time_ms":4,"throttled_time_micros":0},"status":"COMPLETED"}"#
        );
        let response: QueryResponse = serde_json::from_str(recorded).unwrap();
        assert_eq!(serde_json::to_string(&response).unwrap(), recorded);
    }

    #[test]
    fn a_request_may_leave_out_everything_but_the_text() {
        for body in [
            r#"{"sql":{"query":"SELECT 1"}}"#,
            r#"{"sql":{"query":"SELECT 1","parameters":null,"unknown":1},"more":{}}"#,
        ] {
            let request: QueryRequest = serde_json::from_str(body).unwrap();
            assert_eq!(request.sql.query, "SELECT 1");
            assert!(request.sql.parameters.is_empty());
        }
    }
}
