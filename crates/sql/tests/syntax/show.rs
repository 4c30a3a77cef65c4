//! Trees as short text: SQL with every grouping in parentheses.

use rockhopper_sql::tree::*;

pub fn statement(statement: &Statement) -> String {
    let options = settings("OPTION", &statement.options);
    let script =
        statement.script.as_ref().map_or(String::new(), |script| format!("script<{}> ", script.text.trim()));
    let body = match &statement.kind {
        StatementKind::Query(inner) => query(inner),
        StatementKind::Insert(insert) => {
            format!("INSERT {} {}", target(&insert.target), query(&insert.query))
        }
        StatementKind::Describe(describe) => {
            format!("DESCRIBE {}{}", table_name(&describe.table), settings(" OPTION", &describe.options))
        }
        StatementKind::Explain(explain) => {
            let analyze = if explain.analyze { "ANALYZE " } else { "" };
            format!("EXPLAIN {analyze}{}{}", settings("", &explain.options), query(&explain.query))
        }
    };
    format!("{options}{script}{body}")
}

fn target(target: &InsertTarget) -> String {
    match target {
        InsertTarget::Collection { name: table, columns } => {
            format!("{}{}", table_name(table), name_list(columns))
        }
        InsertTarget::Bucket { url, integration, format: options, partition_by, .. } => {
            format!("bucket {url:?} {integration:?}{} by {}", settings(" ", options), list(partition_by))
        }
    }
}

pub fn query(query: &Query) -> String {
    let mut text = String::new();
    if let Some(with) = &query.with {
        let tables: Vec<String> = with.tables.iter().map(common_table).collect();
        text += if with.recursive { "WITH RECURSIVE " } else { "WITH " };
        text += &tables.join(", ");
        text.push(' ');
    }
    text += &body(&query.body);
    text += &order(&query.order_by);
    match &query.limit {
        None => {}
        Some(Limit::All) => text += " LIMIT ALL",
        Some(Limit::Count(count)) => text += &format!(" LIMIT {}", expr(count)),
    }
    if let Some(offset) = &query.offset {
        text += &format!(" OFFSET {}", expr(offset));
    }
    text + &settings(" HINT", &query.hints)
}

fn common_table(table: &CommonTable) -> String {
    format!("{}{} AS {{{}}}", name(&table.name), name_list(&table.columns), query(&table.query))
}

fn order(items: &[OrderItem]) -> String {
    if items.is_empty() { String::new() } else { format!(" ORDER BY {}", order_items(items)) }
}

fn order_items(items: &[OrderItem]) -> String {
    let items: Vec<String> = items
        .iter()
        .map(|item| {
            let direction = if item.descending { " DESC" } else { "" };
            let nulls = match item.nulls_first {
                None => "",
                Some(true) => " NULLS FIRST",
                Some(false) => " NULLS LAST",
            };
            format!("{}{direction}{nulls}", expr(&item.expr))
        })
        .collect();
    items.join(", ")
}

fn body(body: &QueryBody) -> String {
    match body {
        QueryBody::Select(inner) => select(inner),
        QueryBody::SetOperation(operation) => {
            let all = if operation.all { "_ALL" } else { "" };
            format!(
                "<{} {:?}{all} {}>",
                self::body(&operation.left),
                operation.kind,
                self::body(&operation.right)
            )
        }
        QueryBody::Values { rows, .. } => format!("VALUES {}", list(rows)),
        QueryBody::Table { name, .. } => format!("TABLE {}", table_name(name)),
        QueryBody::Nested(inner) => format!("{{{}}}", query(inner)),
    }
}

fn select(select: &Select) -> String {
    let items: Vec<String> = select.items.iter().map(item).collect();
    let mut text = format!("SELECT {}{}", if select.distinct { "DISTINCT " } else { "" }, items.join(", "));
    if !select.from.is_empty() {
        let from: Vec<String> = select.from.iter().map(relation).collect();
        text += &format!(" FROM {}", from.join(", "));
    }
    text += &select.filter.as_ref().map_or(String::new(), |filter| format!(" WHERE {}", expr(filter)));
    if let Some(group_by) = &select.group_by {
        let elements: Vec<String> = group_by.elements.iter().map(group).collect();
        text += &format!(" GROUP BY {}", elements.join(", "));
    }
    text += &select.having.as_ref().map_or(String::new(), |having| format!(" HAVING {}", expr(having)));
    if !select.cluster_by.is_empty() {
        text += &format!(" CLUSTER BY {}", list(&select.cluster_by));
    }
    text
}

