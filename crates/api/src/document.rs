//! Writing documents, and waiting until they are seen.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The body of `POST .../docs`. The documents are parts of the text they were sent in.
#[derive(Debug, Deserialize)]
pub struct AddDocumentsRequest<'a> {
    /// The documents.
    #[serde(borrow)]
    pub data: Vec<&'a RawValue>,
}

/// What became of one document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentStatus {
    /// The collection's bare name.
    #[serde(rename = "_collection")]
    pub collection: String,
    /// Why it was not stored as it is.
    pub error: Option<String>,
    /// Its `_id`.
    #[serde(rename = "_id")]
    pub id: Option<String>,
    /// `ADDED` or `ERROR`.
    pub status: String,
    /// Only for patches.
    pub patch_id: Option<String>,
}

/// The answer of `POST .../docs`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddDocumentsResponse {
    /// One for each document, in their order.
    pub data: Vec<DocumentStatus>,
    /// Opaque: hand it to `offsets/commit`.
    pub last_offset: Option<String>,
}

/// The body of `POST .../offsets/commit`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitRequest {
    /// The offsets that shall be visible.
    #[serde(default)]
    pub name: Vec<String>,
}

/// Whether offsets are visible to queries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FenceStatus {
    /// The highest of the offsets that were asked for.
    pub fence: String,
    /// Whether every query that starts now sees them.
    pub passed: bool,
}

/// How far a collection is visible.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitOffsets {
    /// The offset up to which it is.
    pub commit: String,
}

/// The answer of `offsets/commit`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitResponse {
    /// Whether the offsets are visible.
    pub data: FenceStatus,
    /// How far the collection is visible.
    pub offsets: CommitOffsets,
}
