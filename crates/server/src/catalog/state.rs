//! What the catalog's file holds.

use std::collections::BTreeMap;

use rockhopper_api::{DEFAULT_WORKSPACE, KinesisSource};
use rockhopper_engine::CollectionId;
use rockhopper_sql::resolved::CollectionName;
use rockhopper_sql::resolver::Lookup;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock;
use crate::{Error, Result};

/// The most workspaces and integrations, and the most collections, aliases and views of one workspace.
pub const MAX_ENTRIES: usize = 1000;

/// All names of a data directory.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct State {
    /// The version of the file's form.
    pub format_version: u32,
    /// Made once.
    pub organization_id: String,
    /// Made once.
    pub virtual_instance_id: String,
    /// When the data directory was made.
    pub created_at: String,
    /// By name. `commons` is always there.
    pub workspaces: BTreeMap<String, WorkspaceEntry>,
    /// By name.
    pub integrations: BTreeMap<String, IntegrationEntry>,
    /// Collections that are being made or dropped: what is still here at a start is dropped from the engine.
    pub unfinished: Vec<String>,
}

/// A workspace.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct WorkspaceEntry {
    /// For readers.
    pub description: Option<String>,
    /// When it was made.
    pub created_at: String,
    /// By name.
    pub collections: BTreeMap<String, CollectionEntry>,
    /// By name.
    pub aliases: BTreeMap<String, AliasEntry>,
    /// By name.
    pub views: BTreeMap<String, ViewEntry>,
}

/// A collection.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct CollectionEntry {
    /// Names its data in the engine; never given twice.
    pub id: String,
    /// For readers.
    pub description: Option<String>,
    /// When it was made.
    pub created_at: String,
    /// Documents whose `_event_time` is older are dropped.
    pub retention_secs: Option<u64>,
    /// Where documents come from.
    pub sources: Vec<SourceEntry>,
}

/// A source of a collection.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SourceEntry {
    /// Its id.
    pub id: String,
    /// The integration that holds its credentials.
    pub integration_name: Option<String>,
    /// The stream.
    pub kinesis: KinesisSource,
}

/// An integration, without its secrets.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IntegrationEntry {
    /// For readers.
    pub description: Option<String>,
    /// When it was made.
    pub created_at: String,
    /// What kind of credentials it stands for.
    pub kind: IntegrationKind,
}

/// What kind of credentials an integration stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntegrationKind {
    /// An access key; the secret half is in the file of secrets.
    AccessKey {
        /// The public half.
        aws_access_key_id: String,
    },
    /// A role.
    Role {
        /// Its resource name.
        aws_role_arn: String,
    },
    /// The server's own AWS environment.
    Environment,
}

/// Another name for a collection.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct AliasEntry {
    /// For readers.
    pub description: Option<String>,
    /// The workspace of the collection.
    pub target_workspace: String,
    /// The name of the collection.
    pub target_name: String,
    /// When it was made.
    pub created_at: String,
    /// When it was last changed.
    pub modified_at: String,
}

/// A stored query.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ViewEntry {
    /// For readers.
    pub description: Option<String>,
    /// Its text.
    pub query_sql: String,
    /// Full names of the collections that it read when it was stored.
    pub entities: Vec<String>,
    /// When it was made.
    pub created_at: String,
    /// When it was last changed.
    pub modified_at: String,
}

impl State {
    /// The names of a new data directory.
    pub fn new(format_version: u32) -> State {
        let commons = WorkspaceEntry {
            description: Some("the workspace that is meant where none is named".to_string()),
            created_at: clock::now_text(),
            ..WorkspaceEntry::default()
        };
        State {
            format_version,
            organization_id: Uuid::new_v4().to_string(),
            virtual_instance_id: Uuid::new_v4().to_string(),
            created_at: clock::now_text(),
            workspaces: BTreeMap::from([(DEFAULT_WORKSPACE.to_string(), commons)]),
            integrations: BTreeMap::new(),
            unfinished: Vec::new(),
        }
    }

    /// A workspace.
    ///
    /// # Errors
    /// There is none of the name.
    pub fn workspace(&self, name: &str) -> Result<&WorkspaceEntry> {
        self.workspaces.get(name).ok_or_else(|| Error::no_workspace(name))
    }

