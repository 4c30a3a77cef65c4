//! The files in `data/`: each case is a `#` title, SQL, and `=>` with the tree or the error.
//! `BLESS=1 cargo test -p rockhopper-sql --test main` writes what the parser says now; read the difference.

use std::fmt::Write;
use std::path::PathBuf;

use rockhopper_sql::parser::parse;

use super::show;

pub struct Case {
    pub title: String,
    pub sql: String,
    pub expected: String,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/syntax/data")
}

pub fn read(file: &str) -> Vec<Case> {
    let text = std::fs::read_to_string(folder().join(file)).unwrap();
    let mut cases = Vec::new();
    for block in text.split("\n\n").map(str::trim).filter(|block| !block.is_empty()) {
        let (title, body) = block.split_once('\n').unwrap_or((block, ""));
        assert!(title.starts_with("# "), "{file}: a case starts with a title, not with {title:?}");
        let (sql, expected) = body.split_once("\n=> ").unwrap_or((body, ""));
        cases.push(Case { title: title.to_owned(), sql: sql.to_owned(), expected: expected.to_owned() });
    }
    cases
}

/// Every statement of the files that parses.
pub fn corpus() -> Vec<String> {
    FILES.iter().flat_map(|file| read(file)).map(|case| case.sql).collect()
}

pub const FILES: &[&str] =
    &["demo.txt", "idioms.txt", "queries.txt", "expressions.txt", "statements.txt", "errors.txt"];

fn outcome(sql: &str) -> String {
    match parse(sql) {
        Ok(statement) => show::statement(&statement),
        Err(error) => {
            let at = error.location();
            format!("{}:{}: {error}", at.line, at.column)
        }
    }
}

fn check(file: &str) {
    let cases = read(file);
    if std::env::var_os("BLESS").is_some() {
        let mut text = String::new();
        for case in &cases {
            write!(text, "{}\n{}\n=> {}\n\n", case.title, case.sql, outcome(&case.sql)).unwrap();
        }
        return std::fs::write(folder().join(file), text.trim_end().to_owned() + "\n").unwrap();
    }
    let failures: Vec<String> = cases
        .iter()
        .filter(|case| outcome(&case.sql) != case.expected)
        .map(|case| {
            format!(
                "{}\n{}\n expected {}\n found    {}",
                case.title,
                case.sql,
                case.expected,
                outcome(&case.sql)
            )
        })
        .collect();
    assert!(failures.is_empty(), "{file}: {} cases differ\n{}", failures.len(), failures.join("\n\n"));
}

#[test]
fn panels_and_demo_page() {
    check("demo.txt");
}

#[test]
fn idioms_of_real_queries() {
    check("idioms.txt");
}

#[test]
fn query_shapes() {
    check("queries.txt");
}

#[test]
fn expressions() {
    check("expressions.txt");
}

#[test]
fn statements() {
    check("statements.txt");
}

#[test]
fn errors_say_what_where_and_remedy() {
    check("errors.txt");
}
