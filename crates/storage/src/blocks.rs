//! Texts in one or more blocks, of which not all need be in memory.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, GenericByteArray};
use arrow::datatypes::ByteArrayType;

/// Texts one after another. In memory they are one block; those of a sealed segment are several, and of these only the
/// ones that hold a wanted slot are there.
pub(crate) struct Blocks<T: ByteArrayType<Offset = i32>> {
    /// How many texts come before each block, and how many there are.
    starts: Arc<[usize]>,
    blocks: Vec<Option<GenericByteArray<T>>>,
}

// Derived, these would ask the same of the marker type.
impl<T: ByteArrayType<Offset = i32>> Clone for Blocks<T> {
    fn clone(&self) -> Blocks<T> {
        Blocks { starts: Arc::clone(&self.starts), blocks: self.blocks.clone() }
    }
}

impl<T: ByteArrayType<Offset = i32>> fmt::Debug for Blocks<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Blocks").field("starts", &self.starts).finish_non_exhaustive()
    }
}

impl<T: ByteArrayType<Offset = i32>> Blocks<T> {
    /// One block.
    pub(crate) fn one(block: GenericByteArray<T>) -> Blocks<T> {
        Blocks { starts: Arc::new([0, block.len()]), blocks: vec![Some(block)] }
    }

    /// Several; `starts` says how many texts come before each, and how many there are.
    pub(crate) fn several(starts: Arc<[usize]>, blocks: Vec<Option<GenericByteArray<T>>>) -> Blocks<T> {
        Blocks { starts, blocks }
    }

    /// The number of texts.
    pub(crate) fn len(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }

    /// Bytes of the texts that are in memory.
    pub(crate) fn byte_count(&self) -> usize {
        self.blocks.iter().flatten().map(|block| block.values().len()).sum()
    }

    /// All texts, if they are one block.
    pub(crate) fn whole(&self) -> Option<&GenericByteArray<T>> {
        match self.blocks.as_slice() {
            [block] => block.as_ref(),
            _ => None,
        }
    }

    /// A run of texts as they lie in memory, if they are in one block.
    pub(crate) fn slice(&self, range: Range<usize>) -> Option<GenericByteArray<T>> {
        let at = self.block_of(range.start)?;
        let block = self.blocks[at].as_ref().filter(|_| range.end <= self.starts[at + 1])?;
        Some(block.slice(range.start - self.starts[at], range.len()))
    }

    /// A text that was asked for.
    pub(crate) fn value(&self, index: usize) -> Option<&T::Native> {
        let at = self.block_of(index)?;
        let block = self.blocks[at].as_ref();
        debug_assert!(block.is_some(), "text {index} was not asked for");
        Some(block?.value(index - self.starts[at]))
    }

    /// Texts that were asked for: those of the blocks in memory.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T::Native> {
        self.blocks.iter().flatten().flat_map(|block| (0..block.len()).map(|index| block.value(index)))
    }

    fn block_of(&self, index: usize) -> Option<usize> {
        if index >= self.len() {
            return None;
        }
        if self.blocks.len() == 1 {
            return Some(0);
        }
        Some(self.starts.partition_point(|start| *start <= index) - 1)
    }
}
