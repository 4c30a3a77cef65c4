//! The dashboards' queries over many tweets: our server over HTTP, DuckDB in process, equal answers.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Int64Type};
use rockhopper_client::Query;
use serde_json::Value;

use crate::error::{Error, Result, io};
use crate::peer::Peer;
use crate::report::{Runs, machine};
use crate::server::{Server, binary};

/// Below the limits of the write API.
const POST_DOCUMENTS: usize = 10_000;
const POST_BYTES: usize = 8 << 20;
const SEED: &str = "1";

/// One query, in our dialect and in DuckDB's two layouts. `{now}` is the end of the data in milliseconds.
struct Panel {
    name: &'static str,
    ours: &'static str,
    whole: &'static str,
    columns: &'static str,
    /// The column whose values must agree in order; rows may differ where the last of them repeats.
    key: usize,
}

const PANELS: &[Panel] = &[
    Panel {
        name: "Q1 live tweets",
        ours: "SELECT t.timestamp_ms, t.created_at, t.text, t.user.screen_name FROM tweets t \
               WHERE CAST(timestamp_ms AS INT) > UNIX_MILLIS(:now - minutes(1)) ORDER BY timestamp_ms DESC LIMIT 100",
        whole: r#"SELECT timestamp_ms, created_at, text, "user".screen_name FROM whole
                  WHERE CAST(timestamp_ms AS BIGINT) > {now} - 60000 ORDER BY timestamp_ms DESC LIMIT 100"#,
        columns: "SELECT timestamp_ms, created_at, text, screen_name FROM columns \
                  WHERE ms > {now} - 60000 ORDER BY ms DESC LIMIT 100",
        key: 0,
    },
    Panel {
        name: "Q2 top hashtags",
        ours: "WITH latest AS (SELECT lower(ht.text) AS hashtag FROM tweets t, \
               unnest(t.extended_tweet.entities.hashtags) ht \
               WHERE CAST(t.timestamp_ms AS INT) > UNIX_MILLIS(:now - hours(1))) \
               SELECT count(hashtag) AS tweet_count, hashtag FROM latest GROUP BY hashtag \
               ORDER BY tweet_count DESC LIMIT 10",
        whole: "SELECT count(*) AS n, lower(h.text) FROM (SELECT unnest(extended_tweet.entities.hashtags) AS h FROM \
                whole WHERE CAST(timestamp_ms AS BIGINT) > {now} - 3600000) GROUP BY ALL ORDER BY n DESC LIMIT 10",
        columns: "SELECT count(*) AS n, lower(h) AS hashtag FROM (SELECT unnest(extended_tags) AS h FROM columns \
                  WHERE ms > {now} - 3600000) GROUP BY ALL ORDER BY n DESC LIMIT 10",
        key: 0,
    },
    Panel {
        name: "Q3 incoming tweets",
        ours: "SELECT count(*) FROM tweets WHERE cast(timestamp_ms AS INT) > unix_millis(:now - seconds(2))",
        whole: "SELECT count(*) FROM whole WHERE CAST(timestamp_ms AS BIGINT) > {now} - 2000",
        columns: "SELECT count(*) FROM columns WHERE ms > {now} - 2000",
        key: 0,
    },
    Panel {
        name: "Q4 influencers",
        ours: "SELECT t.user.screen_name, t.user.followers_count AS fc FROM tweets t \
               WHERE 'music' IN (SELECT hashtags.text FROM unnest(t.entities.hashtags) hashtags) \
               GROUP BY (t.user.screen_name, t.user.followers_count) ORDER BY t.user.followers_count DESC LIMIT 5",
        whole: r#"SELECT "user".screen_name AS name, "user".followers_count AS fc FROM whole WHERE list_contains(
                  list_transform(entities.hashtags, lambda h: h.text), 'music') GROUP BY ALL ORDER BY fc DESC LIMIT 5"#,
        columns: "SELECT screen_name, followers_count AS fc FROM columns WHERE list_contains(tags, 'music') \
                  GROUP BY ALL ORDER BY fc DESC LIMIT 5",
        key: 1,
    },
    Panel {
        name: "Q5 related hashtags",
        ours: "SELECT hashtags.text AS hashtag, count(*) AS occurence_count \
               FROM tweets t, unnest(t.entities.hashtags) hashtags \
               WHERE 'music' IN (SELECT ht.text FROM unnest(t.entities.hashtags) ht) AND hashtags.text != 'music' \
               GROUP BY hashtags.text ORDER BY occurence_count DESC LIMIT 10",
        whole: "SELECT h.text AS hashtag, count(*) AS n FROM (SELECT unnest(entities.hashtags) AS h FROM whole WHERE \
                list_contains(list_transform(entities.hashtags, lambda h: h.text), 'music')) WHERE h.text != 'music' \
                GROUP BY ALL ORDER BY n DESC LIMIT 10",
        columns: "SELECT h AS hashtag, count(*) AS n FROM (SELECT unnest(tags) AS h FROM columns WHERE \
                  list_contains(tags, 'music')) WHERE h != 'music' GROUP BY ALL ORDER BY n DESC LIMIT 10",
        key: 1,
    },
    Panel {
        name: "Q6 live tweets of a hashtag",
        ours: "SELECT t.timestamp_ms, t.created_at, t.text, t.user.screen_name FROM tweets t \
               WHERE CAST(timestamp_ms AS INT) > UNIX_MILLIS(:now - hours(1)) \
               AND 'music' IN (SELECT ht.text FROM unnest(t.entities.hashtags) ht) ORDER BY timestamp_ms DESC LIMIT 100",
        whole: r#"SELECT timestamp_ms, created_at, text, "user".screen_name FROM whole
                  WHERE CAST(timestamp_ms AS BIGINT) > {now} - 3600000 AND list_contains(
                  list_transform(entities.hashtags, lambda h: h.text), 'music') ORDER BY timestamp_ms DESC LIMIT 100"#,
        columns: "SELECT timestamp_ms, created_at, text, screen_name FROM columns WHERE ms > {now} - 3600000 AND \
                  list_contains(tags, 'music') ORDER BY ms DESC LIMIT 100",
        key: 0,
    },
];

