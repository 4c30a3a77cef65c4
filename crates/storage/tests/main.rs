//! The store as the engine uses it: documents in, columns out, whatever happens in between.

mod segments;
mod support;

mod columns;
mod crashes;
mod documents;
mod lifecycle;
mod measure;
mod merging;
