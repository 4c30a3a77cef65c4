//! Runs the tables of cases: `expression => expression` or `expression => error its_id`, `#` starts a comment.

use crate::notation::{evaluate, same, show};

fn run(name: &str, table: &str) {
    let mut failures = Vec::new();
    let mut cases = 0;
    for (index, line) in table.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        cases += 1;
        let (call, expected) = line.rsplit_once("=> ").unwrap_or_else(|| panic!("{name}: no => in {line}"));
        let found = evaluate(call);
        let right = match (expected.trim().strip_prefix("error "), &found) {
            (Some(id), Err(error)) => error.error_id == id,
            (Some(_), Ok(_)) | (None, Err(_)) => false,
            (None, Ok(value)) => same(value, &evaluate(expected).unwrap()),
        };
        if !right {
            failures.push(format!("{name}:{}: {line}\n    gave {}", index + 1, show(&found)));
        }
    }
    assert!(cases > 0, "{name} has no cases");
    assert!(failures.is_empty(), "{} of {cases} cases fail\n{}", failures.len(), failures.join("\n"));
}

macro_rules! tables {
    ($($name:ident)*) => {
        $(#[test] fn $name() { run(stringify!($name), include_str!(concat!("tables/", stringify!($name), ".txt"))); })*
    };
}

tables!(operators casts datetimes formats strings arrays objects mathematics hashes);

#[test]
fn errors_say_which_function_and_types() {
    let error = evaluate("'a' / 2").unwrap_err();
    assert_eq!(error.message, "No valid overload found for function `/` with arguments (string, int)");
    let error = evaluate("dot_product([1, 2], [1, 2, 3, 4])").unwrap_err();
    assert_eq!(error.message, "Cannot apply operation DOT_PRODUCT on vectors of different sizes 2 and 4.");
    let error = evaluate("vector_enforce([1], 1, 2)").unwrap_err();
    assert_eq!(error.message, "Passed in type must be a name of type string not of type int.");
}
