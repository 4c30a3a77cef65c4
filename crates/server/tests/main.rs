//! The real router on loopback, with the real engine: what a client of Rockset sees.
#![allow(clippy::unwrap_used)]

mod documents;
mod errors;
mod harness;
mod http;
mod names;
mod queries;
