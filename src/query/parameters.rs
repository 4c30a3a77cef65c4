//! Typed parameters: the panel's own, and those that stand for the time range and the interval.

use chrono::{DateTime, SecondsFormat, Utc};
use grafana_plugin_sdk::pluginv2::DataQuery;
use serde::Deserialize;
use serde_json::Value;

use crate::error::{Error, Result};

/// Names of parameters the plugin gives itself begin so.
const RESERVED_PREFIX: &str = "__";
/// The types a parameter may have, as the REST API knows them.
const TYPES: &[&str] =
    &["string", "int", "float", "bool", "date", "datetime", "time", "timestamp", "array", "object", "null"];

/// A parameter of a query.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Parameter {
    /// The name without its colon.
    pub name: String,
    /// One of the REST API's parameter types.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The value: a string in the type's format, or for arrays and objects also JSON.
    pub value: Value,
}

impl Parameter {
    fn new(name: &str, type_name: &str, value: String) -> Parameter {
        Parameter { name: name.into(), type_name: type_name.into(), value: Value::String(value) }
    }

    /// Whether name and type can be used.
    pub fn check(&self) -> Result<()> {
        if self.name.is_empty() {
            return Err(Error::Query("a parameter of the panel has no name".into()));
        }
        if self.name.starts_with(RESERVED_PREFIX) {
            return Err(Error::Query(format!(
                "the parameter :{} cannot be set: names that begin with {RESERVED_PREFIX} belong to the time range \
                 and the interval",
                self.name
            )));
        }
        if !TYPES.contains(&self.type_name.as_str()) {
            return Err(Error::Query(format!(
                "the parameter :{} has the unknown type `{}`; use one of {}",
                self.name,
                self.type_name,
                TYPES.join(", ")
            )));
        }
        Ok(())
    }
}

/// The parameters among `used` that the plugin gives: `__from`, `__to`, `__interval_ms`.
pub fn built_in(query: &DataQuery, used: &[String]) -> Result<Vec<Parameter>> {
    let is_used = |name: &str| used.iter().any(|used| used == name);
    let mut parameters = Vec::new();
    if is_used("__from") || is_used("__to") {
        let range = query.time_range.ok_or_else(|| Error::Query("the request has no time range".into()))?;
        if is_used("__from") {
            parameters.push(Parameter::new("__from", "timestamp", instant(range.from_epoch_ms)?));
        }
        if is_used("__to") {
            parameters.push(Parameter::new("__to", "timestamp", instant(range.to_epoch_ms)?));
        }
    }
    if is_used("__interval_ms") {
        // Grafana sends 0 where it knows no width, for example from the API.
        parameters.push(Parameter::new("__interval_ms", "int", query.interval_ms.max(1).to_string()));
    }
    Ok(parameters)
}

fn instant(epoch_ms: i64) -> Result<String> {
    DateTime::<Utc>::from_timestamp_millis(epoch_ms)
        .map(|instant| instant.to_rfc3339_opts(SecondsFormat::Millis, true))
        .ok_or_else(|| Error::Query(format!("the time range's end {epoch_ms} ms is outside the calendar")))
}