fn item(item: &SelectItem) -> String {
    match item {
        SelectItem::Expr { expr: value, alias: None } => expr(value),
        SelectItem::Expr { expr: value, alias: Some(alias) } => format!("{} AS {}", expr(value), name(alias)),
        SelectItem::Star { base, except, .. } => {
            let base = base.as_ref().map_or(String::new(), |base| format!("{}.", expr(base)));
            let except =
                if except.is_empty() { String::new() } else { format!(" EXCEPT{}", name_list(except)) };
            format!("{base}*{except}")
        }
    }
}

fn group(element: &GroupElement) -> String {
    match element {
        GroupElement::Expr(value) => expr(value),
        GroupElement::Sets(sets) => {
            let sets: Vec<String> = sets.iter().map(|set| format!("({})", list(set))).collect();
            format!("SETS({})", sets.join(", "))
        }
        GroupElement::Rollup(values) => format!("ROLLUP({})", list(values)),
        GroupElement::Cube(values) => format!("CUBE({})", list(values)),
    }
}

fn relation(item: &Relation) -> String {
    let mut text = match &item.kind {
        RelationKind::Table(name) => table_name(name),
        RelationKind::Dynamic(value) => format!("TABLE({})", expr(value)),
        RelationKind::Subquery { query: inner, lateral } => {
            format!("{}{{{}}}", if *lateral { "LATERAL " } else { "" }, query(inner))
        }
        RelationKind::Unnest(inner) => unnest(inner),
        RelationKind::Join(inner) => join(inner),
        RelationKind::Nested(inner) => format!("({})", relation(inner)),
    };
    if let Some(sample) = &item.sample {
        text += &format!(" SAMPLE {:?} {}", sample.method, expr(&sample.percent));
    }
    if let Some(alias) = &item.alias {
        text += &format!(" AS {}{}", name(&alias.name), name_list(&alias.columns));
    }
    text + &settings(" HINT", &item.hints)
}

fn unnest(unnest: &Unnest) -> String {
    let column = unnest.column.as_ref().map_or(String::new(), |column| format!(" AS {}", name(column)));
    let ordinality = if unnest.with_ordinality { " WITH ORDINALITY" } else { "" };
    let ordinal =
        unnest.ordinality.as_ref().map_or(String::new(), |ordinal| format!(" AS {}", name(ordinal)));
    format!("UNNEST({}{column}{ordinality}{ordinal})", expr(&unnest.array))
}

fn join(join: &Join) -> String {
    let condition = match &join.condition {
        JoinCondition::Cross => " CROSS".to_owned(),
        JoinCondition::Natural => " NATURAL".to_owned(),
        JoinCondition::On(condition) => format!(" ON {}", expr(condition)),
        JoinCondition::Using(names) => format!(" USING {}", name_list(names)),
    };
    let hints = settings(" HINT", &join.hints);
    format!("<{} {:?} {}{condition}{hints}>", relation(&join.left), join.kind, relation(&join.right))
}

pub fn table_name(table: &TableName) -> String {
    let mut text = table.prefix.as_ref().map_or(String::new(), |prefix| format!("${}.", prefix.text));
    text += &path(&table.parts);
    for (index, part) in table.fields.iter().enumerate() {
        text += match index {
            0 => ":",
            _ => ".",
        };
        text += &match part {
            FieldPart::Name(part) => name(part),
            FieldPart::AnyElement => "[*]".to_owned(),
        };
    }
    text
}

fn name(name: &Name) -> String {
    if name.quoted { format!("{:?}", name.text) } else { name.text.clone() }
}

fn path(parts: &[Name]) -> String {
    parts.iter().map(name).collect::<Vec<_>>().join(".")
}

fn name_list(names: &[Name]) -> String {
    if names.is_empty() {
        return String::new();
    }
    format!("({})", names.iter().map(name).collect::<Vec<_>>().join(", "))
}

