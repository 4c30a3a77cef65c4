//! Benchmarks through the doors that users have: HTTP with Arrow answers for queries, Kinesis for posts.
//!
//! Each run makes its own data, starts its own server on a fresh folder, compares answers and prints medians, p99 and
//! ratios as Markdown. `bench/bench` builds what it needs and starts it.

mod error;
mod freshness;
mod panels;
mod peer;
mod report;
mod server;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Measures Rockhopper.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    /// The project's folder
    #[arg(long, default_value = ".")]
    root: PathBuf,
    /// The Python that has DuckDB
    #[arg(long, default_value = "python3")]
    python: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The dashboards' queries over many tweets, beside DuckDB
    Panels {
        /// How many tweets: 100k, 1M
        #[arg(long, default_value = "1M", value_parser = count)]
        rows: u64,
        /// How often each query runs warm
        #[arg(long, default_value_t = 30)]
        runs: usize,
    },
    /// Time from Kinesis' answer to PutRecords until a query sees the post
    Freshness {
        /// A Kinesis that listens without TLS, as a local one
        #[arg(long, env = "AWS_ENDPOINT_URL_KINESIS")]
        kinesis: String,
        /// How many posts
        #[arg(long, default_value_t = 200)]
        posts: usize,
    },
}

fn count(text: &str) -> Result<u64, String> {
    let (digits, unit) = match text.to_ascii_lowercase() {
        text if text.ends_with('m') => (text[..text.len() - 1].to_owned(), 1_000_000),
        text if text.ends_with('k') => (text[..text.len() - 1].to_owned(), 1_000),
        text => (text, 1),
    };
    digits.parse::<u64>().map(|count| count * unit).map_err(|_| "expected a number such as 100k or 1M".into())
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Command::Panels { rows, runs } => panels::run(&arguments.root, &arguments.python, rows, runs).await,
        Command::Freshness { kinesis, posts } => freshness::run(&kinesis, posts).await,
    };
    match result {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}
