//! One SELECT: its clauses in the order in which they are computed.

use std::rc::Rc;

use super::aggregate::Groups;
use super::query::{Rows, Tail, default_name, sort_key, sorted};
use super::scope::Clause;
use super::{Resolver, expr, walk};
use crate::resolved::{ColumnId, Expr, ExprKind, Output, Plan, SortKey};
use crate::tree::{self, ExprKind as Tree, SelectItem};
use crate::{Result, Span};

/// An item of the select list.
pub(super) struct Item {
    pub expr: Expr,
    pub shape: Shape,
}

/// What an item adds to the answer.
pub(super) enum Shape {
    /// A column. The name is AS's, the path's last part or the function's, or none.
    Column { name: Option<String>, has_alias: bool },
    /// The members of an object.
    Spread { except: Vec<String> },
}

/// A key of ORDER BY: an item of the select list, or an expression of its own.
enum Key {
    Item(usize),
    Expr(Expr),
}

impl Resolver<'_> {
    /// The rows of a SELECT in the current level, which must be new.
    pub(super) fn select(&mut self, select: &tree::Select, tail: Tail<'_>) -> Result<Rows> {
        if let Some(key) = select.cluster_by.first() {
            return Err(self.not_supported("CLUSTER BY in a query", key.span));
        }
        let mut plan = self.from(&select.from)?;
        if let Some(condition) = &select.filter {
            let condition = self.in_clause(Clause::WHERE, |resolver| resolver.expr(condition))?;
            plan = filter(plan, condition);
        }
        let mut items = self.in_clause(Clause::SELECT, |resolver| resolver.items(&select.items))?;
        self.level().aliases = aliases(&select.items);
        let mut groups =
            self.in_clause(Clause::GROUP_BY, |resolver| resolver.groups(select.group_by.as_ref(), &items))?;
        let mut having = match &select.having {
            Some(having) => Some(self.having(having)?),
            None => None,
        };
        let mut keys = self.in_clause(Clause::ORDER_BY, |resolver| resolver.keys(tail, &items))?;

        let level = self.level();
        let is_aggregated = !level.aggregates.is_empty() || !level.groupings.is_empty();
        if select.group_by.is_some() || having.is_some() || is_aggregated {
            self.group_items(&mut groups, &mut items, &mut having, &mut keys)?;
            plan = self.aggregate(plan, groups, select.span)?;
        }
        if let Some(having) = having {
            plan = filter(plan, having);
        }
        let calls = std::mem::take(&mut self.level().windows);
        if !calls.is_empty() {
            plan = Plan::Window { input: Box::new(plan), calls };
        }
        self.project(plan, select.distinct, items, keys, tail)
    }

    fn having(&mut self, having: &tree::Expr) -> Result<Expr> {
        let condition = self.in_clause(Clause::HAVING, |resolver| resolver.expr(having))?;
        let windows: Vec<ColumnId> = self.level().windows.iter().map(|(column, _)| *column).collect();
        if walk::reads(&condition, &windows) {
            let message = "HAVING cannot use a window function; filter its result in a query around this one";
            return Err(self.invalid("window_not_allowed", message, having.span));
        }
        Ok(condition)
    }

    /// Puts group columns in place of what is grouped, in all that is computed after grouping.
    fn group_items(
        &mut self,
        groups: &mut Groups,
        items: &mut [Item],
        having: &mut Option<Expr>,
        keys: &mut [Key],
    ) -> Result<()> {
        for (at, item) in items.iter_mut().enumerate() {
            match groups.of_item(at) {
                Some(column) => item.expr.kind = ExprKind::Column(column),
                None => self.regroup(groups, &mut item.expr)?,
            }
        }
        if let Some(having) = having {
            self.regroup(groups, having)?;
        }
        for key in keys {
            if let Key::Expr(key) = key {
                self.regroup(groups, key)?;
            }
        }
        self.regroup_windows(groups)
    }

    /// The keys of ORDER BY, before grouping.
    fn keys(&mut self, tail: Tail<'_>, items: &[Item]) -> Result<Vec<Key>> {
        let mut keys = Vec::new();
        for item in tail.order_by {
            let position = match self.ordinal(&item.expr, items.len())? {
                Some(position) => Some(position),
                None => named_item(&item.expr, items),
            };
            keys.push(match position {
                Some(position) => Key::Item(position),
                None => Key::Expr(self.expr(&item.expr)?),
            });
        }
        Ok(keys)
    }

    /// Computes the items, makes them distinct, orders and cuts.
    fn project(
        &mut self,
        plan: Plan,
        distinct: bool,
        items: Vec<Item>,
        keys: Vec<Key>,
        tail: Tail<'_>,
    ) -> Result<Rows> {
        let names = names(&items);
        let mut outputs = Vec::new();
        let mut computed: Vec<(ColumnId, Expr)> = Vec::new();
        for (item, name) in items.into_iter().zip(names) {
            let column = match item.expr.kind {
                ExprKind::Column(column) => column,
                _ => {
                    let column = self.column();
                    computed.push((column, item.expr));
                    column
                }
            };
            outputs.push(match item.shape {
                Shape::Column { .. } => Output::Column { name, column },
                Shape::Spread { except } => Output::Spread { column, except },
            });
        }
        let columns: Vec<ColumnId> = outputs.iter().map(output_source).collect();
        let keys = self.sort_keys(keys, &columns, &computed, tail, distinct)?;
        // What no key reads is computed after LIMIT, for fewer rows.
        let late: Vec<(ColumnId, Expr)> = match tail.limit.is_some() && !distinct {
            true => computed.extract_if(.., |(column, _)| !keys_read(&keys, *column)).collect(),
            false => Vec::new(),
        };
        let mut plan = extend(plan, computed);
        if distinct {
            plan = Plan::Distinct { input: Box::new(plan), columns };
        }
        let plan = self.limit(sorted(plan, keys), tail)?;
        Ok(Rows { plan: extend(plan, late), outputs })
    }

    fn sort_keys(
        &mut self,
        keys: Vec<Key>,
        columns: &[ColumnId],
        computed: &[(ColumnId, Expr)],
        tail: Tail<'_>,
        distinct: bool,
    ) -> Result<Vec<SortKey>> {
        let mut sort_keys = Vec::new();
        for (key, item) in keys.into_iter().zip(tail.order_by) {
            let key = match key {
                Key::Item(position) => expr(ExprKind::Column(columns[position]), item.expr.span),
                Key::Expr(mut key) => {
                    reuse(&mut key, computed);
                    key
                }
            };
            if distinct && reads_beyond(&key, columns) {
                let message = format!(
                    "With SELECT DISTINCT, ORDER BY can only use what is selected; add `{}` to the select list",
                    self.snippet(item.expr.span)
                );
                return Err(self.invalid("order_by_not_selected", message, item.expr.span));
            }
            sort_keys.push(sort_key(key, item));
        }
        Ok(sort_keys)
    }
}

