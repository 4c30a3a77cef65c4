//! `kinesis-producer`: writes posts of a social stream, a file or a generator to a Kinesis stream.

use std::io::{BufWriter, ErrorKind, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Parser;
use kinesis_producer::args::{Cli, Command, RunArgs};
use kinesis_producer::aws::Kinesis;
use kinesis_producer::counts::Counts;
use kinesis_producer::error::{Error, Result};
use kinesis_producer::generate::{Generator, Profile};
use kinesis_producer::{input, run};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::CreateStream { stream, shards } => create_stream(&stream, shards).await,
        Command::Run(arguments) => produce(&arguments).await,
        Command::Generate { profile, count, seed, end_ms } => generate(profile, count, seed, end_ms),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn create_stream(stream: &str, shard_count: i32) -> Result<()> {
    let kinesis = Kinesis::connect(stream).await;
    let created = kinesis.create(shard_count).await?;
    let (open, place) = (kinesis.open_shards().await?, kinesis.place());
    match created {
        true => println!("stream {stream} is active at {place}, with {open} shards"),
        false => println!("stream {stream} exists already at {place}, with {open} shards"),
    }
    Ok(())
}

async fn produce(arguments: &RunArgs) -> Result<()> {
    let (input, options) = arguments.input()?;
    let kinesis = Kinesis::connect(&arguments.stream).await;
    let open = kinesis.open_shards().await?;
    eprintln!("writing to stream {} at {}, with {open} shards", arguments.stream, kinesis.place());
    let counts = Arc::new(Counts::default());
    let stop = stop_on_signal()?;
    let posts = input::start(input, options, counts.clone());
    let (totals, result) = run::run(Arc::new(kinesis), posts, counts, stop).await;
    println!("{}", totals.summary());
    result
}

/// A token that is cancelled by SIGTERM or SIGINT.
fn stop_on_signal() -> Result<CancellationToken> {
    let io = |source| Error::Io { action: "listen for", path: "signals".into(), source };
    let mut terminate = signal(SignalKind::terminate()).map_err(io)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(io)?;
    let stop = CancellationToken::new();
    let token = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        eprintln!("stopping: what was read is still sent");
        token.cancel();
    });
    Ok(stop)
}

fn generate(profile: Profile, count: u64, seed: u64, end_ms: Option<i64>) -> Result<()> {
    let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_millis() as i64);
    let end_ms = end_ms.unwrap_or(now_ms);
    let mut generator = Generator::new(profile, seed);
    let mut out = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
    let mut line = Vec::new();
    let mut write = || {
        for index in 0..count {
            line.clear();
            generator.write_post(Generator::time_of(profile, index, count, end_ms), &mut line);
            line.push(b'\n');
            out.write_all(&line)?;
        }
        out.flush()
    };
    match write() {
        // Whoever reads has enough: `generate | head`.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => {
            result.map_err(|source| Error::Io { action: "write", path: "standard output".into(), source })
        }
    }
}
