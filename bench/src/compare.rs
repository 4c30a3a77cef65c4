//! Whether two engines answered the same.

use serde_json::Value;

/// The rows of an answer.
pub type Rows = Vec<Vec<Value>>;

/// What a statement's ORDER BY and LIMIT leave open.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// The columns that sort.
    pub keys: &'static [usize],
    /// The statement's LIMIT.
    pub limit: Option<usize>,
}

/// What differs, if anything: sort keys must be equal in order, and whole rows above the cut. Rows of equal keys may come
/// in any order; which of the rows that share the last key are in, is open where a LIMIT cut the answer.
pub fn difference(order: Order, ours: &Rows, theirs: &Rows) -> Option<String> {
    if ours.len() != theirs.len() {
        return Some(format!("{} rows against {}", ours.len(), theirs.len()));
    }
    let key = |row: &Vec<Value>| order.keys.iter().map(|&column| row[column].clone()).collect::<Vec<_>>();
    if let Some(place) = (0..ours.len()).find(|&place| key(&ours[place]) != key(&theirs[place])) {
        return Some(format!("the sort keys of row {place} differ"));
    }
    let last = ours.last().map(key);
    let is_cut = order.limit == Some(ours.len());
    let whole_rows = |rows: &Rows| {
        let above = rows.iter().filter(|row| !is_cut || Some(key(row)) != last);
        let mut above: Vec<String> = above.map(|row| Value::Array(row.clone()).to_string()).collect();
        above.sort();
        above
    };
    let (ours, theirs) = (whole_rows(ours), whole_rows(theirs));
    let only_ours = ours.iter().find(|row| theirs.binary_search(row).is_err());
    match only_ours {
        Some(row) => Some(format!("only Rockhopper has the row {row}")),
        None => (ours != theirs).then(|| "a row is there more often in one of them".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const BY_COUNT: Order = Order { keys: &[1], limit: Some(4) };

    fn rows(rows: &[(&str, i64)]) -> Rows {
        rows.iter().map(|&(tag, count)| vec![json!(tag), json!(count)]).collect()
    }

    #[test]
    fn equal_answers_are_equal_and_ties_may_come_in_any_order() {
        let ours = rows(&[("a", 9), ("b", 7), ("c", 7), ("d", 2)]);
        assert_eq!(difference(BY_COUNT, &ours, &ours), None);
        let swapped = rows(&[("a", 9), ("c", 7), ("b", 7), ("d", 2)]);
        assert_eq!(difference(BY_COUNT, &ours, &swapped), None);
        assert_eq!(difference(BY_COUNT, &Rows::new(), &Rows::new()), None);
    }

    #[test]
    fn rows_that_tie_at_the_cut_may_be_others_but_only_if_there_is_a_cut() {
        let ours = rows(&[("a", 9), ("b", 7), ("c", 2), ("d", 2)]);
        let others = rows(&[("a", 9), ("b", 7), ("e", 2), ("f", 2)]);
        assert_eq!(difference(BY_COUNT, &ours, &others), None);
        for limit in [None, Some(5)] {
            let uncut = Order { limit, ..BY_COUNT };
            assert!(difference(uncut, &ours, &others).is_some_and(|text| text.contains("[\"c\",2]")));
        }
    }

    #[test]
    fn another_number_of_rows_another_key_and_another_row_are_unequal() {
        let ours = rows(&[("a", 9), ("b", 7), ("c", 2)]);
        let cases = [
            (rows(&[("a", 9), ("b", 7)]), "3 rows against 2"),
            (rows(&[("a", 9), ("b", 6), ("c", 2)]), "sort keys of row 1"),
            (rows(&[("b", 9), ("a", 7), ("c", 2)]), "only Rockhopper has the row"),
        ];
        for (theirs, expected) in cases {
            let text = difference(BY_COUNT, &ours, &theirs).unwrap_or_default();
            assert!(text.contains(expected), "{text}");
        }
        // A row that is there twice and another one that is missing.
        let (once, twice) = (rows(&[("a", 9), ("b", 9), ("c", 1)]), rows(&[("b", 9), ("b", 9), ("c", 1)]));
        assert!(difference(BY_COUNT, &once, &twice).is_some());
        assert!(difference(BY_COUNT, &twice, &once).is_some());
    }

    #[test]
    fn null_zero_and_text_are_three_values() {
        let row = |value: Value| vec![vec![value]];
        let order = Order { keys: &[0], limit: None };
        for (ours, theirs) in [(json!(null), json!(0)), (json!("0"), json!(0)), (json!(""), json!(null))] {
            assert!(difference(order, &row(ours), &row(theirs)).is_some());
        }
    }
}
