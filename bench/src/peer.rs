//! A peer engine in a Python process of its own: statements and answers are JSON lines.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};

use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::compare::Rows;
use crate::error::{Error, Result, io};
use crate::machine;
use crate::process::{Process, folder_bytes};

/// An engine that is measured beside ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// PyPI `duckdb`.
    DuckDb,
    /// PyPI `chdb`, ClickHouse as a library.
    ClickHouse,
}

/// Where the peers are started from.
#[derive(Clone, Debug)]
pub struct Python {
    /// The interpreter that has the packages.
    pub interpreter: PathBuf,
    /// The project's folder.
    pub root: PathBuf,
}

/// The process. Stopped when dropped.
#[derive(Debug)]
pub struct Peer {
    /// The process.
    pub process: Process,
    /// The engine's version.
    pub version: String,
    engine: Engine,
    folder: PathBuf,
    commands: ChildStdin,
    /// Lines of the process, read by a thread of their own.
    answers: mpsc::UnboundedReceiver<String>,
}

impl Peer {
    /// Starts an engine on an empty folder, with as many threads as there are processors.
    ///
    /// # Errors
    /// Python or a package is missing.
    pub async fn start(python: &Python, engine: Engine, folder: &Path) -> Result<Peer> {
        let name = match engine {
            Engine::DuckDb => "duckdb",
            Engine::ClickHouse => "clickhouse",
        };
        let mut command = Command::new(&python.interpreter);
        command
            .arg(python.root.join("bench/peer.py"))
            .arg(name)
            .arg(folder)
            .arg(machine::cores().to_string());
        let what = format!("{} for {name}", python.interpreter.display());
        let mut process = Process::start(command.stdin(Stdio::piped()).stdout(Stdio::piped()), &what)?;
        let (commands, lines) = (process.child().stdin.take(), process.child().stdout.take());
        let (Some(commands), Some(lines)) = (commands, lines) else {
            return Err(Error::Process(format!("{what} has no pipes")));
        };
        let (sender, answers) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            for line in BufReader::new(lines).lines().map_while(std::result::Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let mut peer =
            Peer { process, version: String::new(), engine, folder: folder.to_owned(), commands, answers };
        let hello = peer.answer(name).await?;
        if let Some(missing) = hello["missing"].as_str() {
            return Err(Error::MissingPackage(missing.to_owned()));
        }
        peer.version = hello["version"].as_str().unwrap_or_default().to_owned();
        Ok(peer)
    }

    /// Runs a statement: milliseconds inside the process, and rows.
    ///
    /// # Errors
    /// What the engine says, with the statement.
    pub async fn run(&mut self, sql: &str) -> Result<(f64, Rows)> {
        writeln!(self.commands, "{}", json!({"sql": sql})).map_err(io("write to a peer's Python"))?;
        let answer = self.answer(sql).await?;
        let rows = answer["rows"].as_array().cloned().unwrap_or_default();
        let rows = rows.iter().map(|row| row.as_array().cloned().unwrap_or_default()).collect();
        Ok((answer["ms"].as_f64().unwrap_or_default(), rows))
    }

    /// Bytes on disk of what was loaded: without what the engine is about to delete, and without its own tables.
    ///
    /// # Errors
    /// The engine has ended.
    pub async fn disk_bytes(&mut self) -> Result<u64> {
        match self.engine {
            Engine::DuckDb => {
                self.run("CHECKPOINT").await?;
                Ok(folder_bytes(&self.folder, ""))
            }
            Engine::ClickHouse => {
                let sql = "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'bench'";
                let (_, rows) = self.run(sql).await?;
                Ok(rows.first().and_then(|row| row.first()?.as_u64()).unwrap_or_default())
            }
        }
    }

    async fn answer(&mut self, to: &str) -> Result<Value> {
        let ended = || Error::Process(format!("a peer's Python ended at `{to}`; its error is above"));
        let line = self.answers.recv().await.ok_or_else(ended)?;
        let answer: Value = serde_json::from_str(&line)
            .map_err(|error| Error::Process(format!("a peer's answer to `{to}` is no JSON: {error}")))?;
        match answer["error"].as_str() {
            Some(error) => Err(Error::Process(format!("a peer cannot run `{to}`: {error}"))),
            None => Ok(answer),
        }
    }
}
