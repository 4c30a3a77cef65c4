//! Virtual instances: what queries run on. A server has one.

use serde::{Deserialize, Serialize};

/// What queries run on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct VirtualInstance {
    /// Always `main`.
    pub name: String,
    /// For readers.
    pub description: Option<String>,
    /// Its id.
    pub id: String,
    /// Rockset's resource name.
    pub rrn: String,
    /// Always `ACTIVE`.
    pub state: String,
    /// When it was made.
    pub created_at: Option<String>,
    /// Who made it.
    pub created_by: Option<String>,
    /// Always `FREE`: there are no sizes here.
    pub current_size: String,
    /// The same.
    pub desired_size: String,
    /// Always true.
    pub default_vi: bool,
    /// Always true.
    pub monitoring_enabled: bool,
    /// Never set.
    pub auto_suspend_seconds: Option<u64>,
    /// Always `LIVE`.
    pub mount_type: String,
    /// What it did.
    pub stats: VirtualInstanceStats,
}

/// What a virtual instance did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct VirtualInstanceStats {
    /// When a query last ran: milliseconds since the epoch.
    pub last_queried_ms: Option<i64>,
}
