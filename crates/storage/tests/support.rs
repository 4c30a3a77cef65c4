//! What the tests share.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use arrow::array::{Array, AsArray};
use rockhopper_engine::{Batch, CollectionId, CollectionOptions, Document, Position};
use rockhopper_sql::Value;
use rockhopper_storage::{Collection, ColumnType, Piece, Snapshot, Step, Store, StoreOptions};
use rockhopper_values::{codec, json};
use tempfile::TempDir;

pub const EVENT_TIME_US: i64 = 1_457_651_532_000_000;

/// A store with one collection in a directory of its own.
pub struct Fixture {
    pub store: Store,
    pub collection: Arc<Collection>,
    pub directory: TempDir,
}

/// Options under which nothing is sealed by itself.
pub fn quiet() -> StoreOptions {
    StoreOptions { seal_after: Duration::from_secs(3600), ..StoreOptions::default() }
}

pub fn id() -> CollectionId {
    CollectionId(Arc::from("tweets"))
}

pub fn fixture() -> Fixture {
    fixture_with(quiet(), &CollectionOptions::default())
}

pub fn fixture_with(options: StoreOptions, collection: &CollectionOptions) -> Fixture {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), options).unwrap();
    store.create(&id(), collection).unwrap();
    let collection = store.collection(&id()).unwrap();
    Fixture { store, collection, directory }
}

impl Fixture {
    /// The same directory after a restart.
    pub fn reopen(self) -> Fixture {
        let Fixture { store, collection, directory } = self;
        store.close().unwrap();
        drop((store, collection));
        let store = Store::open(directory.path(), quiet()).unwrap();
        let collection = store.collection(&id()).unwrap();
        Fixture { store, collection, directory }
    }

    pub fn append(&self, documents: &[&str]) {
        self.collection.append(batch(documents)).unwrap();
    }

    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.collection.snapshot()
    }

    /// The only piece.
    pub fn piece(&self) -> Arc<Piece> {
        let snapshot = self.snapshot();
        assert_eq!(snapshot.pieces.len(), 1);
        Arc::clone(&snapshot.pieces[0])
    }

    /// Every document, without the fields that the store adds.
    pub fn documents(&self) -> Vec<Value> {
        documents(&self.snapshot())
    }
}

pub fn batch(documents: &[&str]) -> Batch {
    let document = |(at, json): (usize, &&str)| Document {
        json: json.to_string().into(),
        id: Some(Arc::from(format!("id-{at}"))),
        event_time_us: EVENT_TIME_US,
    };
    Batch { documents: documents.iter().enumerate().map(document).collect(), position: None }
}

pub fn position(partition: &str, position: &str) -> Option<Position> {
    Some(Position {
        source: Arc::from("kinesis"),
        partition: Arc::from(partition),
        position: Arc::from(position),
    })
}

/// A path in the form `user.tags.*.text`; empty parts are left out.
pub fn path(text: &str) -> Vec<Step> {
    let step = |part: &str| if part == "*" { Step::Elements } else { Step::member(part) };
    text.split('.').filter(|part| !part.is_empty()).map(step).collect()
}

pub fn decode(bytes: &[u8]) -> Value {
    codec::decode(bytes).unwrap()
}

/// What a JSON text says, as the codec gives it back.
pub fn value(text: &str) -> Value {
    canonical(&json::parse(text).unwrap())
}

pub fn canonical(value: &Value) -> Value {
    let mut bytes = Vec::new();
    codec::encode(value, &mut bytes);
    decode(&bytes)
}

pub fn any(piece: &Piece, at: &str) -> Vec<Value> {
    let column = piece.column(&path(at), ColumnType::Any).unwrap();
    assert_eq!(column.null_count(), 0);
    column.as_binary::<i32>().iter().flatten().map(decode).collect()
}

pub fn documents(snapshot: &Snapshot) -> Vec<Value> {
    snapshot.pieces.iter().flat_map(|piece| any(piece, "")).map(without_own_fields).collect()
}

fn without_own_fields(document: Value) -> Value {
    let Value::Object(mut members) = document else { panic!("{document:?}") };
    let before = members.len();
    members.retain(|(name, _)| name != "_id" && name != "_event_time");
    assert_eq!(members.len() + 2, before, "every document has its own fields");
    Value::Object(members)
}
