//! What can be wrong with a statement before it runs.

use crate::Location;

/// The result of lexing, parsing and resolving.
pub type Result<T> = std::result::Result<T, Error>;

/// An error in a statement's text, names or types, with its place where one is known.
#[derive(Clone, Debug, thiserror::Error, PartialEq)]
pub enum Error {
    /// The text is not a statement of the grammar.
    #[error("{message}")]
    Syntax {
        /// What was found and what was expected.
        message: String,
        /// Where.
        at: Location,
    },
    /// The grammar knows it, this server does not run it.
    #[error("{feature} is not supported yet")]
    NotSupported {
        /// The feature by its SQL name.
        feature: String,
        /// Where.
        at: Location,
    },
    /// A collection, view or alias that does not exist.
    #[error("Collection \"{name}\" not found in workspace \"{workspace}\"")]
    CollectionNotFound {
        /// The workspace that was looked in.
        workspace: String,
        /// The name that was looked for.
        name: String,
        /// Where.
        at: Location,
    },
    /// A workspace that does not exist.
    #[error("Workspace \"{workspace}\" not found")]
    WorkspaceNotFound {
        /// The name that was looked for.
        workspace: String,
        /// Where.
        at: Location,
    },
    /// A function that does not exist.
    #[error("Function `{name}` not found.")]
    FunctionNotFound {
        /// The name as written.
        name: String,
        /// Where.
        at: Location,
    },
    /// A name, argument, clause or parameter that cannot be used as it is.
    #[error("{message}")]
    Invalid {
        /// The lower-case snake_case name of the cause, Rockset's `error_id`:
        /// `column_not_found`, `ambiguous_column`, `missing_parameter`, `invalid_parameter`,
        /// `no_valid_overload`, `not_grouped`, `column_count_mismatch`, ...
        error_id: &'static str,
        /// What is wrong and what to do.
        message: String,
        /// Where.
        at: Location,
    },
    /// The statement passes a limit of the language.
    #[error("the statement has more than {limit} {what}; make it smaller")]
    TooLarge {
        /// What there is too much of: `bytes`, `levels of nesting`, `nodes`.
        what: &'static str,
        /// The limit.
        limit: usize,
        /// Where the limit was passed.
        at: Location,
    },
}

impl Error {
    /// Rockset's `error_id`: the lower-case snake_case name of the cause.
    pub fn error_id(&self) -> &'static str {
        match self {
            Error::Syntax { .. } => "syntax_error",
            Error::NotSupported { .. } => "not_supported",
            Error::CollectionNotFound { .. } => "collection_not_found",
            Error::WorkspaceNotFound { .. } => "workspace_not_found",
            Error::FunctionNotFound { .. } => "function_not_found",
            Error::Invalid { error_id, .. } => error_id,
            Error::TooLarge { .. } => "statement_too_large",
        }
    }

    /// The place in the text.
    pub fn location(&self) -> Location {
        match self {
            Error::Syntax { at, .. }
            | Error::NotSupported { at, .. }
            | Error::CollectionNotFound { at, .. }
            | Error::WorkspaceNotFound { at, .. }
            | Error::FunctionNotFound { at, .. }
            | Error::Invalid { at, .. }
            | Error::TooLarge { at, .. } => *at,
        }
    }
}
