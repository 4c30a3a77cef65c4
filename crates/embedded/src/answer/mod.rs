//! The answer: columns with the names and types that the caller sees.

mod column;
mod spread;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::compute::concat_batches;
use arrow::datatypes::{Field, Schema};
use rockhopper_engine::Answer;
use rockhopper_sql::resolved::Output;

use crate::error::Failure;
use crate::execute::Found;

/// The answer that the rows found are, with outputs by their order.
pub(crate) fn answer(
    found: Found,
    outputs: &[Output],
    warnings: Vec<String>,
    max_bytes: usize,
) -> Result<Answer, Failure> {
    let whole = concat_batches(&found.schema, &found.batches)?;
    let rows: usize = found.batches.iter().map(RecordBatch::num_rows).sum();
    drop(found.batches);
    let explicit: HashSet<&str> = outputs
        .iter()
        .filter_map(|output| match output {
            Output::Column { name, .. } => Some(name.as_str()),
            Output::Spread { .. } => None,
        })
        .collect();
    let mut starred: HashSet<String> = HashSet::new();
    let mut columns: Vec<(Field, ArrayRef)> = Vec::with_capacity(outputs.len());
    for (number, output) in outputs.iter().enumerate() {
        let slot = &found.slots[number];
        let array = whole.column(number);
        match output {
            Output::Column { name, .. } => {
                columns.push(column::finished(name, slot.kind, slot.absent, array)?)
            }
            Output::Spread { except, .. } => {
                for (name, array) in spread::members(array, slot.kind, max_bytes)? {
                    let wanted = !explicit.contains(name.as_str()) && !except.contains(&name);
                    if wanted && starred.insert(name.clone()) {
                        columns.push(column::of_members(&name, &array)?);
                    }
                }
            }
        }
    }
    let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) = columns.into_iter().unzip();
    let schema = Arc::new(Schema::new(fields));
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    let batch = RecordBatch::try_new_with_options(schema.clone(), arrays, &options)?;
    let batches = if rows == 0 { Vec::new() } else { vec![batch] };
    let star = outputs.iter().any(|output| matches!(output, Output::Spread { .. }));
    Ok(Answer { schema, batches, star, warnings, throttled: Duration::ZERO })
}
