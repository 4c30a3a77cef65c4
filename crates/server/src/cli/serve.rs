//! `rockhopper serve`

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use rockhopper_api::Secret;
use rockhopper_embedded::{EmbeddedEngine, EmbeddedOptions, StoreOptions};
use tracing_subscriber::EnvFilter;

use super::connection::DEFAULT_DATA_DIR;
use crate::serve::{listen, read_tls, serve};
use crate::{App, Error, Result, key};

/// The fewest rows that `--segment-rows` takes.
const MIN_SEGMENT_ROWS: usize = 1000;
/// The most rows that `--segment-rows` takes.
const MAX_SEGMENT_ROWS: usize = 10_000_000;

/// Start the server.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rockhopper serve --data-dir /var/lib/rockhopper
  rockhopper serve --listen 0.0.0.0:9443 --tls-cert cert.pem --tls-key key.pem --log-format json

Stop it with SIGTERM or Ctrl-C: requests that run may end. After kill -9 nothing is lost either.")]
pub struct Arguments {
    /// The address to listen on
    #[arg(long, env = "ROCKHOPPER_LISTEN", default_value = "127.0.0.1:9080", value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
    /// Where data, names and the key are kept; made if it is not there
    #[arg(long, env = "ROCKHOPPER_DATA_DIR", default_value = DEFAULT_DATA_DIR, value_name = "DIR")]
    data_dir: PathBuf,
    /// A file that holds the API key [default: ROCKHOPPER_API_KEY, else DIR/api-key, made on first start]
    #[arg(long, value_name = "FILE")]
    api_key_file: Option<PathBuf>,
    /// A PEM file with the TLS certificate; without it the server speaks plain HTTP
    #[arg(long, requires = "tls_key", value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// A PEM file with the certificate's key
    #[arg(long, requires = "tls_cert", value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// How much memory queries may use together to sort, group, join and hold results, such as 512MiB [default: 4GiB]
    #[arg(long, env = "ROCKHOPPER_MEMORY_LIMIT", value_parser = parse_bytes, value_name = "SIZE")]
    memory_limit: Option<usize>,
    /// How much of it one query may use, such as 256MiB [default: 1GiB, or all of it if that is less]
    #[arg(long, env = "ROCKHOPPER_QUERY_MEMORY_LIMIT", value_parser = parse_bytes, value_name = "SIZE")]
    query_memory_limit: Option<usize>,
    /// How much memory partial results may use: what GROUP BY found in sealed segments; 0 turns them off
    #[arg(
        long,
        env = "ROCKHOPPER_PARTIAL_RESULTS",
        value_parser = parse_bytes,
        value_name = "SIZE",
        default_value = "256MiB"
    )]
    partial_results: usize,
    /// How much memory decoded columns of sealed segments may use
    #[arg(
        long,
        env = "ROCKHOPPER_COLUMN_CACHE",
        value_parser = parse_bytes,
        value_name = "SIZE",
        default_value = "1GiB"
    )]
    column_cache: usize,
    /// Documents are sealed into a segment file when the oldest of them is this old, such as 500ms, 30s or 5m
    #[arg(long, default_value = "60s", value_parser = parse_duration, value_name = "TIME")]
    seal_after: Duration,
    /// Documents are sealed into a segment file when they are this many; fewer cost less memory, more make fewer files
    #[arg(long, default_value_t = StoreOptions::default().segment_rows, value_parser = parse_rows, value_name = "ROWS")]
    segment_rows: usize,
    /// How the log looks; RUST_LOG says how much is logged
    #[arg(long, value_enum, default_value_t = LogFormat::Human)]
    log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormat {
    /// Lines to read
    Human,
    /// One JSON object a line
    Json,
}

