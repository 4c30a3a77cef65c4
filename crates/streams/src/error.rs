//! What can go wrong in a reader outside of the stream itself.

/// The result of this crate's functions.
pub type Result<T> = std::result::Result<T, Error>;

/// An error of a reader. Errors of the stream are [`crate::ClientError`].
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A stored position is not one that this version writes.
    #[error(
        "the stored position `{position}` of shard {shard} cannot be read: {what}; it was written by another version \
         or is damaged: recreate the collection to read the stream anew"
    )]
    Position {
        /// The shard.
        shard: String,
        /// The stored text.
        position: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The stream has a stored shard's name for another shard.
    #[error(
        "shard {shard} is not the one whose records are stored: the stream was deleted and created anew; recreate the \
         collection to read the new stream, or point its source at another stream"
    )]
    Recreated {
        /// The shard.
        shard: String,
    },
    /// The stream has more shards than a reader takes.
    #[error(
        "the stream has {count} shards and a reader takes at most {limit}; read it through several streams"
    )]
    TooManyShards {
        /// How many are listed.
        count: usize,
        /// [`crate::MAX_SHARDS`].
        limit: usize,
    },
    /// The engine refused.
    #[error("storing what was read: {0}")]
    Engine(#[from] rockhopper_engine::Error),
    /// The stream refused.
    #[error(transparent)]
    Client(#[from] crate::ClientError),
}
