//! The command line: `serve`, and the commands that talk to a running server.

mod collection;
mod connection;
mod integration;
mod query;
mod serve;
mod table;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{Error, Result};

const EXAMPLES: &str = "\
Examples:
  Start a server; the first start makes an API key in DIR/api-key:
    rockhopper serve --data-dir ./rockhopper-data

  Read a Kinesis stream into the collection `tweets`, with the key of the AWS environment variables:
    rockhopper integration create aws
    rockhopper collection create tweets --kinesis twitter-stream --integration aws

  Ask it:
    rockhopper query \"SELECT lang, count(*) FROM tweets GROUP BY lang ORDER BY 2 DESC LIMIT 5\"
    rockhopper query \"SELECT count(*) FROM tweets WHERE lang = :lang\" --param lang:string=en

Commands other than `serve` talk to a server: --server or ROCKHOPPER_SERVER says where it is.
The key comes from --api-key-file, else from ROCKHOPPER_API_KEY, else from DIR/api-key.";

/// SQL on nested JSON streams: an open replacement for Rockset.
#[derive(Debug, Parser)]
#[command(name = "rockhopper", version, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the server
    Serve(serve::Arguments),
    /// Make, show and delete collections
    #[command(subcommand)]
    Collection(collection::Command),
    /// Make, show and delete integrations: credentials under a name
    #[command(subcommand)]
    Integration(integration::Command),
    /// Run a query and print its answer
    Query(query::Arguments),
}

/// Runs the program: reads the arguments, prints errors, gives the exit code (1 for an error, 2 for wrong
/// arguments).
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    match run_command(arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run_command(command: Command) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::Setup(format!("cannot start threads: {error}")))?;
    runtime.block_on(async {
        match command {
            Command::Serve(arguments) => serve::run(arguments).await,
            Command::Collection(command) => collection::run(command).await,
            Command::Integration(command) => integration::run(command).await,
            Command::Query(arguments) => query::run(arguments).await,
        }
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_fit_together() {
        Arguments::command().debug_assert();
    }
}
