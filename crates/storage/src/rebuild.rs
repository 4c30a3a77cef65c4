//! Columns back to values.

use rockhopper_sql::Value;
use rockhopper_values::codec;

use crate::node::{Kind, Node, Part, Values};

/// Appends the codec form of what stands in a slot: undefined if nothing does.
pub(crate) fn encode(node: &Node, slot: usize, out: &mut Vec<u8>) {
    if !try_encode(node, slot, out) {
        codec::encode_undefined(out);
    }
}

/// The value in a slot.
pub(crate) fn value(node: &Node, slot: usize) -> Value {
    let mut bytes = Vec::new();
    encode(node, slot, &mut bytes);
    // What was encoded just now decodes, unless a file was damaged in a way that its checksum misses.
    codec::decode(&bytes).unwrap_or(Value::Undefined)
}

/// Whether a value stands in the slot; if so its codec form is appended.
fn try_encode(node: &Node, slot: usize, out: &mut Vec<u8>) -> bool {
    for part in &node.parts {
        if let Some(index) = part.presence.index(slot) {
            encode_part(node, part, slot, index, out);
            return true;
        }
    }
    false
}

fn encode_part(node: &Node, part: &Part, slot: usize, index: usize, out: &mut Vec<u8>) {
    match &part.values {
        Values::Marks if part.kind == Kind::Null => codec::encode_null(out),
        Values::Marks => encode_object(node, slot, out),
        Values::Bools(values) => codec::encode_bool(values.value(index), out),
        Values::Ints(values) if part.kind == Kind::Timestamp => codec::encode_timestamp(values[index], out),
        Values::Ints(values) => codec::encode_i64(values[index], out),
        Values::Floats(values) => codec::encode_f64(values[index], out),
        Values::Text(values) => codec::encode_str(values.value(index).unwrap_or_default(), out),
        Values::Words { codes, words } => codec::encode_str(words.value(codes[index] as usize), out),
        Values::Digits(values) => codec::encode_str(&values[index].to_string(), out),
        Values::Encoded(values) => out.extend_from_slice(values.value(index).unwrap_or_default()),
        Values::Array(offsets) => {
            codec::begin_array(out);
            if let Some(elements) = &node.elements {
                (offsets[index]..offsets[index + 1])
                    .for_each(|element| encode(elements, element as usize, out));
            }
            codec::end(out);
        }
    }
}

/// Members with a node and those of the rest, merged in the order of their names as the codec wants them.
fn encode_object(node: &Node, slot: usize, out: &mut Vec<u8>) {
    codec::begin_object(out);
    let rest = node.part(Kind::Rest).and_then(|part| match &part.values {
        Values::Encoded(values) => part.presence.index(slot).and_then(|index| values.value(index)),
        _ => None,
    });
    let mut rest = rest.and_then(|bytes| codec::members(bytes).ok()).into_iter().flatten().peekable();
    for (name, member) in &node.members {
        while let Some((other, bytes)) = rest.next_if(|(other, _)| other.as_ref() < name.as_ref()) {
            codec::name(&other, out);
            out.extend_from_slice(bytes);
        }
        let start = out.len();
        codec::name(name, out);
        if !try_encode(member, slot, out) {
            out.truncate(start);
        }
    }
    for (name, bytes) in rest {
        codec::name(&name, out);
        out.extend_from_slice(bytes);
    }
    codec::end(out);
}
