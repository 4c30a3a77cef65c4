//! What names may look like.

use crate::{Error, Result};

/// The longest name, in bytes.
pub const MAX_NAME_BYTES: usize = 100;

/// Checks the name of a collection, alias, view or integration.
///
/// # Errors
/// [`Error::Invalid`] with the rule.
pub fn check_name(kind: &str, name: &str) -> Result<()> {
    check(kind, name, "letters, digits, `-` and `_`", |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
    })
}

/// Checks the name of a workspace: dots nest.
///
/// # Errors
/// [`Error::Invalid`] with the rule.
pub fn check_workspace_name(name: &str) -> Result<()> {
    check("workspace", name, "letters, digits, `-`, `_` and single dots", |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
    })?;
    if name.ends_with('.') || name.contains("..") {
        return Err(Error::Invalid(format!(
            "the workspace name \"{name}\" has an empty part; dots separate names"
        )));
    }
    Ok(())
}

/// Splits `workspace.name` at its last dot; without one the workspace is `commons`.
pub fn split_full_name(full_name: &str) -> (&str, &str) {
    full_name.rsplit_once('.').unwrap_or((rockhopper_api::DEFAULT_WORKSPACE, full_name))
}

fn check(kind: &str, name: &str, allowed: &str, is_allowed: impl Fn(u8) -> bool) -> Result<()> {
    let first_is_right = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    if first_is_right && name.len() <= MAX_NAME_BYTES && name.bytes().all(is_allowed) {
        return Ok(());
    }
    let shown: String = name.chars().take(MAX_NAME_BYTES).collect();
    Err(Error::Invalid(format!(
        "\"{shown}\" cannot be the name of a {kind}: it must have 1 to {MAX_NAME_BYTES} characters, {allowed}, and begin with a letter or digit"
    )))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_follow_the_rule_of_the_clients() {
        for name in ["a", "twitter-kinesis-demo", "9_x", &"a".repeat(MAX_NAME_BYTES)] {
            check_name("collection", name).unwrap();
        }
        for name in ["", "-a", "_a", "a b", "a.b", "ä", "../x", &"a".repeat(MAX_NAME_BYTES + 1)] {
            assert!(check_name("collection", name).is_err(), "{name}");
        }
        check_workspace_name("a.b-c.d").unwrap();
        for name in ["a..b", ".a", "a.", "a/b"] {
            assert!(check_workspace_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_full_name_without_workspace_is_in_commons() {
        assert_eq!(split_full_name("tweets"), ("commons", "tweets"));
        assert_eq!(split_full_name("a.b.tweets"), ("a.b", "tweets"));
    }
}