/// Runs the server until it is stopped.
pub async fn run(arguments: Arguments) -> Result<()> {
    start_log(arguments.log_format);
    // An error says that a provider is there already, which is all that is needed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let data_dir = arguments.data_dir.as_path();
    std::fs::create_dir_all(data_dir).map_err(|source| Error::file("make", data_dir, source))?;
    // The engine first: it holds the lock of the data directory.
    let mut options = EmbeddedOptions::new(data_dir.join("engine"));
    if let Some(memory_limit_bytes) = arguments.memory_limit {
        options.memory_limit_bytes = memory_limit_bytes;
    }
    let query_memory_limit_bytes = arguments.query_memory_limit.unwrap_or(options.query_memory_limit_bytes);
    options.query_memory_limit_bytes = query_memory_limit_bytes.min(options.memory_limit_bytes);
    options.store.seal_after = arguments.seal_after;
    options.store.segment_rows = arguments.segment_rows;
    options.partial_results_bytes = arguments.partial_results;
    options.store.column_cache_bytes = arguments.column_cache;
    let engine = EmbeddedEngine::open(options)?;
    let api_key = find_key(arguments.api_key_file.as_deref(), data_dir)?;
    let tls = match (&arguments.tls_cert, &arguments.tls_key) {
        (Some(certificate), Some(key)) => Some(read_tls(certificate, key).await?),
        _ => None,
    };
    if tls.is_none() && !arguments.listen.ip().is_loopback() {
        tracing::warn!(listen = %arguments.listen, "without TLS the API key and all data can be read on the network");
    }
    let listener = listen(arguments.listen)?;
    let address =
        listener.local_addr().map_err(|error| Error::Setup(format!("the socket has no address: {error}")))?;
    let app = App::start(data_dir, engine, api_key).await?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    tracing::info!(data_dir = %data_dir.display(), "listening on {scheme}://{address}");
    serve(app, listener, tls).await
}

fn start_log(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Human => log.with_ansi(std::io::stderr().is_terminal()).init(),
        LogFormat::Json => log.json().init(),
    }
}

/// The key; only the path of its file is logged.
fn find_key(file: Option<&Path>, data_dir: &Path) -> Result<Secret> {
    if let Some(file) = file {
        tracing::info!(file = %file.display(), "the API key is in a file");
        return key::read(file);
    }
    if let Ok(text) = std::env::var(key::KEY_VARIABLE)
        && !text.trim().is_empty()
    {
        tracing::info!("the API key is in the environment variable {}", key::KEY_VARIABLE);
        return Ok(Secret::new(text.trim()));
    }
    let (api_key, made) = key::read_or_create(data_dir)?;
    let file = key::key_path(data_dir);
    tracing::info!(file = %file.display(), "{}", if made { "made an API key" } else { "the API key is in a file" });
    Ok(api_key)
}

/// Reads a size such as `512MiB`, `4GiB` or `1000000`.
fn parse_bytes(text: &str) -> std::result::Result<usize, String> {
    let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let shift = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        _ => return Err("write a size like 512MiB or 4GiB".to_string()),
    };
    let number: usize = number.parse().map_err(|_| "write a size like 512MiB or 4GiB".to_string())?;
    number.checked_mul(1 << shift).ok_or_else(|| "the size is too large".to_string())
}

/// Reads a time such as `500ms`, `30s` or `5m`.
fn parse_duration(text: &str) -> std::result::Result<Duration, String> {
    let wrong = || "write a time like 500ms, 30s or 5m, not 0".to_string();
    let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit_ms = match unit.trim() {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(wrong()),
    };
    let number: u64 = number.parse().map_err(|_| wrong())?;
    match number.checked_mul(unit_ms) {
        None | Some(0) => Err(wrong()),
        Some(millis) => Ok(Duration::from_millis(millis)),
    }
}

/// Reads the rows of a segment: too few would make a file for every few documents.
fn parse_rows(text: &str) -> std::result::Result<usize, String> {
    let rows = text.parse().ok().filter(|rows| (MIN_SEGMENT_ROWS..=MAX_SEGMENT_ROWS).contains(rows));
    rows.ok_or_else(|| format!("write a number from {MIN_SEGMENT_ROWS} to {MAX_SEGMENT_ROWS}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_units() {
        assert_eq!(parse_bytes("4GiB"), Ok(4 << 30));
        assert_eq!(parse_bytes("512 MiB"), Ok(512 << 20));
        assert_eq!(parse_bytes("100"), Ok(100));
        for wrong in ["", "GiB", "-1", "4 apples", "99999999TiB"] {
            assert!(parse_bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_are_read_with_their_units() {
        assert_eq!(parse_duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(parse_duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(parse_duration("2 h"), Ok(Duration::from_secs(7200)));
        for wrong in ["", "0s", "5", "s", "-1s", "1.5s", "99999999999999999999h"] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn rows_of_a_segment_have_limits() {
        assert_eq!(parse_rows("1000"), Ok(MIN_SEGMENT_ROWS));
        assert_eq!(parse_rows("10000000"), Ok(MAX_SEGMENT_ROWS));
        for wrong in ["", "999", "10000001", "many"] {
            assert!(parse_rows(wrong).is_err(), "{wrong}");
        }
    }
}
