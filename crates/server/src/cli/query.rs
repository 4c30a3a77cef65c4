//! `rockhopper query`

use std::io::Write;
use std::time::Duration;

use clap::{Args, ValueEnum};
use rockhopper_api::QueryParameter;
use rockhopper_client::{Query, QueryAnswer};
use serde_json::Value;

use super::connection::Connection;
use super::table::Table;
use crate::encode::answer_rows;
use crate::{Error, Result};

/// Run a query and print its answer.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rockhopper query 'SELECT count(*) FROM tweets'
  rockhopper query 'SELECT text FROM tweets WHERE lang = :lang AND id > :id LIMIT 3' \\
      --param lang:string=en --param id:int=1000
  rockhopper query 'SELECT :tags' --param 'tags:array=[\"a\", \"b\"]' --format json
  rockhopper query 'DESCRIBE tweets' --format csv")]
pub struct Arguments {
    /// The statement; `-` reads it from the standard input
    sql: String,
    /// The value of `:NAME` in the statement. TYPE is string, int, float, bool, date, datetime, time, timestamp,
    /// array or object; string if it is left out
    #[arg(long = "param", value_parser = parse_parameter, value_name = "NAME[:TYPE]=VALUE")]
    parameters: Vec<QueryParameter>,
    /// How the answer looks
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// The limit where the statement has none
    #[arg(long, value_name = "ROWS")]
    row_limit: Option<u64>,
    /// End the query after so many seconds
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// Columns to read; long cells are cut
    Table,
    /// One JSON object for each row, one row a line
    Json,
    /// Comma-separated values with a line of names
    Csv,
}

/// Does it. The answer goes to the standard output, statistics and warnings to the standard error.
pub async fn run(arguments: Arguments) -> Result<()> {
    let sql = match arguments.sql.as_str() {
        "-" => std::io::read_to_string(std::io::stdin())
            .map_err(|error| Error::Setup(format!("cannot read the statement: {error}")))?,
        sql => sql.to_string(),
    };
    let query = Query {
        sql,
        parameters: arguments.parameters,
        row_limit: arguments.row_limit,
        timeout: arguments.timeout.map(Duration::from_secs),
    };
    let answer = arguments.connection.client()?.query(&query).await?;
    let printed = match arguments.format {
        Format::Table => table(&answer)?,
        Format::Json => answer_rows(&answer.schema, &answer.batches)?.join("\n") + "\n",
        Format::Csv => csv(&answer)?,
    };
    // A reader that went away, as `head` does, is no error.
    let _ = std::io::stdout().write_all(printed.as_bytes());
    for warning in &answer.metadata.warnings {
        eprintln!("warning: {warning}");
    }
    if matches!(arguments.format, Format::Table) {
        eprintln!("{} rows, {} ms", answer.row_count(), answer.metadata.stats.elapsed_time_ms);
    }
    Ok(())
}

fn table(answer: &QueryAnswer) -> Result<String> {
    let names: Vec<&str> = answer.schema.fields().iter().map(|field| field.name().as_str()).collect();
    let mut table = Table::new(&names);
    for row in cells(answer)? {
        table.row(row);
    }
    Ok(table.render())
}

fn csv(answer: &QueryAnswer) -> Result<String> {
    let line =
        |cells: Vec<String>| cells.iter().map(|cell| csv_cell(cell)).collect::<Vec<_>>().join(",") + "\n";
    let mut text = line(answer.schema.fields().iter().map(|field| field.name().clone()).collect());
    for row in cells(answer)? {
        text.push_str(&line(row));
    }
    Ok(text)
}

/// The rows as texts: strings as they are, undefined as nothing, everything else as JSON.
fn cells(answer: &QueryAnswer) -> Result<Vec<Vec<String>>> {
    let mut rows = Vec::new();
    for row in answer_rows(&answer.schema, &answer.batches)? {
        let row: serde_json::Map<String, Value> = serde_json::from_str(&row)
            .map_err(|error| Error::Internal(format!("a row is no JSON: {error}")))?;
        let cell = |name: &String| match row.get(name) {
            None => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Object(typed)) if typed.contains_key("__rockset_type") => plain(typed.get("value")),
            Some(value) => value.to_string(),
        };
        rows.push(answer.schema.fields().iter().map(|field| cell(field.name())).collect());
    }
    Ok(rows)
}

fn plain(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => String::new(),
    }
}

fn csv_cell(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_string()
    }
}

/// Reads `name=value` or `name:type=value`.
fn parse_parameter(text: &str) -> std::result::Result<QueryParameter, String> {
    let example = "write a parameter like lang:string=en";
    let (declared, value) = text.split_once('=').ok_or(example)?;
    let (name, kind) = declared.split_once(':').unwrap_or((declared, "string"));
    if name.is_empty() || kind.is_empty() {
        return Err(example.to_string());
    }
    Ok(QueryParameter { name: name.to_string(), kind: Some(kind.to_string()), value: value.into() })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn parameters_have_a_name_a_type_and_a_value() {
        let parameter = parse_parameter("a:int=1=2").unwrap();
        assert_eq!((parameter.name.as_str(), parameter.kind.as_deref()), ("a", Some("int")));
        assert_eq!(parameter.value, "1=2");
        assert_eq!(parse_parameter("a=b").unwrap().kind.as_deref(), Some("string"));
        for wrong in ["a", "=1", ":int=1", "a:=1"] {
            assert!(parse_parameter(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn csv_quotes_what_needs_it() {
        assert_eq!(csv_cell("a\"b,c"), "\"a\"\"b,c\"");
        assert_eq!(csv_cell("ab"), "ab");
    }
}