/// Measures all panels; the report as Markdown.
pub async fn run(root: &Path, python: &Path, rows: u64, runs: usize) -> Result<String> {
    let folder = tempfile::tempdir().map_err(io("make a folder"))?;
    let path = folder.path().join("tweets.ndjson");
    let now_ms = std::time::UNIX_EPOCH.elapsed().map_or(0, |now| now.as_millis() as i64);
    eprintln!("making {rows} tweets");
    let bytes = generate(&path, rows, now_ms)?;
    let server = Server::start(&folder.path().join("server")).await?;
    server.post("/ws/commons/collections", r#"{"name":"tweets"}"#.into()).await?;
    eprintln!("loading {} MB into Rockhopper", bytes / 1_000_000);
    let started = Instant::now();
    load(&server, &path).await?;
    let our_seconds = started.elapsed().as_secs_f64();
    eprintln!("loading into DuckDB");
    let mut peer = Peer::start(python, root, folder.path())?;
    let loaded = peer.load(&path, rows)?;
    let mut report = format!(
        "{rows} tweets of {} bytes, {runs} warm runs each. {}\n\nLoaded in {our_seconds:.1} s by POST (durable), DuckDB whole \
         documents {:.1} s, six hand-picked columns {:.1} s.\n\n\
         | query | Rockhopper p50 ms | p99 | first | DuckDB whole p50 | p99 | ratio | DuckDB columns p50 | p99 | ratio |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
        bytes / rows.max(1),
        machine(),
        loaded["whole_seconds"].as_f64().unwrap_or_default(),
        loaded["columns_seconds"].as_f64().unwrap_or_default(),
    );
    report.push_str(&floor(&server, runs).await?);
    for panel in PANELS {
        eprintln!("{}", panel.name);
        report.push_str(&measure(&server, &mut peer, panel, now_ms, runs).await?);
    }
    Ok(report)
}

/// Writes the generator's tweets to a file; its size in bytes.
fn generate(path: &Path, rows: u64, end_ms: i64) -> Result<u64> {
    let file = File::create(path).map_err(io("make the data file"))?;
    let status = Command::new(binary("kinesis-producer")?)
        .args(["generate", "--profile", "panel", "--seed", SEED, "--count", &rows.to_string()])
        .args(["--end-ms", &end_ms.to_string()])
        .stdout(Stdio::from(file))
        .status()
        .map_err(io("run the generator"))?;
    if !status.success() {
        return Err(Error::Process(format!("the generator ended with {status}")));
    }
    Ok(std::fs::metadata(path).map_err(io("read the data file"))?.len())
}

/// Posts the file's documents in calls as large as the API takes.
async fn load(server: &Server, path: &Path) -> Result<()> {
    let file = BufReader::new(File::open(path).map_err(io("read the data file"))?);
    let mut body = String::new();
    let mut documents = 0;
    for line in file.lines() {
        let line = line.map_err(io("read the data file"))?;
        if documents == POST_DOCUMENTS || body.len() + line.len() > POST_BYTES {
            post(server, &mut body).await?;
            documents = 0;
        }
        body.push_str(if body.is_empty() { "{\"data\":[" } else { "," });
        body.push_str(&line);
        documents += 1;
    }
    if documents > 0 {
        post(server, &mut body).await?;
    }
    Ok(())
}

async fn post(server: &Server, body: &mut String) -> Result<()> {
    let mut full = std::mem::take(body);
    full.push_str("]}");
    server.post("/ws/commons/collections/tweets/docs", full).await.map(|_| ())
}

/// `SELECT 1`: what the door itself costs.
async fn floor(server: &Server, runs: usize) -> Result<String> {
    let query = Query::new("SELECT 1");
    let mut all_ms = Vec::new();
    for _ in 0..=runs {
        let started = Instant::now();
        server.client.query(&query).await?;
        all_ms.push(started.elapsed().as_secs_f64() * 1000.0);
    }
    let ours = Runs::new(all_ms);
    Ok(format!(
        "| `SELECT 1` | {:.2} | {:.2} | {:.2} | | | | | | |\n",
        ours.at(0.5),
        ours.at(0.99),
        ours.cold_ms
    ))
}

async fn measure(
    server: &Server,
    peer: &mut Peer,
    panel: &Panel,
    now_ms: i64,
    runs: usize,
) -> Result<String> {
    let query = Query::new(panel.ours).parameter(
        "now",
        "timestamp",
        serde_json::json!({"__rockset_type": "timestamp", "value": now_ms * 1000}),
    );
    let (mut ours_ms, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..=runs {
        let started = Instant::now();
        let answer = server.client.query(&query).await?;
        ours_ms.push(started.elapsed().as_secs_f64() * 1000.0);
        ours = answer.batches.iter().flat_map(rows).collect();
    }
    let ours_runs = Runs::new(ours_ms);
    let mut line = format!(
        "| {} | {:.2} | {:.2} | {:.2} |",
        panel.name,
        ours_runs.at(0.5),
        ours_runs.at(0.99),
        ours_runs.cold_ms
    );
    for (name, sql) in [("DuckDB whole", panel.whole), ("DuckDB columns", panel.columns)] {
        let sql = sql.replace("{now}", &now_ms.to_string());
        let mut theirs_ms = Vec::new();
        for _ in 0..=runs {
            let (milliseconds, theirs) = peer.query(&sql)?;
            theirs_ms.push(milliseconds);
            compare(panel, name, &ours, &theirs)?;
        }
        let theirs = Runs::new(theirs_ms);
        let ratio = theirs.at(0.5) / ours_runs.at(0.5);
        line.push_str(&format!(" {:.2} | {:.2} | {ratio:.1} |", theirs.at(0.5), theirs.at(0.99)));
    }
    line.push('\n');
    Ok(line)
}

/// Sort keys must be equal in order, and whole rows wherever the key is not the last one.
fn compare(panel: &Panel, peer: &'static str, ours: &[Vec<Value>], theirs: &[Vec<Value>]) -> Result<()> {
    let keys = |rows: &[Vec<Value>]| rows.iter().map(|row| row[panel.key].to_string()).collect::<Vec<_>>();
    let above_cut = |rows: &[Vec<Value>]| {
        let last = rows.last().map(|row| row[panel.key].to_string());
        let mut rows: Vec<String> = rows
            .iter()
            .filter(|row| rows.len() == 1 || Some(row[panel.key].to_string()) != last)
            .map(|row| Value::Array(row.clone()).to_string())
            .collect();
        rows.sort();
        rows
    };
    if keys(ours) == keys(theirs) && above_cut(ours) == above_cut(theirs) {
        return Ok(());
    }
    let shown =
        |rows: &[Vec<Value>]| serde_json::to_string(rows).unwrap_or_default().chars().take(600).collect();
    Err(Error::Unequal { query: panel.name, peer, ours: shown(ours), theirs: shown(theirs) })
}

fn rows(batch: &RecordBatch) -> Vec<Vec<Value>> {
    (0..batch.num_rows())
        .map(|row| batch.columns().iter().map(|column| cell(column, row)).collect())
        .collect()
}

/// Panels answer with text and integers only.
fn cell(column: &dyn Array, row: usize) -> Value {
    match column.data_type() {
        _ if column.is_null(row) => Value::Null,
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).into(),
        DataType::Utf8 => column.as_string::<i32>().value(row).into(),
        other => format!("a column of type {other}").into(),
    }
}
