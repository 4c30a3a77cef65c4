//! A resolved query as text, one node a line, inputs indented below: the answer of EXPLAIN.

use std::fmt::Write;

use crate::Value;
use crate::resolved::{
    AggregateCall, Bound, CastMode, ColumnId, Expr, ExprKind, Frame, JoinKind, Output, Plan, Query, SetKind,
    SortKey, Subquery, WindowCall,
};

/// The query as text. Columns are called `c0`, `c1`, ..; parameters by their names.
pub fn explain(query: &Query) -> String {
    let mut explainer = Explainer { query, text: String::new() };
    let outputs: Vec<String> = query.outputs.iter().map(output).collect();
    explainer.line(0, &format!("Output {}", outputs.join(", ")));
    explainer.plan(&query.plan, 1);
    explainer.text
}

struct Explainer<'q> {
    query: &'q Query,
    text: String,
}

impl Explainer<'_> {
    fn line(&mut self, depth: usize, text: &str) {
        self.text.push_str(&"  ".repeat(depth));
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn plan(&mut self, plan: &Plan, depth: usize) {
        let (text, inputs) = self.node(plan);
        self.line(depth, &text);
        for subquery in subqueries(plan) {
            self.line(depth + 1, &format!("Subquery {}", column(subquery.column)));
            self.plan(&subquery.plan, depth + 2);
        }
        for input in inputs {
            self.plan(input, depth + 1);
        }
    }

    /// A node's own line and what it reads.
    fn node<'p>(&self, plan: &'p Plan) -> (String, Vec<&'p Plan>) {
        match plan {
            Plan::Unit => ("Unit".to_owned(), Vec::new()),
            Plan::Collection { collection, row, sample_percent, .. } => {
                let mut text = match self.query.collections.get(*collection) {
                    Some(name) => format!("Collection {}.{} as {}", name.workspace, name.name, column(*row)),
                    None => format!("Collection #{collection} as {}", column(*row)),
                };
                if let Some(percent) = sample_percent {
                    let _ = write!(text, " sample {percent}%");
                }
                (text, Vec::new())
            }
            Plan::Values { columns: bound, rows } => {
                let rows: Vec<String> = rows.iter().map(|row| format!("({})", self.exprs(row))).collect();
                (format!("Values {} = {}", columns(bound), rows.join(", ")), Vec::new())
            }
            Plan::Unnest { input, array, element, ordinality, outer } => {
                let outer = if *outer { " outer" } else { "" };
                let text =
                    format!("Unnest{outer} {} as {}", self.expr(array), element_names(*element, *ordinality));
                (text, vec![input])
            }
            Plan::Filter { input, condition } => (format!("Filter {}", self.expr(condition)), vec![input]),
            Plan::Extend { input, columns } => {
                let columns =
                    columns.iter().map(|(id, value)| format!("{} = {}", column(*id), self.expr(value)));
                (format!("Extend {}", join(columns)), vec![input])
            }
            Plan::Aggregate { .. } => self.aggregate(plan),
            Plan::Window { input, calls } => {
                let calls = calls.iter().map(|(id, call)| format!("{} = {}", column(*id), self.window(call)));
                (format!("Window {}", join(calls)), vec![input])
            }
            Plan::Join { left, right, kind, condition } => {
                let kind = match (kind, condition) {
                    (JoinKind::Inner, None) => "CrossJoin",
                    (JoinKind::Inner, _) => "InnerJoin",
                    (JoinKind::Left, _) => "LeftJoin",
                    (JoinKind::Right, _) => "RightJoin",
                    (JoinKind::Full, _) => "FullJoin",
                };
                let on = condition.as_ref().map(|condition| format!(" on {}", self.expr(condition)));
                (format!("{kind}{}", on.unwrap_or_default()), vec![left, right])
            }
            Plan::SetOperation { left, right, kind, all, columns } => {
                let kind = match kind {
                    SetKind::Union => "Union",
                    SetKind::Intersect => "Intersect",
                    SetKind::Except => "Except",
                };
                let all = if *all { " all" } else { "" };
                let columns = columns.iter().map(|(new, left, right)| {
                    format!("{} = {} | {}", column(*new), column(*left), column(*right))
                });
                (format!("{kind}{all} {}", join(columns)), vec![left, right])
            }
            Plan::Distinct { input, columns: equal } => (format!("Distinct {}", columns(equal)), vec![input]),
            Plan::Sort { input, keys } => (format!("Sort {}", self.keys(keys)), vec![input]),
            Plan::Limit { input, limit, offset } => {
                let mut text =
                    format!("Limit {}", limit.as_ref().map_or("all".to_owned(), |limit| self.expr(limit)));
                if let Some(offset) = offset {
                    let _ = write!(text, " offset {}", self.expr(offset));
                }
                (text, vec![input])
            }
        }
    }

    fn aggregate<'p>(&self, plan: &'p Plan) -> (String, Vec<&'p Plan>) {
        let Plan::Aggregate { input, groups, sets, aggregates, groupings } = plan else {
            return (String::new(), Vec::new());
        };
        let mut parts = Vec::new();
        if !groups.is_empty() {
            let groups = groups.iter().map(|(id, group)| format!("{} = {}", column(*id), self.expr(group)));
            parts.push(format!("by {}", join(groups)));
        }
        if let Some(sets) = sets {
            let set = |set: &Vec<usize>| {
                let names = set.iter().filter_map(|at| groups.get(*at)).map(|(id, _)| column(*id));
                format!("({})", join(names))
            };
            parts.push(format!("sets {}", join(sets.iter().map(set))));
        }
        parts.extend(aggregates.iter().map(|(id, call)| format!("{} = {}", column(*id), self.call(call))));
        parts.extend(groupings.iter().map(|(id, positions)| {
            let names = positions.iter().filter_map(|at| groups.get(*at)).map(|(id, _)| column(*id));
            format!("{} = grouping({})", column(*id), join(names))
        }));
        (format!("Aggregate {}", parts.join("; ")), vec![input])
    }

    fn call(&self, call: &AggregateCall) -> String {
        let distinct = if call.distinct { "distinct " } else { "" };
        let mut text = format!("{}({distinct}{}", call.function.name(), self.exprs(&call.arguments));
        if call.arguments.is_empty() {
            text.push('*');
        }
        if !call.order_by.is_empty() {
            let _ = write!(text, " order by {}", self.keys(&call.order_by));
        }
        for (word, count) in [("limit", &call.limit), ("offset", &call.offset)] {
            if let Some(count) = count {
                let _ = write!(text, " {word} {}", self.expr(count));
            }
        }
        text.push(')');
        if let Some(filter) = &call.filter {
            let _ = write!(text, " filter {}", self.expr(filter));
        }
        text
    }

    fn window(&self, call: &WindowCall) -> String {
        let mut text = format!("{}({})", call.function.name(), self.exprs(&call.arguments));
        if let Some(filter) = &call.filter {
            let _ = write!(text, " filter {}", self.expr(filter));
        }
        text.push_str(" over (");
        if !call.partition_by.is_empty() {
            let _ = write!(text, "partition by {} ", self.exprs(&call.partition_by));
        }
        if !call.order_by.is_empty() {
            let _ = write!(text, "order by {} ", self.keys(&call.order_by));
        }
        let Frame { rows, start, end } = &call.frame;
        let unit = if *rows { "rows" } else { "range" };
        let _ = write!(text, "{unit} {} to {})", self.bound(start), self.bound(end));
        text
    }

    fn bound(&self, bound: &Bound) -> String {
        match bound {
            Bound::UnboundedPreceding => "first".to_owned(),
            Bound::Preceding(offset) => format!("-{}", self.expr(offset)),
            Bound::CurrentRow => "current".to_owned(),
            Bound::Following(offset) => format!("+{}", self.expr(offset)),
            Bound::UnboundedFollowing => "last".to_owned(),
        }
    }

    fn keys(&self, keys: &[SortKey]) -> String {
        join(keys.iter().map(|key| {
            let direction = if key.descending { " desc" } else { "" };
            let nulls = if key.nulls_first { " nulls first" } else { "" };
            format!("{}{direction}{nulls}", self.expr(&key.expr))
        }))
    }

    fn exprs(&self, exprs: &[Expr]) -> String {
        join(exprs.iter().map(|expr| self.expr(expr)))
    }

    fn expr(&self, expr: &Expr) -> String {
        match &expr.kind {
            ExprKind::Literal(literal) => value(literal),
            ExprKind::Parameter(index) => match self.query.parameters.get(*index) {
                Some(parameter) => format!(":{}", parameter.name),
                None => format!(":#{index}"),
            },
            ExprKind::Now => "now".to_owned(),
            ExprKind::Column(id) => column(*id),
            ExprKind::Field { base, name } => format!("{}.{}", self.expr(base), quoted(name)),
            ExprKind::Subscript { base, index } => format!("{}[{}]", self.expr(base), self.expr(index)),
            ExprKind::Call { function, arguments } => match arguments.as_slice() {
                [left, right] if !function.name().starts_with(|first: char| first.is_ascii_alphabetic()) => {
                    format!("({} {} {})", self.expr(left), function.name(), self.expr(right))
                }
                arguments => format!("{}({})", function.name(), self.exprs(arguments)),
            },
            ExprKind::Cast { expr, to, mode } => {
                let name = match mode {
                    CastMode::Cast => "cast",
                    CastMode::Try => "try_cast",
                    CastMode::Static => "static_cast",
                    CastMode::TryStatic => "try_static_cast",
                };
                format!("{name}({} as {to})", self.expr(expr))
            }
            ExprKind::And(sides) => self.chain(sides, " and "),
            ExprKind::Or(sides) => self.chain(sides, " or "),
            ExprKind::Not(operand) => format!("not {}", self.expr(operand)),
            ExprKind::IsNull(operand) => format!("({} is null)", self.expr(operand)),
            ExprKind::IsUndefined(operand) => format!("({} is undefined)", self.expr(operand)),
            _ => self.compound(expr),
        }
    }

    fn compound(&self, expr: &Expr) -> String {
        match &expr.kind {
            ExprKind::Case { branches, otherwise } => {
                let mut text = "case".to_owned();
                for (condition, value) in branches {
                    let _ = write!(text, " when {} then {}", self.expr(condition), self.expr(value));
                }
                if let Some(otherwise) = otherwise {
                    let _ = write!(text, " else {}", self.expr(otherwise));
                }
                text + " end"
            }
            ExprKind::Coalesce(items) => format!("coalesce({})", self.exprs(items)),
            ExprKind::Try(operand) => format!("try({})", self.expr(operand)),
            ExprKind::InList { expr, list } => format!("({} in ({}))", self.expr(expr), self.exprs(list)),
            ExprKind::Array(items) => format!("[{}]", self.exprs(items)),
            ExprKind::Object(members) => {
                let members =
                    members.iter().map(|(name, value)| format!("{}: {}", self.expr(name), self.expr(value)));
                format!("{{{}}}", join(members))
            }
            ExprKind::ArrayAny { array, element, ordinality, predicate, exists } => {
                let name = if *exists { "exists" } else { "any" };
                let names = element_names(*element, *ordinality);
                format!("{name}({names} of {}: {})", self.expr(array), self.expr(predicate))
            }
            ExprKind::ScalarSubquery(subquery) => format!("subquery({})", column(subquery.column)),
            ExprKind::InSubquery { expr, subquery } => {
                format!("({} in subquery({}))", self.expr(expr), column(subquery.column))
            }
            ExprKind::ExistsSubquery(subquery) => format!("exists subquery({})", column(subquery.column)),
            _ => String::new(),
        }
    }

    fn chain(&self, sides: &[Expr], word: &str) -> String {
        let sides: Vec<String> = sides.iter().map(|side| self.expr(side)).collect();
        format!("({})", sides.join(word))
    }
}

