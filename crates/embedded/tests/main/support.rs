//! An engine in a folder of its own, and answers as text.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{
    DataType, Date32Type, DurationMicrosecondType, Field, Float64Type, Int64Type, Time64MicrosecondType,
    TimestampMicrosecondType,
};
use bytes::Bytes;
use rockhopper_embedded::{EmbeddedEngine, EmbeddedOptions};
use rockhopper_engine::{
    ABSENT_KEY, Answer, Batch, CollectionId, CollectionOptions, Document, Engine, Error, JSON_TYPE,
    Statement, TYPE_KEY,
};
use rockhopper_sql::resolved::Parameter;
use rockhopper_sql::resolver::{Catalog, Lookup, Options, resolve};
use rockhopper_sql::tree::StatementKind;
use rockhopper_sql::{Location, Type, Value, parser};
use rockhopper_storage::{Store, StoreOptions};
use rockhopper_values::json;
use tempfile::TempDir;

/// 2026-01-02T03:04:05Z, what `current_timestamp()` is in tests.
pub const NOW_US: i64 = 1_767_323_045_000_000;

/// An engine in a folder of its own.
pub struct Harness {
    pub folder: TempDir,
    pub engine: Arc<EmbeddedEngine>,
    pub collections: BTreeMap<String, CollectionId>,
    documents: u64,
}

/// What is wrong with a statement: the id of the error, its place and text.
#[derive(Debug)]
pub struct Wrong {
    pub error_id: String,
    pub at: Option<Location>,
    pub message: String,
}

impl Harness {
    pub fn new() -> Harness {
        Harness::with(|_| {})
    }

    /// An engine with other limits than the default ones.
    pub fn with(change: impl FnOnce(&mut EmbeddedOptions)) -> Harness {
        let folder = tempfile::tempdir().unwrap();
        let mut options = EmbeddedOptions::new(folder.path());
        change(&mut options);
        let engine = EmbeddedEngine::open(options).unwrap();
        Harness { folder, engine, collections: BTreeMap::new(), documents: 0 }
    }

    pub async fn create(&mut self, name: &str) {
        let id = CollectionId(format!("c-{name}").into());
        self.engine.create(&id, &CollectionOptions::default()).await.unwrap();
        self.collections.insert(name.to_owned(), id);
    }

    pub async fn append(&mut self, name: &str, lines: &[&str]) {
        let mut documents = Vec::new();
        for line in lines {
            self.documents += 1;
            documents.push(Document {
                json: Bytes::copy_from_slice(line.as_bytes()),
                id: Some(format!("id-{}", self.documents).into()),
                event_time_us: NOW_US + self.documents as i64 * 1_000_000,
            });
        }
        let batch = Batch { documents, position: None };
        self.engine.append(&self.collections[name], batch).await.unwrap();
    }

    /// Closes the engine and opens it again on the same folder.
    pub async fn reopen(&mut self) {
        self.reopen_with(|_| {}).await;
    }

    /// [`Harness::reopen`] with other limits than the default ones.
    pub async fn reopen_with(&mut self, change: impl FnOnce(&mut EmbeddedOptions)) {
        self.engine.close().await.unwrap();
        let mut options = EmbeddedOptions::new(self.folder.path());
        change(&mut options);
        self.engine = EmbeddedEngine::open(options).unwrap();
    }

    /// Seals what is not sealed yet, as the store does by itself after a while, and reopens.
    pub async fn seal(&mut self) {
        self.engine.close().await.unwrap();
        let store = Store::open(self.folder.path(), StoreOptions::default()).unwrap();
        self.collections.values().for_each(|id| store.collection(id).unwrap().seal().unwrap());
        store.close().unwrap();
        self.engine = EmbeddedEngine::open(EmbeddedOptions::new(self.folder.path())).unwrap();
    }

    /// Bytes that the engine uses for something.
    pub fn engine_memory(&self, name: &str) -> u64 {
        self.engine.memory().iter().find(|part| part.name == name).unwrap().used_bytes
    }

    pub async fn query(&self, text: &str, parameters: &[Parameter]) -> Result<Answer, Wrong> {
        self.run(text, parameters, |_| {}).await
    }

