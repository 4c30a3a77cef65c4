//! JSON documents to columns, in one pass over the parser's tape.

use std::collections::BTreeMap;

use rockhopper_engine::{Document, DocumentOutcome, Error, Result};
use rockhopper_sql::Value;
use rockhopper_values::json;
use simd_json::{Buffers, ErrorType, Node as TapeNode, StaticNode, Tape};

use crate::builder::{Budget, NodeBuilder};
use crate::node::Node;

/// Bytes of JSON that one document may have.
pub const MAX_DOCUMENT_BYTES: usize = 16 * 1024 * 1024;
/// How deep objects and arrays may lie in each other.
pub const MAX_NESTING: usize = 100;
/// Bytes that a field name may have.
pub const MAX_FIELD_NAME_BYTES: usize = 4096;
/// Bytes of JSON that one batch may have.
pub const MAX_BATCH_BYTES: usize = 256 * 1024 * 1024;
/// Documents that one batch may have.
pub const MAX_BATCH_DOCUMENTS: usize = 1_000_000;
/// Characters of a bad document that are kept.
const MAX_EXCERPT_CHARS: usize = 200;

/// Values and names that a typed value may have in its JSON form: larger objects are not looked at as one.
const MAX_TYPED_NODES: usize = 64;

/// What some editors put before UTF-8. It is no part of the document.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The first and the last instant that `_event_time` can be, in microseconds: years 1 to 9999, which every reader of
/// timestamps knows.
const EVENT_TIMES_US: std::ops::RangeInclusive<i64> = -62_135_596_800_000_000..=253_402_300_799_999_999;

/// The member that makes an object a typed value.
const TYPE_MEMBER: &str = "__rockset_type";
pub(crate) const ID: &str = "_id";
pub(crate) const EVENT_TIME: &str = "_event_time";
const META: &str = "_meta";

/// A batch as columns.
pub(crate) struct Shredded {
    pub(crate) root: Node,
    pub(crate) outcomes: Vec<DocumentOutcome>,
    /// Bytes of JSON taken in.
    pub(crate) json_bytes: u64,
}

impl Shredded {
    /// Documents that are stored, bad ones included.
    pub(crate) fn rows(&self) -> usize {
        self.root.slots
    }
}

/// What becomes of a document that is no JSON object or passes a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bad {
    /// It is stored as a document that has only `_meta.bad`.
    Kept,
    /// It is left out.
    Refused,
}

/// Takes documents apart.
///
/// # Errors
///
/// If the batch passes [`MAX_BATCH_BYTES`] or [`MAX_BATCH_DOCUMENTS`].
pub(crate) fn shred(documents: &[Document], bad: Bad) -> Result<Shredded> {
    check_batch(documents.len(), MAX_BATCH_DOCUMENTS, "documents")?;
    check_batch(documents.iter().map(|document| document.json.len()).sum(), MAX_BATCH_BYTES, "bytes")?;
    let mut shredder = Shredder {
        root: NodeBuilder::default(),
        budget: Budget::new(),
        buffers: Buffers::default(),
        text: Vec::new(),
        batch_id: uuid::Uuid::new_v4(),
    };
    // The fields that every document has come first: no document's keys can use up their places.
    for name in [ID, EVENT_TIME, META] {
        shredder.root.member(name, &mut shredder.budget);
    }
    let mut tape = Tape(Vec::new());
    let mut outcomes = Vec::with_capacity(documents.len());
    let (mut rows, mut json_bytes) = (0, 0);
    for document in documents {
        let (outcome, used) = shredder.document(rows, document, bad, tape);
        if outcome.bad.is_none() || bad == Bad::Kept {
            rows += 1;
            json_bytes += document.json.len() as u64;
        }
        outcomes.push(outcome);
        tape = used;
    }
    let root = shredder.root.finish(rows as usize)?;
    Ok(Shredded { root, outcomes, json_bytes })
}

fn check_batch(found: usize, limit: usize, unit: &str) -> Result<()> {
    if found <= limit {
        return Ok(());
    }
    Err(Error::ResourceExceeded {
        what: format!("a batch of {found} {unit}"),
        limit: format!("{limit} {unit}"),
        remedy: "append smaller batches".to_owned(),
    })
}

struct Shredder {
    root: NodeBuilder,
    budget: Budget,
    buffers: Buffers,
    text: Vec<u8>,
    /// What the ids begin with that the documents of the batch are given: with their number each is unlike any other.
    batch_id: uuid::Uuid,
}

