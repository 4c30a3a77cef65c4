//! What can go wrong in an engine.

use std::path::PathBuf;
use std::time::Duration;

use rockhopper_sql::Location;

/// The result of an engine's methods.
pub type Result<T> = std::result::Result<T, Error>;

/// An error of an engine: what, where and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The statement is wrong, or an expression failed on a value.
    #[error("{message}")]
    Query {
        /// Rockset's `error_id`: `division_by_zero`, `invalid_cast`, `no_valid_overload`, ...
        error_id: &'static str,
        /// What failed.
        message: String,
        /// The place of the expression, if one is known.
        at: Option<Location>,
    },
    /// The query ran longer than it may.
    #[error("the query ran longer than {limit:?} and was stopped; narrow its time range or raise timeout_ms")]
    Timeout {
        /// The limit.
        limit: Duration,
    },
    /// A limit was reached.
    #[error("{what} would pass the limit of {limit}; {remedy}")]
    ResourceExceeded {
        /// What there is too much of.
        what: String,
        /// The limit, with its unit.
        limit: String,
        /// What to do.
        remedy: String,
    },
    /// No data is kept under this id.
    #[error("the engine has no collection {0}")]
    UnknownCollection(String),
    /// The data of a collection exists already.
    #[error("the engine already has a collection {0}")]
    CollectionExists(String),
    /// A file or folder could not be read or written.
    #[error("{action} {path}: {source}; {remedy}", path = path.display())]
    Io {
        /// What was tried: `write`, `sync`, `open`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
        /// What to do.
        remedy: &'static str,
    },
    /// A file does not hold what it must.
    #[error("{path} is damaged: {what}; {remedy}", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
        /// What to do.
        remedy: &'static str,
    },
    /// Another process has the data directory, or the engine is closed.
    #[error("{0}")]
    Unavailable(String),
    /// A defect of the engine. The message helps to report it.
    #[error("internal error: {0}; please report it with the statement")]
    Internal(String),
}
