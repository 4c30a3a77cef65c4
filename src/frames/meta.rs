//! A frame's metadata: type, statement, notices, statistics.

use serde::Serialize;

/// What Grafana calls FrameMeta.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Meta {
    /// The data plane type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub type_version: Option<[u8; 2]>,
    /// The SQL that ran, parameters as comments.
    pub executed_query_string: String,
    /// What the reader should know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
    /// What the query inspector shows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stats: Vec<Stat>,
    /// How Explore shows the frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_visualisation_type: Option<&'static str>,
}

/// A message at the panel's corner.
#[derive(Clone, Debug, Serialize)]
pub struct Notice {
    /// `info`, `warning` or `error`.
    pub severity: &'static str,
    /// The message.
    pub text: String,
}

/// A figure in the query inspector.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stat {
    /// Its name.
    pub display_name: &'static str,
    /// Its unit, by Grafana's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<&'static str>,
    /// The figure.
    pub value: f64,
}

impl Meta {
    /// With a data plane type.
    pub fn typed(mut self, kind: &'static str, type_version: [u8; 2]) -> Meta {
        self.kind = Some(kind);
        self.type_version = Some(type_version);
        self
    }

    /// With one more warning.
    pub fn warning(mut self, text: impl Into<String>) -> Meta {
        self.notices.push(Notice { severity: "warning", text: text.into() });
        self
    }

    /// The text for the schema's `meta` entry.
    pub fn json(&self) -> String {
        // Strings and numbers only: there is nothing that could fail to be written.
        serde_json::to_string(self).unwrap_or_default()
    }
}
