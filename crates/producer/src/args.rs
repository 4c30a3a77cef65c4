//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::error::{Error, Result};
use crate::generate::Profile;
use crate::input::{Input, Options};
use crate::track::Track;

/// Posts a second of `--source synthetic` where `--rate` is not given.
const DEFAULT_SYNTHETIC_RATE: u64 = 100;

/// Writes posts of a social stream to a Kinesis stream.
#[derive(Debug, Parser)]
#[command(name = "kinesis-producer", version, after_help = EXAMPLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples, on a local stand-in of Kinesis:
  export AWS_ENDPOINT_URL_KINESIS=http://127.0.0.1:4568 AWS_REGION=us-east-1
  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
  kinesis-producer create-stream --stream twitter-stream --shards 5
  kinesis-producer run --stream twitter-stream --source synthetic --track music,facebook,apple

On AWS, leave AWS_ENDPOINT_URL_KINESIS out; credentials and region come from the standard environment:
AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION (else us-west-2).";

const RUN_HELP: &str = "\
Sources:
  synthetic     made-up posts in the shape of Twitter's v1.1 API, at --rate (else 100) a second
  replay FILE   a file of one JSON document a line; --loop begins again at its end
  stdin         one JSON document a line

  twarc2-like | kinesis-producer run --stream twitter-stream --source stdin
  kinesis-producer run --stream twitter-stream --source replay posts.ndjson --loop --stamp --rate 50

Records get random partition keys, so they spread over the shards and have no order among each other. Refused records
are sent again, alone, for up to 60 s. Ctrl-C or SIGTERM sends what was read and prints exact counts.";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create a stream and wait until it is active; fine if it exists.
    CreateStream {
        /// The stream's name.
        #[arg(long)]
        stream: String,
        /// The number of shards: each takes 1,000 records or 1 MB a second.
        #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(i32).range(1..=10_000))]
        shards: i32,
    },
    /// Write posts to a stream.
    #[command(after_help = RUN_HELP)]
    Run(RunArgs),
    /// Write made-up posts to standard output, one a line: the same ones for the same seed and end.
    Generate {
        /// Which kind of posts.
        #[arg(long, default_value = "stream")]
        profile: Profile,
        /// How many.
        #[arg(long)]
        count: u64,
        /// What the random choices begin with.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// The time of the last post in milliseconds since the epoch [default: now]. The panel profile spreads its
        /// posts over the 24 hours before, the stream profile makes 100 a second.
        #[arg(long)]
        end_ms: Option<i64>,
    },
}

/// The arguments of `run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// The stream's name.
    #[arg(long)]
    pub stream: String,
    /// Where posts come from.
    #[arg(long)]
    pub source: Source,
    /// The file of `--source replay`.
    pub file: Option<PathBuf>,
    /// Begin again at the file's end.
    #[arg(long = "loop")]
    pub forever: bool,
    /// Only posts with these words in text, hashtags or names: a comma is "or", a blank inside a phrase is "and".
    #[arg(long)]
    pub track: Option<String>,
    /// Posts a second; 0: as fast as the stream takes them [default: 100 for synthetic, else 0].
    #[arg(long)]
    pub rate: Option<u64>,
    /// Stop after so many posts.
    #[arg(long)]
    pub count: Option<u64>,
    /// Put the moment of sending into `timestamp_ms` and `created_at` of replayed posts.
    #[arg(long)]
    pub stamp: bool,
    /// Which kind of synthetic posts.
    #[arg(long, default_value = "stream")]
    pub profile: Profile,
    /// What the random choices of synthetic posts begin with.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// Where posts come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Source {
    /// Made-up posts.
    Synthetic,
    /// A file.
    Replay,
    /// Standard input.
    Stdin,
}

impl RunArgs {
    /// The input and its options. Fails where the arguments do not go together.
    pub fn input(&self) -> Result<(Input, Options)> {
        let usage = |text: &str| Err(Error::Usage(text.to_owned()));
        let input = match (self.source, &self.file) {
            (Source::Replay, Some(path)) => Input::Replay { path: path.clone(), forever: self.forever },
            (Source::Replay, None) => {
                return usage("--source replay needs a file: --source replay posts.ndjson");
            }
            (_, Some(_)) => return usage("a file goes with --source replay only"),
            _ if self.forever => return usage("--loop goes with --source replay only"),
            (Source::Synthetic, None) => Input::Synthetic { profile: self.profile, seed: self.seed },
            (Source::Stdin, None) => Input::Stdin,
        };
        if self.count == Some(0) {
            return usage("--count 0 sends nothing; leave it out to send without end");
        }
        let default_rate = if self.source == Source::Synthetic { DEFAULT_SYNTHETIC_RATE } else { 0 };
        let track = self.track.as_deref().map(Track::parse).transpose()?;
        let rate = Some(self.rate.unwrap_or(default_rate));
        Ok((input, Options { track, stamp: self.stamp, rate, count: self.count }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn input(arguments: &str) -> Result<(Input, Options)> {
        let line = format!("kinesis-producer run --stream s {arguments}");
        match Cli::try_parse_from(line.split(' ')).unwrap().command {
            Command::Run(arguments) => arguments.input(),
            _ => unreachable!("the line says run"),
        }
    }

    #[test]
    fn sources_and_their_arguments_go_together() {
        assert_eq!(
            input("--source replay f --loop").unwrap().0,
            Input::Replay { path: "f".into(), forever: true }
        );
        assert_eq!(input("--source synthetic").unwrap().1.rate, Some(100));
        assert_eq!(input("--source stdin").unwrap().1.rate, Some(0));
        assert!(input("--source synthetic --track music,apple").unwrap().1.track.is_some());
        for wrong in [
            "--source replay",
            "--source stdin f",
            "--source stdin --loop",
            "--source stdin --track ,",
            "--source stdin --count 0",
        ] {
            assert!(matches!(input(wrong), Err(Error::Usage(_))), "{wrong}");
        }
    }
}
