//! `tests/plans.txt` and `tests/errors.txt` hold statements with the plan or error that they must give. With the
//! environment variable UPDATE_EXPECTED=1 the files are rewritten; read the difference before it is kept.

#![allow(clippy::unwrap_used)]

mod invariants;

use std::path::Path;

use super::*;
use crate::tree::StatementKind;
use crate::{Value, parser};

struct TestCatalog;

impl Catalog for TestCatalog {
    fn lookup(&self, workspace: &str, name: &str) -> Lookup {
        let view = |sql: &str| Lookup::View { sql: sql.to_owned() };
        let alias = |workspace: &str, name: &str| Lookup::Alias {
            target: CollectionName { workspace: workspace.to_owned(), name: name.to_owned() },
        };
        match (workspace, name) {
            ("commons", "tweets" | "users" | "twitter-kinesis-demo") | ("logs", "events") => {
                Lookup::Collection
            }
            ("commons", "latest") => alias("commons", "tweets"),
            ("commons", "circle") => alias("commons", "circle"),
            ("commons", "tags") => {
                view("SELECT h.text AS tag, t.user\nFROM tweets t, UNNEST(t.entities.hashtags) h")
            }
            ("commons", "music") => view("SELECT * FROM tags WHERE tag = 'music'"),
            ("commons", "endless") => view("SELECT * FROM endless"),
            ("commons", "broken") => view("SELECT a,\n  FRM b"),
            ("commons", "ungrouped") => view("SELECT lang,\n  COUNT(*) FROM tweets"),
            ("commons" | "logs", _) => Lookup::UnknownCollection,
            _ => Lookup::UnknownWorkspace,
        }
    }
}

fn options() -> Options {
    let parameter = |name: &str, value: Value| Parameter { name: name.to_owned(), value };
    Options {
        parameters: vec![
            parameter("hashtag", Value::String("music".into())),
            parameter("tags", Value::Array(vec![Value::String("a".into()), Value::String("b".into())])),
            parameter("none", Value::Array(Vec::new())),
            parameter("n", Value::Int(7)),
            parameter("collection", Value::String("tweets".into())),
            parameter("__from", Value::Timestamp(1_700_000_000_000_000)),
            parameter("__to", Value::Timestamp(1_700_003_600_000_000)),
        ],
        ..Options::default()
    }
}

fn resolve_text(sql: &str) -> Result<Query> {
    match parser::parse(sql)?.kind {
        StatementKind::Query(query) => resolve(sql, &query, &TestCatalog, &options()),
        other => panic!("{other:?} is no query"),
    }
}

fn answer(sql: &str) -> String {
    match resolve_text(sql) {
        Ok(query) => explain::explain(&query),
        Err(error) => format!("{} at {}: {error}\n", error.error_id(), error.location()),
    }
}

/// Compares each `=== title`, statement, `---`, answer of a file.
fn check_file(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/resolver/tests").join(name);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut rewritten = String::new();
    for case in text.split("=== ").skip(1) {
        let (title, rest) = case.split_once('\n').unwrap();
        let (sql, expected) = rest.split_once("---\n").unwrap_or((rest, ""));
        let actual = answer(sql.trim_end());
        rewritten += &format!("=== {title}\n{}\n---\n{actual}\n", sql.trim_end());
        if std::env::var_os("UPDATE_EXPECTED").is_none() {
            assert_eq!(actual.trim_end(), expected.trim_end(), "\n{title}: {sql}");
        }
    }
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        std::fs::write(&path, rewritten).unwrap();
    }
}

/// The statements of a file.
fn statements(name: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/resolver/tests").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    let cases = text.split("=== ").skip(1).map(|case| case.split_once('\n').unwrap().1);
    cases.map(|case| case.split("---\n").next().unwrap().trim_end().to_owned()).collect()
}

#[test]
fn statements_have_these_plans() {
    check_file("plans.txt");
}

