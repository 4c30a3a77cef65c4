//! A path's place in a piece, wherever its columns lie: in memory or in a segment file.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::StringArray;
use rockhopper_engine::Result;
use rockhopper_sql::Type;

use crate::column::Selection;
use crate::node::{Kind, Node, Values, type_of};
use crate::path::{PathTypes, Step};
use crate::piece::{Zones, part_zones};
use crate::segment::{Loader, Postings, SegmentFile, StoredNode, StoredValues, Wanted, is_listed};

/// The columns at one path.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place<'a> {
    Memory(&'a Node),
    Stored(&'a StoredNode, &'a SegmentFile),
}

impl<'a> Place<'a> {
    /// The size of the row-space: documents, or the elements of an array path.
    pub(crate) fn slots(self) -> usize {
        match self {
            Place::Memory(node) => node.slots,
            Place::Stored(node, _) => node.slots,
        }
    }

    /// The place one step down.
    pub(crate) fn step(self, step: &Step) -> Option<Place<'a>> {
        match (self, step) {
            (Place::Memory(node), Step::Member(name)) => node.members.get(name).map(Place::Memory),
            (Place::Stored(node, file), Step::Member(name)) => {
                node.members.get(name).map(|member| Place::Stored(member, file))
            }
            (_, Step::Elements) => self.elements(),
        }
    }

    /// The elements of its arrays.
    pub(crate) fn elements(self) -> Option<Place<'a>> {
        match self {
            Place::Memory(node) => node.elements.as_deref().map(Place::Memory),
            Place::Stored(node, file) => {
                node.elements.as_deref().map(|elements| Place::Stored(elements, file))
            }
        }
    }

    /// The members of its objects, by name.
    pub(crate) fn members(self) -> Box<dyn Iterator<Item = (&'a Arc<str>, Place<'a>)> + 'a> {
        match self {
            Place::Memory(node) => {
                Box::new(node.members.iter().map(|(name, member)| (name, Place::Memory(member))))
            }
            Place::Stored(node, file) => {
                Box::new(node.members.iter().map(move |(name, member)| (name, Place::Stored(member, file))))
            }
        }
    }

    /// Its kinds, and how many values there are of each.
    pub(crate) fn kinds(self) -> Box<dyn Iterator<Item = (Kind, usize)> + 'a> {
        match self {
            Place::Memory(node) => Box::new(node.parts.iter().map(|part| (part.kind, part.presence.count()))),
            Place::Stored(node, _) => Box::new(node.parts.iter().map(|part| (part.kind, part.count))),
        }
    }

    /// Whether it holds values of a kind.
    pub(crate) fn has(self, kind: Kind) -> bool {
        self.kinds().any(|(found, _)| found == kind)
    }

    /// Whether members without a place are kept anywhere in it.
    pub(crate) fn has_rest(self) -> bool {
        self.has(Kind::Rest)
            || self.members().any(|(_, member)| member.has_rest())
            || self.elements().is_some_and(Place::has_rest)
    }

    /// How many values there are of each type, of those that have a place.
    pub(crate) fn type_counts(self) -> Vec<(Type, usize)> {
        let known = self.kinds().filter_map(|(kind, count)| Some((type_of(kind)?, count)));
        let mut counts: Vec<(Type, usize)> = known.collect();
        match self {
            Place::Memory(node) => counts.extend(node.typed_counts()),
            Place::Stored(node, _) => {
                counts.extend(node.part(Kind::Typed).iter().flat_map(|part| &part.typed));
            }
        }
        counts
    }

    /// The types of its values.
    pub(crate) fn types(self) -> PathTypes {
        let mut types = PathTypes::default();
        let mut count = 0;
        for (seen, values) in self.type_counts() {
            types.add(seen);
            count += values;
        }
        if count < self.slots() {
            types.add(Type::Undefined);
        }
        types
    }

    /// Whether its strings are codes into distinct words.
    pub(crate) fn has_words(self) -> bool {
        match self {
            Place::Memory(node) => {
                node.part(Kind::String).is_some_and(|part| matches!(part.values, Values::Words { .. }))
            }
            Place::Stored(node, _) => {
                node.part(Kind::String).is_some_and(|part| matches!(part.values, StoredValues::Words { .. }))
            }
        }
    }

    /// Whether its strings are all canonical integers.
    pub(crate) fn has_digits(self) -> bool {
        match self {
            Place::Memory(node) => {
                node.part(Kind::String).is_some_and(|part| matches!(part.values, Values::Digits(_)))
            }
            Place::Stored(node, _) => {
                node.part(Kind::String).is_some_and(|part| matches!(part.values, StoredValues::Digits(_)))
            }
        }
    }

    /// Minima and maxima, if its values, null aside, are all integers of one kind; of documents only.
    pub(crate) fn zones(self) -> Option<Zones> {
        let mut kinds = self.kinds().map(|(kind, _)| kind).filter(|kind| *kind != Kind::Null);
        let (Some(kind), None) = (kinds.next(), kinds.next()) else { return None };
        match self {
            Place::Memory(node) => part_zones(node.part(kind)?),
            Place::Stored(node, _) => node.part(kind)?.zones.clone(),
        }
    }

    /// Its columns, as far as they are wanted.
    ///
    /// # Errors
    ///
    /// If the file is damaged where it is read.
    pub(crate) fn load(self, wanted: Wanted, selection: &Selection<'_>) -> Result<Cow<'a, Node>> {
        match self {
            Place::Memory(node) => Ok(Cow::Borrowed(node)),
            Place::Stored(node, file) => {
                Ok(Cow::Owned(Loader { file, keep: true }.node(node, wanted, selection)?))
            }
        }
    }

    /// Its own columns for one reading: they do not stay in the cache.
    pub(crate) fn load_once(self, wanted: Wanted) -> Result<Cow<'a, Node>> {
        match self {
            Place::Memory(node) => Ok(Cow::Borrowed(node)),
            Place::Stored(node, file) => {
                let all = Selection::Range(0..node.slots);
                Ok(Cow::Owned(Loader { file, keep: false }.node(node, wanted, &all)?))
            }
        }
    }

    /// The distinct words of its strings, if they are kept so; those of a segment are sorted.
    pub(crate) fn words(self) -> Result<Option<StringArray>> {
        match self {
            Place::Memory(node) => Ok(match node.part(Kind::String).map(|part| &part.values) {
                Some(Values::Words { words, .. }) => Some(words.clone()),
                _ => None,
            }),
            Place::Stored(node, file) => match node.part(Kind::String).map(|part| &part.values) {
                Some(StoredValues::Words { words, .. }) => Loader { file, keep: true }.words(words).map(Some),
                _ => Ok(None),
            },
        }
    }

    /// The code of a word; the inner None is a word that does not occur.
    pub(crate) fn code_of(self, word: &str) -> Result<Option<Option<u32>>> {
        let Some(words) = self.words()? else { return Ok(None) };
        let code = match self {
            Place::Memory(_) => code_among(&words, word),
            Place::Stored(..) => code_among_sorted(&words, word),
        };
        Ok(Some(code.map(|code| code as u32)))
    }

    /// The number of documents that hold a word, if lists of them are kept and the word has one.
    pub(crate) fn postings_len(self, code: u32, documents: usize) -> Result<Option<usize>> {
        let Some((postings, loader)) = self.postings_of() else { return Ok(None) };
        let counts = loader.numbers(&postings.counts)?;
        let count = counts.get(code as usize).map(|count| *count as usize);
        Ok(count.filter(|count| is_listed(*count, documents)))
    }

    /// The documents that hold a word, of so many.
    pub(crate) fn postings(self, code: u32, documents: usize) -> Result<Option<Vec<u32>>> {
        let Some(count) = self.postings_len(code, documents)? else { return Ok(None) };
        let Some((postings, loader)) = self.postings_of() else { return Ok(None) };
        loader.list(postings, code as usize, count, documents).map(Some)
    }

    fn postings_of(self) -> Option<(&'a Postings, Loader<'a>)> {
        let Place::Stored(node, file) = self else { return None };
        match &node.part(Kind::String)?.values {
            StoredValues::Words { postings, .. } => Some((postings.as_ref()?, Loader { file, keep: true })),
            _ => None,
        }
    }
}

/// Looks at the lengths first: those of most words are others.
fn code_among(words: &StringArray, word: &str) -> Option<usize> {
    let (offsets, bytes) = (words.value_offsets(), words.value_data());
    let is_word = |pair: &[i32]| {
        (pair[1] - pair[0]) as usize == word.len()
            && bytes[pair[0] as usize..pair[1] as usize] == *word.as_bytes()
    };
    offsets.windows(2).position(is_word)
}

fn code_among_sorted(words: &StringArray, word: &str) -> Option<usize> {
    let (mut low, mut high) = (0, words.value_offsets().len() - 1);
    while low < high {
        let middle = low + (high - low) / 2;
        match words.value(middle).cmp(word) {
            std::cmp::Ordering::Equal => return Some(middle),
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    None
}
