//! `EXPLAIN [ANALYZE]`: the resolved query as rows of text.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use rockhopper_engine::Answer;
use rockhopper_sql::resolved::Query;
use rockhopper_sql::resolver::explain;

use super::describe::table;
use crate::Result;

/// One row for each line of the plan; after them, for `ANALYZE`, what running it gave.
pub fn answer(query: &Query, analyzed: Option<&Answer>) -> Result<Answer> {
    let mut lines: Vec<String> = explain::explain(query).lines().map(str::to_string).collect();
    if let Some(answer) = analyzed {
        lines.push(format!("{} rows, waited {:?} for its turn", answer.row_count(), answer.throttled));
    }
    let plan: ArrayRef = Arc::new(StringArray::from(lines));
    table(vec![("plan", "string", plan)])
}
