//! Events in the shape of Bluesky's stream, made up: the same ones for the same seed and times.

use std::io::Write;

use crate::tweets::{SEED, SplitMix};

/// So many people act, with a frequency that falls with a power of their rank.
const PEOPLE: f64 = 300_000.0;
const ZIPF_EXPONENT: f64 = 0.75;
/// The events are spread over a day.
const SPAN_US: i128 = 24 * 3_600_000_000;
/// Of 1,000 events, so many are of a collection; the rest are no commits.
const COLLECTIONS: &[(u64, &str)] = &[
    (448, "app.bsky.feed.like"),
    (360, "app.bsky.graph.follow"),
    (97, "app.bsky.feed.post"),
    (55, "app.bsky.feed.repost"),
    (20, "app.bsky.graph.block"),
    (6, "app.bsky.graph.listitem"),
    (4, "app.bsky.actor.profile"),
    (1, "app.bsky.graph.list"),
    (1, "app.bsky.feed.threadgate"),
];
/// Of 1,000 commits, so many are deletions, which have neither record nor cid; so many are updates.
const DELETED: u64 = 45;
const UPDATED: u64 = 5;
const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
const WORDS: &[&str] = &[
    "sky", "today", "the", "and", "people", "new", "photo", "really", "love", "this", "morning", "with",
    "thread", "art", "good", "from", "coffee", "about", "work", "again",
];
const LANGUAGES: &[&str] = &["en", "ja", "pt", "de", "es", "fr"];

/// Events, evenly spread over the day up to an instant.
#[derive(Clone, Debug)]
pub struct Events {
    random: SplitMix,
    next: u64,
    count: u64,
    end_us: i64,
}

impl Events {
    /// So many events.
    pub fn new(count: u64, end_us: i64) -> Events {
        Events { random: SplitMix(SEED), next: 0, count, end_us }
    }

    /// Appends the next event to `out`; false after the last one.
    pub fn write_next(&mut self, out: &mut Vec<u8>) -> bool {
        if self.next == self.count {
            return false;
        }
        let before_end = i128::from(self.count - self.next - 1);
        let time_us = self.end_us - (before_end * SPAN_US / i128::from(self.count)) as i64;
        self.next += 1;
        let did = self.person();
        let mut roll = self.random.below(1000);
        for (share, collection) in COLLECTIONS {
            if roll < *share {
                self.write_commit(&did, time_us, collection, out);
                return true;
            }
            roll -= share;
        }
        let kind = if self.random.below(2) == 0 { "identity" } else { "account" };
        let seq = 2_000_000_000 + self.next;
        put(
            out,
            format_args!(
                "{{\"did\":\"{did}\",\"time_us\":{time_us},\"kind\":\"{kind}\",\"{kind}\":{{\"did\":\"{did}\",\"seq\":{seq},\
                 \"time\":\"{}\"}}}}",
                iso(time_us)
            ),
        );
        true
    }

    fn write_commit(&mut self, did: &str, time_us: i64, collection: &str, out: &mut Vec<u8>) {
        let (rev, rkey) = (self.code(13), self.code(13));
        let roll = self.random.below(1000);
        let operation = match roll {
            _ if roll < DELETED => "delete",
            _ if roll < DELETED + UPDATED => "update",
            _ => "create",
        };
        put(
            out,
            format_args!(
                "{{\"did\":\"{did}\",\"time_us\":{time_us},\"kind\":\"commit\",\"commit\":{{\"rev\":\"{rev}\",\
                 \"operation\":\"{operation}\",\"collection\":\"{collection}\",\"rkey\":\"{rkey}\""
            ),
        );
        if operation != "delete" {
            put(
                out,
                format_args!(
                    ",\"record\":{{\"$type\":\"{collection}\",\"createdAt\":\"{}\"",
                    iso(time_us - 300_000)
                ),
            );
            self.write_record(collection, out);
            put(out, format_args!("}},\"cid\":\"bafyrei{}\"", self.code(52)));
        }
        out.extend_from_slice(b"}}");
    }