/// The item that a bare name in GROUP BY or ORDER BY stands for: an AS name, or the last part of a path.
pub(super) fn named_item(item: &tree::Expr, items: &[Item]) -> Option<usize> {
    let Tree::Path(names) = &item.kind else { return None };
    let [name] = names.as_slice() else { return None };
    let is_named = |item: &Item, with_alias: bool| matches!(&item.shape, Shape::Column { name: Some(own), has_alias } if *own == name.text && *has_alias == with_alias);
    let position = |with_alias| items.iter().position(|item| is_named(item, with_alias));
    position(true).or_else(|| position(false))
}

pub(super) fn filter(input: Plan, condition: Expr) -> Plan {
    Plan::Filter { input: Box::new(input), condition }
}

fn extend(input: Plan, columns: Vec<(ColumnId, Expr)>) -> Plan {
    if columns.is_empty() { input } else { Plan::Extend { input: Box::new(input), columns } }
}

fn aliases(items: &[SelectItem]) -> Vec<(String, Rc<tree::Expr>)> {
    let alias = |item: &SelectItem| match item {
        SelectItem::Expr { expr, alias: Some(alias) } => Some((alias.text.clone(), Rc::new(expr.clone()))),
        _ => None,
    };
    items.iter().filter_map(alias).collect()
}

/// The names of the items: AS names as they are; of other names the first, where no AS name is equal.
fn names(items: &[Item]) -> Vec<String> {
    let is_alias = |wanted: &String| {
        items.iter().any(|item| {
            matches!(&item.shape, Shape::Column { name: Some(name), has_alias: true } if name == wanted)
        })
    };
    let mut names: Vec<String> = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let name = match &item.shape {
            Shape::Column { name: Some(name), has_alias: true } => name.clone(),
            Shape::Column { name: Some(name), .. } if !is_alias(name) && !names.contains(name) => {
                name.clone()
            }
            _ => default_name(at),
        };
        names.push(name);
    }
    names
}

fn output_source(output: &Output) -> ColumnId {
    match output {
        Output::Column { column, .. } | Output::Spread { column, .. } => *column,
    }
}

/// Reads a computed column where its expression stands again.
fn reuse(key: &mut Expr, computed: &[(ColumnId, Expr)]) {
    if let Some((column, _)) = computed.iter().find(|(_, expr)| walk::same(expr, key)) {
        key.kind = ExprKind::Column(*column);
        return;
    }
    walk::children_mut(key).into_iter().for_each(|child| reuse(child, computed));
}

fn reads_beyond(key: &Expr, columns: &[ColumnId]) -> bool {
    match &key.kind {
        ExprKind::Column(column) => !columns.contains(column),
        ExprKind::ArrayAny { array, element, ordinality, predicate, .. } => {
            let bound: Vec<ColumnId> = columns.iter().chain([element]).chain(ordinality).copied().collect();
            reads_beyond(array, columns) || reads_beyond(predicate, &bound)
        }
        _ => walk::children(key).into_iter().any(|child| reads_beyond(child, columns)),
    }
}

fn keys_read(keys: &[SortKey], column: ColumnId) -> bool {
    keys.iter().any(|key| walk::reads(&key.expr, &[column]))
}

/// The name of an item without AS.
pub(super) fn natural_name(item: &tree::Expr) -> Option<String> {
    let function = |name: &str| Some(format!("?{}", name.to_ascii_lowercase()));
    match &item.kind {
        Tree::Path(names) => names.last().map(|name| name.text.clone()),
        Tree::Field { name, .. } => Some(name.text.clone()),
        Tree::Call(call) => call.name.last().and_then(|name| function(&name.text)),
        Tree::Extract { .. } => function("extract"),
        Tree::Position { .. } => function("position"),
        Tree::Normalize { .. } => function("normalize"),
        Tree::Grouping(_) => function("grouping"),
        _ => None,
    }
}

/// A column of the select list.
pub(super) fn column_item(expr: Expr, name: Option<String>, has_alias: bool) -> Item {
    Item { expr, shape: Shape::Column { name, has_alias } }
}

/// A column that a star brings.
pub(super) fn star_item(name: &str, column: ColumnId, span: Span) -> Item {
    column_item(expr(ExprKind::Column(column), span), Some(name.to_owned()), false)
}
