//! Statements timed in our server and in peers, one after another, with every answer compared.

use std::path::Path;
use std::time::Instant;

use rockhopper_client::{Client, Query};

use crate::answer;
use crate::compare::{Order, Rows, difference};
use crate::error::{Error, Result, io};
use crate::peer::{Engine, Peer, Python};
use crate::runs::{Calls, Figures};

/// How much of an answer an error shows.
const SHOWN_CHARS: usize = 600;

/// A statement and its calls, which may differ in their parameters.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Its name in tables.
    pub name: &'static str,
    /// What it leaves open.
    pub order: Order,
    /// One query for each call.
    pub calls: Vec<Query>,
}

/// A peer: how it is loaded and what it is asked.
#[derive(Clone, Debug)]
pub struct Contender {
    /// Its name in tables.
    pub name: &'static str,
    /// The engine.
    pub engine: Engine,
    /// Statements that load the data file.
    pub load: Vec<String>,
    /// For each statement, the text of each call.
    pub calls: Vec<Vec<String>>,
}

/// Whether engines may use results of earlier calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caches {
    /// Each call does all of its work.
    Off,
    /// As the engine does it by default, with its result cache turned on.
    On,
}

/// What our server did with one statement.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Milliseconds.
    pub figures: Figures,
    /// The answer of each call.
    pub answers: Vec<Rows>,
}

/// What a peer did.
#[derive(Clone, Debug)]
pub struct PeerMeasured {
    /// The engine's version.
    pub version: String,
    /// How long loading took.
    pub load_seconds: f64,
    /// Bytes on disk when it was quiet.
    pub disk_bytes: u64,
    /// Figures of each statement without caches.
    pub off: Vec<Figures>,
    /// Figures with caches, where the engine has any.
    pub on: Option<Vec<Figures>>,
}

/// Times our server's answers over HTTP and one kept connection.
///
/// # Errors
/// A statement fails.
pub async fn time_ours(client: &Client, statements: &[Statement], calls: Calls) -> Result<Vec<Measured>> {
    let mut measured = Vec::new();
    for statement in statements {
        let (mut all_ms, mut answers) = (Vec::new(), Vec::new());
        for query in &statement.calls {
            let started = Instant::now();
            let answer = client.query(query).await?;
            all_ms.push(started.elapsed().as_secs_f64() * 1000.0);
            answers.push(answer::rows(&answer));
        }
        let figures = calls.figures(&all_ms);
        eprintln!("  {}: {figures} ms", statement.name);
        measured.push(Measured { figures, answers });
    }
    Ok(measured)
}

/// Fails where two of our own runs answered differently.
///
/// # Errors
/// [`Error::Unequal`]
pub fn compare_ours(statements: &[Statement], off: &[Measured], on: &[Measured]) -> Result<()> {
    for ((statement, off), on) in statements.iter().zip(off).zip(on) {
        for (call, (off, on)) in off.answers.iter().zip(&on.answers).enumerate() {
            compare(statement, call, off, on, "Rockhopper with partial results")?;
        }
    }
    Ok(())
}

/// Loads a peer into a folder that is deleted afterwards, times it and compares its answers with ours.
///
/// # Errors
/// It cannot be started, a statement fails, or an answer differs.
pub async fn time_peer(
    python: &Python,
    scratch: &Path,
    contender: &Contender,
    statements: &[Statement],
    ours: &[Measured],
    calls: Calls,
) -> Result<PeerMeasured> {
    let folder = tempfile::tempdir_in(scratch).map_err(io("make a folder"))?;
    eprintln!("{}: loading", contender.name);
    let mut peer = Peer::start(python, contender.engine, folder.path()).await?;
    let started = Instant::now();
    for sql in &contender.load {
        peer.run(sql).await?;
    }
    let load_seconds = started.elapsed().as_secs_f64();
    peer.process.wait_until_quiet().await?;
    let disk_bytes = peer.disk_bytes().await?;
    eprintln!("{}: {load_seconds:.1} s; timing", contender.name);
    let off = time_calls(&mut peer, contender, Caches::Off, statements, ours, calls).await?;
    let on = match contender.engine {
        Engine::DuckDb => None,
        Engine::ClickHouse => {
            Some(time_calls(&mut peer, contender, Caches::On, statements, ours, calls).await?)
        }
    };
    Ok(PeerMeasured { version: peer.version.clone(), load_seconds, disk_bytes, off, on })
}

async fn time_calls(
    peer: &mut Peer,
    contender: &Contender,
    caches: Caches,
    statements: &[Statement],
    ours: &[Measured],
    calls: Calls,
) -> Result<Vec<Figures>> {
    let mut figures = Vec::new();
    for ((statement, ours), texts) in statements.iter().zip(ours).zip(&contender.calls) {
        let mut all_ms = Vec::new();
        for (call, text) in texts.iter().enumerate() {
            let (ms, theirs) = peer.run(&format!("{text}{}", settings(contender.engine, caches))).await?;
            all_ms.push(ms);
            compare(statement, call, &ours.answers[call], &theirs, contender.name)?;
        }
        figures.push(calls.figures(&all_ms));
    }
    Ok(figures)
}

/// What is added to each statement.
fn settings(engine: Engine, caches: Caches) -> &'static str {
    match (engine, caches) {
        (Engine::DuckDb, _) => "",
        (Engine::ClickHouse, Caches::Off) => " SETTINGS use_query_cache = 0, use_query_condition_cache = 0",
        (Engine::ClickHouse, Caches::On) => {
            " SETTINGS use_query_cache = 1, enable_writes_to_query_cache = 1, enable_reads_from_query_cache = 1, \
             query_cache_nondeterministic_function_handling = 'save', use_query_condition_cache = 1"
        }
    }
}

fn compare(statement: &Statement, call: usize, ours: &Rows, theirs: &Rows, peer: &'static str) -> Result<()> {
    let Some(difference) = difference(statement.order, ours, theirs) else { return Ok(()) };
    let shown =
        |rows: &Rows| serde_json::to_string(rows).unwrap_or_default().chars().take(SHOWN_CHARS).collect();
    let parameters = statement.calls[call].parameters.iter();
    let parameters: Vec<String> =
        parameters.map(|parameter| format!("{} = {}", parameter.name, parameter.value)).collect();
    let query = format!("{} ({})", statement.name, parameters.join(", "));
    Err(Error::Unequal { query, call, difference, peer, ours: shown(ours), theirs: shown(theirs) })
}

/// A table of medians, p99 and first calls with the ratios of the medians: theirs by ours.
pub fn table(statements: &[Statement], ours: &[Figures], peers: &[(&str, &[Figures])]) -> String {
    let mut text = String::from("| ms: median / p99 / first | Rockhopper |");
    for (name, _) in peers {
        text.push_str(&format!(" {name} | ratio |"));
    }
    text.push_str(&format!("\n| --- | --- |{}\n", " --- | --- |".repeat(peers.len())));
    for (place, statement) in statements.iter().enumerate() {
        text.push_str(&format!("| {} | {} |", statement.name, ours[place]));
        for (_, figures) in peers {
            let ratio = figures[place].median_ms / ours[place].median_ms;
            text.push_str(&format!(" {} | {ratio:.1} |", figures[place]));
        }
        text.push('\n');
    }
    text
}
