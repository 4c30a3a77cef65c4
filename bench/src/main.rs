//! Benchmarks through the doors that users have: HTTP with Arrow answers for queries, POST and Kinesis for documents.
//!
//! Each command makes its own data, starts its own server on a fresh folder, compares answers or counts documents, and
//! writes its section of `docs/benchmarks.md`. `bench/bench` builds what it needs and starts it.

mod answer;
mod bluesky;
mod compare;
mod contest;
mod cpu;
mod error;
mod freshness;
mod growth;
mod ingest;
mod load;
mod machine;
mod page;
mod panels;
mod peer;
mod process;
mod runs;
mod server;
mod suite;
mod tweets;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

use crate::error::{Error, Result, io};
use crate::freshness::Door;
use crate::peer::Python;
use crate::runs::Calls;

/// Measures Rockhopper, beside DuckDB and ClickHouse where they have the same work, and writes docs/benchmarks.md.
///
/// Each command makes its own data, starts its own server on a fresh folder and replaces its own section of the page.
/// A run fails where answers differ or a document is lost. Files are made in TMPDIR (default /tmp) and deleted at the
/// end, also after Ctrl-C. Progress goes to standard error, the section to standard output and the page.
#[derive(Parser)]
#[command(
    version,
    name = "bench/bench",
    bin_name = "bench/bench",
    after_help = "\
Examples:
  bench/bench panels --rows 1M,10M --runs 100
  bench/bench freshness --door kinesis --seconds 120
  TMPDIR=/mnt/large bench/bench growth --rows 1M,10M,50M
  bench/bench ingest --out /tmp/ingest.md         try without touching docs/benchmarks.md"
)]
struct Arguments {
    /// The project's folder
    #[arg(long, default_value = ".", hide = true)]
    root: PathBuf,
    /// The Python that has the peers
    #[arg(long, default_value = "python3", hide = true)]
    python: PathBuf,
    /// The page whose section is replaced [default: docs/benchmarks.md]
    #[arg(long, global = true, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The dashboards' queries over many tweets, beside DuckDB and ClickHouse
    ///
    /// Loads each engine in turn, one alive at a time, and compares every answer. Takes about 2.5 GB of disk and 5
    /// minutes for each million tweets.
    Panels {
        /// How many tweets: 100k, 1M, 1M,10M
        #[arg(long, default_value = "1M", value_delimiter = ',', value_parser = count)]
        rows: Vec<u64>,
        #[command(flatten)]
        calls: Calls,
    },
    /// What a document costs from POST to sealed segment: CPU by stage, documents/s, bytes on disk
    ///
    /// Runs twice: on all cores, and with the server on core 0 and the client on the others (needs taskset).
    Ingest {
        /// How many tweets
        #[arg(long, default_value = "1M", value_parser = count)]
        rows: u64,
        /// How many requests at a time
        #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..))]
        connections: u16,
    },
    /// Time from a document's scheduled send, and from its acceptance, until a query sees it
    ///
    /// An open loop: a late answer does not delay the next send. Every document carries a number and is counted. Through
    /// the POST door: 20 MB/s with ten panels refreshing each second. Through Kinesis: 1,000 documents/s and a local
    /// Kinesis, which is started.
    Freshness {
        /// Which way documents come in
        #[arg(long, value_enum, default_value_t = Door::Post)]
        door: Door,
        /// How long documents are sent
        #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
        seconds: u64,
    },
    /// JSONBench's five queries over Bluesky-shaped events, beside DuckDB and ClickHouse
    Bluesky {
        /// How many events: 100k, 1M, 1M,10M
        #[arg(long, default_value = "1M", value_delimiter = ',', value_parser = count)]
        rows: Vec<u64>,
        #[command(flatten)]
        calls: Calls,
    },
    /// One collection grown step by step: the same refresh, restart time, memory and disk at each size
    Growth {
        /// The sizes
        #[arg(long, default_value = "1M,10M,50M", value_delimiter = ',', value_parser = count)]
        rows: Vec<u64>,
        /// How many tweets there are for each day of event time
        #[arg(long, default_value = "1M", value_parser = count)]
        per_day: u64,
        #[command(flatten)]
        calls: Calls,
    },
}

/// Reads a number such as `100k` or `1M`.
fn count(text: &str) -> std::result::Result<u64, String> {
    let (digits, unit) = match text.to_ascii_lowercase() {
        text if text.ends_with('m') => (text[..text.len() - 1].to_owned(), 1_000_000),
        text if text.ends_with('k') => (text[..text.len() - 1].to_owned(), 1_000),
        text => (text, 1),
    };
    match digits.parse::<u64>() {
        Ok(count @ 1..=1_000_000_000) => Ok(count * unit),
        _ => Err("expected a number such as 100k or 1M".into()),
    }
}

#[tokio::main]
async fn main() {
    let arguments = Arguments::parse();
    let result = tokio::select! {
        result = run(&arguments) => result,
        error = interrupted() => Err(error),
    };
    let code = match result {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("bench: {error}");
            1
        }
    };
    // What `run` had started was stopped and its files were deleted as it was dropped. A generator that still runs
    // must not hold up the end.
    std::process::exit(code);
}

async fn run(arguments: &Arguments) -> Result<()> {
    let python = Python { interpreter: arguments.python.clone(), root: arguments.root.clone() };
    let (section, text) = match &arguments.command {
        Command::Panels { rows, calls } => ("panels", panels::run(&python, rows, *calls).await?),
        Command::Ingest { rows, connections } => {
            ("ingest", ingest::run(*rows, usize::from(*connections)).await?)
        }
        Command::Freshness { door, seconds } => {
            (door.section(), freshness::run(&arguments.root, *door, *seconds).await?)
        }
        Command::Bluesky { rows, calls } => ("bluesky", bluesky::run(&python, rows, *calls).await?),
        Command::Growth { rows, per_day, calls } => ("growth", growth::run(rows, *per_day, *calls).await?),
    };
    println!("{text}");
    let out = arguments.out.clone().unwrap_or_else(|| arguments.root.join("docs/benchmarks.md"));
    page::write(&out, section, &text)?;
    eprintln!("wrote the section {section} of {}", out.display());
    Ok(())
}

/// Ends when the user or the system wants this process to end.
async fn interrupted() -> Error {
    let signals = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    match signals {
        (Ok(mut interrupt), Ok(mut terminate)) => tokio::select! {
            _ = interrupt.recv() => Error::Interrupted,
            _ = terminate.recv() => Error::Interrupted,
        },
        (Err(error), _) | (_, Err(error)) => io("listen for signals")(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_units() {
        assert_eq!(["100k", "1M", "7"].map(count), [Ok(100_000), Ok(1_000_000), Ok(7)]);
        for wrong in ["", "M", "-1", "1.5M", "0", "1000000001"] {
            assert!(count(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_command_line_is_sound() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }
}
