//! Columns of a segment file in the form that they have in memory.

use std::ops::Range;

use arrow::array::{BinaryArray, BooleanBufferBuilder, StringArray};
use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use rockhopper_engine::Result;

use super::file::SegmentFile;
use super::tree::*;
use crate::blocks::Blocks;
use crate::cache::{Cached, Key};
use crate::column::Selection;
use crate::encoding::Decoded;
use crate::encoding::integers::{Number, take_integers};
use crate::encoding::packed::take_ascending;
use crate::encoding::take_run;
use crate::encoding::texts::take_texts;
use crate::list::elements_of;
use crate::node::{Kind, Node, Part, Values};
use crate::presence::Presence;

/// What of a node is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The part of one kind.
    Kind(Kind),
    /// Its own parts.
    Parts,
    /// All parts, those of its elements and members too.
    All,
}

/// Reads the columns of a segment.
#[derive(Clone, Copy)]
pub(crate) struct Loader<'a> {
    pub(crate) file: &'a SegmentFile,
    /// Whether what is decoded stays in the cache.
    pub(crate) keep: bool,
}

impl Loader<'_> {
    /// The columns of a node. Of texts only the blocks are there that hold a selected slot.
    ///
    /// # Errors
    ///
    /// If the file is damaged where it is read.
    pub(crate) fn node(&self, node: &StoredNode, wanted: Wanted, selection: &Selection<'_>) -> Result<Node> {
        let mut loaded = Node { slots: node.slots, ..Node::default() };
        for part in &node.parts {
            if !matches!(wanted, Wanted::Kind(kind) if kind != part.kind) {
                loaded.parts.push(self.part(part, node, selection)?);
            }
        }
        if wanted != Wanted::All {
            return Ok(loaded);
        }
        if let (Some(elements), Some(array)) = (&node.elements, loaded.part(Kind::Array)) {
            let slots = elements_of(array, selection).slots;
            loaded.elements = Some(Box::new(self.node(elements, wanted, &slots.selection())?));
        }
        for (name, member) in &node.members {
            loaded.members.insert(name.clone(), self.node(member, wanted, selection)?);
        }
        Ok(loaded)
    }

    /// The distinct words of a part, sorted.
    pub(crate) fn words(&self, words: &Region) -> Result<StringArray> {
        let key = self.key(words.number);
        let cached = self.cached(key, || {
            let (mut offsets, mut bytes) = (vec![0i32], Vec::new());
            for (at, block) in words.blocks.iter().enumerate() {
                let mut cursor = self.file.block(block)?;
                let count = words.starts[at + 1] - words.starts[at];
                let (ends, texts) = self.checked(take_texts(&mut cursor, count))?;
                let start = bytes.len();
                bytes.extend_from_slice(&texts);
                let end = |end: &i32| i32::try_from(start + *end as usize).map_err(|error| error.to_string());
                offsets.extend(self.checked(ends[1..].iter().map(end).collect::<Decoded<Vec<i32>>>())?);
            }
            Ok(Cached::Texts(self.texts(offsets, bytes, None)?))
        })?;
        if let Cached::Texts(words) = cached { Ok(words) } else { Err(self.mixed_up()) }
    }

    /// Numbers beside a part's words.
    pub(crate) fn numbers(&self, region: &Region) -> Result<ScalarBuffer<u32>> {
        let cached = self.cached(self.key(region.number), || Ok(Cached::Numbers(self.scalars(region)?)))?;
        if let Cached::Numbers(numbers) = cached { Ok(numbers) } else { Err(self.mixed_up()) }
    }

    /// The list of a word that is in `count` of so many documents.
    pub(crate) fn list(
        &self,
        postings: &Postings,
        code: usize,
        count: usize,
        documents: usize,
    ) -> Result<Vec<u32>> {
        let ends = self.numbers(&postings.ends)?;
        let from = if code == 0 { 0 } else { ends[code - 1] as usize };
        let mut cursor = self.file.range(&postings.lists, from, ends[code] as usize)?;
        let list = self.checked(take_ascending(&mut cursor, count))?;
        if !cursor.is_at_end() || list.last().is_some_and(|last| *last as usize >= documents) {
            return Err(self.file.damaged("a posting list does not fit its word".to_owned()));
        }
        Ok(list)
    }

    /// The error for what was decoded and is wrong.
    pub(crate) fn checked<T>(&self, decoded: Decoded<T>) -> Result<T> {
        decoded.map_err(|what| self.file.damaged(what))
    }

    fn part(&self, part: &StoredPart, node: &StoredNode, selection: &Selection<'_>) -> Result<Part> {
        let presence = self.presence(part, node.slots)?;
        let values = match &part.values {
            StoredValues::Text(region) => {
                let blocks = self.wanted_blocks(region, &presence, selection).map(|wanted| {
                    wanted.map(|(at, range)| self.text_block(region, at, range, &presence)).transpose()
                });
                let blocks = blocks.collect::<Result<Vec<_>>>()?;
                Values::Text(Blocks::several(region.starts.clone(), blocks))
            }
            StoredValues::Encoded(region) => {
                let blocks = self.wanted_blocks(region, &presence, selection).map(|wanted| {
                    wanted.map(|(at, range)| self.encoded_block(region, at, range)).transpose()
                });
                let blocks = blocks.collect::<Result<Vec<_>>>()?;
                Values::Encoded(Blocks::several(region.starts.clone(), blocks))
            }
            _ => self.values(part, node)?,
        };
        Ok(Part { kind: part.kind, presence, values })
    }

    fn presence(&self, part: &StoredPart, slots: usize) -> Result<Presence> {
        let (StoredPresence::Bits(region) | StoredPresence::Rows(region)) = &part.presence else {
            return Ok(Presence::All(slots));
        };
        let cached = self.cached(self.key(region.number), || {
            let presence = match &part.presence {
                StoredPresence::Rows(_) => {
                    let rows: ScalarBuffer<u32> = self.scalars(region)?;
                    let ascending = rows.windows(2).all(|pair| pair[0] < pair[1]);
                    if !ascending || rows.last().is_some_and(|last| *last as usize >= slots) {
                        return Err(self.file.damaged("the slots of a part are out of order".to_owned()));
                    }
                    Presence::Rows { rows, slots }
                }
                _ => {
                    let bits = self.bits(region)?;
                    if bits.count_set_bits() != part.count {
                        return Err(self.file.damaged("a count of values is wrong".to_owned()));
                    }
                    Presence::Bits { bits, count: part.count }
                }
            };
            Ok(Cached::Presence(presence))
        })?;
        if let Cached::Presence(presence) = cached { Ok(presence) } else { Err(self.mixed_up()) }
    }

    /// Values of any form but texts in blocks.
    fn values(&self, part: &StoredPart, node: &StoredNode) -> Result<Values> {
        let integers = |integers: &Integers| self.integers(integers);
        let (region, load): (&Region, Box<dyn Fn() -> Result<Values> + '_>) = match &part.values {
            StoredValues::Bools(region) => (region, Box::new(|| Ok(Values::Bools(self.bits(region)?)))),
            StoredValues::Ints(ints) => (&ints.values, Box::new(move || Ok(Values::Ints(integers(ints)?)))),
            StoredValues::Digits(ints) => {
                (&ints.values, Box::new(move || Ok(Values::Digits(integers(ints)?))))
            }
            StoredValues::Floats(region) => (region, Box::new(|| Ok(Values::Floats(self.scalars(region)?)))),
            StoredValues::Words { codes, words, .. } => {
                let loaded = self.words(words)?;
                let load = move || {
                    let codes = self.codes(codes, words.len())?;
                    Ok(Values::Words { codes, words: loaded.clone() })
                };
                (codes, Box::new(load))
            }
            StoredValues::Array(region) => (region, Box::new(|| self.offsets(region, node))),
            StoredValues::Marks | StoredValues::Text(_) | StoredValues::Encoded(_) => {
                return Ok(Values::Marks);
            }
        };
        let cached = self.cached(self.key(region.number), || Ok(Cached::Values(load()?)))?;
        if let Cached::Values(values) = cached { Ok(values) } else { Err(self.mixed_up()) }
    }

    fn integers(&self, integers: &Integers) -> Result<ScalarBuffer<i64>> {
        let Some(distinct) = &integers.distinct else { return self.scalars(&integers.values) };
        let distinct: ScalarBuffer<i64> = self.scalars(distinct)?;
        let codes = self.codes(&integers.values, distinct.len())?;
        Ok(codes.iter().map(|code| distinct[*code as usize]).collect())
    }

    /// Codes of which each stands for one of so many values.
    fn codes(&self, region: &Region, count: usize) -> Result<ScalarBuffer<u32>> {
        let codes: ScalarBuffer<u32> = self.scalars(region)?;
        if codes.iter().any(|code| *code as usize >= count) {
            return Err(self.file.damaged("a code stands for no value".to_owned()));
        }
        Ok(codes)
    }

    fn offsets(&self, region: &Region, node: &StoredNode) -> Result<Values> {
        let offsets: ScalarBuffer<i32> = self.scalars(region)?;
        let elements = node.elements.as_ref().map_or(0, |elements| elements.slots);
        let fits = offsets.first().is_some_and(|first| *first == 0)
            && offsets.windows(2).all(|pair| pair[0] <= pair[1])
            && offsets.last().is_some_and(|last| *last as usize == elements);
        if !fits {
            return Err(self.file.damaged("an array's elements do not fit it".to_owned()));
        }
        Ok(Values::Array(OffsetBuffer::new(offsets)))
    }

    fn scalars<T: Number + arrow::datatypes::ArrowNativeType>(
        &self,
        region: &Region,
    ) -> Result<ScalarBuffer<T>> {
        let mut values = Vec::with_capacity(region.len());
        for (at, block) in region.blocks.iter().enumerate() {
            let mut cursor = self.file.block(block)?;
            let count = region.starts[at + 1] - region.starts[at];
            self.checked(take_integers(&mut cursor, count, &mut values))?;
        }
        Ok(values.into())
    }

    fn bits(&self, region: &Region) -> Result<BooleanBuffer> {
        let mut bits = BooleanBufferBuilder::new(region.len());
        let mut bytes = Vec::new();
        for (at, block) in region.blocks.iter().enumerate() {
            let mut cursor = self.file.block(block)?;
            bytes.clear();
            self.checked(take_run(&mut cursor, &mut bytes))?;
            let count = region.starts[at + 1] - region.starts[at];
            if bytes.len() != count.div_ceil(8) {
                return Err(self.file.damaged("bits are cut off".to_owned()));
            }
            bits.append_packed_range(0..count, &bytes);
        }
        Ok(bits.finish())
    }

    /// For each block its number and the values in it; None where no selected slot is in it.
    fn wanted_blocks(
        &self,
        region: &Region,
        presence: &Presence,
        selection: &Selection<'_>,
    ) -> impl Iterator<Item = Option<(usize, Range<usize>)>> {
        let mut wanted = vec![
            matches!(selection, Selection::Range(range) if range.len() == presence.slots());
            region.blocks.len()
        ];
        let mut last = 0..0;
        let mut note = |index: usize| {
            if last.contains(&index) {
                return;
            }
            let block = region.starts.partition_point(|start| *start <= index) - 1;
            if let Some(wanted) = wanted.get_mut(block) {
                *wanted = true;
                last = region.starts[block]..region.starts[block + 1];
            }
        };
        match selection {
            Selection::Range(range) if range.len() == presence.slots() => {}
            _ => selection.slots().filter_map(|slot| presence.index(slot)).for_each(&mut note),
        }
        let ranges: Vec<Range<usize>> = region.starts.windows(2).map(|pair| pair[0]..pair[1]).collect();
        wanted.into_iter().zip(ranges).enumerate().map(|(at, (wanted, range))| wanted.then_some((at, range)))
    }

    /// A block of strings; those that are dense have Arrow nulls where no value is.
    fn text_block(
        &self,
        region: &Region,
        at: usize,
        range: Range<usize>,
        presence: &Presence,
    ) -> Result<StringArray> {
        let cached = self.cached(self.key(region.number + at as u32), || {
            let mut cursor = self.file.block(&region.blocks[at])?;
            let (offsets, bytes) = self.checked(take_texts(&mut cursor, range.len()))?;
            let nulls = match presence {
                Presence::Bits { bits, .. } => Some(NullBuffer::new(bits.slice(range.start, range.len()))),
                _ => None,
            };
            Ok(Cached::Texts(self.texts(offsets, bytes, nulls)?))
        })?;
        if let Cached::Texts(texts) = cached { Ok(texts) } else { Err(self.mixed_up()) }
    }

    fn encoded_block(&self, region: &Region, at: usize, range: Range<usize>) -> Result<BinaryArray> {
        let cached = self.cached(self.key(region.number + at as u32), || {
            let mut cursor = self.file.block(&region.blocks[at])?;
            let (offsets, bytes) = self.checked(take_texts(&mut cursor, range.len()))?;
            let array =
                BinaryArray::try_new(OffsetBuffer::new(offsets.into()), Buffer::from_vec(bytes), None);
            Ok(Cached::Encoded(self.checked(array.map_err(|error| error.to_string()))?))
        })?;
        if let Cached::Encoded(values) = cached { Ok(values) } else { Err(self.mixed_up()) }
    }

    fn texts(&self, offsets: Vec<i32>, bytes: Vec<u8>, nulls: Option<NullBuffer>) -> Result<StringArray> {
        let array = StringArray::try_new(OffsetBuffer::new(offsets.into()), Buffer::from_vec(bytes), nulls);
        self.checked(array.map_err(|error| error.to_string()))
    }

    fn key(&self, block: u32) -> Key {
        Key { file: self.file.serial, block }
    }

    fn cached(&self, key: Key, load: impl FnOnce() -> Result<Cached>) -> Result<Cached> {
        if let Some(cached) = self.file.cache.get(key) {
            return Ok(cached);
        }
        let loaded = load()?;
        if self.keep {
            self.file.cache.put(key, loaded.clone());
        }
        Ok(loaded)
    }

    fn mixed_up(&self) -> rockhopper_engine::Error {
        rockhopper_engine::Error::Internal("the column cache holds another form of a column".to_owned())
    }
}
