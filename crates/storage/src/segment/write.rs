//! Several pieces' columns to one segment file, path by path: only the columns of one path are in memory at once.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use rockhopper_engine::Result;
use rockhopper_sql::Type;

use super::layout::*;
use super::load::Wanted;
use super::postings::{self, Documents};
use crate::builder::NodeBuilder;
use crate::distinct;
use crate::encoding::cursor::{put, put_bytes, put_signed};
use crate::encoding::integers::{Number, put_integers};
use crate::encoding::texts::{block_values, put_texts};
use crate::encoding::{BLOCK_VALUES, Compressor};
use crate::files::failed;
use crate::node::{Kind, Part, Values};
use crate::piece::{ZONE_ROWS, part_zones};
use crate::place::Place;
use crate::presence::Presence;

/// Bytes that are gathered before they are written.
const BUFFER_BYTES: usize = 1 << 20;

/// A node of a piece, and how many slots of the pieces before it come first.
type Source<'a> = (Place<'a>, usize);

/// What is written of a segment file.
pub(crate) struct Written {
    pub(crate) bytes: u64,
    pub(crate) checksum: u32,
    pub(crate) rows: usize,
}

/// Writes the documents of several pieces, one after another, to a file that is empty.
///
/// # Errors
///
/// If the disk is full or fails, or a piece's file is damaged.
pub(crate) fn write(
    file: &File,
    path: &std::path::Path,
    roots: &[Place<'_>],
    json_bytes: u64,
) -> Result<Written> {
    let compressor = Compressor::new().map_err(failed("compress", path))?;
    let mut writer = Writer {
        file: BufWriter::with_capacity(BUFFER_BYTES, file),
        path,
        at: 0,
        tree: Vec::new(),
        compressor,
        scratch: Vec::new(),
    };
    writer.bytes(&[0; HEADER_BYTES])?;
    let mut rows = 0;
    let sources: Vec<Source<'_>> = roots
        .iter()
        .map(|root| {
            let before = rows;
            rows += root.slots();
            (*root, before)
        })
        .collect();
    writer.node(&sources, rows, Some(&Documents::Same))?;
    let tree = std::mem::take(&mut writer.tree);
    let tree_at = writer.at;
    writer.bytes(&tree)?;
    writer.file.flush().map_err(failed("write", path))?;
    let mut header = [0; HEADER_BYTES];
    header[..VERSION_AT].copy_from_slice(MAGIC);
    let fields = [
        (VERSION_AT, u64::from(VERSION)),
        (ROWS_AT, rows as u64),
        (JSON_BYTES_AT, json_bytes),
        (TREE_AT, tree_at),
        (TREE_BYTES_AT, tree.len() as u64),
        (TOTAL_BYTES_AT, writer.at),
    ];
    for (at, value) in fields {
        header[at..at + 8].copy_from_slice(&value.to_le_bytes());
    }
    let checksum = checksum(&header, &tree);
    header[CHECKSUM_AT..CHECKSUM_AT + 4].copy_from_slice(&checksum.to_le_bytes());
    file.write_all_at(&header, 0).map_err(failed("write", path))?;
    Ok(Written { bytes: writer.at, checksum, rows })
}

struct Writer<'a> {
    file: BufWriter<&'a File>,
    path: &'a std::path::Path,
    /// Where the next bytes go.
    at: u64,
    tree: Vec<u8>,
    compressor: Compressor,
    scratch: Vec<u8>,
}