fn settings(word: &str, hints: &[Hint]) -> String {
    if hints.is_empty() {
        return String::new();
    }
    let hints: Vec<String> = hints
        .iter()
        .map(|hint| match &hint.value {
            None => name(&hint.name),
            Some(HintValue::Name(value)) => format!("{}={value}", name(&hint.name)),
            Some(HintValue::Number(value)) => format!("{}={value:?}", name(&hint.name)),
            Some(HintValue::String(value)) => format!("{}='{value}'", name(&hint.name)),
            Some(HintValue::Bool(value)) => format!("{}={value}", name(&hint.name)),
        })
        .collect();
    format!("{word}({}){}", hints.join(", "), if word.is_empty() || word == "OPTION" { " " } else { "" })
}

fn list(values: &[Expr]) -> String {
    values.iter().map(expr).collect::<Vec<_>>().join(", ")
}

fn not(negated: bool) -> &'static str {
    if negated { "NOT " } else { "" }
}

pub fn expr(value: &Expr) -> String {
    match &value.kind {
        ExprKind::Literal(literal) => self::literal(literal),
        ExprKind::TypedLiteral { type_name, text } => format!("{} '{text}'", type_name.text),
        ExprKind::Interval(inner) => interval(inner),
        ExprKind::Array(elements) => format!("[{}]", list(elements)),
        ExprKind::Object(members) => {
            let members: Vec<String> =
                members.iter().map(|(name, value)| format!("{}: {}", expr(name), expr(value))).collect();
            format!("{{{}}}", members.join(", "))
        }
        ExprKind::Row(values) => format!("ROW({})", list(values)),
        ExprKind::Path(parts) => path(parts),
        ExprKind::Field { base, name: member } => format!("({}).{}", expr(base), name(member)),
        ExprKind::Subscript { base, index } => format!("{}[{}]", expr(base), expr(index)),
        ExprKind::Parameter(name) => format!(":{name}"),
        ExprKind::Unary { operator: UnaryOperator::Minus, operand } => format!("(-{})", expr(operand)),
        ExprKind::Unary { operator: UnaryOperator::Plus, operand } => format!("(+{})", expr(operand)),
        ExprKind::Binary { operator, left, right, .. } => {
            format!("({} {} {})", expr(left), operator.symbol(), expr(right))
        }
        ExprKind::And(terms) => chain(terms, " AND "),
        ExprKind::Or(terms) => chain(terms, " OR "),
        ExprKind::Not(operand) => format!("(NOT {})", expr(operand)),
        ExprKind::Case(inner) => case(inner),
        ExprKind::Cast { operand, type_name, mode } => {
            format!("{mode:?}<{} {}>", expr(operand), type_name.text)
        }
        ExprKind::Extract { part, operand } => format!("EXTRACT({} FROM {})", name(part), expr(operand)),
        ExprKind::AtTimeZone { operand, zone } => format!("({} @ {})", expr(operand), expr(zone)),
        ExprKind::Position { needle, haystack } => {
            format!("POSITION({} IN {})", expr(needle), expr(haystack))
        }
        ExprKind::Normalize { operand, form } => {
            format!(
                "NORMALIZE({}{})",
                expr(operand),
                form.as_ref().map_or(String::new(), |form| format!(", {}", form.text))
            )
        }
        ExprKind::Grouping(values) => format!("GROUPING({})", list(values)),
        ExprKind::DynamicField(values) => format!("FIELD({})", list(values)),
        ExprKind::Call(inner) => call(inner),
        _ => test(value),
    }
}

fn chain(terms: &[Expr], separator: &str) -> String {
    format!("({})", terms.iter().map(expr).collect::<Vec<_>>().join(separator))
}

