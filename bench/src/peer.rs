//! DuckDB in a Python process of its own: commands and answers are JSON lines.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::error::{Error, Result, io};

/// The process. Stopped when dropped.
pub struct Peer {
    child: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    /// Starts it with as many threads as there are processors.
    pub fn start(python: &Path, root: &Path, folder: &Path) -> Result<Peer> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let mut child = Command::new(python)
            .arg(root.join("bench/peer.py"))
            .arg(folder)
            .arg(threads.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(io("start DuckDB's Python"))?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(commands), Some(answers)) => Ok(Peer { child, commands, answers: BufReader::new(answers) }),
            _ => Err(Error::Process("DuckDB's Python has no pipes".into())),
        }
    }

    /// Loads a file of documents; seconds for whole documents and for hand-picked columns.
    pub fn load(&mut self, path: &Path, rows: u64) -> Result<Value> {
        self.call(&json!({"do": "load", "path": path, "rows": rows}))
    }

    /// Runs a query: milliseconds inside the process, and rows.
    pub fn query(&mut self, sql: &str) -> Result<(f64, Vec<Vec<Value>>)> {
        let answer = self.call(&json!({"do": "query", "sql": sql}))?;
        let rows = answer["rows"].as_array().cloned().unwrap_or_default();
        let rows = rows.iter().map(|row| row.as_array().cloned().unwrap_or_default()).collect();
        Ok((answer["seconds"].as_f64().unwrap_or_default() * 1000.0, rows))
    }

    fn call(&mut self, command: &Value) -> Result<Value> {
        writeln!(self.commands, "{command}").map_err(io("write to DuckDB's Python"))?;
        let mut line = String::new();
        self.answers.read_line(&mut line).map_err(io("read from DuckDB's Python"))?;
        serde_json::from_str(&line)
            .map_err(|_| Error::Process(format!("DuckDB ended at {command}; its error is above")))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
