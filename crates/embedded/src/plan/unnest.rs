//! UNNEST in FROM.

use std::sync::Arc;

use rockhopper_sql::resolved::{ColumnId, Expr, Plan};
use rockhopper_storage::Step;

use super::layout::{Key, Keys, Layout, Path, Slot};
use super::scan::counted;
use super::walk::{columns_read, list_keys};
use super::{Demand, Leaf, Planner, Rows};
use crate::error::Failure;
use crate::kind::{Absent, Kind};
use crate::operator::{ElementColumns, Unnest};
use crate::program::{Compiler, is_fallible};

impl Planner<'_> {
    pub(super) fn unnest<'p>(&self, plan: &'p Plan, demand: Demand<'p>) -> Result<Rows, Failure> {
        let Plan::Unnest { input, array, element, ordinality, outer } = plan else {
            return Err(Failure::internal("not an UNNEST"));
        };
        let (above, below): (Vec<_>, Vec<_>) = demand.conditions.iter().copied().partition(|condition| {
            let read = columns_read(condition);
            let reads_element =
                read.contains(element) || ordinality.is_some_and(|column| read.contains(&column));
            // A row without elements may not fail.
            reads_element || is_fallible(condition, self.context)
        });
        let needed = self.with_columns_of(&demand.required, above.iter().copied());
        let mut passed = needed.clone();
        passed.remove(&Key::Column(*element));
        if let Some(ordinality) = ordinality {
            passed.remove(&Key::Column(*ordinality));
        }
        let lists = self.context.bindings.element_of(*element).map(|_| list_keys(*element, &mut passed));
        if let Some(path) = self.countable(*element, &passed, lists.as_ref(), ordinality.is_some()) {
            let required = lists.unwrap_or_default();
            let rows = self.lower(input, Demand { required, conditions: below, fetch: None, first: None })?;
            let rows = counted(rows, path);
            if rows.layout.find(&Key::Count).is_some() {
                return self.filtered(rows, Demand { conditions: above, ..demand });
            }
            return Err(Failure::internal("an UNNEST over documents reads something else"));
        }
        let mut required = passed.clone();
        match &lists {
            Some(lists) => required.extend(lists.iter().cloned()),
            None => required = self.with_columns_of(&required, [array]),
        }
        let rows = self.lower(input, Demand { required, conditions: below, fetch: None, first: None })?;
        let rows = match lists.and_then(|lists| list_columns(*element, &lists, &rows.layout)) {
            Some((lists, slots)) => {
                expand(rows, &passed, ElementColumns::Lists(lists), slots, *ordinality, false)
            }
            None => self.whole_elements(rows, &passed, array, *element, *ordinality, *outer)?,
        };
        self.filtered(rows, Demand { conditions: above, ..demand })
    }

    /// Where the strings are of which each is wanted once with its number, if that is all that is wanted and the
    /// elements are those of documents.
    fn countable(
        &self,
        element: ColumnId,
        passed: &Keys,
        lists: Option<&Keys>,
        with_ordinality: bool,
    ) -> Option<Vec<Step>> {
        let mut lists = lists?.iter();
        let (Some(Key::List(_, member)), None) = (lists.next(), lists.next()) else { return None };
        let bindings = &self.context.bindings;
        let is_text = matches!(bindings.leaf(element, member), Leaf::Typed(Kind::String, _));
        let is_all = passed.iter().eq([&Key::Count]) && !with_ordinality;
        (is_text && is_all).then(|| bindings.element_of(element).map(|of| of.steps(member))).flatten()
    }

    fn whole_elements(
        &self,
        rows: Rows,
        passed: &Keys,
        array: &Expr,
        element: ColumnId,
        ordinality: Option<ColumnId>,
        outer: bool,
    ) -> Result<Rows, Failure> {
        let node = Compiler::new(self.context, &rows.layout).compile(array)?;
        let bound = self.context.bindings.element_of(element).is_some();
        let key = if bound { Key::Leaf(element, Path::from([])) } else { Key::Column(element) };
        let slots = vec![Slot { key, kind: Kind::Any, absent: Absent::Never }];
        Ok(expand(rows, passed, ElementColumns::Values(node, array.span), slots, ordinality, outer))
    }
}

/// The list columns of an element's members and what they become, if the input has them all.
fn list_columns(element: ColumnId, lists: &Keys, layout: &Layout) -> Option<(Vec<usize>, Vec<Slot>)> {
    let mut numbers = Vec::new();
    let mut slots = Vec::new();
    for list in lists {
        let number = layout.find(list)?;
        let Slot { kind, absent, .. } = layout.slots[number].clone();
        let key = match list {
            Key::List(_, path) => Key::Leaf(element, path.clone()),
            _ => Key::Hidden(number),
        };
        numbers.push(number);
        slots.push(Slot { key, kind, absent });
    }
    Some((numbers, slots))
}

fn expand(
    rows: Rows,
    passed: &Keys,
    elements: ElementColumns,
    element_slots: Vec<Slot>,
    ordinality: Option<ColumnId>,
    outer: bool,
) -> Rows {
    let mut pass = Vec::new();
    let mut slots = Vec::new();
    for (number, slot) in rows.layout.slots.iter().enumerate() {
        if passed.iter().any(|key| slot.key.holds(key)) {
            pass.push(number);
            slots.push(slot.clone());
        }
    }
    slots.extend(element_slots);
    slots.extend(ordinality.map(|column| Slot {
        key: Key::Column(column),
        kind: Kind::Int,
        absent: Absent::Undefined,
    }));
    let layout = Layout { slots };
    let plan = Unnest::new(rows.plan, pass, elements, ordinality.is_some(), outer, layout.schema());
    Rows { plan: Arc::new(plan), layout }
}
