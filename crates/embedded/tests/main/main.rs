//! The engine as its callers see it: documents in, SQL in, rows or errors out.
#![allow(clippy::unwrap_used)]

mod limits;
mod measure;
mod partials;
mod slt;
mod support;
