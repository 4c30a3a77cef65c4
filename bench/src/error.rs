//! What can go wrong in a benchmark.

/// The result of the benchmarks' functions.
pub type Result<T> = std::result::Result<T, Error>;

/// An error of a benchmark.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file, folder or process.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The server's answer.
    #[error("{0}")]
    Client(#[from] rockhopper_client::Error),
    /// An HTTP call past the client.
    #[error("{0}")]
    Http(#[from] reqwest::Error),
    /// A process that does not do what it must.
    #[error("{0}")]
    Process(String),
    /// Two engines answered differently: nothing that was measured counts.
    #[error("the answers of {query} differ:\n  Rockhopper {ours}\n  {peer} {theirs}")]
    Unequal {
        /// The query.
        query: &'static str,
        /// The other engine.
        peer: &'static str,
        /// Our rows.
        ours: String,
        /// Theirs.
        theirs: String,
    },
}

/// Names what was tried.
pub fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Error {
    let what = what.into();
    move |source| Error::Io { what, source }
}
