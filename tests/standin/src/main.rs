//! A stand-in for Grafana: it starts the data source's back end exactly as Grafana does and speaks gRPC to it.
//!
//! `dashboard` shows a dashboard's own panels as tables in the terminal; `serve` answers Grafana's HTTP calls for the
//! editor and for tests. What it allows and Grafana does not is a defect of it.

mod dashboard;
mod error;
mod frames;
mod plugin;
mod serve;
mod variables;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use error::Result;

/// Runs the Rockset data source without Grafana.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Shows the panels of dashboards as tables, each dashboard at its own refresh interval.
    Dashboard {
        #[command(flatten)]
        source: Source,
        /// Dashboard files (classic JSON).
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Sets a dashboard variable.
        #[arg(long = "var", value_name = "NAME=VALUE", value_parser = name_and_value)]
        variables: Vec<(String, String)>,
        /// Runs every panel once, prints and ends; the exit code says whether all panels answered.
        #[arg(long)]
        once: bool,
        /// With --once: prints the frames as JSON.
        #[arg(long, requires = "once")]
        json: bool,
    },
    /// Answers Grafana's HTTP calls for the editor: /api/ds/query, health and the plugin's files.
    Serve {
        #[command(flatten)]
        source: Source,
        /// The address to listen at.
        #[arg(long, default_value = "127.0.0.1:3900")]
        listen: SocketAddr,
        /// The folder of the page that hosts the editor.
        #[arg(long)]
        page: Option<PathBuf>,
    },
}

/// The plugin, and the data source it is to serve.
#[derive(Args)]
struct Source {
    /// The plugin's folder (plugin.json, module.js, gpx_*).
    #[arg(long, default_value = "dist")]
    plugin: PathBuf,
    /// The server's address.
    #[arg(long, default_value = "http://127.0.0.1:9080")]
    url: String,
    /// A file with the API key.
    #[arg(long)]
    api_key_file: PathBuf,
}

fn name_and_value(text: &str) -> std::result::Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.into(), value.into())),
        _ => Err("expected NAME=VALUE".into()),
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse().command).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("grafana-standin: {error}");
            ExitCode::FAILURE
        }
    }
}

/// False: some panel did not answer.
async fn run(command: Command) -> Result<bool> {
    match command {
        Command::Dashboard { source, files, variables, once, json } => {
            let mut plugin = plugin::Plugin::start(&source.plugin, &source.url, &source.api_key_file).await?;
            let dashboards = dashboard::read(&files)?;
            let answered = tokio::select! {
                answered = dashboard::show(&plugin, dashboards, variables.into_iter().collect(), once, json) => answered,
                _ = tokio::signal::ctrl_c() => Ok(true),
            };
            plugin.stop().await;
            answered
        }
        Command::Serve { source, listen, page } => {
            let plugin = plugin::Plugin::start(&source.plugin, &source.url, &source.api_key_file).await?;
            serve::serve(plugin, listen, source.plugin, page).await.map(|()| true)
        }
    }
}
