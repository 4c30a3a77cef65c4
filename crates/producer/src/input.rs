//! Where posts come from: a thread that makes or reads them, checks them, and hands them on at the asked rate.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use serde::de::IgnoredAny;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::batch::{MAX_RECORD_BYTES, Record};
use crate::counts::Counts;
use crate::error::{Error, Result};
use crate::generate::{Generator, Profile};
use crate::stamp::Stamp;
use crate::track::Track;

/// So many posts wait to be sent.
pub const MAX_WAITING: usize = 1_000;
/// A line that is longer is skipped without being read into memory.
const MAX_LINE_BYTES: usize = 2 * MAX_RECORD_BYTES;

/// Where posts come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The generator; each post has the time it is made.
    Synthetic {
        /// Which kind of posts.
        profile: Profile,
        /// The same seed makes the same posts, but for their times.
        seed: u64,
    },
    /// A file of one JSON document a line.
    Replay {
        /// The file.
        path: PathBuf,
        /// Begin again at its end.
        forever: bool,
    },
    /// Standard input: one JSON document a line.
    Stdin,
}

/// What is done with posts before they are sent.
#[derive(Debug, Default)]
pub struct Options {
    /// Leave out what does not match.
    pub track: Option<Track>,
    /// Put the moment of sending in.
    pub stamp: bool,
    /// Posts a second, after `track`; none: as fast as they are taken.
    pub rate: Option<u64>,
    /// Stop after so many posts, after `track`.
    pub count: Option<u64>,
}

/// Starts the thread. The channel ends after the last post, or with the error that ended the input. The thread ends
/// when the channel's other side is dropped, or with the process where it waits for standard input.
pub fn start(input: Input, options: Options, counts: Arc<Counts>) -> mpsc::Receiver<Result<Bytes>> {
    let (sender, receiver) = mpsc::channel(MAX_WAITING);
    std::thread::spawn(move || {
        let mut feed = Feed::new(options, counts, sender.clone());
        if let Err(error) = feed.run(input) {
            // Nobody may be left to hear it.
            let _ = sender.blocking_send(Err(error));
        }
    });
    receiver
}

/// Whether to go on.
type GoOn = bool;

struct Feed {
    options: Options,
    stamp: Stamp,
    counts: Arc<Counts>,
    sender: mpsc::Sender<Result<Bytes>>,
    started: Instant,
    /// Posts seen, and posts handed on.
    seen: u64,
    passed: u64,
}

impl Feed {
    fn new(options: Options, counts: Arc<Counts>, sender: mpsc::Sender<Result<Bytes>>) -> Self {
        Self { options, stamp: Stamp::default(), counts, sender, started: Instant::now(), seen: 0, passed: 0 }
    }

    fn run(&mut self, input: Input) -> Result<()> {
        match input {
            Input::Synthetic { profile, seed } => {
                self.generate(&mut Generator::new(profile, seed));
                Ok(())
            }
            Input::Stdin => self.read(Path::new("standard input"), &mut std::io::stdin().lock()).map(|_| ()),
            Input::Replay { path, forever } => loop {
                let io = |source| Error::Io { action: "open", path: path.clone(), source };
                let file = File::open(&path).map_err(io)?;
                let passed = self.passed;
                let go_on = self.read(&path, &mut BufReader::with_capacity(1 << 16, file))?;
                if !forever || !go_on {
                    return Ok(());
                }
                if passed == self.passed {
                    let path = path.display();
                    return Err(Error::Usage(format!(
                        "{path} has no post to send, so --loop would never send one"
                    )));
                }
            },
        }
    }

    fn generate(&mut self, generator: &mut Generator) {
        let mut post = Vec::new();
        loop {
            post.clear();
            generator.write_post(now_ms(), &mut post);
            self.seen += 1;
            let kept = match &self.options.track {
                Some(track) => serde_json::from_slice(&post).is_ok_and(|post: Value| track.keeps(&post)),
                None => true,
            };
            if !kept {
                self.counts.filter();
            } else if !self.pass(Bytes::copy_from_slice(&post)) {
                return;
            }
        }
    }

    fn read(&mut self, path: &Path, input: &mut impl BufRead) -> Result<GoOn> {
        let io = |source| Error::Io { action: "read", path: path.to_owned(), source };
        let mut line = Vec::new();
        loop {
            line.clear();
            let length =
                input.by_ref().take(MAX_LINE_BYTES as u64).read_until(b'\n', &mut line).map_err(io)?;
            if length == 0 {
                return Ok(true);
            }
            if length == MAX_LINE_BYTES && line.last() != Some(&b'\n') {
                input.skip_until(b'\n').map_err(io)?;
            }
            if line.trim_ascii().is_empty() {
                continue;
            }
            self.seen += 1;
            match self.prepare(line.trim_ascii()) {
                Ok(Some(post)) => {
                    if !self.pass(post) {
                        return Ok(false);
                    }
                }
                Ok(None) => self.counts.filter(),
                Err(reason) => self.counts.skip(self.seen, &reason),
            }
        }
    }

    /// The post as it is sent; `None` where `--track` leaves it out; the reason where it cannot be sent.
    fn prepare(&mut self, line: &[u8]) -> std::result::Result<Option<Bytes>, String> {
        let too_large = || format!("it has more than the {MAX_RECORD_BYTES} bytes that a record takes");
        if !Record::fits(line) {
            return Err(too_large());
        }
        let no_json = |error: serde_json::Error| format!("it is no JSON: {error}");
        if let Some(track) = &self.options.track {
            let post: Value = serde_json::from_slice(line).map_err(no_json)?;
            if !track.keeps(&post) {
                return Ok(None);
            }
        }
        if self.options.stamp {
            self.pace();
            let post = self.stamp.apply(line, now_ms()).map_err(no_json)?;
            return if Record::fits(&post) { Ok(Some(post.into())) } else { Err(too_large()) };
        }
        serde_json::from_slice::<IgnoredAny>(line).map_err(no_json)?;
        Ok(Some(Bytes::copy_from_slice(line)))
    }

    fn pass(&mut self, post: Bytes) -> GoOn {
        if self.options.count.is_some_and(|count| self.passed >= count) {
            return false;
        }
        self.pace();
        if self.sender.blocking_send(Ok(post)).is_err() {
            return false;
        }
        self.passed += 1;
        self.options.count.is_none_or(|count| self.passed < count)
    }

    /// Waits until the next post is due.
    fn pace(&self) {
        let Some(rate) = self.options.rate.filter(|&rate| rate > 0) else { return };
        let due = Duration::from_secs_f64(self.passed as f64 / rate as f64);
        let early = due.saturating_sub(self.started.elapsed());
        if !early.is_zero() {
            std::thread::sleep(early);
        }
    }
}

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_millis() as i64)
}
