//! Dashboards in a terminal: the panels that the dashboard's JSON names, with its queries, range, variables and refresh.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::frames;
use crate::plugin::{Plugin, Query};
use crate::variables::{self, Variables};

const DEFAULT_REFRESH: Duration = Duration::from_secs(5);
const DEFAULT_RANGE_MS: i64 = 3_600_000;
/// Rows of one panel that fit on a screen together with the others.
const SHOWN_ROWS: usize = 10;
const MAX_CELL_CHARACTERS: usize = 48;
/// What a panel of average width asks for.
const POINTS: i64 = 500;

/// A dashboard file.
pub struct Dashboard {
    path: PathBuf,
    json: Value,
}

/// Reads dashboard files.
pub fn read(paths: &[PathBuf]) -> Result<Vec<Dashboard>> {
    paths.iter().map(read_one).collect()
}

fn read_one(path: &PathBuf) -> Result<Dashboard> {
    let text = std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.clone(), source })?;
    let content = |message: String| Error::Content { path: path.clone(), message };
    let json: Value = serde_json::from_str(&text).map_err(|error| content(error.to_string()))?;
    if !json["panels"].is_array() {
        return Err(content("no `panels`: only classic dashboards can be shown".into()));
    }
    Ok(Dashboard { path: path.clone(), json })
}

/// Shows dashboards until stopped, or once. Whether every panel answered without an error.
pub async fn show(
    plugin: &Plugin,
    dashboards: Vec<Dashboard>,
    given: Variables,
    once: bool,
    json: bool,
) -> Result<bool> {
    let refresh = dashboards.iter().map(Dashboard::refresh).min().unwrap_or(DEFAULT_REFRESH);
    loop {
        let mut screen = String::new();
        let mut answers = Vec::new();
        let mut all_answered = true;
        for dashboard in &dashboards {
            let variables = dashboard.variables(plugin, &given).await?;
            screen.push_str(&format!("== {} ==\n", dashboard.json["title"].as_str().unwrap_or("dashboard")));
            for panel in dashboard.panels() {
                let answer = dashboard.run(plugin, panel, &variables).await?;
                all_answered &= answer["error"].is_null();
                screen.push_str(&panel_text(panel, &answer, &variables));
                answers.push(serde_json::json!({"dashboard": dashboard.json["title"], "panel": panel["title"], "answer": answer}));
            }
        }
        if once {
            print(&if json { format!("{}\n", Value::Array(answers)) } else { screen });
            return Ok(all_answered);
        }
        // Home and clear, so that tables refresh in place; plain text follows plain text elsewhere.
        let clear = if std::io::stdout().is_terminal() { "\x1b[H\x1b[2J" } else { "" };
        print(&format!("{clear}{screen}(every {refresh:?}; Ctrl-C stops)\n"));
        tokio::time::sleep(refresh).await;
    }
}

fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    // A closed pipe ends the reader, not the data: there is nobody left to tell.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

impl Dashboard {
    fn refresh(&self) -> Duration {
        self.json["refresh"].as_str().and_then(duration).unwrap_or(DEFAULT_REFRESH)
    }

    fn panels(&self) -> impl Iterator<Item = &Value> {
        let panels = self.json["panels"].as_array().into_iter().flatten();
        panels.filter(|panel| panel["targets"].as_array().is_some_and(|targets| !targets.is_empty()))
    }

    /// Given values, else the value saved in the dashboard, else the first that the variable's query answers.
    async fn variables(&self, plugin: &Plugin, given: &Variables) -> Result<Variables> {
        let mut variables = BTreeMap::new();
        for variable in self.json["templating"]["list"].as_array().into_iter().flatten() {
            let Some(name) = variable["name"].as_str() else { continue };
            let saved = variable["current"]["value"].as_str().filter(|value| !value.is_empty());
            let value = match (given.get(name), saved) {
                (Some(value), _) => value.clone(),
                (None, Some(value)) => value.to_owned(),
                (None, None) if variable["type"] == "query" => self.first_option(plugin, variable).await?,
                (None, None) => continue,
            };
            variables.insert(name.to_owned(), value);
        }
        Ok(variables)
    }

    async fn first_option(&self, plugin: &Plugin, variable: &Value) -> Result<String> {
        let answer = self.call(plugin, variable["query"].clone(), "variable-query").await?;
        let first = &answer["frames"][0]["data"]["values"][0][0];
        Ok(first.as_str().map_or_else(String::new, str::to_owned))
    }

