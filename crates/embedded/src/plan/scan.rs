//! A collection, with the conditions that its documents must meet.

use std::sync::Arc;

use rockhopper_sql::resolved::{ColumnId, Expr, ExprKind};
use rockhopper_storage::{ColumnType, Step};

use super::bindings::{column_type, steps};
use super::layout::{Key, Keys, Layout, Path, Slot};
use super::{Demand, Leaf, Planner, Rows};
use crate::error::Failure;
use crate::kind::{Absent, Kind};
use crate::operator::{
    CountWords, Scan, ScanColumn, ScanCondition, ScanPlan, Siblings, Tasks, WordCondition, Work,
};
use crate::program::{Compiler, is_fallible};

/// A further partition is worth its costs for so many zones.
const ZONES_PER_PARTITION: usize = 8;

impl Planner<'_> {
    pub(super) fn scan(
        &self,
        row: ColumnId,
        sample_percent: Option<f64>,
        demand: Demand,
    ) -> Result<Rows, Failure> {
        let snapshot = self
            .context
            .bindings
            .snapshot(row)
            .ok_or_else(|| Failure::internal("a collection has no snapshot"))?
            .clone();
        let conditions = self.ordered(demand.conditions);
        let keys = self.with_columns_of(&demand.required, conditions.iter().copied());
        let mut reader = Reader::default();
        for key in keys {
            self.add(row, key, &mut reader);
        }
        let prunings: Vec<_> = conditions
            .iter()
            .enumerate()
            .filter_map(|(number, condition)| Some((number, self.pruning(row, condition)?)))
            .collect();
        let (output, layout) = reader.output(&demand.required);
        let scan_conditions = self.scan_conditions(row, &conditions, &reader.layout)?;
        let by_word = scan_conditions.iter().any(|condition| condition.words.is_some());
        let wanted = |piece| self.only.is_none_or(|only| only.binary_search(&piece).is_ok());
        let tasks = Tasks::new(&snapshot, &prunings, by_word, wanted);
        let partitions = self.partitions.min(tasks.zones() / ZONES_PER_PARTITION).max(1);
        let plan = ScanPlan {
            conditions: scan_conditions,
            columns: reader.columns,
            siblings: reader.siblings.into_iter().map(|(_, siblings)| siblings).collect(),
            sample_percent,
            partials: self.partials.cloned(),
            output,
            schema: layout.schema(),
        };
        let work = Work::new(snapshot, tasks, plan);
        let rows = Rows { plan: Arc::new(Scan::new(work, partitions)), layout };
        match (demand.required.contains(&Key::Count), rows.layout.slots.as_slice()) {
            (true, [Slot { key: Key::Leaf(_, path), kind: Kind::String, .. }]) => {
                let path = steps(path);
                Ok(counted(rows, path))
            }
            _ => Ok(rows),
        }
    }

    fn scan_conditions(
        &self,
        row: ColumnId,
        exprs: &[&Expr],
        layout: &Layout,
    ) -> Result<Vec<ScanCondition>, Failure> {
        let nodes = self.compiled(exprs, layout)?;
        let both = exprs.iter().zip(nodes);
        both.map(|(expr, node)| Ok(ScanCondition { node, words: self.word_condition(row, expr)? })).collect()
    }

    /// The condition on one string that an expression is.
    pub(super) fn word_condition(
        &self,
        row: ColumnId,
        expr: &Expr,
    ) -> Result<Option<WordCondition>, Failure> {
        let bindings = &self.context.bindings;
        let (root, condition, array) = match &expr.kind {
            ExprKind::ArrayAny { element, ordinality: None, predicate, .. } => {
                let of = bindings.element_of(*element).filter(|of| of.row == row);
                let Some(of) = of else { return Ok(None) };
                (*element, predicate.as_ref(), Some(of))
            }
            _ => (row, expr, None),
        };
        let keys: Vec<Key> = self.with_columns_of(&Keys::new(), [condition]).into_iter().collect();
        let [key @ Key::Leaf(own, path)] = keys.as_slice() else { return Ok(None) };
        let Leaf::Typed(kind @ Kind::String, absent) = bindings.leaf(*own, path) else { return Ok(None) };
        if *own != root || is_fallible(condition, self.context) {
            return Ok(None);
        }
        let layout = Layout { slots: vec![Slot { key: key.clone(), kind, absent }] };
        let node = Compiler::new(self.context, &layout).compile(condition)?;
        let member = array.map_or_else(|| steps(path), |of| of.steps(path));
        Ok(Some(WordCondition::new(member, array.is_some(), node)?))
    }

    fn add(&self, row: ColumnId, key: Key, reader: &mut Reader) {
        let bindings = &self.context.bindings;
        match &key {
            Key::Leaf(root, path) if *root == row => {
                if let Leaf::Typed(kind, absent) = bindings.leaf(row, path) {
                    reader.push(ScanColumn::Leaf(steps(path), column_type(kind)), key, kind, absent);
                }
            }
            Key::ShadowInt(root, path) if *root == row => {
                reader.push(ScanColumn::ShadowInt(steps(path)), key, Kind::Int, Absent::Null);
            }
            Key::List(element, path) => {
                let Some(of) = bindings.element_of(*element).filter(|of| of.row == row) else { return };
                let (kind, absent) = match bindings.leaf(*element, path) {
                    Leaf::Typed(kind, absent) => (kind, absent),
                    Leaf::Missing => (Kind::Any, Absent::Never),
                };
                let column = reader.sibling(*element, of.steps(path), column_type(kind));
                reader.push(column, key, kind, absent);
            }
            Key::Offsets(element) => {
                let Some(of) = bindings.element_of(*element).filter(|of| of.row == row) else { return };
                // Of all columns of the elements, whether each is a bool costs least to make.
                let column = reader.sibling(*element, of.steps(&Path::from([])), ColumnType::Bool);
                reader.push(column, key, Kind::Bool, Absent::Undefined);
            }
            _ => {}
        }
    }
}

