//! Integrations: credentials of sources under a name.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{REDACTED, Secret};

/// The body that creates or changes an integration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct IntegrationRequest {
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// For readers.
    #[serde(default)]
    pub description: Option<String>,
    /// Credentials for Kinesis.
    #[serde(default)]
    pub kinesis: Option<KinesisIntegration>,
    /// Every other member: kinds of integrations that this server does not have.
    #[serde(flatten)]
    pub others: serde_json::Map<String, Value>,
}

/// Credentials for Kinesis. With neither a key nor a role the server's own AWS environment is used: our extension.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KinesisIntegration {
    /// An access key.
    #[serde(default)]
    pub aws_access_key: Option<AwsAccessKey>,
    /// A role to take.
    #[serde(default)]
    pub aws_role: Option<AwsRole>,
}

impl KinesisIntegration {
    /// The same with every secret replaced, as answers show it.
    pub fn redacted(&self) -> KinesisIntegration {
        let aws_access_key = self.aws_access_key.as_ref().map(|key| AwsAccessKey {
            aws_access_key_id: key.aws_access_key_id.clone(),
            aws_secret_access_key: Secret::new(REDACTED),
        });
        KinesisIntegration { aws_access_key, aws_role: self.aws_role.clone() }
    }
}

/// An AWS access key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwsAccessKey {
    /// The public half.
    pub aws_access_key_id: String,
    /// The secret half.
    pub aws_secret_access_key: Secret,
}

/// An AWS role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwsRole {
    /// Its resource name.
    pub aws_role_arn: String,
}

/// An integration as it is shown: secrets are [`REDACTED`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Integration {
    /// Its name.
    pub name: String,
    /// For readers.
    pub description: Option<String>,
    /// When it was made.
    pub created_at: Option<String>,
    /// Who made it.
    pub created_by: String,
    /// Who owns it.
    pub owner_email: Option<String>,
    /// The collections that use it, each with `workspace` and `name`.
    pub collections: Vec<Value>,
    /// Credentials for Kinesis.
    pub kinesis: Option<KinesisIntegration>,
}