    pub async fn run(
        &self,
        text: &str,
        parameters: &[Parameter],
        change: impl FnOnce(&mut Statement),
    ) -> Result<Answer, Wrong> {
        let statement = parser::parse(text).map_err(of_sql)?;
        let StatementKind::Query(query) = &statement.kind else { panic!("not a query: {text}") };
        let options = Options { default_workspace: "commons".to_owned(), parameters: parameters.to_vec() };
        let resolved = resolve(text, query, self, &options).map_err(of_sql)?;
        let collections =
            resolved.collections.iter().map(|name| self.collections[&name.name].clone()).collect();
        let mut statement = Statement {
            parameters: resolved.parameters.iter().map(|parameter| parameter.value.clone()).collect(),
            query: Arc::new(resolved),
            text: text.into(),
            collections,
            now_us: NOW_US,
            default_row_limit: None,
            timeout: Duration::from_secs(60),
            client: "test".into(),
        };
        change(&mut statement);
        self.engine.execute(statement).await.map_err(of_engine)
    }
}

impl Catalog for Harness {
    fn lookup(&self, workspace: &str, name: &str) -> Lookup {
        if workspace == "commons" && self.collections.contains_key(name) {
            Lookup::Collection
        } else {
            Lookup::UnknownCollection
        }
    }
}

fn of_sql(error: rockhopper_sql::Error) -> Wrong {
    Wrong { error_id: error.error_id().to_owned(), at: Some(error.location()), message: error.to_string() }
}

fn of_engine(error: Error) -> Wrong {
    match error {
        Error::Query { error_id, message, at } => Wrong { error_id: error_id.to_owned(), at, message },
        other => Wrong { error_id: "engine".to_owned(), at: None, message: other.to_string() },
    }
}

/// Names and types, then a line for each row; cells are JSON.
pub fn text(answer: &Answer) -> Vec<String> {
    let names: Vec<String> =
        answer.schema.fields().iter().map(|field| format!("{}:{}", field.name(), type_of(field))).collect();
    let mut lines = vec![if names.is_empty() { "(no columns)".to_owned() } else { names.join(" | ") }];
    for batch in &answer.batches {
        for row in 0..batch.num_rows() {
            lines.push(line(batch, row));
        }
    }
    lines
}

fn type_of(field: &Field) -> &str {
    field.metadata().get(TYPE_KEY).map_or("?", String::as_str)
}

fn line(batch: &RecordBatch, row: usize) -> String {
    let schema = batch.schema();
    let cells = batch.columns().iter().zip(schema.fields()).map(|(column, field)| cell(column, field, row));
    cells.collect::<Vec<_>>().join(" | ")
}

fn cell(column: &ArrayRef, field: &Field, row: usize) -> String {
    let is_json = type_of(field) == JSON_TYPE;
    if column.is_null(row) {
        let absent = field.metadata().get(ABSENT_KEY).map_or("null", String::as_str);
        return if is_json { "undefined" } else { absent }.to_owned();
    }
    if is_json {
        return column.as_string::<i32>().value(row).to_owned();
    }
    let value = match (column.data_type(), Type::from_name(type_of(field)).unwrap()) {
        (DataType::Boolean, Type::Bool) => Value::Bool(column.as_boolean().value(row)),
        (DataType::Int64, Type::Int) => Value::Int(column.as_primitive::<Int64Type>().value(row)),
        (DataType::Int64, Type::MonthInterval) => {
            Value::MonthInterval(column.as_primitive::<Int64Type>().value(row))
        }
        (DataType::Float64, Type::Float) => Value::Float(column.as_primitive::<Float64Type>().value(row)),
        (DataType::Utf8, Type::String) => Value::String(column.as_string::<i32>().value(row).to_owned()),
        (DataType::Binary, Type::Bytes) => Value::Bytes(column.as_binary::<i32>().value(row).to_vec()),
        (DataType::Timestamp(_, Some(_)), Type::Timestamp) => {
            Value::Timestamp(column.as_primitive::<TimestampMicrosecondType>().value(row))
        }
        (DataType::Timestamp(_, None), Type::DateTime) => {
            Value::DateTime(column.as_primitive::<TimestampMicrosecondType>().value(row))
        }
        (DataType::Date32, Type::Date) => Value::Date(column.as_primitive::<Date32Type>().value(row)),
        (DataType::Time64(_), Type::Time) => {
            Value::Time(column.as_primitive::<Time64MicrosecondType>().value(row))
        }
        (DataType::Duration(_), Type::MicrosecondInterval) => {
            Value::MicrosecondInterval(column.as_primitive::<DurationMicrosecondType>().value(row))
        }
        (data_type, value_type) => panic!("a column of type {value_type} is held as {data_type}"),
    };
    let mut out = String::new();
    json::write(&value, &mut out);
    out
}
