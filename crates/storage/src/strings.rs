//! Strings as they are gathered: as integers, as codes into distinct words, or as plain text, whichever is smallest.

use arrow::array::StringArray;
use arrow::buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use hashbrown::DefaultHashBuilder;
use hashbrown::HashTable;
use rockhopper_engine::{Error, Result};
use std::hash::BuildHasher;

use crate::node::Values;

/// So many strings are looked at before a column is given up as one of few distinct words.
const TRIAL_STRINGS: usize = 4096;

/// The longest text of an `i64`.
const MAX_INTEGER_CHARS: usize = 20;

/// Strings, packed.
pub(crate) enum Strings {
    /// All of them are canonical integers.
    Digits(Vec<i64>),
    /// Codes into distinct words.
    Words(Words),
    /// One after another.
    Text(Text),
}

impl Default for Strings {
    fn default() -> Strings {
        Strings::Digits(Vec::new())
    }
}

/// Texts one after another.
#[derive(Default)]
pub(crate) struct Text {
    bytes: Vec<u8>,
    /// Where each text ends.
    ends: Vec<usize>,
}

/// Distinct texts and a code for each string.
#[derive(Default)]
pub(crate) struct Words {
    codes: Vec<u32>,
    words: Text,
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// Bytes of all strings, as if each were kept.
    total_bytes: usize,
}

/// The integer that a text is the canonical form of.
pub(crate) fn canonical_integer(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let digits = bytes.strip_prefix(b"-").unwrap_or(bytes);
    let canonical = match digits {
        [] => false,
        [b'0'] => bytes.len() == 1,
        [first, rest @ ..] => first.is_ascii_digit() && *first != b'0' && rest.len() < MAX_INTEGER_CHARS,
    };
    if canonical { text.parse().ok() } else { None }
}

impl Strings {
    /// Adds a string.
    pub(crate) fn push(&mut self, text: &str) {
        if let Strings::Digits(values) = self {
            match canonical_integer(text) {
                Some(value) => return values.push(value),
                None => self.give_up_digits(),
            }
        }
        match self {
            Strings::Words(words) => {
                words.push(text);
                if words.codes.len() >= TRIAL_STRINGS && !words.is_smaller() {
                    *self = Strings::Text(words.to_text());
                }
            }
            Strings::Text(plain) => plain.push(text.as_bytes()),
            Strings::Digits(_) => {}
        }
    }

    /// Keeps only the first strings.
    pub(crate) fn truncate(&mut self, count: usize) {
        match self {
            Strings::Digits(values) => values.truncate(count),
            Strings::Words(words) => words.truncate(count),
            Strings::Text(text) => text.truncate(count),
        }
    }

    /// Adds strings from a finished part; `indexes` names those of its values that are present.
    pub(crate) fn extend(&mut self, values: &Values, indexes: impl Iterator<Item = usize>) {
        match values {
            Values::Digits(digits) => {
                for index in indexes {
                    match self {
                        Strings::Digits(values) => values.push(digits[index]),
                        _ => self.push(&digits[index].to_string()),
                    }
                }
            }
            Values::Words { codes, words } => self.extend_words(codes, words, indexes),
            Values::Text(text) => indexes.for_each(|index| self.push(text.value(index))),
            _ => {}
        }
    }

    /// The smallest form.
    pub(crate) fn finish(self) -> Result<StringsLayout> {
        Ok(match self {
            Strings::Digits(values) => StringsLayout::Digits(values),
            Strings::Words(words) if words.is_smaller() => {
                StringsLayout::Words(words.codes, words.words.finish()?)
            }
            Strings::Words(words) => StringsLayout::Text(words.to_text()),
            Strings::Text(text) => StringsLayout::Text(text),
        })
    }

    fn extend_words(&mut self, codes: &[u32], words: &StringArray, indexes: impl Iterator<Item = usize>) {
        if matches!(self, Strings::Digits(_)) {
            self.give_up_digits();
        }
        let Strings::Words(own) = self else {
            return indexes.for_each(|index| self.push(words.value(codes[index] as usize)));
        };
        let mapped: Vec<u32> = words.iter().flatten().map(|word| own.intern(word)).collect();
        for index in indexes {
            let code = codes[index] as usize;
            own.codes.push(mapped[code]);
            own.total_bytes += words.value_length(code) as usize;
        }
    }

