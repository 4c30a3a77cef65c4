//! Who one is.

use serde::{Deserialize, Serialize};

/// The organization that the API key belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Organization {
    /// Its id, the same as long as the data directory lives.
    pub id: String,
    /// When it was made.
    pub created_at: Option<String>,
    /// Its name.
    pub display_name: Option<String>,
    /// Never set.
    pub company_name: Option<String>,
    /// Its id in other systems.
    pub external_id: Option<String>,
    /// Never set.
    pub rockset_user: Option<String>,
    /// Always `ACTIVE`.
    pub state: String,
    /// Always one: this server.
    pub clusters: Vec<Cluster>,
}

/// A place where an organization's data is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cluster {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub cluster_type: String,
    /// Its region.
    pub aws_region: Option<String>,
    /// The address of its API, if the server knows it.
    pub apiserver_url: Option<String>,
    /// Its host name.
    pub domain: Option<String>,
}

/// The user that the API key belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct User {
    /// The same as the server's start of life.
    pub created_at: Option<String>,
    /// A name in the form of an address.
    pub email: String,
    /// Never set.
    pub first_name: Option<String>,
    /// Never set.
    pub last_name: Option<String>,
    /// The organization's id.
    pub org: Option<String>,
    /// The organizations that the user is in.
    pub orgs: Vec<Organization>,
    /// Always `admin`.
    pub roles: Vec<String>,
    /// Always `ACTIVE`.
    pub state: String,
    /// Always `ACCEPTED`.
    pub invite_state: Option<String>,
}

/// An API key as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ApiKey {
    /// Its name.
    pub name: String,
    /// Its first six characters.
    pub key: String,
    /// Always `admin`.
    pub role: String,
    /// Always `ACTIVE`.
    pub state: String,
    /// When it was made.
    pub created_at: Option<String>,
    /// Who made it.
    pub created_by: Option<String>,
    /// Never set.
    pub last_access_time: Option<String>,
    /// Never set.
    pub expiry_time: Option<String>,
    /// Never set.
    pub created_by_apikey_name: Option<String>,
}
