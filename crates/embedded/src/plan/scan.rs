//! A collection, with the conditions that its documents must meet.

use std::sync::Arc;

use rockhopper_sql::resolved::{ColumnId, Expr, ExprKind};
use rockhopper_storage::ColumnType;

use super::bindings::{column_type, steps};
use super::layout::{Key, Keys, Layout, Path, Slot};
use super::{Demand, Leaf, Planner, Rows};
use crate::error::Failure;
use crate::kind::{Absent, Kind};
use crate::operator::{Morsels, Scan, ScanColumn, ScanCondition, ScanPlan, Siblings, WordCondition};
use crate::program::{Compiler, is_fallible};

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
        let prunings: Vec<_> =
            conditions.iter().filter_map(|condition| self.pruning(row, condition)).collect();
        let morsels = Morsels::new(&snapshot, &prunings);
        let partitions = self.partitions.min(morsels.len()).max(1);
        let (output, layout) = reader.output(&demand.required);
        let plan = ScanPlan {
            conditions: self.scan_conditions(row, &conditions, &reader.layout)?,
            columns: reader.columns,
            siblings: reader.siblings.into_iter().map(|(_, siblings)| siblings).collect(),
            sample_percent,
            output,
            schema: layout.schema(),
        };
        Ok(Rows { plan: Arc::new(Scan::new(snapshot, morsels, plan, partitions)), layout })
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
    fn word_condition(&self, row: ColumnId, expr: &Expr) -> Result<Option<WordCondition>, Failure> {
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
        Ok(Some(WordCondition { path: member, of_elements: array.is_some(), node }))
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

    fn sibling(
        &mut self,
        element: ColumnId,
        path: Vec<rockhopper_storage::Step>,
        want: ColumnType,
    ) -> ScanColumn {
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
