//! `bluesky`: JSONBench's five queries over events in the shape of Bluesky's, beside DuckDB and ClickHouse.

mod events;
mod statements;

use crate::contest::{self, Documents};
use crate::error::Result;
use crate::machine::{self, machine};
use crate::peer::Python;
use crate::runs::Calls;
use events::Events;

const EXPLANATION: &str = "\
The five queries of JSONBench, in each engine's dialect, over made-up events in the shape of Bluesky's stream: few
collections dominate, people act by Zipf. JSONBench's own rules (cold from disk, no hints beyond its table) are not
followed to the letter: compare the engines here, not these figures with its.";

/// Measures each size; the section as Markdown.
///
/// # Errors
/// An engine fails, or answers differ.
pub async fn run(python: &Python, sizes: &[u64], calls: Calls) -> Result<String> {
    let mut text = format!(
        "## Bluesky\n\n    {}\n\n{}. {} warm calls of each statement after {} to warm up.\n\n{EXPLANATION}\n",
        machine::command_line("bluesky"),
        machine(),
        calls.runs,
        calls.warm_up
    );
    for &rows in sizes {
        let mut source = Events::new(rows, machine::now_ms() * 1000);
        let documents = Documents::write(rows, move |out| source.write_next(out)).await?;
        let statements = statements::statements(calls.total());
        let contenders = statements::contenders(&documents.path, calls.total());
        let outcome = contest::hold(python, &documents, "bluesky", &statements, &contenders, calls).await?;
        text.push_str(&contest::report(&documents, &statements, &outcome));
    }
    Ok(text)
}
