//! What an engine may rely on, checked for every plan of `plans.txt` and for statements made of their pieces.

use std::collections::HashSet;

use super::*;
use crate::resolved::{AggregateCall, Bound, Output, Plan, SortKey, Subquery, WindowCall};

type Columns = HashSet<ColumnId>;

#[test]
fn every_column_is_bound_once_and_read_where_it_can_be() {
    for sql in statements("plans.txt") {
        Checker::new(&sql).check(&resolve_text(&sql).unwrap());
    }
}

#[test]
fn no_statement_makes_it_panic() {
    let corpus = [statements("plans.txt"), statements("errors.txt")].concat();
    let words: Vec<&str> = corpus.iter().flat_map(|sql| sql.split_whitespace()).collect();
    let mut random = Random(20_240_930);
    let mut resolved = 0;
    for round in 0..12_000 {
        let sql = &corpus[round % corpus.len()];
        let mut mutated: Vec<&str> = sql.split_whitespace().collect();
        for _ in 0..=random.below(2) {
            let at = random.below(mutated.len());
            match random.below(3) {
                0 => mutated[at] = words[random.below(words.len())],
                1 => mutated.insert(at, words[random.below(words.len())]),
                _ if mutated.len() > 1 => drop(mutated.remove(at)),
                _ => {}
            }
        }
        let mutated = mutated.join(" ");
        let Ok(statement) = parser::parse(&mutated) else { continue };
        let StatementKind::Query(query) = statement.kind else { continue };
        match resolve(&mutated, &query, &TestCatalog, &options()) {
            Ok(query) => {
                resolved += 1;
                Checker::new(&mutated).check(&query);
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
    assert!(resolved > 500, "only {resolved} of the statements had a meaning");
}

/// A small linear congruential generator: the same statements in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

struct Checker<'a> {
    sql: &'a str,
    bound: Columns,
}

impl Checker<'_> {
    fn new(sql: &str) -> Checker<'_> {
        Checker { sql, bound: Columns::new() }
    }

    fn check(&mut self, query: &Query) {
        let columns = self.plan(&query.plan);
        for output in &query.outputs {
            let (Output::Column { column, .. } | Output::Spread { column, .. }) = output;
            assert!(columns.contains(column), "output {column:?}: {}", self.sql);
        }
        assert!(self.bound.iter().all(|column| column.0 < query.column_count), "{}", self.sql);
    }

    fn bind(&mut self, column: ColumnId, columns: &mut Columns) {
        assert!(self.bound.insert(column), "{column:?} is bound twice: {}", self.sql);
        columns.insert(column);
    }

    /// The columns that a plan hands on.
    fn plan(&mut self, plan: &Plan) -> Columns {
        let mut columns = Columns::new();
        match plan {
            Plan::Unit => {}
            Plan::Collection { row, .. } => self.bind(*row, &mut columns),
            Plan::Values { columns: bound, rows } => {
                rows.iter().flatten().for_each(|value| self.expr(value, &Columns::new()));
                bound.iter().for_each(|column| self.bind(*column, &mut columns));
            }
            Plan::Unnest { input, array, element, ordinality, .. } => {
                columns = self.plan(input);
                self.expr(array, &columns);
                self.bind(*element, &mut columns);
                ordinality.iter().for_each(|column| self.bind(*column, &mut columns));
            }
            Plan::Filter { input, condition } => {
                columns = self.plan(input);
                self.expr(condition, &columns);
            }
            Plan::Extend { input, columns: added } => {
                columns = self.plan(input);
                added.iter().for_each(|(_, value)| self.expr(value, &columns));
                added.iter().for_each(|(column, _)| self.bind(*column, &mut columns));
            }
            Plan::Aggregate { input, groups, aggregates, groupings, sets } => {
                let inner = self.plan(input);
                groups.iter().for_each(|(_, group)| self.expr(group, &inner));
                aggregates.iter().for_each(|(_, call)| self.aggregate(call, &inner));
                assert!(sets.iter().flatten().flatten().all(|at| *at < groups.len()));
                let bound = groups.iter().map(|(column, _)| column);
                let bound = bound.chain(aggregates.iter().map(|(column, _)| column));
                let bound = bound.chain(groupings.iter().map(|(column, _)| column));
                bound.for_each(|column| self.bind(*column, &mut columns));
            }
            Plan::Window { input, calls } => {
                columns = self.plan(input);
                calls.iter().for_each(|(_, call)| self.window(call, &columns));
                calls.iter().for_each(|(column, _)| self.bind(*column, &mut columns));
            }
            Plan::Join { left, right, condition, .. } => {
                columns = self.plan(left);
                columns.extend(self.plan(right));
                condition.iter().for_each(|condition| self.expr(condition, &columns));
            }
            Plan::SetOperation { left, right, columns: made, .. } => {
                let (lefts, rights) = (self.plan(left), self.plan(right));
                for (new, one, two) in made {
                    assert!(lefts.contains(one) && rights.contains(two), "{}", self.sql);
                    self.bind(*new, &mut columns);
                }
            }
            Plan::Distinct { input, columns: equal } => {
                let inner = self.plan(input);
                assert!(equal.iter().all(|column| inner.contains(column)), "{}", self.sql);
                columns.extend(equal);
            }
            Plan::Sort { input, keys } => {
                columns = self.plan(input);
                self.keys(keys, &columns);
            }
            Plan::Limit { input, limit, offset } => {
                columns = self.plan(input);
                limit.iter().chain(offset).for_each(|count| self.expr(count, &Columns::new()));
            }
        }
        columns
    }

    fn aggregate(&mut self, call: &AggregateCall, columns: &Columns) {
        call.arguments.iter().chain(&call.filter).for_each(|part| self.expr(part, columns));
        self.keys(&call.order_by, columns);
        call.limit.iter().chain(&call.offset).for_each(|count| self.expr(count, &Columns::new()));
    }

    fn window(&mut self, call: &WindowCall, columns: &Columns) {
        let parts = call.arguments.iter().chain(&call.partition_by).chain(&call.filter);
        parts.for_each(|part| self.expr(part, columns));
        self.keys(&call.order_by, columns);
        for bound in [&call.frame.start, &call.frame.end] {
            if let Bound::Preceding(offset) | Bound::Following(offset) = bound {
                self.expr(offset, &Columns::new());
            }
        }
    }

    fn keys(&mut self, keys: &[SortKey], columns: &Columns) {
        keys.iter().for_each(|key| self.expr(&key.expr, columns));
    }

    fn expr(&mut self, expr: &Expr, columns: &Columns) {
        match &expr.kind {
            ExprKind::Column(column) => {
                assert!(columns.contains(column), "{column:?} cannot be read there: {}", self.sql);
            }
            ExprKind::ArrayAny { array, element, ordinality, predicate, .. } => {
                self.expr(array, columns);
                let mut inner = columns.clone();
                self.bind(*element, &mut inner);
                ordinality.iter().for_each(|column| self.bind(*column, &mut inner));
                self.expr(predicate, &inner);
                return;
            }
            ExprKind::ScalarSubquery(subquery)
            | ExprKind::ExistsSubquery(subquery)
            | ExprKind::InSubquery { subquery, .. } => self.subquery(subquery),
            _ => {}
        }
        walk::children(expr).into_iter().for_each(|child| self.expr(child, columns));
    }

    fn subquery(&mut self, subquery: &Subquery) {
        let columns = self.plan(&subquery.plan);
        assert!(columns.contains(&subquery.column), "{}", self.sql);
    }
}
