//! What a segment file says about its columns, all of which is in memory as long as the segment is open.

use std::collections::BTreeMap;
use std::sync::Arc;

use rockhopper_sql::Type;

use super::layout::*;
use crate::builder::MAX_PATHS;
use crate::encoding::cursor::Cursor;
use crate::encoding::{BLOCK_VALUES, Decoded};
use crate::node::Kind;
use crate::piece::{ZONE_ROWS, Zones};
use crate::shred::MAX_NESTING;

/// The columns at one path.
#[derive(Debug, Default)]
pub(crate) struct StoredNode {
    /// The size of the row-space: documents, or the elements of an array path.
    pub(crate) slots: usize,
    /// By kind, ascending; none is empty.
    pub(crate) parts: Vec<StoredPart>,
    /// The elements of its arrays.
    pub(crate) elements: Option<Box<StoredNode>>,
    /// The members of its objects, in the same row-space.
    pub(crate) members: BTreeMap<Arc<str>, StoredNode>,
}

/// The values of one kind at one path.
#[derive(Debug)]
pub(crate) struct StoredPart {
    pub(crate) kind: Kind,
    /// The number of values.
    pub(crate) count: usize,
    pub(crate) presence: StoredPresence,
    pub(crate) values: StoredValues,
    /// Of values in codec form, how many there are of each type.
    pub(crate) typed: Vec<(Type, usize)>,
    /// Of integers of documents.
    pub(crate) zones: Option<Zones>,
}

/// Which slots hold a value: the forms of `Presence`.
#[derive(Debug)]
pub(crate) enum StoredPresence {
    All,
    Bits(Region),
    Rows(Region),
}

/// Values: the forms of `Values`.
#[derive(Debug)]
pub(crate) enum StoredValues {
    Marks,
    Bools(Region),
    Ints(Integers),
    Floats(Region),
    Text(Region),
    Words { codes: Region, words: Region, postings: Option<Postings> },
    Digits(Integers),
    Encoded(Region),
    Array(Region),
}

/// Integers as such, or as codes into the distinct ones where these are few.
#[derive(Debug)]
pub(crate) struct Integers {
    pub(crate) distinct: Option<Region>,
    pub(crate) values: Region,
}

/// For each word of a part the documents that hold it.
#[derive(Debug)]
pub(crate) struct Postings {
    /// In how many documents each word occurs.
    pub(crate) counts: Region,
    /// Where the list of each word ends.
    pub(crate) ends: Region,
    /// The lists, one after another.
    pub(crate) lists: Pages,
}

/// A run of values in blocks.
#[derive(Debug)]
pub(crate) struct Region {
    /// The number of its first block in the file.
    pub(crate) number: u32,
    /// How many values come before each block, and how many there are.
    pub(crate) starts: Arc<[usize]>,
    pub(crate) blocks: Vec<Block>,
}

/// A run of bytes that are read at any place.
#[derive(Debug)]
pub(crate) struct Pages {
    pub(crate) at: usize,
    pub(crate) bytes: usize,
    /// Of each run of [`PAGE_BYTES`].
    pub(crate) checksums: Vec<u32>,
}

/// Bytes that are encoded, and checked, at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    pub(crate) at: usize,
    pub(crate) bytes: usize,
    pub(crate) checksum: u32,
}

impl Region {
    fn bytes(&self) -> usize {
        self.blocks.iter().map(|block| block.bytes).sum()
    }

    /// The number of values.
    pub(crate) fn len(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }
}

impl StoredNode {
    /// Adds the bytes that columns and posting lists of each path have in the file.
    pub(crate) fn sizes(&self, path: &str, sizes: &mut Vec<(String, usize)>) {
        sizes.push((path.to_owned(), self.parts.iter().map(StoredPart::bytes).sum()));
        let lists = self.parts.iter().map(StoredPart::posting_bytes).sum();
        if lists > 0 {
            sizes.push((format!("{path}, lists"), lists));
        }
        let join = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        if let Some(elements) = &self.elements {
            elements.sizes(&join("*"), sizes);
        }
        self.members.iter().for_each(|(name, member)| member.sizes(&join(name), sizes));
    }

    /// The part of a kind.
    pub(crate) fn part(&self, kind: Kind) -> Option<&StoredPart> {
        self.parts.iter().find(|part| part.kind == kind)
    }
}

