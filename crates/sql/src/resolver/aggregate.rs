//! GROUP BY: which expressions are grouped, and putting their columns in the place of the expressions.

use super::scope::Clause;
use super::select::{Item, Shape, named_item};
use super::{MAX_GROUPING_SETS, Resolver, expr, walk};
use crate::resolved::{ColumnId, Expr, ExprKind, Plan, SortKey};
use crate::tree::{self, GroupElement};
use crate::{Error, Result, Span};

/// What is grouped.
#[derive(Default)]
pub(super) struct Groups {
    keys: Vec<GroupKey>,
    /// Indexes into the keys; None is one set of all.
    sets: Option<Vec<Vec<usize>>>,
}

struct GroupKey {
    column: ColumnId,
    expr: Expr,
    /// The item of the select list that it is, by name or position.
    item: Option<usize>,
}

impl Groups {
    /// The column of a select item that is grouped by name or position.
    pub fn of_item(&self, item: usize) -> Option<ColumnId> {
        self.keys.iter().find(|key| key.item == Some(item)).map(|key| key.column)
    }

    fn position(&self, wanted: &Expr) -> Option<usize> {
        self.keys.iter().position(|key| walk::same(&key.expr, wanted))
    }
}

impl Resolver<'_> {
    /// The grouping expressions. `items` is the select list.
    pub(super) fn groups(&mut self, group_by: Option<&tree::GroupBy>, items: &[Item]) -> Result<Groups> {
        let mut groups = Groups::default();
        let Some(group_by) = group_by else { return Ok(groups) };
        let mut sets: Vec<Vec<usize>> = vec![Vec::new()];
        let mut is_plain = true;
        for element in &group_by.elements {
            is_plain &= matches!(element, GroupElement::Expr(_));
            let options = self.element_sets(element, &mut groups, items)?;
            if sets.len() * options.len() > MAX_GROUPING_SETS {
                let at = self.at(group_by.span);
                return Err(Error::TooLarge { what: "grouping sets", limit: MAX_GROUPING_SETS, at });
            }
            let combine = |set: &Vec<usize>| -> Vec<Vec<usize>> {
                options.iter().map(|option| [set.as_slice(), option].concat()).collect()
            };
            sets = sets.iter().flat_map(combine).collect();
        }
        for set in &mut sets {
            set.sort_unstable();
            set.dedup();
        }
        groups.sets = (!is_plain).then_some(sets);
        Ok(groups)
    }

    /// Replaces what is grouped by its column; fails at a column that is neither grouped nor aggregated.
    pub(super) fn regroup(&mut self, groups: &Groups, target: &mut Expr) -> Result<()> {
        if let Some(position) = groups.position(target) {
            target.kind = ExprKind::Column(groups.keys[position].column);
            return Ok(());
        }
        let mut base = &*target;
        while let ExprKind::Field { base: inner, .. } = &base.kind {
            base = inner;
        }
        if let ExprKind::Column(column) = base.kind
            && self.level().binds(column)
            && !groups.keys.iter().any(|key| contains(target, &key.expr))
        {
            let name = self.snippet(target.span);
            let remedy = match name.contains('*') {
                true => "name the columns that you need".to_owned(),
                false => format!("add it to GROUP BY or write ARBITRARY({name})"),
            };
            let message = format!("`{name}` is neither in GROUP BY nor inside an aggregate; {remedy}");
            return Err(self.invalid("not_grouped", message, target.span));
        }
        walk::children_mut(target).into_iter().try_for_each(|child| self.regroup(groups, child))
    }

    /// The same in the window calls of the current level.
    pub(super) fn regroup_windows(&mut self, groups: &Groups) -> Result<()> {
        let mut windows = std::mem::take(&mut self.level().windows);
        for (_, call) in &mut windows {
            let keys = call.order_by.iter_mut().map(|key| &mut key.expr);
            for target in
                call.arguments.iter_mut().chain(&mut call.partition_by).chain(keys).chain(&mut call.filter)
            {
                self.regroup(groups, target)?;
            }
        }
        self.level().windows = windows;
        Ok(())
    }

    /// The node that groups and computes the aggregates of the current level.
    pub(super) fn aggregate(&mut self, input: Plan, groups: Groups, span: Span) -> Result<Plan> {
        self.count(span)?;
        let mut groupings = Vec::new();
        for (column, arguments) in std::mem::take(&mut self.level().groupings) {
            let mut positions = Vec::new();
            for argument in &arguments {
                positions.push(groups.position(argument).ok_or_else(|| self.not_a_group(argument))?);
            }
            groupings.push((column, positions));
        }
        Ok(Plan::Aggregate {
            input: Box::new(input),
            groups: groups.keys.into_iter().map(|key| (key.column, key.expr)).collect(),
            sets: groups.sets,
            aggregates: std::mem::take(&mut self.level().aggregates),
            groupings,
        })
    }

    /// `GROUPING(a, b)`
    pub(super) fn grouping(&mut self, arguments: &[tree::Expr], span: Span) -> Result<Expr> {
        self.require(|clause| clause.aggregates, "GROUPING", "an aggregate", span)?;
        let arguments = self.in_clause(Clause::AGGREGATE, |resolver| {
            arguments.iter().map(|argument| resolver.expr(argument)).collect::<Result<Vec<Expr>>>()
        })?;
        let column = self.column();
        self.level().groupings.push((column, arguments));
        Ok(expr(ExprKind::Column(column), span))
    }

    /// The keys of ORDER BY in an aggregate or window.
    pub(super) fn inner_keys(&mut self, order_by: &[tree::OrderItem]) -> Result<Vec<SortKey>> {
        let key = |item: &tree::OrderItem| Ok(super::query::sort_key(self.expr(&item.expr)?, item));
        order_by.iter().map(key).collect()
    }

    /// The sets that one element of GROUP BY stands for.
    fn element_sets(
        &mut self,
        element: &GroupElement,
        groups: &mut Groups,
        items: &[Item],
    ) -> Result<Vec<Vec<usize>>> {
        let mut keys = |exprs: &[tree::Expr]| -> Result<Vec<usize>> {
            exprs.iter().map(|key| self.group_key(key, groups, items)).collect()
        };
        Ok(match element {
            GroupElement::Expr(key) => vec![keys(std::slice::from_ref(key))?],
            GroupElement::Sets(sets) => sets.iter().map(|set| keys(set)).collect::<Result<_>>()?,
            GroupElement::Rollup(exprs) => {
                let keys = keys(exprs)?;
                (0..=keys.len()).rev().map(|length| keys[..length].to_vec()).collect()
            }
            GroupElement::Cube(exprs) => {
                let keys = keys(exprs)?;
                // Counted before the sets are made: 2^n of them.
                let count =
                    1_usize.checked_shl(keys.len() as u32).filter(|count| *count <= MAX_GROUPING_SETS);
                let Some(count) = count else {
                    let at = self.at(exprs.first().map_or(Span::default(), |first| first.span));
                    return Err(Error::TooLarge { what: "grouping sets", limit: MAX_GROUPING_SETS, at });
                };
                let set = |mask: usize| {
                    let chosen =
                        keys.iter().enumerate().filter(|(at, _)| mask & (1 << (keys.len() - 1 - at)) != 0);
                    chosen.map(|(_, key)| *key).collect()
                };
                (0..count).rev().map(set).collect()
            }
        })
    }

    /// The position of a key among the groups, which it joins if it is new.
    fn group_key(&mut self, key: &tree::Expr, groups: &mut Groups, items: &[Item]) -> Result<usize> {
        let ordinal = self.ordinal(key, items.len())?;
        // An alias of an aggregate cannot be meant: `SUM(flaky) AS flaky .. GROUP BY flaky` groups by the field.
        let item =
            ordinal.or_else(|| named_item(key, items).filter(|at| !self.is_aggregated(&items[*at].expr)));
        let expr = match item.map(|at| &items[at]) {
            Some(Item { shape: Shape::Spread { .. }, .. }) => {
                return Err(self.invalid(
                    "invalid_position",
                    "A star cannot be grouped by; name its columns",
                    key.span,
                ));
            }
            Some(item) => item.expr.clone(),
            None => self.expr(key)?,
        };
        if self.is_aggregated(&expr) {
            let message =
                format!("`{}` is an aggregate, so it cannot be grouped by", self.snippet(expr.span));
            return Err(self.invalid("aggregate_not_allowed", message, key.span));
        }
        let known = groups
            .keys
            .iter()
            .position(|known| (item.is_some() && known.item == item) || walk::same(&known.expr, &expr));
        if let Some(position) = known {
            groups.keys[position].item = groups.keys[position].item.or(item);
            return Ok(position);
        }
        let column = self.column();
        groups.keys.push(GroupKey { column, expr, item });
        Ok(groups.keys.len() - 1)
    }

    fn is_aggregated(&mut self, expr: &Expr) -> bool {
        let level = self.level();
        let aggregates = level.aggregates.iter().map(|(column, _)| *column);
        let windows = level.windows.iter().map(|(column, _)| *column);
        let groupings = level.groupings.iter().map(|(column, _)| *column);
        let columns: Vec<ColumnId> = aggregates.chain(windows).chain(groupings).collect();
        walk::reads(expr, &columns)
    }

    fn not_a_group(&self, argument: &Expr) -> Error {
        let name = self.snippet(argument.span);
        let message = format!("GROUPING takes expressions of GROUP BY, and `{name}` is none");
        self.invalid("not_grouped", message, argument.span)
    }
}

/// Whether `part` stands somewhere in `whole`.
fn contains(whole: &Expr, part: &Expr) -> bool {
    walk::same(whole, part) || walk::children(whole).into_iter().any(|child| contains(child, part))
}
