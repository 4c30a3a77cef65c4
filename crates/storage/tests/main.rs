//! The store as the engine uses it: documents in, columns out, whatever happens in between.

mod support;

mod columns;
mod crashes;
mod documents;
mod lifecycle;
mod measure;
mod merging;
