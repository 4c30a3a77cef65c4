//! What a query sees.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::path::{PathTypes, Step};
use crate::piece::Piece;

/// Paths of a snapshot whose types are remembered.
const MAX_TYPED_PATHS: usize = 10_000;

/// The pieces of a collection at one commit. Never changes.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// The pieces, oldest commit first.
    pub pieces: Arc<[Arc<Piece>]>,
    commit: u64,
    types: Mutex<HashMap<Vec<Step>, PathTypes>>,
}

impl Snapshot {
    /// The types seen at a path in any piece. Without pieces: none, and missing.
    pub fn types(&self, path: &[Step]) -> PathTypes {
        if let Some(types) = self.known().get(path) {
            return *types;
        }
        let types = self
            .pieces
            .iter()
            .map(|piece| piece.types(path))
            .reduce(PathTypes::union)
            .unwrap_or_else(PathTypes::none);
        let mut known = self.known();
        if known.len() < MAX_TYPED_PATHS {
            known.insert(path.to_vec(), types);
        }
        types
    }

    /// The types seen at the part of a path before its first [`Step::Elements`], in any piece.
    pub fn array_types(&self, path: &[Step]) -> PathTypes {
        let end = path.iter().position(|step| *step == Step::Elements).unwrap_or(path.len());
        self.types(&path[..end])
    }

    /// The number of documents.
    pub fn rows(&self) -> usize {
        self.pieces.iter().map(|piece| piece.rows()).sum()
    }

    /// The last commit that it holds.
    pub fn commit(&self) -> u64 {
        self.commit
    }

    /// Around pieces in the order of their commits.
    pub(crate) fn new(pieces: Arc<[Arc<Piece>]>, commit: u64) -> Snapshot {
        Snapshot { pieces, commit, types: Mutex::default() }
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<Vec<Step>, PathTypes>> {
        // Nothing panics while the map is held, and a map of facts is right at any moment.
        self.types.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
