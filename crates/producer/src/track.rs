//! `--track`, as the v1.1 streaming API had it.

use std::collections::HashSet;

use serde_json::Value;

use crate::error::{Error, Result};

/// The v1.1 API took so many phrases.
pub const MAX_PHRASES: usize = 400;
/// The v1.1 API took phrases of up to so many bytes.
pub const MAX_PHRASE_BYTES: usize = 60;

/// Keeps posts in whose text, hashtags, links or names a phrase occurs. Phrases are separated by commas, of which one
/// must match; the words of a phrase by blanks, of which all must occur, in any order. Case does not matter. A word
/// matches whole words only: `music` finds `Music!`, `#music` and `@music`, and not `musical`; `#music` finds the
/// hashtag alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Track {
    phrases: Vec<Vec<String>>,
}

impl Track {
    /// Reads `music,facebook,apple music`.
    pub fn parse(text: &str) -> Result<Self> {
        let phrases: Vec<&str> = text.split(',').map(str::trim).filter(|phrase| !phrase.is_empty()).collect();
        if phrases.is_empty() || phrases.len() > MAX_PHRASES {
            return Err(Error::Usage(format!(
                "--track has {} phrases; give 1 to {MAX_PHRASES}, separated by commas: --track music,facebook,apple",
                phrases.len()
            )));
        }
        if let Some(long) = phrases.iter().find(|phrase| phrase.len() > MAX_PHRASE_BYTES) {
            return Err(Error::Usage(format!(
                "the phrase `{long}` of --track is longer than {MAX_PHRASE_BYTES} bytes"
            )));
        }
        let words = |phrase: &&str| {
            let mut words = Vec::new();
            for word in phrase.split_whitespace() {
                // `#music` stays one word here; what else has marks inside (`example.com`) is several.
                match word.strip_prefix(['#', '@']) {
                    Some(name) if !name.is_empty() => words.push(word.to_lowercase()),
                    _ => words_of(word, |word| words.push(word)),
                }
            }
            words
        };
        let phrases: Vec<Vec<String>> = phrases.iter().map(words).filter(|words| !words.is_empty()).collect();
        if phrases.is_empty() {
            return Err(Error::Usage(format!("--track {text} has no letter or digit to look for")));
        }
        Ok(Self { phrases })
    }

    /// Whether a post is kept. What is no post (no object, no text) is not.
    pub fn keeps(&self, post: &Value) -> bool {
        let mut words = HashSet::new();
        collect(post, &mut words);
        for inner in ["retweeted_status", "quoted_status"] {
            collect(&post[inner], &mut words);
        }
        self.phrases.iter().any(|phrase| phrase.iter().all(|word| words.contains(word)))
    }
}

fn collect(post: &Value, words: &mut HashSet<String>) {
    let mut add = |value: &Value| {
        if let Some(text) = value.as_str() {
            words_of(text, |word| {
                words.insert(word);
            });
        }
    };
    add(&post["text"]);
    add(&post["full_text"]);
    add(&post["extended_tweet"]["full_text"]);
    add(&post["user"]["screen_name"]);
    add(&post["user"]["name"]);
    for entities in [&post["entities"], &post["extended_tweet"]["entities"]] {
        for url in entities["urls"].as_array().into_iter().flatten() {
            add(&url["expanded_url"]);
            add(&url["display_url"]);
        }
        for mention in entities["user_mentions"].as_array().into_iter().flatten() {
            add(&mention["screen_name"]);
        }
    }
    for entities in [&post["entities"], &post["extended_tweet"]["entities"]] {
        for tag in entities["hashtags"].as_array().into_iter().flatten() {
            if let Some(tag) = tag["text"].as_str() {
                words.insert(tag.to_lowercase());
                words.insert(format!("#{}", tag.to_lowercase()));
            }
        }
    }
}

/// The words of a text in lower case; one after `#` or `@` also with its mark.
fn words_of(text: &str, mut found: impl FnMut(String)) {
    let mut before = None;
    let mut rest = text;
    while let Some(start) = rest.find(is_word) {
        if let Some(mark) = rest[..start].chars().next_back() {
            before = Some(mark);
        }
        rest = &rest[start..];
        let end = rest.find(|character| !is_word(character)).unwrap_or(rest.len());
        let word = rest[..end].to_lowercase();
        if let Some(mark @ ('#' | '@')) = before.take() {
            found(format!("{mark}{word}"));
        }
        found(word);
        rest = &rest[end..];
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn keeps(track: &str, text: &str) -> bool {
        Track::parse(track).unwrap().keeps(&json!({ "text": text }))
    }

    #[test]
    fn a_comma_is_or_and_a_blank_is_and_in_any_order() {
        assert!(keeps("music,facebook", "my facebook page"));
        assert!(keeps("apple music", "Music by Apple"));
        assert!(!keeps("apple music", "apple pie"));
        assert!(!keeps("music,facebook", "nothing of it"));
    }

    #[test]
    fn words_are_whole_and_case_does_not_matter() {
        for text in ["MUSIC", "\"Music\"!", "#music", "@music", "more.music.", "http://music.example"] {
            assert!(keeps("Music", text), "{text}");
        }
        assert!(!keeps("music", "musical"));
        assert!(keeps("#music", "so #Music") && !keeps("#music", "so music"));
        assert!(keeps("example.com", "see https://example.com/x"));
        assert!(keeps("МУЗЫКА", "вся музыка"));
    }

    #[test]
    fn hashtags_names_and_extended_tweets_count_and_other_fields_do_not() {
        let track = Track::parse("music").unwrap();
        let tags = json!({ "hashtags": [{ "text": "Music" }] });
        assert!(track.keeps(&json!({ "text": "x", "entities": tags })));
        assert!(track.keeps(&json!({ "text": "x", "extended_tweet": { "entities": tags } })));
        assert!(track.keeps(&json!({ "text": "x", "extended_tweet": { "full_text": "long music" } })));
        assert!(track.keeps(&json!({ "text": "x", "user": { "name": "The Music" } })));
        assert!(track.keeps(&json!({ "text": "x", "retweeted_status": { "text": "music" } })));
        assert!(!track.keeps(&json!({ "text": "x", "source": "music" })));
        assert!(!track.keeps(&json!(["music"])));
        assert!(!track.keeps(&json!({ "text": 7, "entities": 3, "user": null })));
    }

    #[test]
    fn what_cannot_match_is_refused() {
        for text in ["", " , ", "!!!", &"x".repeat(MAX_PHRASE_BYTES + 1), &"a,".repeat(MAX_PHRASES + 1)] {
            assert!(matches!(Track::parse(text), Err(Error::Usage(_))), "{text}");
        }
        assert!(Track::parse(&"x".repeat(MAX_PHRASE_BYTES)).is_ok());
        assert!(Track::parse(&"a,".repeat(MAX_PHRASES)).is_ok());
    }
}
