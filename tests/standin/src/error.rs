//! What can go wrong in the stand-in.

use std::path::PathBuf;

/// The result of the stand-in's functions.
pub type Result<T> = std::result::Result<T, Error>;

/// An error of the stand-in.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder cannot be used.
    #[error("cannot read {path}: {source}", path = path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A dashboard or plugin.json is not what it must be.
    #[error("{path}: {message}", path = path.display())]
    Content {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// The back end did not start.
    #[error("the plugin's back end {path} did not start: {message}", path = path.display())]
    Start {
        /// The binary.
        path: PathBuf,
        /// What happened.
        message: String,
    },
    /// A call failed.
    #[error("the plugin's back end answered {0}")]
    Call(Box<tonic::Status>),
    /// The connection failed.
    #[error("the plugin's back end cannot be reached: {0}")]
    Connect(#[from] tonic::transport::Error),
    /// A frame cannot be read, so Grafana could not either.
    #[error("the plugin sent a frame that cannot be read: {0}")]
    Frame(String),
    /// The HTTP server failed.
    #[error("cannot serve: {0}")]
    Serve(std::io::Error),
}

impl From<tonic::Status> for Error {
    fn from(status: tonic::Status) -> Error {
        Error::Call(Box::new(status))
    }
}
