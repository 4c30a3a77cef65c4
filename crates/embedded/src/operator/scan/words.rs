//! Conditions on one string: asked once for each distinct string of a piece, not once for each row.

use std::sync::{Arc, OnceLock};

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, ListArray, RecordBatch, StringArray, UInt32Array,
};
use arrow::compute::{sort_to_indices, take};
use arrow::datatypes::UInt32Type;
use rockhopper_storage::{Piece, Step};

use super::runs::Documents;
use crate::error::Failure;
use crate::partials::{Partials, Place};
use crate::program::{Frame, Node};

/// With more strings than this for each row of the piece, asking them all costs more than it saves.
const MAX_WORDS_PER_ROW: f64 = 0.5;

/// A condition that reads one string of a document, or of each element of an array of it, and cannot fail.
#[derive(Debug)]
pub(crate) struct WordCondition {
    /// The string.
    pub(super) path: Vec<Step>,
    /// Whether it is one of an array's elements: the document passes if one of them does.
    of_elements: bool,
    /// The condition over a column of strings.
    node: Node,
    /// The only string for which it is true, if it says so.
    equals: Option<String>,
    /// Whether it is true where there is no string.
    without: bool,
}

/// The answers for the strings of a piece; None once it is known that they are not asked there.
pub(super) type Cell = OnceLock<Option<Answers>>;

/// Whether the condition is true for each string of a piece, and where there is none.
#[derive(Debug)]
pub(super) struct Answers {
    of_word: Vec<bool>,
    without: bool,
}

impl WordCondition {
    /// The condition `node` over a column of strings, which cannot fail; `of_elements` for one that is to be true for an
    /// element of an array.
    pub(crate) fn new(path: Vec<Step>, of_elements: bool, node: Node) -> Result<WordCondition, Failure> {
        let equals = node.equal_string().map(str::to_owned);
        let without = truth(&node, &StringArray::new_null(1))? == [true];
        Ok(WordCondition { path, of_elements, node, equals, without })
    }

    /// How many documents of a piece meet the condition at most, as far as its words tell.
    pub(crate) fn at_most(&self, piece: &Piece) -> Result<usize, Failure> {
        let Some(word) = &self.equals else { return Ok(piece.rows()) };
        Ok(match piece.code_of(&self.path, word)? {
            None => piece.rows(),
            Some(None) => 0,
            Some(Some(code)) => piece.postings_len(&self.path, code)?.unwrap_or(piece.rows()),
        })
    }

    /// For which of some documents the condition is true; None where the piece does not keep the strings apart.
    pub(super) fn mask(
        &self,
        piece: &Piece,
        documents: &Documents,
        cell: &Cell,
    ) -> Result<Option<BooleanArray>, Failure> {
        if let Some(None) = cell.get() {
            return Ok(None);
        }
        if self.of_elements {
            let lists = match documents {
                Documents::Range(range) => piece.list_dictionary(&self.path, range.clone())?,
                Documents::Rows(rows) => piece.list_dictionary_take(&self.path, rows)?,
            };
            let Some((lists, words)) = lists else { return Ok(None) };
            let answers = self.answers(piece, &words, cell)?;
            return Ok(answers.map(|answers| answers.of_lists(&lists)));
        }
        let codes = match documents {
            Documents::Range(range) => piece.dictionary(&self.path, range.clone())?,
            Documents::Rows(rows) => piece.dictionary_take(&self.path, rows)?,
        };
        let Some((codes, words)) = codes else { return Ok(None) };
        let answers = self.answers(piece, &words, cell)?;
        Ok(answers.map(|answers| codes.iter().map(|code| Some(answers.of(code))).collect()))
    }

    /// The codes of a piece for which the condition is true; None where it is true without a string too, or the piece
    /// does not keep the strings apart.
    pub(super) fn codes(
        &self,
        piece: &Piece,
        cell: &Cell,
        partials: Option<&Arc<Partials>>,
    ) -> Result<Option<Vec<u32>>, Failure> {
        if let Some(word) = &self.equals {
            let code = piece.code_of(&self.path, word)?;
            return Ok(code.map(|code| code.into_iter().collect()));
        }
        if self.without {
            return Ok(None);
        }
        if let (Some((call, function, text)), Some(segment), Some(partials)) =
            (self.node.equal_call(), piece.segment(), partials)
        {
            let place = Place::new(partials.plan(&format!("{function:?} of {:?}", self.path)), &[segment]);
            let called = match partials.get(&place) {
                Some(called) => called,
                None => {
                    let Some(words) = piece.words(&self.path)? else { return Ok(None) };
                    let called = vec![called(call, words)?];
                    partials.keep(place, called.clone());
                    called.into()
                }
            };
            return Ok(Some(called.iter().flat_map(|called| find(called, text)).collect()));
        }
        let Some(words) = piece.words(&self.path)? else { return Ok(None) };
        let Some(answers) = self.answers(piece, &words, cell)? else { return Ok(None) };
        let codes = answers.of_word.iter().enumerate().filter(|(_, passes)| **passes);
        Ok(Some(codes.map(|(code, _)| code as u32).collect()))
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
        let found = match few {
            true => Some(Answers { of_word: truth(&self.node, words)?, without: self.without }),
            false => None,
        };
        // Another thread may have found the same meanwhile.
        Ok(cell.get_or_init(|| found).as_ref())
    }
}

impl Answers {
    fn of(&self, code: Option<u32>) -> bool {
        code.map_or(self.without, |code| self.of_word[code as usize])
    }

    fn of_lists(&self, lists: &ListArray) -> BooleanArray {
        let codes: &UInt32Array = lists.values().as_primitive::<UInt32Type>();
        let any =
            |bounds: &[i32]| (bounds[0]..bounds[1]).any(|place| self.of(code_at(codes, place as usize)));
        lists.value_offsets().windows(2).map(|bounds| Some(any(bounds))).collect()
    }
}

/// For which strings a condition is true.
fn truth(node: &Node, words: &StringArray) -> Result<Vec<bool>, Failure> {
    let column: ArrayRef = Arc::new(words.clone());
    let truth = node.truth(&Frame::of_columns(&[column], words.len()))?;
    Ok(truth.iter().map(|truth| truth == Some(true)).collect())
}

/// What a call gives for each of a segment's words, in order, with the words' codes.
fn called(call: &Node, words: StringArray) -> Result<RecordBatch, Failure> {
    let rows = words.len();
    let words: ArrayRef = Arc::new(words);
    let found = call.column(&Frame::of_columns(&[words], rows))?;
    let codes: ArrayRef = Arc::new(sort_to_indices(&found, None, None)?);
    let found = take(&found, codes.as_primitive::<UInt32Type>(), None)?;
    Ok(RecordBatch::try_from_iter_with_nullable([("found", found, true), ("code", codes, false)])?)
}

/// The codes of the words for which a call gave a text.
fn find(called: &RecordBatch, text: &str) -> Vec<u32> {
    let (found, codes) = (called.column(0).as_string::<i32>(), called.column(1).as_primitive::<UInt32Type>());
    // Arrow nulls are first: they come before every text.
    let nulls = found.null_count();
    let (mut low, mut high) = (nulls, found.len());
    while low < high {
        let middle = low + (high - low) / 2;
        if found.value(middle) < text { low = middle + 1 } else { high = middle }
    }
    (low..found.len()).take_while(|at| found.value(*at) == text).map(|at| codes.value(at)).collect()
}

fn code_at(codes: &UInt32Array, place: usize) -> Option<u32> {
    codes.is_valid(place).then(|| codes.value(place))
}
