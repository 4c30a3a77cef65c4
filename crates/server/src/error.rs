//! What can go wrong, and how the API says it.

use std::path::{Path, PathBuf};

use rockhopper_api::{ErrorBody, ErrorType};
use rockhopper_sql::Location;

/// The result of the server's functions.
pub type Result<T> = std::result::Result<T, Error>;

/// An error of the server or its command line.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No key, or a wrong one.
    #[error("{0}")]
    Unauthorized(&'static str),
    /// There is no such thing.
    #[error("{message}")]
    NotFound {
        /// The name of the cause: `COLLECTION_DOES_NOT_EXIST`.
        key: Option<&'static str>,
        /// What is not there.
        message: String,
    },
    /// The name is taken.
    #[error("{0}")]
    AlreadyExists(String),
    /// Something else needs it.
    #[error("{0}")]
    Dependent(String),
    /// A member of the request is missing or wrong.
    #[error("{0}")]
    Invalid(String),
    /// Rockset had it, this server does not.
    #[error("{0} is not supported by this server yet")]
    NotSupported(String),
    /// The path is known, but not with this method.
    #[error("{0}")]
    MethodNotAllowed(String),
    /// The body is larger than it may be.
    #[error("{0}")]
    TooLarge(String),
    /// A limit was reached.
    #[error("{0}")]
    ResourceExceeded(String),
    /// Too many requests at once.
    #[error("{0}")]
    Busy(String),
    /// A request took too long to arrive.
    #[error("{0}")]
    SlowRequest(String),
    /// The query was cancelled by a request.
    #[error("the query was cancelled")]
    Cancelled,
    /// The statement is wrong.
    #[error(transparent)]
    Sql(#[from] rockhopper_sql::Error),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] rockhopper_engine::Error),
    /// A file could not be read or written.
    #[error("cannot {action} {path}: {source}; check its owner, its rights and the free space", path = .path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The server cannot start, or a command cannot be sent, as it was asked to.
    #[error("{0}")]
    Setup(String),
    /// The server that a command talks to failed.
    #[error(transparent)]
    Client(#[from] rockhopper_client::Error),
    /// A defect of the server.
    #[error("internal error: {0}; please report it")]
    Internal(String),
}

/// Whether a disk or a quota is full.
fn is_full(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
}

impl Error {
    /// A file could not be read or written.
    pub fn file(action: &'static str, path: &Path, source: std::io::Error) -> Error {
        Error::File { action, path: path.to_path_buf(), source }
    }

    /// There is no collection of the name.
    pub fn no_collection(workspace: &str, name: &str) -> Error {
        Error::NotFound {
            key: Some("COLLECTION_DOES_NOT_EXIST"),
            message: format!("Collection \"{name}\" not found in workspace \"{workspace}\""),
        }
    }

    /// There is no workspace of the name.
    pub fn no_workspace(workspace: &str) -> Error {
        Error::NotFound {
            key: Some("WORKSPACE_NOT_FOUND"),
            message: format!("Workspace \"{workspace}\" not found"),
        }
    }

    /// The HTTP status and the type of the answer.
    pub fn status(&self) -> (u16, ErrorType) {
        use rockhopper_engine::Error as Engine;
        use rockhopper_sql::Error as Sql;
        match self {
            Error::Unauthorized(_) => (401, ErrorType::Auth),
            Error::NotFound { .. } => (404, ErrorType::NotFound),
            Error::AlreadyExists(_) => (409, ErrorType::AlreadyExists),
            Error::Dependent(_) => (409, ErrorType::DependentResources),
            Error::Invalid(_) => (400, ErrorType::InvalidInput),
            Error::NotSupported(_) => (501, ErrorType::NotImplementedYet),
            Error::MethodNotAllowed(_) => (405, ErrorType::MethodNotAllowed),
            Error::TooLarge(_) => (413, ErrorType::ContentTooLarge),
            Error::ResourceExceeded(_) => (429, ErrorType::ResourceExceeded),
            Error::Busy(_) => (429, ErrorType::RateLimitExceeded),
            Error::SlowRequest(_) => (408, ErrorType::BadRequest),
            Error::Cancelled => (409, ErrorType::QueryCancelled),
            Error::Sql(Sql::NotSupported { .. }) => (501, ErrorType::NotImplementedYet),
            Error::Sql(Sql::CollectionNotFound { .. } | Sql::WorkspaceNotFound { .. }) => {
                (404, ErrorType::NotFound)
            }
            Error::Sql(_) | Error::Engine(Engine::Query { .. }) => (400, ErrorType::Query),
            Error::Engine(Engine::Timeout { .. }) => (408, ErrorType::QueryTimeout),
            Error::Engine(Engine::ResourceExceeded { .. }) => (429, ErrorType::ResourceExceeded),
            Error::Engine(Engine::UnknownCollection(_)) => (404, ErrorType::NotFound),
            Error::Engine(Engine::CollectionExists(_)) => (409, ErrorType::AlreadyExists),
            Error::Engine(Engine::Unavailable(_)) => (503, ErrorType::ServiceUnavailable),
            // It is not the request's fault, and it is over when there is room.
            Error::Engine(Engine::Io { source, .. }) | Error::File { source, .. } if is_full(source) => {
                (503, ErrorType::ServiceUnavailable)
            }
            Error::Engine(_)
            | Error::File { .. }
            | Error::Setup(_)
            | Error::Client(_)
            | Error::Internal(_) => (500, ErrorType::Internal),
        }
    }

    /// The body of the answer.
    pub fn body(&self, trace_id: String, query_id: Option<String>) -> ErrorBody {
        let at = self.location();
        ErrorBody {
            message: Some(self.to_string()),
            message_key: self.message_key().map(str::to_string),
            kind: Some(self.status().1.name().to_string()),
            line: at.map(|at| at.line),
            column: at.map(|at| at.column),
            trace_id: Some(trace_id),
            error_id: self.error_id().map(str::to_string),
            query_id,
            internal_errors: None,
        }
    }

    fn message_key(&self) -> Option<&'static str> {
        match self {
            Error::NotFound { key, .. } => *key,
            Error::Sql(rockhopper_sql::Error::CollectionNotFound { .. })
            | Error::Engine(rockhopper_engine::Error::UnknownCollection(_)) => {
                Some("COLLECTION_DOES_NOT_EXIST")
            }
            Error::Sql(rockhopper_sql::Error::WorkspaceNotFound { .. }) => Some("WORKSPACE_NOT_FOUND"),
            _ => None,
        }
    }

    fn error_id(&self) -> Option<&str> {
        match self {
            Error::Sql(error) => Some(error.error_id()),
            Error::Engine(rockhopper_engine::Error::Query { error_id, .. }) => Some(error_id),
            // Recorded so.
            Error::Engine(rockhopper_engine::Error::Timeout { .. }) => Some(""),
            _ => None,
        }
    }

    fn location(&self) -> Option<Location> {
        match self {
            Error::Sql(error) => Some(error.location()),
            Error::Engine(rockhopper_engine::Error::Query { at, .. }) => *at,
            _ => None,
        }
    }
}
