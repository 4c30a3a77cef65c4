//! `DESCRIBE` and `SHOW COLUMNS`: the paths and types of a collection as rows.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{Field, Schema};
use rockhopper_engine::{Answer, FieldStatistics, JSON_TYPE, TYPE_KEY};
use rockhopper_sql::resolver::Options;
use rockhopper_sql::tree::{Describe, HintValue};

use super::{Outcome, follow};
use crate::catalog::State;
use crate::{App, Error, Result};

/// The paths and types of a collection.
pub async fn run(
    app: &App,
    state: &State,
    text: &str,
    describe: &Describe,
    options: &Options,
) -> Result<Outcome> {
    let parts: Vec<&str> = describe.table.parts.iter().map(|part| part.text.as_str()).collect();
    let (workspace, name) = match parts.as_slice() {
        [name] => (options.default_workspace.clone(), (*name).to_string()),
        [workspaces @ .., name] => (workspaces.join("."), (*name).to_string()),
        [] => return Err(Error::Internal("a table name without parts".to_string())),
    };
    let unknown = || rockhopper_sql::Error::CollectionNotFound {
        workspace: workspace.clone(),
        name: name.clone(),
        at: describe.table.span.location(text),
    };
    let (workspace, name) = follow(state, &workspace, &name).ok_or_else(unknown)?;
    let fields = app.engine.describe(&state.collection(&workspace, &name)?.engine_id()).await?;
    let depth = max_field_depth(describe);
    let shown: Vec<FieldStatistics> = fields.into_iter().filter(|field| field.path.len() <= depth).collect();
    Ok(Outcome { answer: answer(&shown)?, collections: vec![format!("{workspace}.{name}")], aliases: vec![] })
}

fn max_field_depth(describe: &Describe) -> usize {
    let named =
        describe.options.iter().find(|option| option.name.text.eq_ignore_ascii_case("max_field_depth"));
    match named.and_then(|option| option.value.as_ref()) {
        Some(HintValue::Number(depth)) if *depth >= 0.0 => *depth as usize,
        _ => usize::MAX,
    }
}

fn answer(fields: &[FieldStatistics]) -> Result<Answer> {
    let count = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let paths: Vec<String> = fields.iter().map(|field| serde_json::json!(field.path).to_string()).collect();
    let columns: Vec<(&str, &str, ArrayRef)> = vec![
        ("field", JSON_TYPE, Arc::new(StringArray::from(paths))),
        (
            "type",
            "string",
            Arc::new(StringArray::from_iter_values(fields.iter().map(|field| field.type_name))),
        ),
        (
            "occurrences",
            "int",
            Arc::new(Int64Array::from_iter_values(fields.iter().map(|f| count(f.occurrences)))),
        ),
        ("total", "int", Arc::new(Int64Array::from_iter_values(fields.iter().map(|f| count(f.total))))),
    ];
    table(columns)
}

/// An answer of ready columns: name, Rockset type, values.
pub(super) fn table(columns: Vec<(&str, &str, ArrayRef)>) -> Result<Answer> {
    let mut fields = Vec::new();
    let mut arrays = Vec::new();
    for (name, kind, array) in columns {
        let metadata = HashMap::from([(TYPE_KEY.to_string(), kind.to_string())]);
        fields.push(Field::new(name, array.data_type().clone(), true).with_metadata(metadata));
        arrays.push(array);
    }
    let schema = Arc::new(Schema::new(fields));
    let batch =
        RecordBatch::try_new(schema.clone(), arrays).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(Answer { schema, batches: vec![batch], star: false, warnings: Vec::new(), throttled: Duration::ZERO })
}
