//! The HTTP client of the REST API: queries as Arrow record batches, and everything that the command line does.
//!
//! ```no_run
//! # async fn example() -> rockhopper_client::Result<()> {
//! use rockhopper_client::{Client, Options, Query};
//! let client = Client::new(Options::new("http://127.0.0.1:9080", "the API key"))?;
//! let answer = client.query(&Query::new("SELECT count(*) FROM tweets")).await?;
//! println!("{} rows in {} ms", answer.row_count(), answer.metadata.stats.elapsed_time_ms);
//! # Ok(())
//! # }
//! ```

mod answer;
mod client;
mod error;
mod query;
mod resources;

pub use answer::QueryAnswer;
pub use client::{Client, DEFAULT_TIMEOUT, MAX_ANSWER_BYTES, Options};
pub use error::{Error, Result};
pub use query::Query;
pub use rockhopper_api::Secret;