/// The subqueries in a node's own expressions.
fn subqueries(plan: &Plan) -> Vec<&Subquery> {
    let mut exprs: Vec<&Expr> = Vec::new();
    match plan {
        Plan::Values { rows, .. } => exprs.extend(rows.iter().flatten()),
        Plan::Unnest { array, .. } => exprs.push(array),
        Plan::Filter { condition, .. } => exprs.push(condition),
        Plan::Extend { columns, .. } => exprs.extend(columns.iter().map(|(_, value)| value)),
        Plan::Aggregate { groups, aggregates, .. } => {
            exprs.extend(groups.iter().map(|(_, group)| group));
            for (_, call) in aggregates {
                exprs.extend(call.arguments.iter().chain(&call.filter));
                exprs.extend(call.order_by.iter().map(|key| &key.expr));
            }
        }
        Plan::Window { calls, .. } => {
            for (_, call) in calls {
                exprs.extend(call.arguments.iter().chain(&call.partition_by).chain(&call.filter));
                exprs.extend(call.order_by.iter().map(|key| &key.expr));
            }
        }
        Plan::Join { condition, .. } => exprs.extend(condition),
        Plan::Sort { keys, .. } => exprs.extend(keys.iter().map(|key| &key.expr)),
        Plan::Unit
        | Plan::Collection { .. }
        | Plan::SetOperation { .. }
        | Plan::Distinct { .. }
        | Plan::Limit { .. } => {}
    }
    let mut found = Vec::new();
    while let Some(expr) = exprs.pop() {
        match &expr.kind {
            ExprKind::ScalarSubquery(subquery)
            | ExprKind::ExistsSubquery(subquery)
            | ExprKind::InSubquery { subquery, .. } => found.push(&**subquery),
            _ => {}
        }
        exprs.extend(super::walk::children(expr));
    }
    found.sort_by_key(|subquery| subquery.column);
    found
}

