//! Readers against a simulated stream, and against a real Kinesis protocol where one is named.
#![allow(clippy::unwrap_used, missing_docs)]

mod fake_stream;
mod live;
mod memory_engine;
mod simulation;
mod status;
