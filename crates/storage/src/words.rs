//! Strings that a piece keeps as codes into its distinct words, and where each word stands.

use std::ops::Range;

use arrow::array::{ListArray, StringArray, UInt32Array};
use rockhopper_engine::Result;

use crate::column::{Selection, dictionary};
use crate::find::Found;
use crate::list::Lists;
use crate::path::Step;
use crate::piece::{Piece, has_elements, split};

/// Each method gives None where the strings at the path are not kept as codes, and fails only where the column's file is
/// damaged. Some word may have no code.
impl Piece {
    /// The distinct words at a path, of documents or, after one [`Step::Elements`], of all elements.
    pub fn words(&self, path: &[Step]) -> Result<Option<StringArray>> {
        let Some(found) = self.find(path)? else { return Ok(None) };
        found.place().words()
    }

    /// The code of a word at a path; the inner None is a word that does not occur.
    pub fn code_of(&self, path: &[Step], word: &str) -> Result<Option<Option<u32>>> {
        let Some(found) = self.find(path)? else { return Ok(None) };
        found.place().code_of(word)
    }

    /// In how many documents a code stands at a path: the length of [`Piece::postings`], without reading them. None also
    /// where no list is kept.
    pub fn postings_len(&self, path: &[Step], code: u32) -> Result<Option<usize>> {
        let Some(found) = self.find(path)? else { return Ok(None) };
        found.place().postings_len(code, self.rows())
    }

    /// The documents in which a code stands at a path, or in one of the elements of the path's array: ascending, each
    /// once. None also where no list is kept.
    pub fn postings(&self, path: &[Step], code: u32) -> Result<Option<Vec<u32>>> {
        let Some(found) = self.find(path)? else { return Ok(None) };
        found.place().postings(code, self.rows())
    }

    /// A string column as codes, one for each document of a range, which must lie within [`Piece::rows`]: Arrow nulls
    /// where the value is absent or no string. None after [`Step::Elements`].
    pub fn dictionary(
        &self,
        path: &[Step],
        rows: Range<usize>,
    ) -> Result<Option<(UInt32Array, StringArray)>> {
        self.codes(path, &Selection::Range(rows))
    }

    /// [`Piece::dictionary`] of the given documents, in their order, each below [`Piece::rows`].
    pub fn dictionary_take(&self, path: &[Step], rows: &[u32]) -> Result<Option<(UInt32Array, StringArray)>> {
        self.codes(path, &Selection::Rows(rows))
    }

    /// A leaf of an array as lists of codes, one for each document of a range, which must lie within [`Piece::rows`].
    pub fn list_dictionary(
        &self,
        path: &[Step],
        rows: Range<usize>,
    ) -> Result<Option<(ListArray, StringArray)>> {
        self.lists_of_codes(path, &Selection::Range(rows))
    }

    /// The codes of a leaf of an array for all elements of a range of documents, which must lie within [`Piece::rows`], in
    /// order and without the lists that they are in.
    pub fn element_codes(
        &self,
        path: &[Step],
        rows: Range<usize>,
    ) -> Result<Option<(UInt32Array, StringArray)>> {
        let (array, leaf) = split(path);
        let Some(leaf) = leaf.filter(|leaf| !has_elements(leaf)) else { return Ok(None) };
        let found = self.find(array)?;
        Lists::of_elements(found.as_ref().map(Found::place), rows)?.codes(leaf)
    }

    /// [`Piece::list_dictionary`] of the given documents, in their order, each below [`Piece::rows`].
    pub fn list_dictionary_take(
        &self,
        path: &[Step],
        rows: &[u32],
    ) -> Result<Option<(ListArray, StringArray)>> {
        self.lists_of_codes(path, &Selection::Rows(rows))
    }

    fn codes(&self, path: &[Step], selection: &Selection<'_>) -> Result<Option<(UInt32Array, StringArray)>> {
        if has_elements(path) {
            return Ok(None);
        }
        let Some(found) = self.find(path)? else { return Ok(None) };
        dictionary(found.place(), selection)
    }

    fn lists_of_codes(
        &self,
        path: &[Step],
        selection: &Selection<'_>,
    ) -> Result<Option<(ListArray, StringArray)>> {
        let (array, leaf) = split(path);
        let Some(leaf) = leaf.filter(|leaf| !has_elements(leaf)) else { return Ok(None) };
        let found = self.find(array)?;
        Lists::new(found.as_ref().map(Found::place), selection)?.dictionary(leaf)
    }
}
