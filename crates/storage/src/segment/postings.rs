//! For each word of a path the documents that hold it.
//!
//! Which paths have lists: leaves of documents' arrays, whatever they hold, and strings of documents with at least
//! [`MIN_DOCUMENTS_PER_WORD`] documents for each word. Which words: those in at most one document of
//! [`MAX_SHARE_DIVISOR`]. For others the codes are read as fast.

use crate::encoding::packed::put_ascending;
use crate::node::{Part, Values};
use crate::presence::Presence;

/// Of a string of documents, how many documents there must be for each word.
pub(crate) const MIN_DOCUMENTS_PER_WORD: usize = 256;
/// A word that is in more documents than one of so many has no list.
pub(crate) const MAX_SHARE_DIVISOR: usize = 8;

/// The document of each slot.
pub(crate) enum Documents {
    /// Slots are documents.
    Same,
    /// Slots are elements: of each the document, and how many documents there are.
    OfElements(Vec<u32>, usize),
}

impl Documents {
    /// Those of the elements of an array of documents.
    pub(crate) fn of_elements(array: &Part) -> Documents {
        let mut documents = Vec::new();
        if let Values::Array(offsets) = &array.values {
            documents.reserve(offsets.last().map_or(0, |last| *last as usize));
            array.presence.for_each(|slot, index| documents.resize(offsets[index + 1] as usize, slot as u32));
        }
        Documents::OfElements(documents, array.presence.slots())
    }
}

/// The lists of one path.
pub(crate) struct Built {
    /// In how many documents each word occurs.
    pub(crate) counts: Vec<u32>,
    /// Where the list of each word ends; that of a word without one is empty.
    pub(crate) ends: Vec<u32>,
    pub(crate) lists: Vec<u8>,
}

/// Whether a word that is in so many documents has a list.
pub(crate) fn is_listed(count: usize, documents: usize) -> bool {
    count <= documents / MAX_SHARE_DIVISOR
}

/// The lists of the codes of a part; None where the path gets none.
pub(crate) fn build(
    documents: &Documents,
    presence: &Presence,
    codes: &[u32],
    word_count: usize,
) -> Option<Built> {
    let (document_of, total): (Option<&[u32]>, usize) = match documents {
        Documents::Same if presence.slots() / MIN_DOCUMENTS_PER_WORD < word_count => return None,
        Documents::Same => (None, presence.slots()),
        Documents::OfElements(of_slot, total) => (Some(of_slot), *total),
    };
    let document = |slot: usize| document_of.map_or(slot as u32, |of_slot| of_slot[slot]);
    // By counting: where the documents of each word begin, then each document to its place.
    let mut starts = vec![0u32; word_count + 1];
    presence.for_each(|_, index| starts[codes[index] as usize + 1] += 1);
    (0..word_count).for_each(|code| starts[code + 1] += starts[code]);
    let mut filled = starts.clone();
    let mut sorted = vec![0u32; starts[word_count] as usize];
    presence.for_each(|slot, index| {
        let code = codes[index] as usize;
        let (start, end, document) = (starts[code], filled[code], document(slot));
        // A document that holds a word twice holds it in neighbouring slots of this order.
        if end == start || sorted[end as usize - 1] != document {
            sorted[end as usize] = document;
            filled[code] += 1;
        }
    });
    let mut built = Built { counts: Vec::new(), ends: Vec::new(), lists: Vec::new() };
    for code in 0..word_count {
        let list = &sorted[starts[code] as usize..filled[code] as usize];
        if is_listed(list.len(), total) {
            put_ascending(list, &mut built.lists);
        }
        built.counts.push(list.len() as u32);
        // Lists are smaller than what they were made of.
        built.ends.push(built.lists.len() as u32);
    }
    Some(built)
}
