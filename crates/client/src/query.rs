//! A query as a caller writes it.

use std::time::Duration;

use rockhopper_api::{QueryParameter, QueryRequest, Sql};
use serde_json::Value;

/// A statement with its parameters and limits.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// The statement's text.
    pub sql: String,
    /// The values of `:name` in the text.
    pub parameters: Vec<QueryParameter>,
    /// The limit where the outermost query has none.
    pub row_limit: Option<u64>,
    /// The server ends the query after this time; the client waits a little longer. None: [`crate::Options::timeout`].
    pub timeout: Option<Duration>,
}

impl Query {
    /// A statement without parameters and limits of its own.
    pub fn new(sql: impl Into<String>) -> Query {
        Query { sql: sql.into(), ..Query::default() }
    }

    /// Adds the value of a parameter. `kind` is a name such as `string`, `int`, `timestamp`, `array`.
    pub fn parameter(
        mut self,
        name: impl Into<String>,
        kind: impl Into<String>,
        value: impl Into<Value>,
    ) -> Query {
        self.parameters.push(QueryParameter {
            name: name.into(),
            kind: Some(kind.into()),
            value: value.into(),
        });
        self
    }

    /// Sets the limit where the outermost query has none.
    pub fn row_limit(mut self, rows: u64) -> Query {
        self.row_limit = Some(rows);
        self
    }

    /// Sets the time after which the server ends the query.
    pub fn timeout(mut self, timeout: Duration) -> Query {
        self.timeout = Some(timeout);
        self
    }

    /// The request's body; `timeout` is what the server is told.
    pub(crate) fn request(&self, timeout: Duration) -> QueryRequest {
        QueryRequest {
            sql: Sql {
                query: self.sql.clone(),
                parameters: self.parameters.clone(),
                default_row_limit: self.row_limit,
            },
            timeout_ms: Some(timeout.as_millis().try_into().unwrap_or(u64::MAX)),
            ..QueryRequest::default()
        }
    }
}
