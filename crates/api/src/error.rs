//! The body of an answer that is an error.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What the server says when a request fails. Unset members are sent as `null`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ErrorBody {
    /// What failed and what to do.
    pub message: Option<String>,
    /// The cause in capitals for some causes: `COLLECTION_DOES_NOT_EXIST`.
    pub message_key: Option<String>,
    /// One of the names of [`ErrorType`].
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The line in the statement, from 1.
    pub line: Option<u32>,
    /// The character in the line, from 1.
    pub column: Option<u32>,
    /// Names the request in the server's log.
    pub trace_id: Option<String>,
    /// The cause in small letters for statements: `function_not_found`.
    pub error_id: Option<String>,
    /// The query, if one was started.
    pub query_id: Option<String>,
    /// Never set by this server.
    pub internal_errors: Option<Vec<ErrorBody>>,
}

macro_rules! error_types {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// The kinds of errors, by Rockset's names.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ErrorType { $($(#[$doc])* $variant,)* }

        impl ErrorType {
            /// The name on the wire.
            pub fn name(self) -> &'static str {
                match self { $(ErrorType::$variant => $name,)* }
            }

            /// The kind that a name on the wire stands for.
            pub fn from_name(name: &str) -> Option<ErrorType> {
                match name { $($name => Some(ErrorType::$variant),)* _ => None }
            }
        }
    };
}

error_types! {
    /// The API key is missing or wrong.
    Auth = "AUTHEXCEPTION",
    /// A defect, or a full or broken disk.
    Internal = "INTERNALERROR",
    /// A member of the request is missing or wrong.
    InvalidInput = "INVALIDINPUT",
    /// Rockset had it, this server does not.
    NotImplementedYet = "NOTIMPLEMENTEDYET",
    /// A limit was reached.
    ResourceExceeded = "RESOURCEEXCEEDED",
    /// The name is taken.
    AlreadyExists = "ALREADYEXISTS",
    /// The path is known, but not with this method.
    MethodNotAllowed = "METHODNOTALLOWED",
    /// There is no such thing.
    NotFound = "NOTFOUND",
    /// Something else needs it.
    DependentResources = "DEPENDENTRESOURCES",
    /// The statement is wrong, or an expression failed on a value.
    Query = "QUERY_ERROR",
    /// The query ran longer than it may.
    QueryTimeout = "QUERY_TIMEOUT",
    /// The query was cancelled by a request.
    QueryCancelled = "QUERY_CANCELLED",
    /// The body is larger than it may be.
    ContentTooLarge = "CONTENTTOOLARGE",
    /// The request is not understood.
    BadRequest = "BADREQUEST",
    /// The server is starting, stopping or has lost its disk.
    ServiceUnavailable = "SERVICEUNAVAILABLE",
    /// Too many requests at once.
    RateLimitExceeded = "RATELIMITEXCEEDED",
}

impl fmt::Display for ErrorType {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}
