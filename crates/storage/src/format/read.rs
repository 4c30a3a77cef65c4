//! Bytes to pieces. The checksum finds damage; the checks behind it make sure that no bytes at all can make a reader
//! panic or read outside of them.

use std::sync::Arc;

use arrow::array::{Array, BinaryArray, StringArray};
use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::ArrowNativeType;

use super::*;
use crate::blocks::Blocks;
use crate::builder::MAX_PATHS;
use crate::node::{Kind, Node, Part, Values};
use crate::piece::Piece;
use crate::presence::Presence;
use crate::shred::MAX_NESTING;

/// What is wrong with the bytes.
type Decoded<T> = Result<T, String>;

/// The piece at the start of bytes that lie at a multiple of [`ALIGNMENT`], and how many bytes it has.
pub(crate) fn decode(bytes: &Buffer) -> Decoded<(Piece, usize)> {
    if bytes.len() < HEADER_BYTES || bytes[..VERSION_AT] != *MAGIC {
        return Err("it does not begin as a piece does".to_owned());
    }
    let version = u32::from_le_bytes(array(bytes, VERSION_AT)?);
    if version != VERSION {
        return Err(format!("its format is version {version} and this program reads version {VERSION}"));
    }
    let total = number(bytes, TOTAL_BYTES_AT)?;
    if total < HEADER_BYTES || total > bytes.len() {
        return Err(format!("it says that it has {total} bytes and has {}", bytes.len()));
    }
    let bytes = bytes.slice_with_length(0, total);
    let stored = u32::from_le_bytes(array(&bytes, CHECKSUM_AT)?);
    if checksum(&bytes) != stored {
        return Err("its checksum is wrong".to_owned());
    }
    let (tree_at, tree_bytes) = (number(&bytes, TREE_AT)?, number(&bytes, TREE_BYTES_AT)?);
    let tree = tree_at
        .checked_add(tree_bytes)
        .and_then(|end| bytes.get(tree_at..end))
        .ok_or("its tree is cut off")?;
    let mut reader = Reader { bytes: &bytes, tree, nodes: 0 };
    let root = reader.node(0)?;
    if root.slots != number(&bytes, ROWS_AT)? {
        return Err("its number of rows is wrong".to_owned());
    }
    Ok((Piece::new(root, number(&bytes, JSON_BYTES_AT)? as u64), total))
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Decoded<[u8; N]> {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).copied().ok_or_else(|| "it is cut off".to_owned())
}

fn number(bytes: &[u8], at: usize) -> Decoded<usize> {
    array(bytes, at).map(|bytes| u64::from_le_bytes(bytes) as usize)
}

struct Reader<'a> {
    bytes: &'a Buffer,
    tree: &'a [u8],
    nodes: usize,
}

