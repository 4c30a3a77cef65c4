//! What can go wrong in the plugin, in words for the panel.

use std::path::PathBuf;

/// An error of the plugin.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The socket could not be made.
    #[error("cannot open the socket {path}: {source}; check that the folder for temporary files can be written",
            path = path.display())]
    Socket {
        /// The socket or its folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The handshake line could not be written.
    #[error("cannot write the handshake line for Grafana: {0}")]
    Announce(std::io::Error),
    /// The gRPC server failed.
    #[error("the gRPC server failed: {0}")]
    Serve(tonic::transport::Error),
    /// The data source is not configured, or wrongly.
    #[error("{0}")]
    Settings(String),
    /// The query's JSON or parameters cannot be used.
    #[error("{0}")]
    Query(String),
    /// The SQL or one of its macros is wrong.
    #[error("{message} ({at})")]
    Sql {
        /// What is wrong.
        message: String,
        /// Where.
        at: rockhopper_sql::Location,
    },
    /// The server answered with an error, or did not answer.
    #[error(transparent)]
    Client(#[from] rockhopper_client::Error),
    /// The answer does not fit the panel's format.
    #[error("{0}")]
    Format(String),
    /// The answer could not be written as a frame.
    #[error("cannot write the frame: {0}")]
    Frame(#[from] arrow::error::ArrowError),
}

/// The result of the plugin's functions.
pub type Result<T> = std::result::Result<T, Error>;
