//! Aliases and views: other names for collections and queries.

use serde::{Deserialize, Serialize};

/// The body that creates or re-points an alias.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AliasRequest {
    /// Its name; not needed for a change.
    #[serde(default)]
    pub name: String,
    /// For readers.
    #[serde(default)]
    pub description: Option<String>,
    /// One full name: `workspace.collection`.
    pub collections: Vec<String>,
}

/// An alias as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Alias {
    /// Its name.
    pub name: String,
    /// For readers.
    pub description: Option<String>,
    /// The workspace that it is in.
    pub workspace: String,
    /// Who made it.
    pub creator_email: Option<String>,
    /// The full name of the collection that it stands for.
    pub collections: Vec<String>,
    /// Always `CREATED`.
    pub state: String,
    /// When it was made.
    pub created_at: Option<String>,
    /// When it was last changed.
    pub modified_at: Option<String>,
}

/// The body that creates or changes a view.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewRequest {
    /// Its name; not needed for a change.
    #[serde(default)]
    pub name: String,
    /// For readers.
    #[serde(default)]
    pub description: Option<String>,
    /// The query that it stands for.
    pub query: String,
}

/// A view as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct View {
    /// Its full name.
    pub path: String,
    /// Its name.
    pub name: String,
    /// For readers.
    pub description: Option<String>,
    /// The workspace that it is in.
    pub workspace: String,
    /// Who made it.
    pub creator_email: Option<String>,
    /// Never set.
    pub owner_email: Option<String>,
    /// Never set.
    pub created_by_apikey_name: Option<String>,
    /// The query that it stands for.
    pub query_sql: String,
    /// Full names of the collections that it reads.
    pub entities: Vec<String>,
    /// Always `CREATED`.
    pub state: String,
    /// When it was made.
    pub created_at: Option<String>,
    /// When it was last changed.
    pub modified_at: Option<String>,
}