impl Reader<'_> {
    fn node(&mut self, depth: usize) -> Decoded<Node> {
        self.nodes += 1;
        // Every member path may have arrays in arrays under it.
        if depth > 2 * MAX_NESTING || self.nodes > (MAX_PATHS + 1) * (MAX_NESTING + 1) {
            return Err("its tree has too many nodes".to_owned());
        }
        let mut node = Node { slots: self.number()?, ..Node::default() };
        if u32::try_from(node.slots).is_err() {
            return Err("a node has too many slots".to_owned());
        }
        for _ in 0..self.byte()? {
            let part = self.part(node.slots)?;
            if let Values::Array(offsets) = &part.values {
                let elements = self.node(depth + 1)?;
                if offsets.last().is_none_or(|last| *last as usize != elements.slots) {
                    return Err("an array's elements do not fit it".to_owned());
                }
                node.elements = Some(Box::new(elements));
            }
            node.parts.push(part);
        }
        for _ in 0..self.number()? {
            let len = self.number()?;
            let name = self.take(len)?;
            let name: Arc<str> = std::str::from_utf8(name).map_err(|_| "a name is not UTF-8")?.into();
            let member = self.node(depth + 1)?;
            if member.slots != node.slots {
                return Err("a member has other slots than its object".to_owned());
            }
            node.members.insert(name, member);
        }
        Ok(node)
    }

    fn part(&mut self, slots: usize) -> Decoded<Part> {
        let kind = *Kind::ALL.get(self.byte()? as usize).ok_or("a part is of an unknown kind")?;
        let presence = self.presence(slots)?;
        let count = presence.value_count();
        let nulls = if presence.is_packed() { None } else { presence.nulls() };
        let values = self.values(count, nulls)?;
        let fits = match (&values, kind) {
            (Values::Marks, Kind::Null | Kind::Object) => true,
            (Values::Bools(_), Kind::Bool)
            | (Values::Ints(_), Kind::Int | Kind::Timestamp)
            | (Values::Floats(_), Kind::Float)
            | (Values::Text(_) | Values::Words { .. } | Values::Digits(_), Kind::String)
            | (Values::Encoded(_), Kind::Typed | Kind::Rest)
            | (Values::Array(_), Kind::Array) => values.len() == count,
            _ => false,
        };
        if fits {
            Ok(Part { kind, presence, values })
        } else {
            Err(format!("a part of kind {kind:?} does not fit"))
        }
    }

    fn presence(&mut self, slots: usize) -> Decoded<Presence> {
        Ok(match self.byte()? {
            PRESENCE_ALL => Presence::All(slots),
            PRESENCE_BITS => {
                let count = self.number()?;
                let bits = self.bits(slots)?;
                if bits.count_set_bits() != count {
                    return Err("a count of values is wrong".to_owned());
                }
                Presence::Bits { bits, count }
            }
            PRESENCE_ROWS => {
                let rows: ScalarBuffer<u32> = self.scalars()?;
                let ascending = rows.windows(2).all(|pair| pair[0] < pair[1]);
                if !ascending || rows.last().is_some_and(|last| *last as usize >= slots) {
                    return Err("the slots of a part are out of order".to_owned());
                }
                Presence::Rows { rows, slots }
            }
            other => return Err(format!("a part has an unknown presence {other}")),
        })
    }

    fn values(&mut self, count: usize, nulls: Option<NullBuffer>) -> Decoded<Values> {
        Ok(match self.byte()? {
            VALUES_MARKS => Values::Marks,
            VALUES_BOOLS => Values::Bools(self.bits(count)?),
            VALUES_INTS => Values::Ints(self.scalars()?),
            VALUES_FLOATS => Values::Floats(self.scalars()?),
            VALUES_TEXT => Values::Text(Blocks::one(self.text(nulls)?)),
            VALUES_WORDS => {
                let codes: ScalarBuffer<u32> = self.scalars()?;
                let word_count = self.number()?;
                let words = self.text(None)?;
                let known = codes.iter().all(|code| (*code as usize) < words.len());
                if words.len() != word_count || !known {
                    return Err("a code stands for no word".to_owned());
                }
                Values::Words { codes, words }
            }
            VALUES_DIGITS => Values::Digits(self.scalars()?),
            VALUES_ENCODED => {
                let offsets = self.offsets()?;
                let bytes = self.buffer()?;
                let array = BinaryArray::try_new(offsets, bytes, None).map_err(|error| error.to_string())?;
                Values::Encoded(Blocks::one(array))
            }
            VALUES_ARRAY => Values::Array(self.offsets()?),
            other => return Err(format!("a part has unknown values {other}")),
        })
    }

    fn text(&mut self, nulls: Option<NullBuffer>) -> Decoded<StringArray> {
        let offsets = self.offsets()?;
        let bytes = self.buffer()?;
        StringArray::try_new(offsets, bytes, nulls).map_err(|error| error.to_string())
    }

    fn offsets(&mut self) -> Decoded<OffsetBuffer<i32>> {
        let offsets: ScalarBuffer<i32> = self.scalars()?;
        let starts = offsets.first().is_some_and(|first| *first == 0);
        if !starts || !offsets.windows(2).all(|pair| pair[0] <= pair[1]) {
            return Err("offsets are out of order".to_owned());
        }
        Ok(OffsetBuffer::new(offsets))
    }

    fn bits(&mut self, count: usize) -> Decoded<BooleanBuffer> {
        let buffer = self.buffer()?;
        if buffer.len() < count.div_ceil(8) {
            return Err("bits are cut off".to_owned());
        }
        Ok(BooleanBuffer::new(buffer, 0, count))
    }

    fn scalars<T: ArrowNativeType>(&mut self) -> Decoded<ScalarBuffer<T>> {
        let buffer = self.buffer()?;
        if buffer.len() % size_of::<T>() != 0 || buffer.as_ptr().align_offset(align_of::<T>()) != 0 {
            return Err("a buffer is not aligned".to_owned());
        }
        Ok(ScalarBuffer::from(buffer))
    }

    fn buffer(&mut self) -> Decoded<Buffer> {
        let (at, len) = (self.number()?, self.number()?);
        match at.checked_add(len) {
            Some(end) if end <= self.bytes.len() => Ok(self.bytes.slice_with_length(at, len)),
            _ => Err("a buffer lies outside of it".to_owned()),
        }
    }

    fn number(&mut self) -> Decoded<usize> {
        let bytes = self.take(8)?;
        number(bytes, 0)
    }

    fn byte(&mut self) -> Decoded<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn take(&mut self, len: usize) -> Decoded<&[u8]> {
        let (taken, rest) = self.tree.split_at_checked(len).ok_or("its tree is cut off")?;
        self.tree = rest;
        Ok(taken)
    }
}