impl Writer<'_> {
    /// `documents` tells the document of each slot, where it can be told.
    fn node(&mut self, sources: &[Source<'_>], slots: usize, documents: Option<&Documents>) -> Result<()> {
        let mut builder = NodeBuilder::default();
        for (place, before) in sources {
            for part in &place.load_once(Wanted::Parts)?.parts {
                builder.append_part(part, *before as u32);
            }
        }
        let node = builder.finish(slots)?;
        put(&mut self.tree, slots as u64);
        self.tree.push(node.parts.len() as u8);
        for part in &node.parts {
            self.part(part, slots, documents)?;
            if part.kind == Kind::Typed {
                self.typed(&node.typed_counts());
            }
        }
        if let Some(array) = node.part(Kind::Array) {
            self.elements(sources, array, documents)?;
        }
        drop(node);
        let mut members: BTreeMap<&Arc<str>, Vec<Source<'_>>> = BTreeMap::new();
        for (place, before) in sources {
            for (name, member) in place.members() {
                members.entry(name).or_default().push((member, *before));
            }
        }
        put(&mut self.tree, members.len() as u64);
        for (name, member) in &members {
            put_bytes(&mut self.tree, name.as_bytes());
            self.node(member, slots, documents)?;
        }
        Ok(())
    }

    fn elements(
        &mut self,
        sources: &[Source<'_>],
        array: &Part,
        documents: Option<&Documents>,
    ) -> Result<()> {
        let mut slots = 0;
        let mut elements: Vec<Source<'_>> = Vec::new();
        for (place, _) in sources {
            if let Some(place) = place.elements() {
                elements.push((place, slots));
                slots += place.slots();
            }
        }
        // Lists are kept for the elements of documents' arrays, not for arrays in arrays.
        let documents = match documents {
            Some(Documents::Same) => Some(Documents::of_elements(array)),
            _ => None,
        };
        self.node(&elements, slots, documents.as_ref())
    }

    fn part(&mut self, part: &Part, slots: usize, documents: Option<&Documents>) -> Result<()> {
        self.tree.push(part.kind as u8);
        put(&mut self.tree, part.presence.count() as u64);
        match &part.presence {
            Presence::All(_) => self.tree.push(PRESENCE_ALL),
            Presence::Bits { bits, .. } => {
                self.tree.push(PRESENCE_BITS);
                self.bits(bits)?;
            }
            Presence::Rows { rows, .. } => {
                self.tree.push(PRESENCE_ROWS);
                self.numbers(rows)?;
            }
        }
        self.values(part, documents)?;
        if matches!(documents, Some(Documents::Same)) {
            self.zones(part, slots);
        }
        Ok(())
    }

    fn values(&mut self, part: &Part, documents: Option<&Documents>) -> Result<()> {
        match &part.values {
            Values::Marks => self.tree.push(VALUES_MARKS),
            Values::Bools(values) => {
                self.tree.push(VALUES_BOOLS);
                self.bits(values)?;
            }
            Values::Ints(values) => {
                self.tree.push(VALUES_INTS);
                self.integers(values)?;
            }
            Values::Floats(values) => {
                self.tree.push(VALUES_FLOATS);
                self.numbers(values)?;
            }
            Values::Text(text) => match distinct::words(text, &part.presence) {
                Some((codes, words)) => self.words(&part.presence, &codes, &words, documents)?,
                None => {
                    self.tree.push(VALUES_TEXT);
                    let texts: Vec<&[u8]> = text.iter().map(str::as_bytes).collect();
                    self.texts(&texts)?;
                }
            },
            Values::Words { codes, words } => {
                let words: Vec<&[u8]> = words.iter().flatten().map(str::as_bytes).collect();
                self.words(&part.presence, codes, &words, documents)?;
            }
            Values::Digits(values) => {
                self.tree.push(VALUES_DIGITS);
                self.integers(values)?;
            }
            Values::Encoded(values) => {
                self.tree.push(VALUES_ENCODED);
                let texts: Vec<&[u8]> = values.iter().collect();
                self.texts(&texts)?;
            }
            Values::Array(offsets) => {
                self.tree.push(VALUES_ARRAY);
                self.numbers(offsets)?;
            }
        }
        Ok(())
    }

    /// Words in their order, codes that stand for them in it, and for each word its documents.
    fn words(
        &mut self,
        presence: &Presence,
        codes: &[u32],
        words: &[&[u8]],
        documents: Option<&Documents>,
    ) -> Result<()> {
        let (codes, words) = distinct::sorted(codes, words);
        self.tree.push(VALUES_WORDS);
        self.numbers(&codes)?;
        self.texts(&words)?;
        let postings =
            documents.and_then(|documents| postings::build(documents, presence, &codes, words.len()));
        let Some(postings) = postings else {
            self.tree.push(ABSENT);
            return Ok(());
        };
        self.tree.push(PRESENT);
        self.numbers(&postings.counts)?;
        self.numbers(&postings.ends)?;
        put(&mut self.tree, postings.lists.len() as u64);
        for page in postings.lists.chunks(PAGE_BYTES) {
            self.tree.extend_from_slice(&crc32fast::hash(page).to_le_bytes());
        }
        self.bytes(&postings.lists)
    }

    fn integers(&mut self, values: &[i64]) -> Result<()> {
        let Some((codes, distinct)) = distinct::integers(values) else {
            self.tree.push(ABSENT);
            return self.numbers(values);
        };
        self.tree.push(PRESENT);
        self.numbers(&distinct)?;
        self.numbers(&codes)
    }

    fn typed(&mut self, counts: &[(Type, usize)]) {
        self.tree.push(counts.len() as u8);
        for (found, count) in counts {
            let number = TYPED.iter().position(|known| known == found).unwrap_or(0);
            self.tree.push(number as u8);
            put(&mut self.tree, *count as u64);
        }
    }

    fn zones(&mut self, part: &Part, slots: usize) {
        let Some(zones) = part_zones(part) else { return };
        debug_assert_eq!(zones.len(), slots.div_ceil(ZONE_ROWS));
        for zone in zones.iter() {
            let Some((least, greatest)) = zone else {
                self.tree.push(ABSENT);
                continue;
            };
            self.tree.push(PRESENT);
            put_signed(&mut self.tree, *least);
            put(&mut self.tree, greatest.wrapping_sub(*least) as u64);
        }
    }

    fn numbers<T: Number>(&mut self, values: &[T]) -> Result<()> {
        put(&mut self.tree, values.len().div_ceil(BLOCK_VALUES) as u64);
        for block in values.chunks(BLOCK_VALUES) {
            self.block(block.len(), |compressor, out| put_integers(block, compressor, out))?;
        }
        Ok(())
    }

    fn bits(&mut self, bits: &arrow::buffer::BooleanBuffer) -> Result<()> {
        let bytes = bits.sliced();
        let (bytes, len) = (bytes.as_slice(), bits.len());
        put(&mut self.tree, bytes.len().div_ceil(BLOCK_VALUES) as u64);
        for (at, block) in bytes.chunks(BLOCK_VALUES).enumerate() {
            let values = (len - at * BLOCK_VALUES * 8).min(block.len() * 8);
            self.block(values, |compressor, out| compressor.put_run(block, out))?;
        }
        Ok(())
    }

    fn texts(&mut self, texts: &[&[u8]]) -> Result<()> {
        let mut blocks = Vec::new();
        let mut rest = texts;
        while !rest.is_empty() {
            let (block, later) = rest.split_at(block_values(rest.iter().map(|text| text.len())));
            blocks.push(block);
            rest = later;
        }
        put(&mut self.tree, blocks.len() as u64);
        for block in blocks {
            self.block(block.len(), |compressor, out| put_texts(block, compressor, out))?;
        }
        Ok(())
    }

    /// Writes a block of so many values and notes where it is.
    fn block(
        &mut self,
        values: usize,
        encode: impl FnOnce(&mut Compressor, &mut Vec<u8>) -> std::io::Result<()>,
    ) -> Result<()> {
        let mut bytes = std::mem::take(&mut self.scratch);
        bytes.clear();
        encode(&mut self.compressor, &mut bytes).map_err(failed("compress", self.path))?;
        put(&mut self.tree, values as u64);
        put(&mut self.tree, bytes.len() as u64);
        self.tree.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
        self.bytes(&bytes)?;
        self.scratch = bytes;
        Ok(())
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(failed("write", self.path))?;
        self.at += bytes.len() as u64;
        Ok(())
    }
}
