//! What the Grafana data source relies on when it expands macros: tokens with places, in unfinished text too.

use rockhopper_sql::lexer::{tokens, tokens_with_comments};
use rockhopper_sql::token::{TokenKind, is_reserved, reserved_words};

#[test]
fn macros_are_found_in_code_only() {
    let sql = "SELECT '$__a', \"$__b\" /* $__c */ -- $__d\n FROM t WHERE $__timeFilter(t.at) AND $__e";
    let found: Vec<&str> = tokens(sql)
        .unwrap()
        .iter()
        .filter(|token| token.kind == TokenKind::Macro)
        .map(|token| token.text(sql))
        .collect();
    assert_eq!(found, ["$__timeFilter", "$__e"]);
}

#[test]
fn comments_are_tokens_if_asked_for() {
    let sql = "a -- b 'c\n/* d\n e */ f";
    let kinds =
        |tokens: Vec<rockhopper_sql::token::Token>| tokens.iter().map(|token| token.kind).collect::<Vec<_>>();
    use TokenKind::{Comment, End, Word};
    assert_eq!(kinds(tokens(sql).unwrap()), [Word, Word, End]);
    assert_eq!(kinds(tokens_with_comments(sql).unwrap()), [Word, Comment, Comment, Word, End]);
}

#[test]
fn tokens_and_the_blanks_between_them_are_the_text() {
    for sql in super::cases::corpus() {
        let Ok(tokens) = tokens_with_comments(&sql) else { continue };
        let mut end = 0;
        for token in &tokens {
            let gap = &sql[end..token.span.start as usize];
            assert!(gap.trim().is_empty(), "{gap:?} is in no token of {sql}");
            end = token.span.end as usize;
        }
        assert_eq!(end, sql.len());
    }
}

#[test]
fn reserved_words_are_sorted_and_usual_names_are_free() {
    assert!(reserved_words().is_sorted());
    assert!(is_reserved("select") && is_reserved("Null_Value"));
    for name in [
        "user",
        "text",
        "timestamp",
        "date",
        "time",
        "type",
        "count",
        "level",
        "year",
        "position",
        "value",
        "name",
    ] {
        assert!(!is_reserved(name), "{name}");
    }
}
