//! Workspaces.

use serde::{Deserialize, Serialize};

/// The body that creates a workspace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkspaceRequest {
    /// Letters, digits, dashes, underscores; dots nest.
    pub name: String,
    /// For readers.
    #[serde(default)]
    pub description: Option<String>,
}

/// A workspace as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Workspace {
    /// When it was made.
    pub created_at: Option<String>,
    /// Who made it.
    pub created_by: Option<String>,
    /// Its name.
    pub name: String,
    /// For readers.
    pub description: Option<String>,
    /// How many collections it holds.
    pub collection_count: u64,
}
