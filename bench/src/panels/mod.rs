//! `panels`: the dashboards' queries over many tweets, beside DuckDB and ClickHouse.

mod layouts;
pub mod statements;

use crate::contest::{self, Documents};
use crate::error::{Error, Result};
use crate::machine::{self, machine};
use crate::peer::Python;
use crate::runs::Calls;
use crate::suite::Measured;
use crate::tweets::{Tweets, hashtags};

/// The largest answer of Q1, and how old its tweets may be.
const LIVE_LIMIT: u64 = 100;
const LIVE_AGE_MS: i64 = 60_000;

const EXPLANATION: &str = "\
The original demo's six statements and the time buckets of *Incoming tweets*; `:now` is the end of the data for all
engines. The hashtag of Q4, Q5 and Q6 is drawn anew for each call from the 1,000 most frequent ones, the same for all.";

/// Measures each size; the section as Markdown.
///
/// # Errors
/// An engine fails, or answers differ.
pub async fn run(python: &Python, sizes: &[u64], calls: Calls) -> Result<String> {
    let mut text = format!(
        "## Panels\n\n    {}\n\n{}. {} warm calls of each statement after {} to warm up.\n\n{EXPLANATION}\n",
        machine::command_line("panels"),
        machine(),
        calls.runs,
        calls.warm_up
    );
    for &rows in sizes {
        let tweets = Tweets::of_a_day(rows, machine::now_ms());
        let now_ms = tweets.time_ms(rows - 1);
        let mut source = tweets.clone();
        let documents = Documents::write(rows, move |out| source.write_next(out)).await?;
        let hashtags = hashtags(calls.total());
        let statements = statements::statements(now_ms, &hashtags);
        let contenders = layouts::contenders(&documents.path, now_ms, &hashtags);
        let outcome = contest::hold(python, &documents, "tweets", &statements, &contenders, calls).await?;
        check_live_tweets(&tweets, &outcome.off)?;
        text.push_str(&contest::report(&documents, &statements, &outcome));
    }
    Ok(text)
}

/// Q1 shows what a panel shows only if it finds the rows that must be there.
fn check_live_tweets(tweets: &Tweets, ours: &[Measured]) -> Result<()> {
    let expected = tweets.younger_than(LIVE_AGE_MS, LIVE_LIMIT);
    let found = ours[statements::LIVE_TWEETS].answers[0].len() as u64;
    if found != expected {
        return Err(Error::Process(format!("Q1 answered with {found} rows, not {expected}")));
    }
    Ok(())
}