impl StoredPart {
    fn bytes(&self) -> usize {
        let presence = match &self.presence {
            StoredPresence::All => 0,
            StoredPresence::Bits(region) | StoredPresence::Rows(region) => region.bytes(),
        };
        presence
            + match &self.values {
                StoredValues::Marks => 0,
                StoredValues::Bools(region)
                | StoredValues::Floats(region)
                | StoredValues::Text(region)
                | StoredValues::Encoded(region)
                | StoredValues::Array(region) => region.bytes(),
                StoredValues::Ints(integers) | StoredValues::Digits(integers) => {
                    integers.values.bytes() + integers.distinct.as_ref().map_or(0, Region::bytes)
                }
                StoredValues::Words { codes, words, .. } => codes.bytes() + words.bytes(),
            }
    }

    fn posting_bytes(&self) -> usize {
        match &self.values {
            StoredValues::Words { postings: Some(of), .. } => {
                of.counts.bytes() + of.ends.bytes() + of.lists.bytes
            }
            _ => 0,
        }
    }

    /// The number of values that are kept: of dense ones there is one for each slot.
    pub(crate) fn value_count(&self, slots: usize) -> usize {
        if matches!(self.presence, StoredPresence::Rows(_)) { self.count } else { slots }
    }
}

/// Reads a tree; `end` is where the blocks before it end.
pub(crate) fn read(tree: &[u8], end: usize) -> Decoded<StoredNode> {
    let mut reader = Reader { tree: Cursor::new(tree), at: HEADER_BYTES, end, next_block: 0, nodes: 0 };
    let root = reader.node(0, true)?;
    if !reader.tree.is_at_end() || reader.at != end {
        return Err("its tree does not fit its blocks".to_owned());
    }
    Ok(root)
}

struct Reader<'a> {
    tree: Cursor<'a>,
    /// Where the next block begins.
    at: usize,
    end: usize,
    next_block: u32,
    nodes: usize,
}