fn output(output: &Output) -> String {
    match output {
        Output::Column { name, column: id } => format!("{}: {}", quoted(name), column(*id)),
        Output::Spread { column: id, except } if except.is_empty() => format!("*: {}", column(*id)),
        Output::Spread { column: id, except } => {
            format!("* except ({}): {}", join(except.iter().map(|name| quoted(name))), column(*id))
        }
    }
}

fn value(literal: &Value) -> String {
    match literal {
        Value::Undefined => "undefined".to_owned(),
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => format!("{value:?}"),
        Value::String(value) => format!("'{}'", value.replace('\'', "''")),
        Value::Bytes(bytes) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("x'{digits}'")
        }
        Value::Array(items) => format!("[{}]", join(items.iter().map(value))),
        Value::Object(members) => {
            let members = members.iter().map(|(name, member)| format!("{}: {}", quoted(name), value(member)));
            format!("{{{}}}", join(members))
        }
        Value::Timestamp(number)
        | Value::DateTime(number)
        | Value::Time(number)
        | Value::MicrosecondInterval(number)
        | Value::MonthInterval(number) => format!("{}({number})", literal.type_of()),
        Value::Date(days) => format!("date({days})"),
    }
}

/// A name as SQL would write it.
fn quoted(name: &str) -> String {
    let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

fn element_names(element: ColumnId, ordinality: Option<ColumnId>) -> String {
    match ordinality {
        Some(ordinality) => format!("{}, {}", column(element), column(ordinality)),
        None => column(element),
    }
}

fn column(id: ColumnId) -> String {
    format!("c{}", id.0)
}

fn columns(ids: &[ColumnId]) -> String {
    join(ids.iter().map(|id| column(*id)))
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<String>>().join(", ")
}