    fn give_up_digits(&mut self) {
        if let Strings::Digits(values) = self {
            let mut words = Words::default();
            values.iter().for_each(|value| words.push(&value.to_string()));
            *self = Strings::Words(words);
        }
    }
}

/// The form that was chosen, packed.
pub(crate) enum StringsLayout {
    Digits(Vec<i64>),
    Words(Vec<u32>, StringArray),
    Text(Text),
}

impl Words {
    fn push(&mut self, text: &str) {
        let code = self.intern(text);
        self.codes.push(code);
        self.total_bytes += text.len();
    }

    fn intern(&mut self, text: &str) -> u32 {
        let hash = self.hasher.hash_one(text.as_bytes());
        let Words { words, table, hasher, .. } = self;
        let entry = table.entry(
            hash,
            |code| words.get(*code as usize) == text.as_bytes(),
            |code| hasher.hash_one(words.get(*code as usize)),
        );
        match entry {
            hashbrown::hash_table::Entry::Occupied(entry) => *entry.get(),
            hashbrown::hash_table::Entry::Vacant(entry) => {
                let code = words.ends.len() as u32;
                entry.insert(code);
                words.push(text.as_bytes());
                code
            }
        }
    }

    /// Whether codes and words take clearly less than plain text. Plain text of a column that failed this is at most
    /// a third larger than the words, so no column outgrows the memory it was gathered in.
    fn is_smaller(&self) -> bool {
        (self.words.bytes.len() + 4 * self.words.ends.len()) * 4 <= self.total_bytes * 3
    }

    fn truncate(&mut self, count: usize) {
        for code in self.codes.drain(count..) {
            self.total_bytes -= self.words.get(code as usize).len();
        }
    }

    fn to_text(&self) -> Text {
        let mut text = Text { bytes: Vec::with_capacity(self.total_bytes), ends: Vec::new() };
        self.codes.iter().for_each(|code| text.push(self.words.get(*code as usize)));
        text
    }
}

impl Text {
    /// Adds a text.
    pub(crate) fn push(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.ends.push(self.bytes.len());
    }

    /// Keeps only the first texts.
    pub(crate) fn truncate(&mut self, count: usize) {
        self.ends.truncate(count);
        self.bytes.truncate(self.ends.last().copied().unwrap_or(0));
    }

    /// Offsets and bytes; with `rows`, dense: empty texts stand in the slots that are not named.
    pub(crate) fn into_buffers(self, dense: Option<(&[u32], usize)>) -> Result<(OffsetBuffer<i32>, Buffer)> {
        if i32::try_from(self.bytes.len()).is_err() {
            return Err(Error::ResourceExceeded {
                what: "the text of one field in one segment".to_owned(),
                limit: "2 GiB".to_owned(),
                remedy: "lower max_unsealed_bytes".to_owned(),
            });
        }
        let mut offsets: Vec<i32> = vec![0];
        match dense {
            None => offsets.extend(self.ends.iter().map(|end| *end as i32)),
            Some((rows, slots)) => {
                offsets.reserve(slots);
                for (row, end) in rows.iter().zip(&self.ends) {
                    let before = offsets[offsets.len() - 1];
                    offsets.resize(*row as usize + 1, before);
                    offsets.push(*end as i32);
                }
                offsets.resize(slots + 1, self.bytes.len() as i32);
            }
        }
        Ok((OffsetBuffer::new(ScalarBuffer::from(offsets)), Buffer::from_vec(self.bytes)))
    }

    fn get(&self, index: usize) -> &[u8] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.bytes[start..self.ends[index]]
    }

    fn finish(self) -> Result<StringArray> {
        let (offsets, bytes) = self.into_buffers(None)?;
        StringArray::try_new(offsets, bytes, None).map_err(|error| Error::Internal(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_text_of_an_integer_is_one() {
        let yes = ["0", "-1", "7", "1457651532000", "9223372036854775807", "-9223372036854775808"];
        let no = ["", "-", "00", "-0", "01", "+1", "1.0", " 1", "1e3", "9223372036854775808", "１"];
        yes.iter().for_each(|text| assert!(canonical_integer(text).is_some(), "{text}"));
        no.iter().for_each(|text| assert!(canonical_integer(text).is_none(), "{text}"));
    }
}
