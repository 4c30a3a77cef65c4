//! The REST wire: the requests and answers of Rockset's API as Rust types. No I/O.
//!
//! Unset members of objects are sent as explicit `null`, as the recorded server did; answers of queries leave them
//! out. Members that the types do not know are ignored, so that requests of newer clients are understood.

mod alias;
mod collection;
mod document;
mod error;
mod integration;
mod organization;
mod query;
mod secret;
mod virtual_instance;
mod workspace;

use serde::{Deserialize, Serialize};

pub use alias::{Alias, AliasRequest, View, ViewRequest};
pub use collection::{
    Collection, CollectionStats, CreateCollectionRequest, DeletedCollection, FieldMappingQuery,
    KinesisSource, OffsetResetPolicy, Source, SourceRequest, SourceState, SourceStatus,
};
pub use document::{
    AddDocumentsRequest, AddDocumentsResponse, CommitOffsets, CommitRequest, CommitResponse, DocumentStatus,
    FenceStatus,
};
pub use error::{ErrorBody, ErrorType};
pub use integration::{AwsAccessKey, AwsRole, Integration, IntegrationRequest, KinesisIntegration};
pub use organization::{ApiKey, Cluster, Organization, User};
pub use query::{
    ColumnField, QueryErrorInfo, QueryInfo, QueryInfoStats, QueryMetadata, QueryParameter, QueryRequest,
    QueryResponse, QueryStats, QueryStatus, Sql, ValidateResponse,
};
pub use secret::Secret;
pub use virtual_instance::{VirtualInstance, VirtualInstanceStats};
pub use workspace::{Workspace, WorkspaceRequest};

/// The media type that asks for a query's answer as an Arrow IPC stream: our extension of the API.
pub const ARROW_MEDIA_TYPE: &str = "application/vnd.apache.arrow.stream";

/// The key of an Arrow answer's schema metadata that holds a [`QueryMetadata`] as JSON.
pub const QUERY_METADATA_KEY: &str = "rockset.query";

/// The key of a field's metadata that names the column's Rockset type, or `json` where the cells are JSON text.
pub const TYPE_KEY: &str = "rockset.type";

/// The workspace that is meant where none is named.
pub const DEFAULT_WORKSPACE: &str = "commons";

/// What secrets are replaced with in answers.
pub const REDACTED: &str = "REDACTED";

/// The wrapper that most answers have.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Data<T> {
    /// What was asked for.
    pub data: T,
}

impl<T> Data<T> {
    /// Wraps an answer.
    pub fn new(data: T) -> Data<T> {
        Data { data }
    }
}
