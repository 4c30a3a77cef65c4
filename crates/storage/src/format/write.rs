//! Pieces to bytes.

use arrow::array::Array;
use arrow::datatypes::ByteArrayType;

use super::*;
use crate::blocks::Blocks;
use crate::node::{Kind, Node, Part, Values};
use crate::presence::Presence;

/// Room for a tree and for padding between the buffers of a usual piece.
const SPARE_BYTES: usize = 64 * 1024;

/// The bytes of a piece in memory: a multiple of [`ALIGNMENT`].
pub(crate) fn encode(root: &Node, json_bytes: u64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(root.bytes() + SPARE_BYTES);
    bytes.resize(HEADER_BYTES, 0);
    let mut writer = Writer { bytes, tree: Vec::new() };
    writer.node(root);
    let Writer { mut bytes, tree } = writer;
    pad(&mut bytes);
    let tree_at = bytes.len();
    bytes.extend_from_slice(&tree);
    pad(&mut bytes);
    let total = bytes.len();
    bytes[..VERSION_AT].copy_from_slice(MAGIC);
    bytes[VERSION_AT..VERSION_AT + 4].copy_from_slice(&VERSION.to_le_bytes());
    let fields = [
        (ROWS_AT, root.slots),
        (JSON_BYTES_AT, json_bytes as usize),
        (TREE_AT, tree_at),
        (TREE_BYTES_AT, tree.len()),
        (TOTAL_BYTES_AT, total),
    ];
    for (at, value) in fields {
        bytes[at..at + 8].copy_from_slice(&(value as u64).to_le_bytes());
    }
    let checksum = checksum(&bytes);
    bytes[CHECKSUM_AT..CHECKSUM_AT + 4].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

fn pad(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
}

struct Writer {
    bytes: Vec<u8>,
    tree: Vec<u8>,
}

impl Writer {
    fn node(&mut self, node: &Node) {
        self.number(node.slots);
        self.tree.push(node.parts.len() as u8);
        for part in &node.parts {
            self.part(part);
            if let (Kind::Array, Some(elements)) = (part.kind, &node.elements) {
                self.node(elements);
            }
        }
        self.number(node.members.len());
        for (name, member) in &node.members {
            self.number(name.len());
            self.tree.extend_from_slice(name.as_bytes());
            self.node(member);
        }
    }

    fn part(&mut self, part: &Part) {
        self.tree.push(part.kind as u8);
        match &part.presence {
            Presence::All(_) => self.tree.push(PRESENCE_ALL),
            Presence::Bits { bits, count } => {
                self.tree.push(PRESENCE_BITS);
                self.number(*count);
                self.buffer(bits.sliced().as_slice());
            }
            Presence::Rows { rows, .. } => {
                self.tree.push(PRESENCE_ROWS);
                self.buffer(rows.inner().as_slice());
            }
        }
        self.values(&part.values);
    }

    fn values(&mut self, values: &Values) {
        match values {
            Values::Marks => self.tree.push(VALUES_MARKS),
            Values::Bools(values) => {
                self.tree.push(VALUES_BOOLS);
                self.buffer(values.sliced().as_slice());
            }
            Values::Ints(values) => {
                self.tree.push(VALUES_INTS);
                self.buffer(values.inner().as_slice());
            }
            Values::Floats(values) => {
                self.tree.push(VALUES_FLOATS);
                self.buffer(values.inner().as_slice());
            }
            Values::Text(text) => {
                self.tree.push(VALUES_TEXT);
                self.blocks(text);
            }
            Values::Words { codes, words } => {
                self.tree.push(VALUES_WORDS);
                self.buffer(codes.inner().as_slice());
                self.number(words.len());
                self.texts(words.offsets().inner().inner().as_slice(), words.values());
            }
            Values::Digits(values) => {
                self.tree.push(VALUES_DIGITS);
                self.buffer(values.inner().as_slice());
            }
            Values::Encoded(values) => {
                self.tree.push(VALUES_ENCODED);
                self.blocks(values);
            }
            Values::Array(offsets) => {
                self.tree.push(VALUES_ARRAY);
                self.buffer(offsets.inner().inner().as_slice());
            }
        }
    }

    /// Texts in memory are one block.
    fn blocks<T: ByteArrayType<Offset = i32>>(&mut self, blocks: &Blocks<T>) {
        if let Some(texts) = blocks.whole() {
            self.texts(texts.offsets().inner().inner().as_slice(), texts.values());
        }
    }

    fn texts(&mut self, offsets: &[u8], bytes: &[u8]) {
        self.buffer(offsets);
        self.buffer(bytes);
    }

    fn buffer(&mut self, bytes: &[u8]) {
        pad(&mut self.bytes);
        self.number(self.bytes.len());
        self.number(bytes.len());
        self.bytes.extend_from_slice(bytes);
    }

    fn number(&mut self, number: usize) {
        self.tree.extend_from_slice(&(number as u64).to_le_bytes());
    }
}