    /// What a record has besides type and time. `subject` is text in some collections and an object in others.
    fn write_record(&mut self, collection: &str, out: &mut Vec<u8>) {
        match collection {
            "app.bsky.feed.like" | "app.bsky.feed.repost" => {
                out.extend_from_slice(b",\"subject\":");
                self.write_reference(out);
            }
            "app.bsky.feed.post" => {
                let (text, language) = (self.words(10, 40), self.pick(LANGUAGES));
                put(out, format_args!(",\"langs\":[\"{language}\"],\"text\":\"{text}\""));
                if self.random.below(2) == 0 {
                    let (title, description, page) = (self.words(3, 6), self.words(8, 20), self.code(13));
                    put(
                        out,
                        format_args!(
                            ",\"embed\":{{\"$type\":\"app.bsky.embed.external\",\"external\":{{\"title\":\"{title}\",\
                             \"description\":\"{description}\",\"uri\":\"https://example.org/{page}\"}}}}"
                        ),
                    );
                }
                if self.random.below(2) == 0 {
                    out.extend_from_slice(b",\"reply\":{\"parent\":");
                    self.write_reference(out);
                    out.extend_from_slice(b",\"root\":");
                    self.write_reference(out);
                    out.push(b'}');
                }
            }
            "app.bsky.actor.profile" => {
                let (name, words) = (self.pick(WORDS), self.pick(WORDS));
                put(out, format_args!(",\"displayName\":\"{name}\",\"description\":\"{words}\""));
            }
            _ => {
                let person = self.person();
                put(out, format_args!(",\"subject\":\"{person}\""));
            }
        }
    }

    fn write_reference(&mut self, out: &mut Vec<u8>) {
        let (cid, person, rkey) = (self.code(52), self.person(), self.code(13));
        put(
            out,
            format_args!("{{\"cid\":\"bafyrei{cid}\",\"uri\":\"at://{person}/app.bsky.feed.post/{rkey}\"}}"),
        );
    }

    /// A person by Zipf: the inverse of the continuous distribution.
    fn person(&mut self) -> String {
        let unit = (self.random.next() >> 11) as f64 / (1_u64 << 53) as f64;
        let power = 1.0 - ZIPF_EXPONENT;
        let rank = ((PEOPLE.powf(power) - 1.0) * unit + 1.0).powf(1.0 / power) as u64;
        format!("did:plc:{}", code(&mut SplitMix(rank), 24))
    }

    fn code(&mut self, characters: usize) -> String {
        code(&mut self.random, characters)
    }

    /// At least `least` words, and up to so many more.
    fn words(&mut self, least: u64, more: u64) -> String {
        let words: Vec<&str> = (0..least + self.random.below(more)).map(|_| self.pick(WORDS)).collect();
        words.join(" ")
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        from[self.random.below(from.len() as u64) as usize]
    }
}

fn code(random: &mut SplitMix, characters: usize) -> String {
    let (mut bits, mut left) = (0, 0);
    let mut text = String::with_capacity(characters);
    for _ in 0..characters {
        if left == 0 {
            (bits, left) = (random.next(), 12);
        }
        text.push(char::from(BASE32[(bits & 31) as usize]));
        (bits, left) = (bits >> 5, left - 1);
    }
    text
}

/// `2024-11-21T16:09:27.095Z`
fn iso(time_us: i64) -> String {
    let time = chrono::DateTime::from_timestamp_micros(time_us).unwrap_or_default();
    time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

fn put(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing to a vector cannot fail.
    let _ = out.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde_json::Value;

    use super::*;

    #[test]
    fn events_have_blueskys_shape_and_size_and_few_collections_dominate() {
        let mut events = Events::new(20_000, 1_767_323_045_000_000);
        let (mut bytes, mut collections, mut people) = (0, HashMap::<String, usize>::new(), HashMap::new());
        let mut line = Vec::new();
        while events.write_next(&mut line) {
            bytes += line.len();
            let event: Value = serde_json::from_slice(&line).unwrap_or_default();
            let collection = event["commit"]["collection"].as_str().unwrap_or("none").to_owned();
            *collections.entry(collection).or_default() += 1;
            *people.entry(event["did"].to_string()).or_insert(0) += 1;
            assert_eq!(event["kind"] == "commit", event["commit"].is_object());
            assert!(event["time_us"].is_i64() && event["did"].is_string());
            line.clear();
        }
        let mean = bytes / 20_000;
        assert!((465..=500).contains(&mean), "{mean} bytes");
        assert!(collections["app.bsky.feed.like"] > 8_500 && collections.len() == 10, "{collections:?}");
        let most = people.values().max().copied().unwrap_or_default();
        assert!(people.len() > 8_000 && most > 20, "{} people, one of them {most} times", people.len());
    }
}
