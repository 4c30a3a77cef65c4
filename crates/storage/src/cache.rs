//! Columns of sealed segments that were decoded: they stay in memory as long as there is room.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use arrow::array::{Array, BinaryArray, StringArray};

use crate::node::Values;
use crate::presence::Presence;

/// Bytes that an entry takes besides its columns.
const ENTRY_BYTES: usize = 256;

/// What is decoded at once.
#[derive(Clone, Debug)]
pub(crate) enum Cached {
    /// Which slots of a part hold a value.
    Presence(Presence),
    /// The values of a part, of any but the following forms.
    Values(Values),
    /// Distinct words, or a block of strings.
    Texts(StringArray),
    /// A block of values in codec form.
    Encoded(BinaryArray),
    /// How often each word occurs, or where each list ends.
    Numbers(arrow::buffer::ScalarBuffer<u32>),
}

/// Names what is decoded: a block of a region of a segment file, or the whole region by the number of its first block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key {
    /// The serial number of the file.
    pub(crate) file: u64,
    /// The number of the block in the file.
    pub(crate) block: u32,
}

/// Decoded columns of all segments of a store. What was used least recently goes first; queries that run keep what they
/// read.
#[derive(Debug)]
pub(crate) struct ColumnCache {
    limit_bytes: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    entries: HashMap<Key, Entry>,
    /// By when they were used last.
    order: BTreeMap<u64, Key>,
    uses: u64,
    used_bytes: usize,
}

#[derive(Debug)]
struct Entry {
    cached: Cached,
    bytes: usize,
    used: u64,
}

impl ColumnCache {
    /// An empty one.
    pub(crate) fn new(limit_bytes: usize) -> ColumnCache {
        ColumnCache { limit_bytes, state: Mutex::default() }
    }

    /// Bytes that are in use.
    pub(crate) fn used_bytes(&self) -> usize {
        self.state().used_bytes
    }

    /// What is kept under a key.
    pub(crate) fn get(&self, key: Key) -> Option<Cached> {
        let state = &mut *self.state();
        let entry = state.entries.get_mut(&key)?;
        state.order.remove(&entry.used);
        state.uses += 1;
        entry.used = state.uses;
        state.order.insert(entry.used, key);
        Some(entry.cached.clone())
    }

    /// Keeps something, if it is not larger than everything may be.
    pub(crate) fn put(&self, key: Key, cached: Cached) {
        let bytes = cached.bytes() + ENTRY_BYTES;
        if bytes > self.limit_bytes {
            return;
        }
        let state = &mut *self.state();
        state.remove(key);
        while state.used_bytes + bytes > self.limit_bytes {
            let Some((_, oldest)) = state.order.first_key_value() else { break };
            let oldest = *oldest;
            state.remove(oldest);
        }
        state.uses += 1;
        state.used_bytes += bytes;
        state.order.insert(state.uses, key);
        state.entries.insert(key, Entry { cached, bytes, used: state.uses });
    }

    /// Forgets all of a file.
    pub(crate) fn forget(&self, file: u64) {
        let state = &mut *self.state();
        let keys: Vec<Key> = state.entries.keys().filter(|key| key.file == file).copied().collect();
        keys.into_iter().for_each(|key| state.remove(key));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic in between can only leave a wrong count.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn remove(&mut self, key: Key) {
        if let Some(entry) = self.entries.remove(&key) {
            self.order.remove(&entry.used);
            self.used_bytes -= entry.bytes;
        }
    }
}

impl Cached {
    fn bytes(&self) -> usize {
        match self {
            Cached::Presence(presence) => presence.bytes(),
            Cached::Values(values) => values.bytes(),
            Cached::Texts(texts) => texts.get_buffer_memory_size(),
            Cached::Encoded(values) => values.get_buffer_memory_size(),
            Cached::Numbers(numbers) => 4 * numbers.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(block: u32) -> Key {
        Key { file: u64::from(block / 10), block }
    }

    fn numbers() -> Cached {
        Cached::Numbers(vec![0; 1000].into())
    }

    #[test]
    fn what_was_used_least_recently_goes_first() {
        let each = 4000 + ENTRY_BYTES;
        let cache = ColumnCache::new(3 * each);
        (0..3).for_each(|block| cache.put(key(block), numbers()));
        assert_eq!(cache.used_bytes(), 3 * each);
        assert!(cache.get(key(0)).is_some());
        cache.put(key(3), numbers());
        let kept: Vec<bool> = (0..4).map(|block| cache.get(key(block)).is_some()).collect();
        assert_eq!(kept, [true, false, true, true]);
        assert_eq!(cache.used_bytes(), 3 * each);
        cache.put(key(3), numbers());
        assert_eq!(cache.used_bytes(), 3 * each, "the same again takes nothing more");
        cache.forget(0);
        assert_eq!(cache.used_bytes(), 0);
    }

    #[test]
    fn what_is_larger_than_the_limit_is_not_kept() {
        let cache = ColumnCache::new(1000);
        cache.put(key(1), numbers());
        assert_eq!((cache.used_bytes(), cache.get(key(1)).is_some()), (0, false));
    }
}