/// The fields of a document that the store itself reads.
#[derive(Default)]
struct OwnFields {
    id: Option<String>,
    event_time_us: Option<i64>,
}

impl Shredder {
    /// Takes one document apart; gives the emptied tape back for the next.
    fn document(
        &mut self,
        slot: u32,
        document: &Document,
        if_bad: Bad,
        tape: Tape<'static>,
    ) -> (DocumentOutcome, Tape<'static>) {
        let mut text = std::mem::take(&mut self.text);
        let mut tape: Tape<'_> = tape.reset();
        let result = self.parse(slot, document, &mut text, &mut tape);
        let tape = tape.reset();
        self.text = text;
        let (own, bad) = match result {
            Ok(own) => (own, None),
            Err(reason) => {
                self.root.truncate(slot);
                if if_bad == Bad::Kept {
                    self.push_bad(slot, &reason, document);
                }
                (OwnFields::default(), Some(reason))
            }
        };
        let id = own
            .id
            .or_else(|| document.id.as_deref().map(str::to_owned))
            .unwrap_or_else(|| format!("{}-{}", self.batch_id, slot + 1));
        if bad.is_some() && if_bad == Bad::Refused {
            return (DocumentOutcome { id, bad }, tape);
        }
        if let Some(node) = self.root.member(ID, &mut self.budget) {
            node.push_string(slot, &id);
        }
        if let Some(node) = self.root.member(EVENT_TIME, &mut self.budget) {
            node.push_timestamp(slot, own.event_time_us.unwrap_or(document.event_time_us));
        }
        (DocumentOutcome { id, bad }, tape)
    }

    fn parse<'text>(
        &mut self,
        slot: u32,
        document: &Document,
        text: &'text mut Vec<u8>,
        tape: &mut Tape<'text>,
    ) -> std::result::Result<OwnFields, String> {
        if document.json.len() > MAX_DOCUMENT_BYTES {
            return Err(format!("the document has more than {MAX_DOCUMENT_BYTES} bytes"));
        }
        text.clear();
        text.extend_from_slice(document.json.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&document.json));
        mend_surrogates(text);
        simd_json::fill_tape(text, &mut self.buffers, tape)
            .map_err(|error| reason(&error, &document.json))?;
        let mut walk = Walk { tape: &tape.0, at: 0, budget: &mut self.budget };
        walk.document(&mut self.root, slot)
    }

    fn push_bad(&mut self, slot: u32, reason: &str, document: &Document) {
        self.root.push_object(slot);
        let excerpt: String =
            String::from_utf8_lossy(&document.json[..document.json.len().min(MAX_EXCERPT_CHARS * 4)])
                .chars()
                .take(MAX_EXCERPT_CHARS)
                .collect();
        let bad = Value::Object(vec![
            ("reason".to_owned(), Value::String(reason.to_owned())),
            ("text".to_owned(), Value::String(excerpt)),
        ]);
        let meta = Value::Object(vec![("bad".to_owned(), bad)]);
        if let Some(node) = self.root.member(META, &mut self.budget) {
            node.push_value(slot, &meta, &mut self.budget);
        }
    }
}

/// Why a text is no JSON, for people.
fn reason(error: &simd_json::Error, json: &[u8]) -> String {
    match std::str::from_utf8(json) {
        Err(utf8) => format!("the text is not UTF-8 at byte {}", utf8.valid_up_to()),
        Ok(_) if json.trim_ascii().is_empty() => "the text is empty".to_owned(),
        Ok(_) if *error.error() == ErrorType::InvalidNumber => {
            format!("a number is not JSON, or no float can hold it, at byte {}", error.index())
        }
        Ok(_) => format!("the text is not JSON: {:?} at byte {}", error.error(), error.index()),
    }
}

/// Puts U+FFFD for every escape that is half of a surrogate pair: it stands for no character, and the parser would make
/// a NUL of it. The texts that cut a string between the two halves mean the rest of it all the same.
fn mend_surrogates(text: &mut [u8]) {
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'\\', text.get(at..).unwrap_or_default()) {
        let escape = at + found;
        at = escape
            + match code_unit(text, escape) {
                None => 2,
                Some(0xd800..0xdc00) if matches!(code_unit(text, escape + 6), Some(0xdc00..0xe000)) => 12,
                Some(0xd800..0xe000) => {
                    text[escape..escape + 6].copy_from_slice(b"\\ufffd");
                    6
                }
                Some(_) => 6,
            };
    }
}

