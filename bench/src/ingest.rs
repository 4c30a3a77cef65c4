//! `ingest`: what a document costs from POST to sealed segment.

use crate::cpu::{Cpu, Watch};
use crate::error::{Error, Result, io};
use crate::load::{self, Body, Loaded};
use crate::machine::{self, machine, memory_bytes};
use crate::process::pin_own;
use crate::server::{Server, Setup};
use crate::tweets::Tweets;

/// Bodies are made beforehand if they take at most this share of the memory that is free.
const MEMORY_SHARE: f64 = 0.4;
/// What a thread is for, by how its name begins.
const STAGES: &[(&str, &str)] = &[
    ("http", "HTTP: taking in the body, splitting it into documents, answering"),
    ("blocking", "blocking pool: shredding, writing the log, publishing"),
    ("storage-merge", "merging chunks to blocks"),
    ("storage-seal", "sealing blocks to segments, merging segments"),
    ("query", "queries"),
];

/// Measures with all cores, and with the server on one core and the client on the others; the section as Markdown.
pub async fn run(rows: u64, connections: usize) -> Result<String> {
    let mut text = format!(
        "## Ingest\n\n    {}\n\n{}. Whole tweets through the POST door in bodies of up to 10 MiB, {connections} connections. \
         CPU is the server's, by thread, from the first request until all is sealed; the client's is apart.\n",
        machine::command_line("ingest"),
        machine()
    );
    let cores = machine::cores();
    text.push_str(&measure(rows, connections, None).await?);
    if cores == 1 {
        text.push_str("\nThere is only one core: the server on a core of its own was not measured.\n");
        return Ok(text);
    }
    let last = cores - 1;
    pin_own(&if last == 1 { "1".to_owned() } else { format!("1-{last}") })?;
    let pinned = measure(rows, connections, Some(0)).await;
    pin_own(&format!("0-{last}"))?;
    text.push_str(&pinned?);
    Ok(text)
}

async fn measure(rows: u64, connections: usize, core: Option<usize>) -> Result<String> {
    let folder = tempfile::tempdir().map_err(io("make a folder"))?;
    let server = Server::start(folder.path(), &Setup { core, ..Setup::default() }).await?;
    server.api.make_collection("tweets").await?;
    let mut tweets = Tweets::of_a_day(rows, machine::now_ms());
    let made_before = (rows * 900) as f64 <= memory_bytes("MemAvailable:") as f64 * MEMORY_SHARE;
    let http_threads = if core.is_some() { 1 } else { machine::cores() };
    let (watch, loaded) = if made_before {
        eprintln!("making {rows} tweets in memory");
        let bodies = tokio::task::spawn_blocking(move || all_bodies(&mut tweets)).await;
        let bodies = bodies.map_err(|error| Error::Process(format!("the generator broke off: {error}")))?;
        eprintln!("posting them{}", if core.is_some() { ", the server on one core" } else { "" });
        let watch = Watch::start(&server.process, http_threads)?;
        (watch, load::bodies(&server.api, "tweets", connections, bodies).await?)
    } else {
        eprintln!("{rows} tweets do not fit in memory: they are made while they are posted");
        let watch = Watch::start(&server.process, http_threads)?;
        let write_next = move |out: &mut Vec<u8>| tweets.write_next(out);
        (watch, load::stream(&server.api, "tweets", connections, u64::MAX, write_next).await?)
    };
    let disk_before = server.disk_bytes();
    let posted = watch.cpu()?;
    eprintln!("posted in {:.1} s; waiting until all is sealed (about a minute)", loaded.seconds);
    server.wait_until_sealed().await?;
    let sealed = watch.cpu()?;
    let count = server.number("SELECT count(*) FROM tweets").await?;
    if count as u64 != rows {
        return Err(Error::Lost(format!("{count} of {rows} documents are there")));
    }
    Ok(report(core, made_before, &loaded, &posted, &sealed, disk_before, server.disk_bytes()))
}

fn all_bodies(tweets: &mut Tweets) -> Vec<Body> {
    std::iter::from_fn(|| load::next_body(u64::MAX, &mut |out| tweets.write_next(out))).collect()
}

fn report(
    core: Option<usize>,
    made_before: bool,
    loaded: &Loaded,
    posted: &Cpu,
    sealed: &Cpu,
    disk_before: u64,
    disk_after: u64,
) -> String {
    let documents = loaded.documents as f64;
    let per_document = |ms: f64| ms * 1000.0 / documents;
    let per_million = |bytes: u64| bytes as f64 / documents;
    let title = match core {
        None => "All cores, shared with the client".to_owned(),
        Some(core) => format!("The server on core {core} alone, the client on the others"),
    };
    let mut text = format!(
        "\n### {title}\n\n{} documents of {} bytes, {}. Posted and durable in {:.2} s: **{:.0} documents/s**. On disk {:.0} MB \
         per million before sealing (with the log), **{:.0} MB** after it.\n\n| stage | us/document until the last \
         answer | until all is sealed |\n| --- | --- | --- |\n",
        loaded.documents,
        loaded.bytes / loaded.documents.max(1),
        if made_before { "made beforehand" } else { "made while they were posted" },
        loaded.seconds,
        documents / loaded.seconds,
        per_million(disk_before),
        per_million(disk_after),
    );
    for (stage, &ms) in sealed.by_stage.iter().filter(|(_, ms)| per_document(**ms) >= 0.005) {
        let title = STAGES.iter().find(|(name, _)| name == stage).map_or(stage.as_str(), |(_, title)| title);
        let before = posted.by_stage.get(stage).copied().unwrap_or_default();
        text.push_str(&format!("| {title} | {:.2} | {:.2} |\n", per_document(before), per_document(ms)));
    }
    text.push_str(&format!(
        "| **in all** | {:.2} | **{:.2}** |\n",
        per_document(posted.process_ms),
        per_document(sealed.process_ms)
    ));
    text
}