/// What gives true or false.
fn test(value: &Expr) -> String {
    match &value.kind {
        ExprKind::IsNull { operand, negated } => format!("({} IS {}NULL)", expr(operand), not(*negated)),
        ExprKind::IsUndefined { operand, negated } => {
            format!("({} IS {}UNDEFINED)", expr(operand), not(*negated))
        }
        ExprKind::IsDistinctFrom { left, right, negated } => {
            format!("({} IS {}DISTINCT FROM {})", expr(left), not(*negated), expr(right))
        }
        ExprKind::Between { operand, low, high, negated } => {
            format!("({} {}BETWEEN {} AND {})", expr(operand), not(*negated), expr(low), expr(high))
        }
        ExprKind::Like { operand, pattern, escape, negated } => {
            let escape = escape.as_ref().map_or(String::new(), |escape| format!(" ESCAPE {}", expr(escape)));
            format!("({} {}LIKE {}{escape})", expr(operand), not(*negated), expr(pattern))
        }
        ExprKind::InList { operand, list: values, negated } => {
            format!("({} {}IN ({}))", expr(operand), not(*negated), list(values))
        }
        ExprKind::InSubquery { operand, query: inner, negated } => {
            format!("({} {}IN {{{}}})", expr(operand), not(*negated), query(inner))
        }
        ExprKind::Exists(inner) => format!("EXISTS {{{}}}", query(inner)),
        ExprKind::Quantified { operand, operator, quantifier, query: inner } => {
            format!("({} {} {quantifier:?} {{{}}})", expr(operand), operator.symbol(), query(inner))
        }
        ExprKind::ScalarSubquery(inner) => format!("{{{}}}", query(inner)),
        other => panic!("no text for {other:?}"),
    }
}

fn literal(literal: &Literal) -> String {
    match literal {
        Literal::Null => "NULL".to_owned(),
        Literal::Undefined => "UNDEFINED".to_owned(),
        Literal::NullValue => "NULL_VALUE".to_owned(),
        Literal::Bool(value) => value.to_string(),
        Literal::Int(value) => value.to_string(),
        Literal::Float(value) => format!("{value:?}"),
        Literal::String(value) => format!("'{}'", value.replace('\n', "\\n")),
        Literal::Bytes(value) => format!("X{value:02x?}"),
    }
}

fn interval(interval: &Interval) -> String {
    let quote = if interval.is_text { "'" } else { "" };
    let unit = interval.unit.map_or(String::new(), |unit| format!(" {unit:?}"));
    let to = interval.to.map_or(String::new(), |to| format!(" TO {to:?}"));
    format!("INTERVAL {quote}{}{quote}{unit}{to}", interval.value)
}

fn case(case: &Case) -> String {
    let operand = case.operand.as_ref().map_or(String::new(), |operand| format!(" {}", expr(operand)));
    let branches: Vec<String> = case
        .branches
        .iter()
        .map(|(when, then)| format!(" WHEN {} THEN {}", expr(when), expr(then)))
        .collect();
    let otherwise = case.otherwise.as_ref().map_or(String::new(), |value| format!(" ELSE {}", expr(value)));
    format!("CASE{operand}{}{otherwise} END", branches.concat())
}

fn call(call: &Call) -> String {
    let star = if call.star { "*" } else { "" };
    let distinct = if call.distinct { "DISTINCT " } else { "" };
    let mut text =
        format!("{}({star}{distinct}{}{}", path(&call.name), list(&call.arguments), order(&call.order_by));
    text += &call.limit.as_ref().map_or(String::new(), |limit| format!(" LIMIT {}", expr(limit)));
    text += &call.offset.as_ref().map_or(String::new(), |offset| format!(" OFFSET {}", expr(offset)));
    text.push(')');
    text += &settings(" OPTION", &call.options);
    text += &call.filter.as_ref().map_or(String::new(), |filter| format!(" FILTER({})", expr(filter)));
    text + &call.over.as_ref().map_or(String::new(), window)
}

fn window(window: &Window) -> String {
    let partition = if window.partition_by.is_empty() {
        String::new()
    } else {
        format!("PARTITION BY {}", list(&window.partition_by))
    };
    let frame = window.frame.as_ref().map_or(String::new(), |frame| {
        let kind = if frame.rows { "ROWS" } else { "RANGE" };
        let end = frame.end.as_ref().map_or(String::new(), |end| format!("..{}", bound(end)));
        format!(" {kind} {}{end}", bound(&frame.start))
    });
    format!(" OVER({partition}{}{frame})", order(&window.order_by))
}

fn bound(bound: &Bound) -> String {
    match &bound.kind {
        BoundKind::UnboundedPreceding => "-inf".to_owned(),
        BoundKind::Preceding(offset) => format!("-{}", expr(offset)),
        BoundKind::CurrentRow => "0".to_owned(),
        BoundKind::Following(offset) => format!("+{}", expr(offset)),
        BoundKind::UnboundedFollowing => "+inf".to_owned(),
    }
}
