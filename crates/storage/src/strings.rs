//! Strings as they are gathered: as integers, as codes into distinct words, or as plain text, whichever is smallest.

use arrow::array::StringArray;
use arrow::buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::Utf8Type;
use hashbrown::DefaultHashBuilder;
use hashbrown::HashTable;
use rockhopper_engine::{Error, Result};
use std::hash::BuildHasher;

use crate::blocks::Blocks;
use crate::layout::Dense;
use crate::node::Values;
use crate::presence::Indexes;

/// So many strings are looked at before a column is given up as one of few distinct words.
const TRIAL_STRINGS: usize = 4096;
/// So many, before one is given up of which nearly all are distinct.
const EARLY_TRIAL_STRINGS: usize = 512;
/// Of strings that are nearly all distinct, at most one of so many comes again.
const NEARLY_ALL: usize = 16;

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
    /// Where each text begins, and the last one ends; nothing where there is no text.
    offsets: Vec<i32>,
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
                if words.is_hopeless() || words.is_unlikely() {
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

    /// Adds those strings of a finished part that count.
    pub(crate) fn extend(&mut self, values: &Values, indexes: Indexes<'_>) {
        match values {
            Values::Digits(digits) => match self {
                Strings::Digits(own) => indexes.copy(digits, own, |value| value),
                _ => indexes.for_each(digits.len(), |index| self.push(&digits[index].to_string())),
            },
            Values::Words { codes, words } => self.extend_words(codes, words, indexes),
            Values::Text(text) => self.extend_text(text, indexes),
            _ => {}
        }
    }

    /// The smallest form.
    pub(crate) fn finish(self) -> Result<StringsLayout> {
        Ok(match self {
            Strings::Digits(values) => StringsLayout::Digits(values),
            Strings::Words(words) if words.is_smaller() => {
                StringsLayout::Words(words.codes, words.words.into_strings(None)?)
            }
            Strings::Words(words) => StringsLayout::Text(words.to_text()),
            Strings::Text(text) => StringsLayout::Text(text),
        })
    }

    fn extend_words(&mut self, codes: &[u32], words: &StringArray, indexes: Indexes<'_>) {
        if matches!(self, Strings::Digits(_)) {
            self.give_up_digits();
        }
        let Strings::Words(own) = self else {
            return indexes.for_each(codes.len(), |index| self.push(words.value(codes[index] as usize)));
        };
        let mapped: Vec<u32> = words.iter().flatten().map(|word| own.intern(word)).collect();
        let from = own.codes.len();
        indexes.copy(codes, &mut own.codes, |code| mapped[code as usize]);
        let lengths = own.codes[from..].iter().map(|code| own.words.get(*code as usize).len());
        own.total_bytes += lengths.sum::<usize>();
    }

    /// Looks for repetition as long as it is not given up; what comes then is copied as it is.
    fn extend_text(&mut self, text: &Blocks<Utf8Type>, indexes: Indexes<'_>) {
        match (&mut *self, indexes, text.whole()) {
            (Strings::Text(own), Indexes::All, Some(text)) => {
                own.append(text.value_offsets(), text.value_data())
            }
            _ => indexes.for_each(text.len(), |index| self.push(text.value(index).unwrap_or_default())),
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
        // Neighbours are often the same: times, languages, flags.
        if let Some(last) =
            self.codes.last().filter(|last| self.words.get(**last as usize) == text.as_bytes())
        {
            return *last;
        }
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
                let code = words.len() as u32;
                entry.insert(code);
                words.push(text.as_bytes());
                code
            }
        }
    }

    /// Whether nearly all of the first strings are distinct.
    fn is_hopeless(&self) -> bool {
        let count = self.codes.len();
        // After a merge there may be words that no string stands for.
        let again = count.checked_sub(self.words.len());
        count == EARLY_TRIAL_STRINGS && again.is_some_and(|again| again * NEARLY_ALL < count)
    }

    /// Whether after the trial most strings are distinct: the share of those that come again only grows slowly.
    fn is_unlikely(&self) -> bool {
        self.codes.len() >= TRIAL_STRINGS && self.words.len() * 3 > self.codes.len() * 2
    }

    /// Whether the words take no more than plain text. Plain text of a column that failed this takes less than the words,
    /// so no column outgrows the memory it was gathered in.
    fn is_smaller(&self) -> bool {
        self.words.bytes.len() + 4 * self.words.len() <= self.total_bytes
    }

    fn truncate(&mut self, count: usize) {
        for code in self.codes.drain(count..) {
            self.total_bytes -= self.words.get(code as usize).len();
        }
    }

    fn to_text(&self) -> Text {
        let mut text = Text {
            bytes: Vec::with_capacity(self.total_bytes),
            offsets: Vec::with_capacity(self.codes.len() + 1),
        };
        self.codes.iter().for_each(|code| text.push(self.words.get(*code as usize)));
        text
    }
}

