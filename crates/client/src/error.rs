//! What can go wrong between a caller and the server.

use std::time::Duration;

use rockhopper_api::{ErrorBody, ErrorType};

/// The result of the client's methods.
pub type Result<T> = std::result::Result<T, Error>;

/// An error of a request. No variant holds the API key.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server's address, the key or a name cannot be used in a request.
    #[error("{0}")]
    Invalid(String),
    /// No connection could be made.
    #[error("cannot connect to {server}: {reason}; check the address, and that the server runs")]
    Connect {
        /// The server's address.
        server: String,
        /// What the system said.
        reason: String,
    },
    /// The server did not answer in time.
    #[error("{server} did not answer within {limit:?}; narrow the query or raise the time-out")]
    Timeout {
        /// The server's address.
        server: String,
        /// The limit.
        limit: Duration,
    },
    /// The connection broke off.
    #[error("the connection to {server} failed: {reason}")]
    Connection {
        /// The server's address.
        server: String,
        /// What happened.
        reason: String,
    },
    /// The server says that the request failed.
    #[error("{}", describe(*.status, .body))]
    Server {
        /// The HTTP status.
        status: u16,
        /// What the server says.
        body: Box<ErrorBody>,
    },
    /// The answer is larger than the limit.
    #[error("the answer has more than {limit} bytes; select less or aggregate")]
    AnswerTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The answer is not what the API promises.
    #[error("{server} sent an answer that is not understood: {reason}; is it a Rockhopper server?")]
    Protocol {
        /// The server's address.
        server: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl Error {
    /// The kind of a server's error, if it is one that the API knows.
    pub fn kind(&self) -> Option<ErrorType> {
        match self {
            Error::Server { body, .. } => ErrorType::from_name(body.kind.as_deref()?),
            _ => None,
        }
    }

    /// What the server says, if it answered.
    pub fn body(&self) -> Option<&ErrorBody> {
        match self {
            Error::Server { body, .. } => Some(body),
            _ => None,
        }
    }

    /// Whether the key is missing or wrong.
    pub fn is_unauthorized(&self) -> bool {
        matches!(self, Error::Server { status: 401, .. })
    }
}

fn describe(status: u16, body: &ErrorBody) -> String {
    let message = match &body.message {
        Some(message) => message.clone(),
        None => format!("the server answered HTTP status {status}"),
    };
    match (body.line, body.column) {
        (Some(line), Some(column)) => format!("{message} (line {line}, column {column})"),
        _ => message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_servers_error_says_where() {
        let body = ErrorBody {
            message: Some("Function `COUT` not found.".to_string()),
            line: Some(1),
            column: Some(8),
            ..ErrorBody::default()
        };
        let error = Error::Server { status: 400, body: Box::new(body) };
        assert_eq!(error.to_string(), "Function `COUT` not found. (line 1, column 8)");
    }
}
