//! `freshness`: how long until a query sees a document.

mod kinesis;
mod panels;
mod post;
mod schedule;
mod watch;

use std::path::Path;

use clap::ValueEnum;
use tokio::task::JoinHandle;

use crate::error::{Error, Result, io};
use crate::machine::{self, machine};
use crate::runs::Spread;
use crate::server::{Server, Setup};
use kinesis::LocalKinesis;
use panels::Refreshes;
use watch::{Outstanding, Seen};

/// Which way documents come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Door {
    /// POST of documents, 20 MB/s
    Post,
    /// Kinesis, 1,000 documents/s
    Kinesis,
}

impl Door {
    /// The name of its section in the page.
    pub fn section(self) -> &'static str {
        match self {
            Door::Post => "freshness-post",
            Door::Kinesis => "freshness-kinesis",
        }
    }
}

/// Measures; the section as Markdown.
///
/// # Errors
/// A document is lost or doubled, a panel fails, or the server refuses.
pub async fn run(root: &Path, door: Door, seconds: u64) -> Result<String> {
    let machine = machine();
    let folder = tempfile::tempdir().map_err(io("make a folder"))?;
    let kinesis = match door {
        Door::Post => None,
        Door::Kinesis => Some(LocalKinesis::start(root, &folder.path().join("kinesis")).await?),
    };
    let environment = kinesis.as_ref().map(LocalKinesis::environment).unwrap_or_default();
    let server =
        Server::start(&folder.path().join("server"), &Setup { environment, ..Setup::default() }).await?;
    match &kinesis {
        Some(kinesis) => kinesis.make_collection(&server.api).await?,
        None => server.api.make_collection("tweets").await?,
    }
    let outstanding = Outstanding::default();
    let (over, sent) = tokio::sync::watch::channel(false);
    let looking =
        Task(tokio::spawn(watch::look(server.api.new_client()?, outstanding.clone(), sent.clone())));
    let refreshing = match door {
        Door::Post => Some(Task(tokio::spawn(panels::refresh(server.api.new_client()?, sent)))),
        Door::Kinesis => None,
    };
    eprintln!("sending for {seconds} s");
    let before_ms = server.process.cpu_ms()?;
    let (documents, answered) = match &kinesis {
        Some(kinesis) => kinesis.send(seconds, &outstanding).await?,
        None => post::send(&server.api, seconds, &outstanding).await?,
    };
    let cpu_ms = server.process.cpu_ms()? - before_ms;
    // The receivers are gone only if they failed, which they say themselves.
    let _ = over.send(true);
    let seen = looking.end().await?;
    let refreshes = match refreshing {
        Some(refreshing) => Some(refreshing.end().await?),
        None => None,
    };
    count(&server, documents).await?;
    let cpu_share = cpu_ms / 10.0 / seconds as f64;
    Ok(report(door, &machine, documents, seconds, &seen, &answered, refreshes.as_ref(), cpu_share))
}

/// A task that ends when nobody waits for it any more.
struct Task<T>(JoinHandle<Result<T>>);

impl<T> Task<T> {
    async fn end(mut self) -> Result<T> {
        let ended = (&mut self.0).await;
        ended.map_err(|error| Error::Process(format!("a task broke off: {error}")))?
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Every document is there once.
async fn count(server: &Server, documents: u64) -> Result<()> {
    let all = server.number("SELECT count(*) FROM tweets").await?;
    let different = server.number("SELECT count(DISTINCT t.number) FROM tweets t").await?;
    let last = server.number("SELECT max(t.number) FROM tweets t").await?;
    let expected = documents as i64;
    if (all, different, last) == (expected, expected, expected - 1) {
        return Ok(());
    }
    Err(Error::Lost(format!(
        "{documents} documents were sent, {all} are there, {different} different ones, the last is number {last}"
    )))
}

#[allow(clippy::too_many_arguments)]
fn report(
    door: Door,
    machine: &str,
    documents: u64,
    seconds: u64,
    seen: &Seen,
    answered: &Spread,
    refreshes: Option<&Refreshes>,
    cpu_share: f64,
) -> String {
    let (title, how, accepted) = match door {
        Door::Post => (
            "Freshness through the POST door",
            format!(
                "{} MB/s in a request each {} ms, ten panels refreshed each second",
                post::BYTES_PER_S / 1_000_000,
                post::INTERVAL.as_millis()
            ),
            "the last byte was handed to the connection",
        ),
        Door::Kinesis => (
            "Freshness through Kinesis",
            format!(
                "{} documents in a PutRecords each {} ms, {} shards of the local Kinesis that `./start` uses, polled each 200 ms",
                kinesis::BATCH_DOCUMENTS,
                kinesis::INTERVAL.as_millis(),
                kinesis::SHARDS
            ),
            "Kinesis' answer to PutRecords",
        ),
    };
    let mut text = format!(
        "## {title}\n\n    {}\n\n{machine}. {how}, for {seconds} s: {documents} documents, each of which a query found once. \
         An open loop: a late answer delays no later send. The server used {cpu_share:.0} % of a core.\n\n\
         | ms until a query saw it | p50 | p99 | max |\n| --- | --- | --- | --- |\n",
        machine::command_line("freshness")
    );
    let rows = [
        (format!("since {accepted}"), &seen.accepted),
        ("since the scheduled send".to_owned(), &seen.scheduled),
        ("(a look: the query that sees)".to_owned(), &seen.look),
        ("(the request's own answer, since the scheduled send)".to_owned(), answered),
    ];
    for (what, spread) in rows {
        text.push_str(&row(&what, spread));
    }
    if let Some(refreshes) = refreshes {
        text.push_str(&row(&format!("(a panel, {} refreshes of ten)", refreshes.count), &refreshes.panel));
    }
    text
}

fn row(what: &str, spread: &Spread) -> String {
    format!("| {what} | {:.1} | {:.1} | {:.1} |\n", spread.at(0.5), spread.at(0.99), spread.at(1.0))
}
