//! The reference of functions in `docs/` is made of the table in the language's crate. `UPDATE_DOCS=1` writes it.

use std::fmt::Write;

use rockhopper_values::Function;

#[test]
fn the_reference_of_functions_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/sql-functions.md");
    let wanted = reference();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default().replace("\r\n", "\n");
    assert!(
        found == wanted,
        "docs/sql-functions.md is out of date; run UPDATE_DOCS=1 cargo test -p rockhopper-values"
    );
}

fn reference() -> String {
    let mut text = String::from(
        "# Functions and operators\n\n\
         Generated from `crates/sql/src/function.rs`; change it there.\n\n\
         Names may be written in any case. An argument that is null or undefined makes the result null, save where a\n\
         function says otherwise; an argument of a wrong type is an error, which `TRY` turns into null.\n\n\
         `AND`, `OR`, `NOT`, `CASE`, `IF`, `COALESCE`, `NULLIF`, `TRY`, `CAST`, `TRY_CAST`, `STATIC_CAST`,\n\
         `TRY_STATIC_CAST`, `IN`, `BETWEEN`, `EXISTS`, `IS NULL` and `IS UNDEFINED` belong to the language itself.\n",
    );
    let mut group = "";
    for function in Function::all() {
        if function.group() != group {
            group = function.group();
            write!(text, "\n## {group}\n\n| Call | Result |\n| --- | --- |\n").unwrap();
        }
        let cell = |text: &str| text.replace('|', "\\|");
        write!(text, "| `{}` | {}", cell(function.signature()), cell(function.doc())).unwrap();
        let aliases: Vec<String> =
            function.aliases().iter().map(|alias| format!("`{}`", alias.to_ascii_uppercase())).collect();
        if !aliases.is_empty() {
            write!(text, " Also {}.", aliases.join(", ")).unwrap();
        }
        text.push_str(" |\n");
    }
    text
}
