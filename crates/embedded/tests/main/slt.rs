//! Runs the `.slt` files of the project: SQL in, rows or errors out. The format is described in `tests/slt/README.md`.
//!
//! Each file runs four times: its documents appended at once, one by one, read back after a restart, and sealed.
//! `UPDATE_SLT=1` writes what comes out into the files.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use rockhopper_sql::Value;
use rockhopper_sql::resolved::Parameter;
use rockhopper_values::json;

use crate::support::{Harness, text};

/// One part of a file.
enum Block {
    /// Lines that are kept as they are.
    Comment(String),
    /// A collection and its documents.
    Documents { name: String, lines: Vec<String>, file: Option<String> },
    /// A query with parameters, and what comes out.
    Query { sorted: bool, parameters: Vec<(String, String)>, sql: String, expected: Vec<String> },
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mode {
    AtOnce,
    OneByOne,
    Reopened,
    Sealed,
}

#[test]
fn every_file_gives_what_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/slt");
    let mut files: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "slt"));
    if let Ok(wanted) = std::env::var("SLT") {
        files.retain(|path| path.to_string_lossy().contains(&wanted));
    }
    files.sort();
    assert!(!files.is_empty(), "no .slt files in {}", folder.display());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut wrong = String::new();
    for file in &files {
        let mut blocks = parse(&fs::read_to_string(file).unwrap());
        if std::env::var_os("UPDATE_SLT").is_some() {
            runtime.block_on(update(&mut blocks));
            fs::write(file, render(&blocks)).unwrap();
        }
        for mode in [Mode::AtOnce, Mode::OneByOne, Mode::Reopened, Mode::Sealed] {
            runtime.block_on(check(file, &blocks, mode, &mut wrong));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

async fn check(file: &Path, blocks: &[Block], mode: Mode, wrong: &mut String) {
    let mut harness = loaded(blocks, mode).await;
    for block in blocks {
        let Block::Query { sorted, parameters, sql, expected } = block else { continue };
        let found = outcome(&harness, *sorted, parameters, sql).await;
        if found != *expected {
            let name = file.file_name().unwrap().to_string_lossy();
            writeln!(
                wrong,
                "{name}, {mode:?}:\n{sql}\n  expected\n    {}\n  found\n    {}\n",
                expected.join("\n    "),
                found.join("\n    ")
            )
            .unwrap();
        }
    }
    harness.collections.clear();
}

async fn update(blocks: &mut [Block]) {
    let harness = loaded(blocks, Mode::AtOnce).await;
    for block in blocks {
        if let Block::Query { sorted, parameters, sql, expected } = block {
            *expected = outcome(&harness, *sorted, parameters, sql).await;
        }
    }
}

async fn loaded(blocks: &[Block], mode: Mode) -> Harness {
    let mut harness = Harness::new();
    for block in blocks {
        let Block::Documents { name, lines, file } = block else { continue };
        harness.create(name).await;
        let from_file = file.as_ref().map(|file| {
            fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file)).unwrap()
        });
        let mut documents: Vec<&str> = lines.iter().map(String::as_str).collect();
        documents.extend(from_file.iter().flat_map(|text| text.lines()));
        if mode == Mode::OneByOne {
            for document in documents {
                harness.append(name, &[document]).await;
            }
        } else if !documents.is_empty() {
            harness.append(name, &documents).await;
        }
    }
    match mode {
        Mode::AtOnce | Mode::OneByOne => {}
        Mode::Reopened => harness.reopen().await,
        Mode::Sealed => harness.seal().await,
    }
    harness
}

async fn outcome(harness: &Harness, sorted: bool, parameters: &[(String, String)], sql: &str) -> Vec<String> {
    let parameters: Vec<Parameter> = parameters
        .iter()
        .map(|(name, value)| Parameter { name: name.clone(), value: parameter(value) })
        .collect();
    match harness.query(sql, &parameters).await {
        Ok(answer) => {
            let mut lines = text(&answer);
            if sorted {
                lines[1..].sort();
            }
            lines
        }
        Err(wrong) => {
            let place = wrong.at.map_or("-".to_owned(), |at| format!("{}:{}", at.line, at.column));
            vec![format!("error {} {place} {}", wrong.error_id, wrong.message.replace('\n', " "))]
        }
    }
}

fn parameter(text: &str) -> Value {
    json::parse(text).unwrap()
}

fn parse(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["documents", name, rest @ ..] => {
                let mut documents = Vec::new();
                while let Some(line) = lines.next_if(|line| !line.is_empty()) {
                    documents.push(line.to_owned());
                }
                let file = rest.first().map(|file| (*file).to_owned());
                blocks.push(Block::Documents { name: (*name).to_owned(), lines: documents, file });
            }
            ["query", options @ ..] => {
                let mut parameters = Vec::new();
                while let Some(line) = lines.next_if(|line| line.starts_with("parameter ")) {
                    let (name, value) = line["parameter ".len()..].split_once(' ').unwrap();
                    parameters.push((name.to_owned(), value.to_owned()));
                }
                let mut sql = Vec::new();
                while let Some(line) = lines.next_if(|line| *line != "----") {
                    sql.push(line);
                }
                lines.next();
                let mut expected = Vec::new();
                while let Some(line) = lines.next_if(|line| !line.is_empty()) {
                    expected.push(line.to_owned());
                }
                let sorted = options.contains(&"sorted");
                blocks.push(Block::Query { sorted, parameters, sql: sql.join("\n"), expected });
            }
            [] => {}
            _ => blocks.push(Block::Comment(line.to_owned())),
        }
    }
    blocks
}

fn render(blocks: &[Block]) -> String {
    let mut out = String::new();
    for block in blocks {
        match block {
            Block::Comment(line) => writeln!(out, "{line}").unwrap(),
            Block::Documents { name, lines, file } => {
                let file = file.as_ref().map_or(String::new(), |file| format!(" {file}"));
                writeln!(out, "documents {name}{file}").unwrap();
                lines.iter().for_each(|line| writeln!(out, "{line}").unwrap());
                writeln!(out).unwrap();
            }
            Block::Query { sorted, parameters, sql, expected } => {
                writeln!(out, "query{}", if *sorted { " sorted" } else { "" }).unwrap();
                parameters
                    .iter()
                    .for_each(|(name, value)| writeln!(out, "parameter {name} {value}").unwrap());
                writeln!(out, "{sql}\n----").unwrap();
                expected.iter().for_each(|line| writeln!(out, "{line}").unwrap());
                writeln!(out).unwrap();
            }
        }
    }
    while out.ends_with("\n\n") {
        out.pop();
    }
    out
}