impl Reader<'_> {
    fn node(&mut self, depth: usize, of_documents: bool) -> Decoded<StoredNode> {
        self.nodes += 1;
        // Every member path may have arrays in arrays under it.
        if depth > 2 * MAX_NESTING || self.nodes > (MAX_PATHS + 1) * (MAX_NESTING + 1) {
            return Err("its tree has too many nodes".to_owned());
        }
        let mut node = StoredNode { slots: self.tree.number()?, ..StoredNode::default() };
        if u32::try_from(node.slots).is_err() {
            return Err("a node has too many slots".to_owned());
        }
        for _ in 0..self.tree.byte()? {
            let part = self.part(node.slots, of_documents)?;
            node.parts.push(part);
        }
        if node.part(Kind::Array).is_some() {
            node.elements = Some(Box::new(self.node(depth + 1, false)?));
        }
        for _ in 0..self.tree.number()? {
            let name = std::str::from_utf8(self.tree.bytes()?).map_err(|_| "a name is not UTF-8")?;
            let member = self.node(depth + 1, of_documents)?;
            if member.slots != node.slots {
                return Err("a member has other slots than its object".to_owned());
            }
            node.members.insert(name.into(), member);
        }
        Ok(node)
    }

    fn part(&mut self, slots: usize, of_documents: bool) -> Decoded<StoredPart> {
        let kind = *Kind::ALL.get(self.tree.byte()? as usize).ok_or("a part is of an unknown kind")?;
        let count = self.tree.number()?;
        let presence = match self.tree.byte()? {
            PRESENCE_ALL => StoredPresence::All,
            PRESENCE_BITS => StoredPresence::Bits(self.region()?),
            PRESENCE_ROWS => StoredPresence::Rows(self.region()?),
            other => return Err(format!("a part has an unknown presence {other}")),
        };
        let values = self.values()?;
        let typed = if kind == Kind::Typed { self.typed()? } else { Vec::new() };
        let zoned = of_documents && matches!(values, StoredValues::Ints(_) | StoredValues::Digits(_));
        let zones = if zoned { Some(self.zones(slots)?) } else { None };
        let part = StoredPart { kind, count, presence, values, typed, zones };
        if is_whole(&part, slots) { Ok(part) } else { Err(format!("a part of kind {kind:?} does not fit")) }
    }

    fn values(&mut self) -> Decoded<StoredValues> {
        Ok(match self.tree.byte()? {
            VALUES_MARKS => StoredValues::Marks,
            VALUES_BOOLS => StoredValues::Bools(self.region()?),
            VALUES_INTS => StoredValues::Ints(self.integers()?),
            VALUES_FLOATS => StoredValues::Floats(self.region()?),
            VALUES_TEXT => StoredValues::Text(self.region()?),
            VALUES_WORDS => {
                let (codes, words) = (self.region()?, self.region()?);
                let postings = if self.tree.byte()? == ABSENT { None } else { Some(self.postings(&words)?) };
                StoredValues::Words { codes, words, postings }
            }
            VALUES_DIGITS => StoredValues::Digits(self.integers()?),
            VALUES_ENCODED => StoredValues::Encoded(self.region()?),
            VALUES_ARRAY => StoredValues::Array(self.region()?),
            other => return Err(format!("a part has unknown values {other}")),
        })
    }

    fn integers(&mut self) -> Decoded<Integers> {
        let distinct = if self.tree.byte()? == ABSENT { None } else { Some(self.region()?) };
        Ok(Integers { distinct, values: self.region()? })
    }

    fn postings(&mut self, words: &Region) -> Decoded<Postings> {
        let (counts, ends) = (self.region()?, self.region()?);
        let bytes = self.tree.number()?;
        let at = self.take(bytes)?;
        let checksums =
            (0..bytes.div_ceil(PAGE_BYTES)).map(|_| self.tree.fixed()).collect::<Decoded<Vec<u32>>>()?;
        self.next_block += 1;
        if counts.len() != words.len() || ends.len() != words.len() {
            return Err("posting lists do not fit their words".to_owned());
        }
        Ok(Postings { counts, ends, lists: Pages { at, bytes, checksums } })
    }

    fn region(&mut self) -> Decoded<Region> {
        let number = self.next_block;
        let (mut starts, mut blocks, mut total) = (vec![0], Vec::new(), 0);
        for _ in 0..self.tree.number()? {
            let (values, bytes, checksum) = (self.tree.number()?, self.tree.number()?, self.tree.fixed()?);
            if values > 8 * BLOCK_VALUES {
                return Err("a block is too large".to_owned());
            }
            total += values;
            starts.push(total);
            blocks.push(Block { at: self.take(bytes)?, bytes, checksum });
        }
        self.next_block += blocks.len().max(1) as u32;
        Ok(Region { number, starts: starts.into(), blocks })
    }

    /// Where the next bytes of the file begin.
    fn take(&mut self, bytes: usize) -> Decoded<usize> {
        let at = self.at;
        match at.checked_add(bytes) {
            Some(end) if end <= self.end => self.at = end,
            _ => return Err("a block lies outside of it".to_owned()),
        }
        Ok(at)
    }

    fn typed(&mut self) -> Decoded<Vec<(Type, usize)>> {
        let one = |tree: &mut Cursor<'_>| {
            let found = *TYPED.get(tree.byte()? as usize).ok_or("a value is of an unknown type")?;
            Ok((found, tree.number()?))
        };
        (0..self.tree.byte()?).map(|_| one(&mut self.tree)).collect()
    }

    fn zones(&mut self, slots: usize) -> Decoded<Zones> {
        (0..slots.div_ceil(ZONE_ROWS))
            .map(|_| {
                if self.tree.byte()? == ABSENT {
                    return Ok(None);
                }
                let least = self.tree.signed()?;
                Ok(Some((least, least.wrapping_add(self.tree.long()? as i64))))
            })
            .collect()
    }
}

/// Whether sizes and forms of a part go together.
fn is_whole(part: &StoredPart, slots: usize) -> bool {
    let (count, value_count) = (part.count, part.value_count(slots));
    let presence = match &part.presence {
        StoredPresence::All => count == slots,
        StoredPresence::Bits(bits) => bits.len() == slots && count <= slots,
        StoredPresence::Rows(rows) => rows.len() == count && count <= slots,
    };
    let len = match (&part.values, part.kind) {
        (StoredValues::Marks, Kind::Null | Kind::Object) => value_count,
        (StoredValues::Bools(region), Kind::Bool)
        | (StoredValues::Ints(Integers { values: region, .. }), Kind::Int | Kind::Timestamp)
        | (StoredValues::Floats(region), Kind::Float)
        | (
            StoredValues::Text(region)
            | StoredValues::Words { codes: region, .. }
            | StoredValues::Digits(Integers { values: region, .. }),
            Kind::String,
        )
        | (StoredValues::Encoded(region), Kind::Typed | Kind::Rest) => region.len(),
        (StoredValues::Array(region), Kind::Array) => region.len().wrapping_sub(1),
        _ => return false,
    };
    presence && len == value_count
}
