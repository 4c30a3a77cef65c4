//! A table: the answer's rows and columns as they are.

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema, SchemaRef};

use super::{Frame, Meta, cells, write};
use crate::error::Result;

/// The frame of a table.
pub fn frame(ref_id: &str, rows: &RecordBatch, meta: Meta) -> Result<Frame> {
    let mut meta = meta.typed("table", [0, 1]);
    meta.preferred_visualisation_type = Some("table");
    let mut fields = Vec::with_capacity(rows.num_columns());
    let mut columns = Vec::with_capacity(rows.num_columns());
    for (field, column) in rows.schema().fields().iter().zip(rows.columns()) {
        let cells = cells::convert(column)?;
        if cells.out_of_range > 0 {
            meta = meta.warning(format!(
                "{} times of `{}` lie before 1678 or after 2261 and are shown as empty",
                cells.out_of_range,
                field.name()
            ));
        }
        fields.push(Field::new(field.name(), cells.array.data_type().clone(), true));
        columns.push(cells.array);
    }
    write(ref_id, "", SchemaRef::new(Schema::new(fields)), columns, &meta)
}