    async fn run(&self, plugin: &Plugin, panel: &Value, variables: &Variables) -> Result<Value> {
        let mut query = panel["targets"][0].clone();
        variables::interpolate(&mut query, variables);
        let ref_id = query["refId"].as_str().unwrap_or("A").to_owned();
        self.call(plugin, query, &ref_id).await
    }

    async fn call(&self, plugin: &Plugin, json: Value, ref_id: &str) -> Result<Value> {
        let now_ms = std::time::UNIX_EPOCH.elapsed().map_or(0, |now| now.as_millis() as i64);
        let from = self.json["time"]["from"].as_str().unwrap_or_default();
        let range_ms = from
            .strip_prefix("now-")
            .and_then(duration)
            .map_or(DEFAULT_RANGE_MS, |range| range.as_millis() as i64);
        let query = Query {
            ref_id: ref_id.to_owned(),
            json,
            from_ms: now_ms - range_ms,
            to_ms: now_ms,
            interval_ms: (range_ms / POINTS).max(1000),
            max_data_points: POINTS,
        };
        let answers = plugin.query(vec![query]).await?;
        let answer = answers.get(ref_id).ok_or_else(|| Error::Content {
            path: self.path.clone(),
            message: format!("the plugin did not answer query {ref_id}"),
        })?;
        frames::answer_json(answer)
    }
}

/// `2s`, `5m`, `1h`, `1d`, `500ms`
fn duration(text: &str) -> Option<Duration> {
    let split = text.find(|c: char| !c.is_ascii_digit())?;
    let count: u64 = text[..split].parse().ok()?;
    let unit_ms = match &text[split..] {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    Some(Duration::from_millis(count.checked_mul(unit_ms)?))
}

fn panel_text(panel: &Value, answer: &Value, values: &Variables) -> String {
    let title = variables::replace(panel["title"].as_str().unwrap_or("panel"), values);
    let mut text = format!("\n{title}\n");
    if let Some(error) = answer["error"].as_str() {
        text.push_str(&format!("  error: {error}\n"));
    }
    let frames = answer["frames"].as_array().map_or(&[][..], Vec::as_slice);
    // The newest points of a series, the first rows of a table.
    let newest_last = panel["targets"][0]["format"] == "time_series";
    for frame in frames {
        text.push_str(&table_text(frame, newest_last));
    }
    text
}

fn table_text(frame: &Value, newest_last: bool) -> String {
    let fields = frame["schema"]["fields"].as_array().map_or(&[][..], Vec::as_slice);
    let columns = frame["data"]["values"].as_array().map_or(&[][..], Vec::as_slice);
    if fields.is_empty() {
        return String::new();
    }
    let count = columns.first().and_then(Value::as_array).map_or(0, Vec::len);
    let first = if newest_last { count.saturating_sub(SHOWN_ROWS) } else { 0 };
    let mut lines: Vec<Vec<String>> =
        vec![fields.iter().map(|field| field["name"].as_str().unwrap_or_default().to_owned()).collect()];
    for row in first..count.min(first + SHOWN_ROWS) {
        lines
            .push(columns.iter().zip(fields).map(|(column, field)| cell_text(&column[row], field)).collect());
    }
    let widths: Vec<usize> = (0..fields.len())
        .map(|at| lines.iter().map(|line| line[at].chars().count()).max().unwrap_or(0))
        .collect();
    let mut text = String::new();
    for line in lines {
        let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        text.push_str(&format!("  {}\n", cells.collect::<Vec<_>>().join("  ").trim_end()));
    }
    if count > SHOWN_ROWS {
        text.push_str(&format!("  ({SHOWN_ROWS} of {count} rows)\n"));
    }
    text
}

fn cell_text(cell: &Value, field: &Value) -> String {
    let text = match cell {
        Value::Null => String::new(),
        Value::String(text) => text.replace(char::is_control, " "),
        Value::Number(ms) if field["type"] == "time" => clock_text(ms.as_i64().unwrap_or_default()),
        other => other.to_string(),
    };
    if text.chars().count() <= MAX_CELL_CHARACTERS {
        return text;
    }
    text.chars().take(MAX_CELL_CHARACTERS - 1).chain(['…']).collect()
}

/// The time of day in UTC.
fn clock_text(epoch_ms: i64) -> String {
    let seconds = epoch_ms.div_euclid(1000).rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