/// The number of the escape `\uXXXX` at a place, if there is one.
fn code_unit(text: &[u8], at: usize) -> Option<u16> {
    let digits = text.get(at..at + 6)?.strip_prefix(b"\\u")?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// A walk over the tape of one document.
struct Walk<'tape, 'text, 'budget> {
    tape: &'tape [TapeNode<'text>],
    at: usize,
    budget: &'budget mut Budget,
}

/// What was walked, or why the document is bad.
type Walked<T> = std::result::Result<T, String>;

/// Members that get no node, by name: of a key that comes twice the last value stays.
type Members = BTreeMap<String, Value>;

impl<'tape, 'text> Walk<'tape, 'text, '_> {
    fn document(&mut self, root: &mut NodeBuilder, slot: u32) -> Walked<OwnFields> {
        let Some(TapeNode::Object { len, .. }) = self.tape.first().copied() else {
            return Err("the text is JSON but not an object".to_owned());
        };
        self.at = 1;
        root.push_object(slot);
        let mut own = OwnFields::default();
        let mut rest = None;
        for _ in 0..len {
            match self.name()? {
                ID => own.id = self.id()?,
                EVENT_TIME => own.event_time_us = self.event_time_us()?,
                META => self.skip(),
                name => self.member(root, slot, name, 1, &mut rest)?,
            }
        }
        if let Some(rest) = rest {
            root.push_rest(slot, rest.into_iter().collect());
        }
        Ok(own)
    }

    fn member(
        &mut self,
        node: &mut NodeBuilder,
        slot: u32,
        name: &str,
        depth: usize,
        rest: &mut Option<Members>,
    ) -> Walked<()> {
        match node.member(name, self.budget) {
            Some(member) => {
                // Of a key that comes twice the last value stays.
                if member.holds(slot) {
                    member.truncate(slot);
                }
                self.value(member, slot, depth)
            }
            None => {
                let value = self.plain(depth)?;
                rest.get_or_insert_default().insert(name.to_owned(), value);
                Ok(())
            }
        }
    }

    /// Puts the value at the cursor into a node. `depth` is the number of objects and arrays around it.
    fn value(&mut self, node: &mut NodeBuilder, slot: u32, depth: usize) -> Walked<()> {
        let at = self.at;
        self.at += 1;
        match self.tape[at] {
            TapeNode::Static(StaticNode::Null) => node.push_null(slot),
            TapeNode::Static(StaticNode::Bool(value)) => node.push_bool(slot, value),
            TapeNode::Static(StaticNode::I64(value)) => node.push_int(slot, value),
            TapeNode::Static(StaticNode::U64(value)) => match i64::try_from(value) {
                Ok(value) => node.push_int(slot, value),
                Err(_) => node.push_float(slot, value as f64),
            },
            TapeNode::Static(StaticNode::F64(value)) => node.push_float(slot, value),
            TapeNode::String(value) => node.push_string(slot, value),
            TapeNode::Array { len, .. } => {
                check_depth(depth)?;
                let (first, elements) = node.push_array(slot, len);
                for element in (first..).take(len) {
                    self.value(elements, element, depth + 1)?;
                }
            }
            TapeNode::Object { len, .. } => {
                check_depth(depth)?;
                self.object(node, slot, at, len, depth)?;
            }
        }
        Ok(())
    }

    fn object(
        &mut self,
        node: &mut NodeBuilder,
        slot: u32,
        at: usize,
        len: usize,
        depth: usize,
    ) -> Walked<()> {
        node.push_object(slot);
        let mut rest = None;
        let mut typed = None;
        for _ in 0..len {
            let name = self.name()?;
            if name == TYPE_MEMBER && typed.is_none() {
                typed = self.typed(at);
            }
            self.member(node, slot, name, depth + 1, &mut rest)?;
        }
        if let Some(rest) = rest {
            node.push_rest(slot, rest.into_iter().collect());
        }
        if let Some(value) = typed {
            node.truncate(slot);
            node.push_value(slot, &value, self.budget);
        }
        Ok(())
    }

    /// The typed value that the object on the tape stands for, if it does.
    fn typed(&self, at: usize) -> Option<Value> {
        if self.end_of(at) - at > MAX_TYPED_NODES {
            return None;
        }
        let text = self.text_at(at);
        match json::parse(&text) {
            Ok(Value::Object(_)) | Err(_) => None,
            Ok(value) => Some(value),
        }
    }

    /// The value at the cursor, for members that get no node.
    fn plain(&mut self, depth: usize) -> Walked<Value> {
        let at = self.at;
        match self.tape[at] {
            TapeNode::Object { len, .. } => {
                check_depth(depth)?;
                self.at += 1;
                let mut members = Members::new();
                let mut is_typed = false;
                for _ in 0..len {
                    let name = self.name()?;
                    is_typed |= name == TYPE_MEMBER;
                    let value = self.plain(depth + 1)?;
                    members.insert(name.to_owned(), value);
                }
                let typed = if is_typed { self.typed(at) } else { None };
                Ok(typed.unwrap_or_else(|| Value::Object(members.into_iter().collect())))
            }
            TapeNode::Array { len, .. } => {
                check_depth(depth)?;
                self.at += 1;
                (0..len).map(|_| self.plain(depth + 1)).collect::<Walked<Vec<Value>>>().map(Value::Array)
            }
            scalar => {
                self.at += 1;
                Ok(scalar_value(scalar))
            }
        }
    }

    /// The name at the cursor.
    fn name(&mut self) -> Walked<&'text str> {
        let TapeNode::String(name) = self.tape[self.at] else {
            return Err("the text is not JSON: a member has no name".to_owned());
        };
        self.at += 1;
        if name.len() > MAX_FIELD_NAME_BYTES {
            return Err(format!("a field name has more than {MAX_FIELD_NAME_BYTES} bytes"));
        }
        Ok(name)
    }

    fn id(&mut self) -> Walked<Option<String>> {
        let at = self.at;
        self.check_value()?;
        Ok(Some(match self.tape[at] {
            TapeNode::String(id) => id.to_owned(),
            TapeNode::Static(StaticNode::Null) => return Ok(None),
            _ => self.text_at(at),
        }))
    }

    fn event_time_us(&mut self) -> Walked<Option<i64>> {
        let at = self.at;
        self.check_value()?;
        Ok(self.time_us(at).filter(|value_us| EVENT_TIMES_US.contains(value_us)))
    }

    /// The instant that the value at a place stands for, if it does.
    fn time_us(&self, at: usize) -> Option<i64> {
        let text = match self.tape[at] {
            TapeNode::Static(StaticNode::I64(value_us)) => return Some(value_us),
            TapeNode::Static(StaticNode::U64(value_us)) => return i64::try_from(value_us).ok(),
            TapeNode::String(value) => {
                serde_json::json!({ TYPE_MEMBER: "timestamp", "value": value }).to_string()
            }
            _ => self.text_at(at),
        };
        match json::parse(&text) {
            Ok(Value::Timestamp(value_us)) => Some(value_us),
            _ => None,
        }
    }

    /// Passes the value at the cursor after a look at its limits.
    fn check_value(&mut self) -> Walked<()> {
        self.plain(1).map(drop)
    }

    fn skip(&mut self) {
        self.at = self.end_of(self.at);
    }

    fn end_of(&self, at: usize) -> usize {
        match self.tape[at] {
            TapeNode::Object { count, .. } | TapeNode::Array { count, .. } => at + 1 + count,
            _ => at + 1,
        }
    }

    /// The JSON text of the value at a place.
    fn text_at(&self, at: usize) -> String {
        let nodes = self.tape[at..self.end_of(at)].to_vec();
        Tape(nodes)
            .deserialize::<serde_json::Value>()
            .map_or_else(|_| "null".to_owned(), |value| value.to_string())
    }
}

fn check_depth(depth: usize) -> Walked<()> {
    if depth < MAX_NESTING {
        return Ok(());
    }
    Err(format!("objects and arrays are nested more than {MAX_NESTING} deep"))
}

fn scalar_value(scalar: TapeNode<'_>) -> Value {
    match scalar {
        TapeNode::String(value) => Value::String(value.to_owned()),
        TapeNode::Static(StaticNode::Bool(value)) => Value::Bool(value),
        TapeNode::Static(StaticNode::I64(value)) => Value::Int(value),
        TapeNode::Static(StaticNode::U64(value)) => {
            i64::try_from(value).map_or(Value::Float(value as f64), Value::Int)
        }
        TapeNode::Static(StaticNode::F64(value)) => Value::Float(value),
        _ => Value::Null,
    }
}