    /// A workspace, to be changed.
    ///
    /// # Errors
    /// There is none of the name.
    pub fn workspace_mut(&mut self, name: &str) -> Result<&mut WorkspaceEntry> {
        self.workspaces.get_mut(name).ok_or_else(|| Error::no_workspace(name))
    }

    /// Adds a workspace.
    ///
    /// # Errors
    /// The name is taken, or there are [`MAX_ENTRIES`].
    pub fn add_workspace(&mut self, name: &str, description: Option<String>) -> Result<()> {
        if self.workspaces.contains_key(name) {
            return Err(Error::AlreadyExists(format!("Workspace \"{name}\" already exists")));
        }
        check_room("workspaces", self.workspaces.len())?;
        let entry =
            WorkspaceEntry { description, created_at: clock::now_text(), ..WorkspaceEntry::default() };
        self.workspaces.insert(name.to_string(), entry);
        Ok(())
    }

    /// A collection; aliases are not followed.
    ///
    /// # Errors
    /// There is no such workspace or collection.
    pub fn collection(&self, workspace: &str, name: &str) -> Result<&CollectionEntry> {
        let entry = self.workspace(workspace)?.collections.get(name);
        entry.ok_or_else(|| Error::no_collection(workspace, name))
    }

    /// All collections with their workspaces and names.
    pub fn collections(&self) -> impl Iterator<Item = (&str, &str, &CollectionEntry)> {
        self.workspaces.iter().flat_map(|(workspace, entry)| {
            entry
                .collections
                .iter()
                .map(move |(name, collection)| (workspace.as_str(), name.as_str(), collection))
        })
    }

    /// Full names of the collections that use an integration.
    pub fn users_of(&self, integration: &str) -> Vec<String> {
        self.collections()
            .filter(|(.., collection)| {
                collection
                    .sources
                    .iter()
                    .any(|source| source.integration_name.as_deref() == Some(integration))
            })
            .map(|(workspace, name, _)| format!("{workspace}.{name}"))
            .collect()
    }

    /// Full names of the aliases that point at a collection.
    pub fn aliases_of(&self, workspace: &str, name: &str) -> Vec<String> {
        let mut aliases = Vec::new();
        for (alias_workspace, entry) in &self.workspaces {
            for (alias, target) in &entry.aliases {
                if target.target_workspace == workspace && target.target_name == name {
                    aliases.push(format!("{alias_workspace}.{alias}"));
                }
            }
        }
        aliases
    }
}

impl WorkspaceEntry {
    /// Fails if a collection, alias or view has the name: the three share one space of names.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`].
    pub fn check_free(&self, workspace: &str, name: &str) -> Result<()> {
        let kind = if self.collections.contains_key(name) {
            "Collection"
        } else if self.aliases.contains_key(name) {
            "Alias"
        } else if self.views.contains_key(name) {
            "View"
        } else {
            return Ok(());
        };
        Err(Error::AlreadyExists(format!("{kind} \"{name}\" already exists in workspace \"{workspace}\"")))
    }
}

impl CollectionEntry {
    /// The id by which the engine knows the data.
    pub fn engine_id(&self) -> CollectionId {
        CollectionId(self.id.as_str().into())
    }
}

impl rockhopper_sql::resolver::Catalog for State {
    fn lookup(&self, workspace: &str, name: &str) -> Lookup {
        let Some(entry) = self.workspaces.get(workspace) else {
            return Lookup::UnknownWorkspace;
        };
        if entry.collections.contains_key(name) {
            Lookup::Collection
        } else if let Some(alias) = entry.aliases.get(name) {
            let target =
                CollectionName { workspace: alias.target_workspace.clone(), name: alias.target_name.clone() };
            Lookup::Alias { target }
        } else if let Some(view) = entry.views.get(name) {
            Lookup::View { sql: view.query_sql.clone() }
        } else {
            Lookup::UnknownCollection
        }
    }
}

/// Fails when there are [`MAX_ENTRIES`] of a kind already.
///
/// # Errors
/// [`Error::ResourceExceeded`].
pub(crate) fn check_room(kind: &str, count: usize) -> Result<()> {
    if count >= MAX_ENTRIES {
        return Err(Error::ResourceExceeded(format!(
            "there are already {MAX_ENTRIES} {kind}, the most there may be; delete some"
        )));
    }
    Ok(())
}
