//! One step past each limit, and inputs made to exhaust the stack. A test's thread has a stack of 2 MiB.

use rockhopper_sql::Error;
use rockhopper_sql::lexer::MAX_STATEMENT_BYTES;
use rockhopper_sql::parser::{MAX_HEIGHT, MAX_NESTING, MAX_NODES, parse};
use rockhopper_sql::tree::{ExprKind, QueryBody, SelectItem, StatementKind};

fn limit_of(sql: &str) -> (&'static str, usize) {
    match parse(sql) {
        Err(Error::TooLarge { what, limit, .. }) => (what, limit),
        other => panic!("expected a passed limit, got {:.200}", format!("{other:?}")),
    }
}

#[test]
fn statement_bytes() {
    let filled = |bytes: usize| format!("SELECT '{}'", "x".repeat(bytes - 9));
    assert!(parse(&filled(MAX_STATEMENT_BYTES)).is_ok());
    assert_eq!(limit_of(&filled(MAX_STATEMENT_BYTES + 1)), ("bytes", MAX_STATEMENT_BYTES));
}

#[test]
fn nesting() {
    let nested = |count: usize| format!("SELECT {}1{}", "(".repeat(count), ")".repeat(count));
    // The query and the innermost expression are levels too.
    assert!(parse(&nested(MAX_NESTING - 2)).is_ok());
    assert_eq!(limit_of(&nested(MAX_NESTING - 1)), ("levels of nesting", MAX_NESTING));
}

#[test]
fn nothing_exhausts_the_stack() {
    let many = 100_000;
    for (opening, closing) in [
        ("SELECT ", "("),
        ("SELECT * FROM ", "("),
        ("", "("),
        ("SELECT ", "["),
        ("SELECT ", "a["),
        ("SELECT ", "{'a':"),
        ("SELECT ", "f("),
        ("SELECT ", "- "),
        ("SELECT ", "NOT "),
        ("SELECT ", "CASE "),
        ("SELECT ", "CASE WHEN a THEN "),
        ("SELECT ", "CAST("),
        ("SELECT ", "(SELECT "),
        ("SELECT ", "EXISTS (SELECT * FROM a WHERE "),
        ("SELECT ", "a IN ("),
        ("SELECT ", "a AND NOT b = c || d + e * -f("),
        ("SELECT * FROM ", "(SELECT * FROM "),
        ("SELECT * FROM ", "LATERAL (SELECT * FROM a, "),
        ("SELECT * FROM ", "a JOIN "),
        ("SELECT * FROM ", "UNNEST("),
        ("", "WITH a AS ("),
        ("", "EXPLAIN "),
    ] {
        let repeated = closing.repeat(many.min((MAX_STATEMENT_BYTES - 100) / closing.len()));
        assert!(parse(&format!("{opening}{repeated}")).is_err(), "{opening}{closing}..");
    }
    for (first, link) in [
        ("a", " + a"),
        ("a", "::int"),
        ("a", "[1]"),
        ("f(a)", ".b"),
        ("a", " IS NULL"),
        ("a", " AT TIME ZONE 'UTC'"),
        ("a FROM a", " JOIN a ON b"),
        ("a FROM a", " UNION SELECT a"),
    ] {
        let text = format!("SELECT {first}{}", link.repeat(many.min(50_000)));
        assert_eq!(limit_of(&text), ("levels of nesting", MAX_HEIGHT), "{first}{link}{link}..");
    }
}

#[test]
fn the_highest_tree_that_parses_is_safe_to_drop_and_print() {
    let sum = format!("SELECT a{}", " + a".repeat(MAX_HEIGHT - 3));
    let statement = parse(&sum).unwrap();
    assert!(super::show::statement(&statement).len() > sum.len());
    // Parentheses on the left make trees high without making the parser deep.
    let mut nested = "a".to_owned();
    for _ in 0..20 {
        nested = format!("({nested}{})", " + a".repeat(100));
    }
    assert_eq!(limit_of(&format!("SELECT {nested}")), ("levels of nesting", MAX_HEIGHT));
}

#[test]
fn long_and_or_chains_are_flat() {
    for word in ["OR", "AND"] {
        let sql = format!("SELECT a{}", format!(" {word} a = 1").repeat(10_000));
        let statement = parse(&sql).unwrap();
        let StatementKind::Query(query) = &statement.kind else { panic!("no query") };
        let QueryBody::Select(select) = &query.body else { panic!("no SELECT") };
        let SelectItem::Expr { expr, .. } = &select.items[0] else { panic!("no expression") };
        let (ExprKind::And(terms) | ExprKind::Or(terms)) = &expr.kind else { panic!("no chain") };
        assert_eq!(terms.len(), 10_001);
    }
}

#[test]
fn paths_and_lists_have_no_limit_of_their_own() {
    assert!(parse(&format!("SELECT a{} FROM t", ".b".repeat(10_000))).is_ok());
    assert!(parse(&format!("SELECT a IN (1{}) FROM t", ", 2".repeat(50_000))).is_ok());
}

#[test]
fn expressions() {
    let listed = |count: usize| format!("SELECT a{}", ",a".repeat(count - 1));
    assert!(parse(&listed(MAX_NODES)).is_ok());
    assert_eq!(limit_of(&listed(MAX_NODES + 1)), ("expressions", MAX_NODES));
}
