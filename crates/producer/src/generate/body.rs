//! The text of a post, and where its tags are in it.

use std::fmt;
use std::io::Write;

use super::random::Random;
use super::words::WORDS;

/// A longer text is cut in `text` and whole in `extended_tweet`: characters.
pub(crate) const MAX_TEXT_CHARS: usize = 140;
/// Where a cut text ends, so that the link after it fits.
const CUT_CHARS: usize = 115;

/// A text as the inside of a JSON string, and its tags.
#[derive(Debug, Default)]
pub(crate) struct Body {
    pub text: String,
    pub chars: usize,
    /// Tag, first character, character after it.
    pub tags: Vec<(String, usize, usize)>,
    /// Length of `text` in bytes, up to the last word that fits a cut text.
    cut_bytes: usize,
}

impl Body {
    /// Writes about `target_chars` characters, with the tags in between and at the end.
    pub fn write(target_chars: usize, tags: &[String], random: &mut Random) -> Self {
        let mut body = Self::default();
        let mut left = tags.iter();
        while body.chars < target_chars {
            // A quarter of the tags are words of the sentence.
            if random.below(40) == 0
                && let Some(tag) = left.next()
            {
                body.push_tag(tag);
            }
            let word = random.pick(WORDS);
            body.push(word);
        }
        for tag in left {
            body.push_tag(tag);
        }
        body
    }

    pub fn is_long(&self) -> bool {
        self.chars > MAX_TEXT_CHARS
    }

    /// The text up to where it is cut, and the tags in it.
    pub fn cut(&self) -> (&str, impl Iterator<Item = &(String, usize, usize)>) {
        (&self.text[..self.cut_bytes], self.tags.iter().filter(|(_, _, end)| *end <= CUT_CHARS))
    }

    fn push_tag(&mut self, tag: &str) {
        let start = self.chars + usize::from(self.chars > 0);
        self.push(&format!("#{tag}"));
        self.tags.push((tag.to_owned(), start, self.chars));
    }

    fn push(&mut self, word: &str) {
        if self.chars > 0 {
            self.text.push(' ');
            self.chars += 1;
        }
        self.text.push_str(word);
        // The words are plain but for escaped quotes, which are one character each.
        self.chars += word.chars().filter(|&character| character != '\\').count();
        if self.chars <= CUT_CHARS {
            self.cut_bytes = self.text.len();
        }
    }
}

/// Writes `[{"text":"music","indices":[0,6]},..]`.
pub(crate) fn write_tags<'a>(tags: impl Iterator<Item = &'a (String, usize, usize)>, out: &mut Vec<u8>) {
    out.push(b'[');
    for (index, (tag, start, end)) in tags.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        put(out, format_args!("{{\"text\":\"{tag}\",\"indices\":[{start},{end}]}}"));
    }
    out.push(b']');
}

/// Appends formatted text.
pub(crate) fn put(out: &mut Vec<u8>, text: fmt::Arguments<'_>) {
    // Writing to a vector cannot fail.
    let _ = out.write_fmt(text);
}