/// Each string of the only column of a scan once for each piece, with how often it occurs; `path` is where the strings
/// are. Rows of another plan stay as they are.
pub(super) fn counted(rows: Rows, path: Vec<Step>) -> Rows {
    let mut layout = rows.layout.clone();
    if let [slot] = layout.slots.as_mut_slice()
        && let Key::List(element, member) = &slot.key
    {
        slot.key = Key::Leaf(*element, member.clone());
    }
    layout.slots.push(Slot { key: Key::Count, kind: Kind::Int, absent: Absent::Never });
    match CountWords::new(&rows.plan, path, layout.schema()) {
        Some(counts) => Rows { plan: Arc::new(counts), layout },
        None => rows,
    }
}

/// The columns that a scan reads.
#[derive(Default)]
struct Reader {
    layout: Layout,
    columns: Vec<ScanColumn>,
    siblings: Vec<(ColumnId, Siblings)>,
}

impl Reader {
    fn push(&mut self, column: ScanColumn, key: Key, kind: Kind, absent: Absent) {
        self.columns.push(column);
        self.layout.slots.push(Slot { key, kind, absent });
    }

    fn sibling(&mut self, element: ColumnId, path: Vec<Step>, want: ColumnType) -> ScanColumn {
        let group = match self.siblings.iter().position(|(own, _)| *own == element) {
            Some(group) => group,
            None => {
                self.siblings.push((element, Siblings::default()));
                self.siblings.len() - 1
            }
        };
        let siblings = &mut self.siblings[group].1;
        siblings.paths.push(path);
        siblings.wants.push(want);
        ScanColumn::List(group, siblings.paths.len() - 1)
    }

    /// The columns that are needed above the scan.
    fn output(&self, required: &Keys) -> (Vec<usize>, Layout) {
        let mut output = Vec::new();
        let mut layout = Layout::default();
        for (number, slot) in self.layout.slots.iter().enumerate() {
            if required.contains(&slot.key) {
                output.push(number);
                layout.slots.push(slot.clone());
            }
        }
        (output, layout)
    }
}
