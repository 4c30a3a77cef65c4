//! What can go wrong in a benchmark.

/// The result of the benchmarks' functions.
pub type Result<T> = std::result::Result<T, Error>;

/// An error of a benchmark.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file, folder or process.
    #[error("cannot {what}: {source}")]
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
    /// A peer's Python package is not there.
    #[error(
        "a Python package is missing ({0}); start with bench/bench, which installs bench/requirements.txt"
    )]
    MissingPackage(String),
    /// Two engines answered differently: nothing that was measured counts.
    #[error(
        "UNEQUAL ANSWERS to {query}, call {call}: {difference}\n  Rockhopper: {ours}\n  {peer}: {theirs}"
    )]
    Unequal {
        /// The query's name and parameter.
        query: String,
        /// The number of the call, 0 for the first.
        call: usize,
        /// What differs.
        difference: String,
        /// The other engine.
        peer: &'static str,
        /// Our rows.
        ours: String,
        /// Theirs.
        theirs: String,
    },
    /// Documents that were accepted are not there, or are there twice.
    #[error("LOST OR DOUBLED: {0}")]
    Lost(String),
    /// Ctrl-C or SIGTERM.
    #[error("interrupted; what was started is stopped and its files are deleted")]
    Interrupted,
}

/// Names what was tried: `read the data file`.
pub fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Error {
    let what = what.into();
    move |source| Error::Io { what, source }
}
