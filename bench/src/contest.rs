//! The same statements on the same documents in all engines, one after another, each alone on the machine.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::error::{Error, Result, io};
use crate::load::{self, Loaded};
use crate::peer::Python;
use crate::runs::{Calls, Figures};
use crate::server::{Server, Setup};
use crate::suite::{self, Contender, Measured, PeerMeasured, Statement};

const CONNECTIONS: usize = 4;

/// The documents of one size in a file, which is deleted when this is dropped.
pub struct Documents {
    scratch: TempDir,
    /// The file: one document a line.
    pub path: PathBuf,
    rows: u64,
    bytes: u64,
}

impl Documents {
    /// Writes documents; `write_next` appends one and says whether there was one.
    ///
    /// # Errors
    /// The file cannot be written.
    pub async fn write(
        rows: u64,
        mut write_next: impl FnMut(&mut Vec<u8>) -> bool + Send + 'static,
    ) -> Result<Documents> {
        let scratch = tempfile::tempdir().map_err(io("make a folder"))?;
        let path = scratch.path().join("documents.ndjson");
        eprintln!("making {rows} documents");
        let mut file =
            BufWriter::with_capacity(1 << 20, File::create(&path).map_err(io("make the data file"))?);
        let writing = tokio::task::spawn_blocking(move || {
            let (mut line, mut bytes) = (Vec::new(), 0);
            while write_next(&mut line) {
                bytes += line.len() as u64;
                line.push(b'\n');
                file.write_all(&line)?;
                line.clear();
            }
            file.flush().map(|()| bytes)
        });
        let written =
            writing.await.map_err(|error| Error::Process(format!("the generator broke off: {error}")))?;
        let bytes = written.map_err(io("write the data file"))?;
        Ok(Documents { scratch, path, rows, bytes })
    }
}

/// What was measured at one size.
pub struct Outcome {
    /// Our server without partial results, or as built where it has no switch.
    pub off: Vec<Measured>,
    on: Option<Vec<Measured>>,
    loaded: Loaded,
    disk_bytes: u64,
    peers: Vec<(&'static str, PeerMeasured)>,
}

/// Our server first, so that every answer of the peers can be compared.
///
/// # Errors
/// An engine fails, or answers differ.
pub async fn hold(
    python: &Python,
    documents: &Documents,
    collection: &'static str,
    statements: &[Statement],
    contenders: &[Contender],
    calls: Calls,
) -> Result<Outcome> {
    let mut outcome = measure_ours(documents, collection, statements, calls).await?;
    for contender in contenders {
        let scratch = documents.scratch.path();
        let measured = suite::time_peer(python, scratch, contender, statements, &outcome.off, calls).await?;
        outcome.peers.push((contender.name, measured));
    }
    Ok(outcome)
}

async fn measure_ours(
    documents: &Documents,
    collection: &'static str,
    statements: &[Statement],
    calls: Calls,
) -> Result<Outcome> {
    let folder = tempfile::tempdir_in(documents.scratch.path()).map_err(io("make a folder"))?;
    eprintln!("Rockhopper: loading");
    let without = Setup { partial_results: false, ..Setup::default() };
    let server = Server::start(folder.path(), &without).await?;
    server.api.make_collection(collection).await?;
    let loaded =
        load::stream(&server.api, collection, CONNECTIONS, u64::MAX, lines(&documents.path)?).await?;
    eprintln!("Rockhopper: {:.1} s; waiting until all is sealed (about a minute)", loaded.seconds);
    server.wait_until_sealed().await?;
    let count = server.number(&format!("SELECT count(*) FROM {collection}")).await?;
    if count as u64 != documents.rows {
        return Err(Error::Lost(format!("{count} of {} documents are there", documents.rows)));
    }
    let disk_bytes = server.disk_bytes();
    eprintln!("Rockhopper: timing, caches off");
    let off = suite::time_ours(&server.client, statements, calls).await?;
    drop(server);
    let mut on = None;
    if Server::has_partial_results_switch()? {
        let server = Server::start(folder.path(), &Setup::default()).await?;
        server.wait_until_sealed().await?;
        eprintln!("Rockhopper: timing, caches on");
        let measured = suite::time_ours(&server.client, statements, calls).await?;
        suite::compare_ours(statements, &off, &measured)?;
        on = Some(measured);
    }
    Ok(Outcome { off, on, loaded, disk_bytes, peers: Vec::new() })
}

/// The lines of a file, one after another.
fn lines(path: &Path) -> Result<impl FnMut(&mut Vec<u8>) -> bool + Send + 'static> {
    let mut lines = BufReader::new(File::open(path).map_err(io("read the data file"))?);
    Ok(move |out: &mut Vec<u8>| {
        let read = lines.read_until(b'\n', out).unwrap_or_default();
        if read > 0 {
            out.pop();
        }
        read > 0
    })
}

/// The tables of one size as Markdown.
pub fn report(documents: &Documents, statements: &[Statement], outcome: &Outcome) -> String {
    let Documents { rows, bytes, .. } = documents;
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    let mut text = format!("\n### {rows} documents of {} bytes\n\n", bytes / rows);
    text.push_str("| engine | version | loaded in s | on disk MB |\n| --- | --- | --- | --- |\n");
    text.push_str(&format!(
        "| Rockhopper, whole documents, through POST | {} | {:.1} | {:.0} |\n",
        env!("CARGO_PKG_VERSION"),
        outcome.loaded.seconds,
        megabytes(outcome.disk_bytes)
    ));
    for (name, peer) in &outcome.peers {
        let (seconds, disk) = (peer.load_seconds, megabytes(peer.disk_bytes));
        text.push_str(&format!("| {name} | {} | {seconds:.1} | {disk:.0} |\n", peer.version));
    }
    let off: Vec<(&str, &[Figures])> = outcome.peers.iter().map(|(name, peer)| (*name, &*peer.off)).collect();
    match outcome.on {
        Some(_) => text.push_str("\nPartial results and caches of results off:\n\n"),
        None => text.push_str(
            "\n**This server has no switch `--partial-results`**: it ran as built, the peers with caches of results off. \
             Caches on were not measured.\n\n",
        ),
    }
    text.push_str(&suite::table(statements, &figures(&outcome.off), &off));
    if let Some(on) = &outcome.on {
        let theirs: Vec<(&str, &[Figures])> = outcome
            .peers
            .iter()
            .map(|(name, peer)| (*name, peer.on.as_deref().unwrap_or(&peer.off)))
            .collect();
        text.push_str(
            "\nPartial results and caches on. DuckDB has none: its figures are those above. ClickHouse caches query \
             conditions; its library keeps no cache of results, though it is turned on:\n\n",
        );
        text.push_str(&suite::table(statements, &figures(on), &theirs));
    }
    text
}

/// The figures alone.
pub fn figures(measured: &[Measured]) -> Vec<Figures> {
    measured.iter().map(|measured| measured.figures).collect()
}
