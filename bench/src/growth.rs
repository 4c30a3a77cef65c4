//! `growth`: one collection grown step by step, and the same refresh at each size.

use std::sync::{Arc, Mutex, PoisonError};

use kinesis_producer::generate::PANEL_SPAN_MS;

use crate::contest::figures;
use crate::error::{Error, Result, io};
use crate::load;
use crate::machine::{self, machine};
use crate::panels::statements::statements;
use crate::runs::{Calls, Figures};
use crate::server::{Server, Setup};
use crate::suite;
use crate::tweets::Tweets;

const CONNECTIONS: usize = 4;
/// A refresh is of one dashboard: its hashtag stays.
const HASHTAG: &str = "music";
const COLLECTION: &str = "tweets";

/// Takes the figures of one way to run from a step.
type FiguresOf = fn(&Step) -> Option<&Vec<Figures>>;

/// What was seen at one size.
struct Step {
    rows: u64,
    load_seconds: f64,
    /// Process start until the first answered query, with the unsealed tail as the load left it.
    restart_with_tail_ms: f64,
    /// The same with everything sealed.
    restart_ms: f64,
    resident_bytes: u64,
    disk_bytes: u64,
    off: Vec<Figures>,
    on: Option<Vec<Figures>>,
}

/// Measures; the section as Markdown.
pub async fn run(sizes: &[u64], per_day: u64, calls: Calls) -> Result<String> {
    if !sizes.is_sorted_by(|smaller, larger| smaller < larger) {
        return Err(Error::Process("--rows must grow: 1M,10M,50M".into()));
    }
    let Some(&total) = sizes.last() else { return Err(Error::Process("--rows names no size".into())) };
    let has_switch = Server::has_partial_results_switch()?;
    if !has_switch {
        eprintln!("this server has no switch `--partial-results`: it runs as built");
    }
    let folder = tempfile::tempdir().map_err(io("make a folder"))?;
    let span_ms = (i128::from(PANEL_SPAN_MS) * i128::from(total) / i128::from(per_day)) as i64;
    let tweets = Tweets::over(total, span_ms, machine::now_ms());
    // Loads go on where the last one ended.
    let source = Arc::new(Mutex::new(tweets.clone()));
    let mut steps: Vec<Step> = Vec::new();
    for &rows in sizes {
        let before = steps.last().map_or(0, |step| step.rows);
        eprintln!("growing to {rows} tweets");
        let server = Server::start(folder.path(), &Setup::default()).await?;
        if before == 0 {
            server.api.make_collection(COLLECTION).await?;
        }
        let source = source.clone();
        let write_next =
            move |out: &mut Vec<u8>| source.lock().unwrap_or_else(PoisonError::into_inner).write_next(out);
        let loaded = load::stream(&server.api, COLLECTION, CONNECTIONS, rows - before, write_next).await?;
        drop(server);
        let step =
            measure(folder.path(), rows, loaded.seconds, tweets.time_ms(rows - 1), calls, has_switch).await?;
        steps.push(step);
    }
    Ok(report(&steps, per_day, calls, has_switch))
}

/// Restarts the server on what the load left, and times the refresh without and with partial results.
async fn measure(
    folder: &std::path::Path,
    rows: u64,
    load_seconds: f64,
    now_ms: i64,
    calls: Calls,
    has_switch: bool,
) -> Result<Step> {
    let statements = statements(now_ms, &vec![HASHTAG.to_owned(); calls.total()]);
    let without = Setup { partial_results: false, ..Setup::default() };
    let (server, restart_with_tail_ms) = restart(folder, &without, rows).await?;
    eprintln!("  restarted in {restart_with_tail_ms:.0} ms; waiting until all is sealed");
    server.wait_until_sealed().await?;
    eprintln!("  timing{}", if has_switch { ", partial results off" } else { "" });
    let off = suite::time_ours(&server.client, &statements, calls).await?;
    drop(server);
    let (server, restart_ms) = restart(folder, &Setup::default(), rows).await?;
    server.wait_until_sealed().await?;
    let mut on = None;
    if has_switch {
        eprintln!("  timing, partial results on");
        let measured = suite::time_ours(&server.client, &statements, calls).await?;
        suite::compare_ours(&statements, &off, &measured)?;
        on = Some(figures(&measured));
    }
    let (resident_bytes, disk_bytes) = (server.process.resident_bytes(), server.disk_bytes());
    let off = figures(&off);
    Ok(Step { rows, load_seconds, restart_with_tail_ms, restart_ms, resident_bytes, disk_bytes, off, on })
}

/// A server on what is there, and milliseconds from its start until it answered a query. Nothing may be lost.
async fn restart(folder: &std::path::Path, setup: &Setup, rows: u64) -> Result<(Server, f64)> {
    let server = Server::start(folder, setup).await?;
    let count = server.number("SELECT count(*) FROM tweets").await?;
    let ms = server.started.elapsed().as_secs_f64() * 1000.0;
    if count as u64 != rows {
        return Err(Error::Lost(format!(
            "{count} of {rows} documents are there after kill -9 and a restart"
        )));
    }
    Ok((server, ms))
}

fn report(steps: &[Step], per_day: u64, calls: Calls, has_switch: bool) -> String {
    let mut text = format!(
        "## Growth\n\n    {}\n\n{}. One collection of tweets, {per_day} for each day of event time, grown by POST; at each size \
         the server is killed (`kill -9`) and started again. A refresh is the seven panels of the hashtag `{HASHTAG}`, {} \
         warm calls of each after {}.\n\n",
        machine::command_line("growth"),
        machine(),
        calls.runs,
        calls.warm_up
    );
    text.push_str(
        "| tweets | added in s | restart with the unsealed tail, ms | restart, all sealed, ms | RAM with mapped files, MB | \
         on disk MB |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    for step in steps {
        text.push_str(&format!(
            "| {} | {:.1} | {:.0} | {:.0} | {:.0} | {:.0} |\n",
            step.rows,
            step.load_seconds,
            step.restart_with_tail_ms,
            step.restart_ms,
            step.resident_bytes as f64 / 1e6,
            step.disk_bytes as f64 / 1e6
        ));
    }
    let modes: [(&str, FiguresOf); 2] = [("off", |step| Some(&step.off)), ("on", |step| step.on.as_ref())];
    for (mode, figures) in modes {
        let columns: Vec<(u64, &Vec<Figures>)> =
            steps.iter().filter_map(|step| Some((step.rows, figures(step)?))).collect();
        if columns.is_empty() {
            text.push_str(
                "\nPartial results on were not measured: this server has no switch `--partial-results`.\n",
            );
            continue;
        }
        match has_switch {
            true => text.push_str(&format!("\nPartial results {mode}, ms:\n\n")),
            false => text.push_str("\nThis server has no switch `--partial-results`; as built, ms:\n\n"),
        }
        text.push_str(&table(&columns));
    }
    text
}

fn table(columns: &[(u64, &Vec<Figures>)]) -> String {
    let mut text = String::from("| median / p99 / first |");
    columns.iter().for_each(|(rows, _)| text.push_str(&format!(" {rows} |")));
    text.push_str(&format!("\n| --- |{}\n", " --- |".repeat(columns.len())));
    for (place, statement) in statements(0, &[]).iter().enumerate() {
        text.push_str(&format!("| {} |", statement.name));
        columns.iter().for_each(|(_, figures)| text.push_str(&format!(" {} |", figures[place])));
        text.push('\n');
    }
    text
}
