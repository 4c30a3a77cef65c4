//! Thousands of broken statements: each parses or fails with a place inside the text. None panics.

use rockhopper_sql::parser::parse;

use super::cases;

const MUTATIONS: usize = 20_000;
const SEED: u64 = 0x5eed_0f5e_1ec7;

/// Pieces that are put where they do not belong.
const PIECES: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "'",
    "\"",
    "`",
    ",",
    ".",
    ";",
    ":",
    "::",
    "?",
    "-",
    "--",
    "/*",
    "*",
    "$__a",
    "é",
    "\0",
    " SELECT ",
    " FROM ",
    " UNNEST(",
    " AS ",
    " NOT ",
    " IN (",
    " CASE ",
    " END ",
    " JOIN ",
    " ON ",
    " LIMIT ",
    " INTERVAL ",
    " OVER (",
    " EXCEPT (",
    "9223372036854775808",
    "1e999",
    " U&'\\",
    "X'0",
    "{{{",
    "}}}",
    "\u{2028}",
];

struct Random(u64);

impl Random {
    /// A number below `limit`, which is at least 1. (xorshift64*)
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % limit
    }

    fn boundary(&mut self, text: &str) -> usize {
        let mut at = self.below(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}

fn mutate(text: &str, other: &str, random: &mut Random) -> String {
    let (a, b) = (random.boundary(text), random.boundary(text));
    let (start, end) = (a.min(b), a.max(b));
    match random.below(5) {
        0 => format!("{}{}", &text[..start], &text[end..]),
        1 => text[..start].to_owned(),
        2 => format!("{}{}{}", &text[..start], PIECES[random.below(PIECES.len())], &text[start..]),
        3 => format!("{}{}{}", &text[..end], &text[start..end], &text[end..]),
        _ => format!("{}{}", &text[..start], &other[random.boundary(other)..]),
    }
}

#[test]
fn broken_statements_never_panic() {
    let corpus = cases::corpus();
    let mut random = Random(SEED);
    for _ in 0..MUTATIONS {
        let mut text = corpus[random.below(corpus.len())].clone();
        for _ in 0..=random.below(3) {
            let other = &corpus[random.below(corpus.len())];
            text = mutate(&text, other, &mut random);
        }
        if let Err(error) = parse(&text) {
            let at = error.location();
            let lines = text.split('\n').count() as u32;
            assert!(at.line >= 1 && at.line <= lines, "{at} is outside of {text:?}");
            let line = text.split('\n').nth(at.line as usize - 1).unwrap();
            assert!(
                at.column >= 1 && at.column <= line.chars().count() as u32 + 1,
                "{at} is outside of {text:?}"
            );
            assert!(!error.to_string().is_empty());
        }
    }
}
