//! Conditions on one string: asked once for each distinct string of a piece, not once for each row.

use std::sync::{Arc, OnceLock};

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, ListArray, StringArray, UInt32Array, new_null_array,
};
use arrow::compute::concat;
use arrow::datatypes::{DataType, UInt32Type};
use rockhopper_storage::{Piece, Step};

use crate::error::Failure;
use crate::program::{Frame, Node};

/// With more strings than this for each row of the piece, asking them all costs more than it saves.
const MAX_WORDS_PER_ROW: f64 = 0.5;

/// A condition that reads one string of a document, or of each element of an array of it, and cannot fail.
#[derive(Debug)]
pub(crate) struct WordCondition {
    /// The string.
    pub(crate) path: Vec<Step>,
    /// Whether it is one of an array's elements: the document passes if one of them does.
    pub(crate) of_elements: bool,
    /// The condition over a column of strings.
    pub(crate) node: Node,
}

/// The answers for the strings of a piece; None once it is known that they are not asked there.
pub(super) type Cell = OnceLock<Option<Answers>>;

/// Whether the condition is true for each string of a piece, and where there is none.
#[derive(Debug)]
pub(super) struct Answers {
    of_word: Vec<bool>,
    of_none: bool,
}

impl WordCondition {
    /// The rows of a run for which the condition is true; None where the piece does not keep the strings apart.
    pub(super) fn mask(
        &self,
        piece: &Piece,
        rows: &std::ops::Range<usize>,
        cell: &Cell,
    ) -> Result<Option<BooleanArray>, Failure> {
        if let Some(None) = cell.get() {
            return Ok(None);
        }
        if self.of_elements {
            let Some((lists, words)) = piece.list_dictionary(&self.path, rows.clone()) else {
                return Ok(None);
            };
            let answers = self.answers(piece, &words, cell)?;
            return Ok(answers.map(|answers| answers.of_lists(&lists)));
        }
        let Some((codes, words)) = piece.dictionary_slice(&self.path, rows.clone()) else { return Ok(None) };
        let answers = self.answers(piece, &words, cell)?;
        Ok(answers.map(|answers| codes.iter().map(|code| Some(answers.of(code))).collect()))
    }

    fn answers<'c>(
        &self,
        piece: &Piece,
        words: &StringArray,
        cell: &'c Cell,
    ) -> Result<Option<&'c Answers>, Failure> {
        if let Some(known) = cell.get() {
            return Ok(known.as_ref());
        }
        let few = words.len() as f64 <= piece.rows() as f64 * MAX_WORDS_PER_ROW;
        let found = if few { Some(self.ask(words)?) } else { None };
        // Another thread may have found the same meanwhile.
        Ok(cell.get_or_init(|| found).as_ref())
    }

    fn ask(&self, words: &StringArray) -> Result<Answers, Failure> {
        let none = new_null_array(&DataType::Utf8, 1);
        let column: ArrayRef = concat(&[words as &dyn Array, none.as_ref()])?;
        let truth = self.node.truth(&Frame::of_columns(&[Arc::clone(&column)], column.len()))?;
        let mut of_word: Vec<bool> = truth.iter().map(|truth| truth == Some(true)).collect();
        let of_none = of_word.pop().unwrap_or(false);
        Ok(Answers { of_word, of_none })
    }
}

impl Answers {
    fn of(&self, code: Option<u32>) -> bool {
        code.map_or(self.of_none, |code| self.of_word[code as usize])
    }

    fn of_lists(&self, lists: &ListArray) -> BooleanArray {
        let codes: &UInt32Array = lists.values().as_primitive::<UInt32Type>();
        let any =
            |bounds: &[i32]| (bounds[0]..bounds[1]).any(|place| self.of(code_at(codes, place as usize)));
        lists.value_offsets().windows(2).map(|bounds| Some(any(bounds))).collect()
    }
}

fn code_at(codes: &UInt32Array, place: usize) -> Option<u32> {
    codes.is_valid(place).then(|| codes.value(place))
}
