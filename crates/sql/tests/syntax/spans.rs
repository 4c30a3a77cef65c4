//! A node's span holds exactly its text: parsing that text alone gives the same node.

use rockhopper_sql::parser::parse;
use rockhopper_sql::tree::*;

use super::{cases, show};

fn only_item(sql: &str) -> SelectItem {
    let StatementKind::Query(query) = parse(sql).unwrap_or_else(|error| panic!("{sql}: {error}")).kind else {
        panic!("{sql} is no query")
    };
    let QueryBody::Select(select) = query.body else { panic!("{sql} is no SELECT") };
    select.items.into_iter().next().unwrap()
}

#[test]
fn spans_of_select_items_hold_their_text() {
    let mut checked = 0;
    for sql in cases::corpus() {
        let Ok(Statement { kind: StatementKind::Query(query), .. }) = parse(&sql) else { continue };
        let QueryBody::Select(select) = query.body else { continue };
        for item in &select.items {
            let SelectItem::Expr { expr, .. } = item else { continue };
            // A `?` has another number when it stands alone.
            let text = &sql[expr.span.start as usize..expr.span.end as usize];
            if text.contains('?') {
                continue;
            }
            let SelectItem::Expr { expr: again, .. } = only_item(&format!("SELECT {text}")) else {
                panic!("{text} became a star")
            };
            assert_eq!(show::expr(expr), show::expr(&again), "{text}");
            checked += 1;
        }
    }
    assert!(checked > 200, "only {checked} items");
}

#[test]
fn spans_point_at_operators_names_and_clauses() {
    let sql = "SELECT a.b  + (c) AS d FROM ws.t x WHERE NOT e";
    let StatementKind::Query(query) = parse(sql).unwrap().kind else { panic!("no query") };
    let text = |span: rockhopper_sql::Span| &sql[span.start as usize..span.end as usize];
    assert_eq!(text(query.span), sql);
    let QueryBody::Select(select) = &query.body else { panic!("no SELECT") };
    let SelectItem::Expr { expr, alias } = &select.items[0] else { panic!("no expression") };
    assert_eq!(text(expr.span), "a.b  + (c)");
    assert_eq!(text(alias.as_ref().unwrap().span), "d");
    let ExprKind::Binary { operator_span, left, right, .. } = &expr.kind else { panic!("no sum") };
    assert_eq!((text(left.span), text(*operator_span), text(right.span)), ("a.b", "+", "(c)"));
    assert_eq!(text(select.from[0].span), "ws.t x");
    assert_eq!(text(select.filter.as_ref().unwrap().span), "NOT e");
}