#[test]
fn mistakes_are_reported_at_their_place() {
    check_file("errors.txt");
}

#[test]
fn the_query_says_what_it_reads() {
    let query = resolve_text(
        "SELECT l.text, :n, :n FROM latest l JOIN logs.events e ON l.id = e.id JOIN tweets t ON t.id = l.id \
         WHERE l._event_time > current_timestamp() - INTERVAL 1 HOUR",
    )
    .unwrap();
    let name =
        |workspace: &str, name: &str| CollectionName { workspace: workspace.into(), name: name.into() };
    assert_eq!(query.collections, [name("commons", "tweets"), name("logs", "events")]);
    assert_eq!(query.aliases, ["commons.latest"]);
    assert_eq!(query.parameters, [Parameter { name: "n".into(), value: Value::Int(7) }]);
    assert!(query.reads_clock);
    assert!(!query.has_limit);
    assert!(!resolve_text("SELECT 1").unwrap().reads_clock);
    assert!(resolve_text("(SELECT 1 LIMIT 1)").unwrap().has_limit);
}

#[test]
fn names_without_a_workspace_are_looked_up_in_the_default_one() {
    let StatementKind::Query(query) = parser::parse("SELECT * FROM events").unwrap().kind else { panic!() };
    let options = Options { default_workspace: "logs".into(), ..Options::default() };
    let query = resolve("SELECT * FROM events", &query, &TestCatalog, &options).unwrap();
    assert_eq!(query.collections[0].workspace, "logs");
}

#[test]
fn a_small_statement_cannot_make_a_plan_without_end() {
    let mut sql = "WITH t0 AS (SELECT 1 AS x)".to_owned();
    for level in 1..20 {
        sql += &format!(", t{level} AS (SELECT a.x FROM t{0} a, t{0} b)", level - 1);
    }
    sql += " SELECT * FROM t19";
    assert!(matches!(resolve_text(&sql), Err(Error::TooLarge { limit: MAX_NODES, .. })));
}

#[test]
fn nesting_is_refused_before_the_stack_ends() {
    let chain = |length: usize| {
        let mut sql = "WITH t0 AS (SELECT 1 AS x)".to_owned();
        for level in 1..length {
            sql += &format!(", t{level} AS (SELECT x FROM t{})", level - 1);
        }
        resolve_text(&(sql + &format!(" SELECT * FROM t{}", length - 1)))
    };
    assert!(chain(MAX_QUERY_DEPTH - 1).is_ok());
    assert!(matches!(chain(MAX_QUERY_DEPTH), Err(Error::TooLarge { limit: MAX_QUERY_DEPTH, .. })));
    // Each named query adds its expression to the depth of the ones that it reads.
    let deep = |queries: usize, height: usize| {
        let mut sql = "WITH t0 AS (SELECT 1 AS x)".to_owned();
        for level in 1..queries {
            let inner = format!("(SELECT MAX(x) FROM t{})", level - 1);
            sql += &format!(
                ", t{level} AS (SELECT {}{inner}{} AS x)",
                "ABS(".repeat(height),
                ")".repeat(height)
            );
        }
        resolve_text(&(sql + &format!(" SELECT * FROM t{}", queries - 1)))
    };
    assert!(deep(10, 10).is_ok());
    assert!(matches!(deep(40, 10), Err(Error::TooLarge { limit: MAX_DEPTH, .. })));
}

#[test]
fn cube_stops_at_the_limit_of_grouping_sets() {
    let cube = |columns: usize| {
        let columns: Vec<String> = (0..columns).map(|at| format!("c{at}")).collect();
        resolve_text(&format!("SELECT COUNT(*) FROM tweets GROUP BY CUBE ({})", columns.join(", ")))
    };
    assert!(cube(8).is_ok());
    assert!(matches!(cube(9), Err(Error::TooLarge { limit: MAX_GROUPING_SETS, .. })));
}
