//! A data source's settings, as Grafana sends them with every request. The plugin reads no file and no environment.

use std::time::Duration;

use grafana_plugin_sdk::pluginv2::{DataSourceInstanceSettings, PluginContext};
use rockhopper_client::Secret;
use serde::Deserialize;

use crate::error::{Error, Result};

const DEFAULT_TIMEOUT_SECONDS: u64 = 30;
/// The server's own upper bound for a query.
const MAX_TIMEOUT_SECONDS: u64 = 30 * 60;
const DEFAULT_ROW_LIMIT: u64 = 10_000;
/// A frame of more rows stalls a browser.
const MAX_ROW_LIMIT: u64 = 1_000_000;

/// What identifies one state of one data source: its uid and the moment of its last change.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Instance {
    /// The data source's uid.
    pub uid: String,
    /// When its settings were last saved.
    pub updated_ms: i64,
}

/// The settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Which data source, in which state.
    pub instance: Instance,
    /// The server's address, without a final slash.
    pub url: String,
    /// The API key.
    pub api_key: Secret,
    /// How long a query may take.
    pub timeout: Duration,
    /// The limit for queries without a LIMIT of their own.
    pub row_limit: u64,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct JsonData {
    timeout_seconds: Option<u64>,
    row_limit: Option<u64>,
}

impl Settings {
    /// Reads the settings of a request. Errors say which setting is missing or wrong.
    pub fn read(context: Option<&PluginContext>) -> Result<Settings> {
        let settings = context
            .and_then(|context| context.data_source_instance_settings.as_ref())
            .ok_or_else(|| Error::Settings("the request names no data source".into()))?;
        Settings::from_instance(settings)
    }

    fn from_instance(settings: &DataSourceInstanceSettings) -> Result<Settings> {
        let url = settings.url.trim().trim_end_matches('/');
        if url.is_empty() {
            return Err(Error::Settings(
                "the data source has no URL; set it to the server's address, for example http://127.0.0.1:9080".into(),
            ));
        }
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(Error::Settings(format!(
                "the data source's URL `{url}` does not start with http:// or https://"
            )));
        }
        let api_key = settings.decrypted_secure_json_data.get("apiKey").map_or("", |key| key.trim());
        if api_key.is_empty() {
            return Err(Error::Settings(
                "the data source has no API key; the server wrote one to `api-key` in its data folder".into(),
            ));
        }
        let json = read_json(&settings.json_data)?;
        Ok(Settings {
            instance: Instance { uid: settings.uid.clone(), updated_ms: settings.last_updated_ms },
            url: url.to_owned(),
            api_key: Secret::new(api_key),
            timeout: Duration::from_secs(within(
                "the time-out",
                json.timeout_seconds.unwrap_or(DEFAULT_TIMEOUT_SECONDS),
                MAX_TIMEOUT_SECONDS,
            )?),
            row_limit: within("the row limit", json.row_limit.unwrap_or(DEFAULT_ROW_LIMIT), MAX_ROW_LIMIT)?,
        })
    }
}

fn read_json(bytes: &[u8]) -> Result<JsonData> {
    if bytes.is_empty() {
        return Ok(JsonData::default());
    }
    serde_json::from_slice(bytes)
        .map_err(|error| Error::Settings(format!("the data source's jsonData cannot be read: {error}")))
}

fn within(what: &str, value: u64, max: u64) -> Result<u64> {
    if (1..=max).contains(&value) {
        return Ok(value);
    }
    Err(Error::Settings(format!("{what} of the data source is {value}; it must be from 1 to {max}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(url: &str, key: &str, json: &str) -> DataSourceInstanceSettings {
        DataSourceInstanceSettings {
            uid: "u".into(),
            url: url.into(),
            json_data: json.as_bytes().to_vec(),
            decrypted_secure_json_data: [("apiKey".to_owned(), key.to_owned())].into(),
            ..Default::default()
        }
    }

    fn error(url: &str, key: &str, json: &str) -> String {
        Settings::from_instance(&instance(url, key, json)).expect_err("wrong settings").to_string()
    }

    #[test]
    fn defaults_and_trimming() {
        let settings =
            Settings::from_instance(&instance(" http://h:1/ ", "k", "")).expect("settings without jsonData");
        assert_eq!(settings.url, "http://h:1");
        assert_eq!(settings.timeout, Duration::from_secs(30));
        assert_eq!(settings.row_limit, 10_000);
    }

    #[test]
    fn each_wrong_setting_is_named() {
        assert!(error("", "k", "{}").contains("has no URL"));
        assert!(error("h:1", "k", "{}").contains("does not start with http"));
        assert!(error("http://h", "", "{}").contains("has no API key"));
        assert!(error("http://h", "k", "{\"timeoutSeconds\":0}").contains("time-out"));
        assert!(error("http://h", "k", "{\"timeoutSeconds\":1801}").contains("from 1 to 1800"));
        assert!(error("http://h", "k", "{\"rowLimit\":1000001}").contains("row limit"));
        assert!(error("http://h", "k", "[").contains("jsonData"));
    }

    #[test]
    fn the_key_is_not_printed() {
        let settings =
            Settings::from_instance(&instance("http://h", "very-secret", "{}")).expect("good settings");
        assert!(!format!("{settings:?}").contains("very-secret"));
    }
}
