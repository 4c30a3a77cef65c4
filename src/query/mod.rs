//! A panel's query: its JSON, the SQL and parameters made of it.

mod macros;
mod parameters;

use grafana_plugin_sdk::pluginv2::DataQuery;
pub use parameters::Parameter;
use serde::Deserialize;

use crate::error::{Error, Result};

/// How the answer is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Rows and columns as they are.
    #[default]
    Table,
    /// One series for each set of text columns and each number column.
    TimeSeries,
}

/// What a panel saves.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Model {
    #[serde(default)]
    raw_sql: String,
    #[serde(default)]
    format: Format,
    #[serde(default)]
    parameters: Vec<Parameter>,
}

/// A query ready to be sent.
#[derive(Debug, PartialEq)]
pub struct Prepared {
    /// The SQL with macros expanded.
    pub sql: String,
    /// The parameters the SQL uses: the panel's own and those of the time range and the interval.
    pub parameters: Vec<Parameter>,
    /// How the answer is shown.
    pub format: Format,
}

/// Reads and expands one query. None: there is nothing to run, as in a new panel.
pub fn prepare(query: &DataQuery) -> Result<Option<Prepared>> {
    let model: Model = serde_json::from_slice(&query.json)
        .map_err(|error| Error::Query(format!("the panel's query cannot be read: {error}")))?;
    if model.raw_sql.trim().is_empty() {
        return Ok(None);
    }
    let (sql, used) = macros::expand(&model.raw_sql)?;
    let mut parameters = model.parameters;
    for parameter in &parameters {
        parameter.check()?;
    }
    parameters.extend(parameters::built_in(query, &used)?);
    Ok(Some(Prepared { sql, parameters, format: model.format }))
}

impl Prepared {
    /// The query for people: the SQL that ran, the parameters before it as comments.
    pub fn executed_text(&self) -> String {
        let mut text = String::new();
        for parameter in &self.parameters {
            text.push_str(&format!("-- :{} = {} {}\n", parameter.name, parameter.type_name, parameter.value));
        }
        text.push_str(&self.sql);
        text
    }
}

#[cfg(test)]
mod tests {
    use grafana_plugin_sdk::pluginv2::TimeRange;

    use super::*;

    fn query(json: &str) -> DataQuery {
        DataQuery {
            json: json.as_bytes().to_vec(),
            interval_ms: 2000,
            time_range: Some(TimeRange { from_epoch_ms: 1_700_000_000_123, to_epoch_ms: 1_700_000_060_000 }),
            ..Default::default()
        }
    }

    #[test]
    fn the_time_range_becomes_parameters() {
        let prepared = prepare(&query(
            r#"{"rawSql":"SELECT $__timeGroup(t.ts, $__interval) AS time FROM c t WHERE $__timeFilter(t.ts) AND t.h = :tag",
                "format":"time_series","parameters":[{"name":"tag","type":"string","value":"music"}]}"#,
        ))
        .expect("a good query")
        .expect("a query to run");
        assert_eq!(prepared.format, Format::TimeSeries);
        assert_eq!(
            prepared.executed_text(),
            "-- :tag = string \"music\"\n\
             -- :__from = timestamp \"2023-11-14T22:13:20.123Z\"\n\
             -- :__to = timestamp \"2023-11-14T22:14:20.000Z\"\n\
             -- :__interval_ms = int \"2000\"\n\
             SELECT TIME_BUCKET(MILLISECONDS(:__interval_ms), t.ts) AS time FROM c t \
             WHERE (t.ts >= :__from AND t.ts < :__to) AND t.h = :tag"
        );
    }

    #[test]
    fn an_empty_panel_is_no_error() {
        assert_eq!(prepare(&query("{}")).expect("a good query"), None);
        assert_eq!(prepare(&query(r#"{"rawSql":"  "}"#)).expect("a good query"), None);
    }

    #[test]
    fn a_wrong_query_is_named() {
        let error = |json: &str| prepare(&query(json)).expect_err("a wrong query").to_string();
        assert!(error("{").contains("cannot be read"));
        assert!(error(r#"{"rawSql":"SELECT 1","format":"pie"}"#).contains("pie"));
        assert!(
            error(r#"{"rawSql":"SELECT :x","parameters":[{"name":"x","type":"text!","value":"1"}]}"#)
                .contains("text!")
        );
        assert!(
            error(r#"{"rawSql":"SELECT 1","parameters":[{"name":"__from","type":"int","value":"1"}]}"#)
                .contains("__from")
        );
    }
}
