//! `rockhopper serve`

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use rockhopper_api::Secret;
use rockhopper_embedded::{EmbeddedEngine, EmbeddedOptions};
use tracing_subscriber::EnvFilter;

use super::connection::DEFAULT_DATA_DIR;
use crate::serve::{listen, read_tls, serve};
use crate::{App, Error, Result, key};

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
    /// How much memory queries may use together, such as 512MiB or 4GiB
    #[arg(long, env = "ROCKHOPPER_MEMORY_LIMIT", value_parser = parse_bytes, value_name = "SIZE")]
    memory_limit: Option<usize>,
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
        options.query_memory_limit_bytes = options.query_memory_limit_bytes.min(memory_limit_bytes);
    }
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
}