impl Text {
    /// Adds a text.
    pub(crate) fn push(&mut self, text: &[u8]) {
        if self.offsets.is_empty() {
            self.offsets.push(0);
        }
        self.bytes.extend_from_slice(text);
        // An offset that does not fit is found at the end, where the bytes are counted.
        self.offsets.push(self.bytes.len() as i32);
    }

    /// Adds texts that lie between offsets.
    fn append(&mut self, offsets: &[i32], bytes: &[u8]) {
        let (Some(first), Some(last)) = (offsets.first(), offsets.last()) else { return };
        if self.offsets.is_empty() {
            self.offsets.push(0);
        }
        let before = self.bytes.len() as i64 - i64::from(*first);
        self.bytes.extend_from_slice(&bytes[*first as usize..*last as usize]);
        self.offsets.extend(offsets[1..].iter().map(|offset| (i64::from(*offset) + before) as i32));
    }

    /// Keeps only the first texts.
    pub(crate) fn truncate(&mut self, count: usize) {
        if count < self.len() {
            self.offsets.truncate(count + 1);
            self.bytes.truncate(self.offsets[count] as usize);
        }
    }

    /// Offsets and bytes; with `dense`, empty texts stand in the slots that are not there.
    pub(crate) fn into_buffers(mut self, dense: Dense<'_>) -> Result<(OffsetBuffer<i32>, Buffer)> {
        if i32::try_from(self.bytes.len()).is_err() {
            return Err(Error::ResourceExceeded {
                what: "the text of one field in one segment".to_owned(),
                limit: "2 GiB".to_owned(),
                remedy: "lower max_unsealed_bytes".to_owned(),
            });
        }
        if self.offsets.is_empty() {
            self.offsets.push(0);
        }
        let offsets = match dense {
            Some((rows, slots)) if rows.len() < slots => {
                let mut spread: Vec<i32> = Vec::with_capacity(slots + 1);
                spread.push(0);
                for (row, end) in rows.iter().zip(&self.offsets[1..]) {
                    let before = spread[spread.len() - 1];
                    spread.resize(row as usize + 1, before);
                    spread.push(*end);
                }
                spread.resize(slots + 1, self.bytes.len() as i32);
                spread
            }
            _ => self.offsets,
        };
        Ok((OffsetBuffer::new(ScalarBuffer::from(offsets)), Buffer::from_vec(self.bytes)))
    }

    /// [`Text::into_buffers`] as an array, with Arrow nulls in the slots that are not there.
    pub(crate) fn into_strings(self, dense: Dense<'_>) -> Result<StringArray> {
        let nulls = dense.and_then(|(rows, slots)| rows.clone().presence(slots, 1).nulls());
        let (offsets, bytes) = self.into_buffers(dense)?;
        let array = StringArray::try_new(offsets, bytes, nulls);
        array.map_err(|error| Error::Internal(error.to_string()))
    }

    fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    fn get(&self, index: usize) -> &[u8] {
        &self.bytes[self.offsets[index] as usize..self.offsets[index + 1] as usize]
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
