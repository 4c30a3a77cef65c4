//! An operator and what its columns hold.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, Schema};
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use rockhopper_sql::resolved::{ColumnId, Expr};

use super::Context;
use super::layout::{Key, Keys, Layout, Slot};
use crate::error::Failure;
use crate::kind::{Absent, Kind};
use crate::operator::{Column, Form, Given, Map};
use crate::program::{Compiler, Frame, Node, any_array};

/// An operator and what its columns hold.
pub(crate) struct Rows {
    pub(crate) plan: Arc<dyn ExecutionPlan>,
    pub(crate) layout: Layout,
}

impl Rows {
    /// One row without columns.
    pub(super) fn unit() -> Rows {
        let options = RecordBatchOptions::new().with_row_count(Some(1));
        let batch = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), Vec::new(), &options)
            .unwrap_or_else(|_| RecordBatch::new_empty(Arc::new(Schema::empty())));
        Rows { plan: Arc::new(Given::new(batch.schema(), [batch].into())), layout: Layout::default() }
    }

    /// Rows that are written out.
    pub(super) fn values(columns: &[ColumnId], table: &[Vec<Node>]) -> Result<Rows, Failure> {
        let slot =
            |column: &ColumnId| Slot { key: Key::Column(*column), kind: Kind::Any, absent: Absent::Never };
        let layout = Layout { slots: columns.iter().map(slot).collect() };
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(columns.len());
        for number in 0..columns.len() {
            arrays.push(any_array(table.len(), |row| {
                table[row]
                    .get(number)
                    .ok_or_else(|| Failure::internal("a row of VALUES is too short"))?
                    .eval(&Frame::of_columns(&[], 1))?
                    .value(0)
            })?);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(table.len()));
        let batch = RecordBatch::try_new_with_options(layout.schema(), arrays, &options)?;
        Ok(Rows { plan: Arc::new(Given::new(batch.schema(), [batch].into())), layout })
    }

    /// The rows for which all conditions are true, with the columns that are needed above.
    pub(super) fn filter(self, conditions: Vec<Node>, required: &Keys) -> Result<Rows, Failure> {
        let (columns, slots) = self.kept(required);
        Ok(self.map(conditions, columns, slots))
    }

    /// The rows with new columns, and of the old ones those that are needed above.
    pub(super) fn extend(self, computed: Vec<(Key, Node)>, required: &Keys) -> Rows {
        let (mut columns, mut slots) = self.kept(required);
        for (key, node) in computed {
            slots.push(Slot { key, kind: node.kind, absent: node.absent });
            columns.push(Column::Compute(node, Form::Plain));
        }
        self.map(Vec::new(), columns, slots)
    }

    /// The columns that are needed above, handed on.
    pub(super) fn kept(&self, required: &Keys) -> (Vec<Column>, Vec<Slot>) {
        let mut columns = Vec::new();
        let mut slots = Vec::new();
        for (number, slot) in self.layout.slots.iter().enumerate() {
            if required.iter().any(|key| slot.key.holds(key)) {
                columns.push(Column::Pass(number));
                slots.push(slot.clone());
            }
        }
        (columns, slots)
    }

    /// Other columns of the rows for which all conditions are true. The slots say what the columns hold.
    pub(super) fn map(self, conditions: Vec<Node>, columns: Vec<Column>, slots: Vec<Slot>) -> Rows {
        let layout = Layout { slots };
        let schema = layout.schema();
        Rows { plan: Arc::new(Map::new(self.plan, conditions, columns, schema)), layout }
    }

    /// Columns in the forms that an operator of DataFusion needs, and no others.
    pub(super) fn into_forms(self, forms: Vec<(Node, Form)>) -> Rows {
        Rows { plan: self.plan, layout: Layout::default() }.with_forms(forms)
    }

    /// The rows with columns in the forms that an operator of DataFusion needs, after those of the layout.
    pub(super) fn with_forms(self, forms: Vec<(Node, Form)>) -> Rows {
        let mut fields: Vec<Arc<Field>> = self.layout.schema().fields().iter().cloned().collect();
        let mut columns: Vec<Column> = (0..fields.len()).map(Column::Pass).collect();
        for (node, form) in forms {
            fields.push(Arc::new(Field::new(format!("c{}", fields.len()), form.data_type(node.kind), true)));
            columns.push(Column::Compute(node, form));
        }
        let schema = Arc::new(Schema::new(fields));
        Rows { plan: Arc::new(Map::new(self.plan, Vec::new(), columns, schema)), layout: self.layout }
    }

    /// The same rows in one partition.
    pub(super) fn single(self) -> Rows {
        if self.plan.output_partitioning().partition_count() == 1 {
            return self;
        }
        Rows { plan: Arc::new(CoalescePartitionsExec::new(self.plan)), layout: self.layout }
    }

    /// The columns of the answer, in order and in one partition.
    pub(super) fn output(self, context: &Context, exprs: &[Expr]) -> Result<(Rows, Vec<Slot>), Failure> {
        let compiler = Compiler::new(context, &self.layout);
        let mut columns = Vec::with_capacity(exprs.len());
        let mut slots = Vec::with_capacity(exprs.len());
        for (number, expr) in exprs.iter().enumerate() {
            let node = compiler.compile(expr)?;
            slots.push(Slot { key: Key::Hidden(number), kind: node.kind, absent: node.absent });
            columns.push(match node.input() {
                Some(number) => Column::Pass(number),
                None => Column::Compute(node, Form::Plain),
            });
        }
        let rows = self.map(Vec::new(), columns, slots.clone()).single();
        Ok((rows, slots))
    }
}
