//! Statements that were resolved lately: a panel's refresh is the same text with other values of its parameters.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use rockhopper_sql::resolved::Query;
use rockhopper_sql::resolver::Options;

use crate::catalog::State;

/// How many statements are remembered. With one more, all are forgotten.
pub const MAX_STATEMENTS: usize = 1000;
/// Longer texts are not remembered, in bytes.
const MAX_TEXT_BYTES: usize = 64 << 10;

/// Statements that were resolved lately, with what the catalog was then.
#[derive(Debug, Default)]
pub struct Statements {
    /// Held only for moments.
    known: Mutex<HashMap<Key, Known>>,
}

/// What a resolved query depends on besides the catalog.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    text: String,
    default_workspace: String,
    parameters: Vec<String>,
}

#[derive(Debug)]
struct Known {
    state: Weak<State>,
    query: Arc<Query>,
}

impl Statements {
    /// The resolved query of a text, if it is known and no name has changed since. The values of its parameters are those
    /// of another request.
    pub fn find(&self, text: &str, options: &Options, state: &Arc<State>) -> Option<Arc<Query>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.get(&Key::new(text, options))?;
        // A weak pointer keeps its place from being given to another state.
        (found.state.as_ptr() == Arc::as_ptr(state)).then(|| Arc::clone(&found.query))
    }

    /// Remembers the resolved query of a text, unless it was made for the values of its parameters.
    pub fn remember(&self, text: &str, options: &Options, state: &Arc<State>, query: &Arc<Query>) {
        if query.depends_on_values || text.len() > MAX_TEXT_BYTES {
            return;
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_STATEMENTS {
            known.clear();
        }
        let found = Known { state: Arc::downgrade(state), query: Arc::clone(query) };
        known.insert(Key::new(text, options), found);
    }
}

impl Key {
    fn new(text: &str, options: &Options) -> Key {
        let mut parameters: Vec<String> =
            options.parameters.iter().map(|parameter| parameter.name.clone()).collect();
        parameters.sort_unstable();
        Key { text: text.to_owned(), default_workspace: options.default_workspace.clone(), parameters }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use rockhopper_sql::resolved::Parameter;
    use rockhopper_sql::resolver::resolve;
    use rockhopper_sql::tree::StatementKind;
    use rockhopper_sql::{Value, parser};

    use super::*;

    fn options(value: Value) -> Options {
        let parameter = Parameter { name: "n".to_string(), value };
        Options { parameters: vec![parameter], ..Options::default() }
    }

    fn resolved(text: &str, options: &Options, state: &State) -> Arc<Query> {
        let StatementKind::Query(query) = parser::parse(text).unwrap().kind else { panic!("no query") };
        Arc::new(resolve(text, &query, state, options).unwrap())
    }

    #[test]
    fn a_statement_serves_other_values_until_a_name_changes() {
        let (statements, state) = (Statements::default(), Arc::new(State::new(1)));
        let query = resolved("SELECT :n + 1", &options(Value::Int(1)), &state);
        statements.remember("SELECT :n + 1", &options(Value::Int(1)), &state, &query);
        assert!(statements.find("SELECT :n + 1", &options(Value::Int(2)), &state).is_some());
        assert!(statements.find("SELECT :n + 1", &Options::default(), &state).is_none(), "no value for n");
        assert!(statements.find("SELECT :n + 2", &options(Value::Int(2)), &state).is_none());
        let changed = Arc::new(State::clone(&state));
        assert!(statements.find("SELECT :n + 1", &options(Value::Int(2)), &changed).is_none());
    }

    #[test]
    fn a_statement_made_for_its_values_is_not_remembered() {
        let (statements, state) = (Statements::default(), Arc::new(State::new(1)));
        for (text, value) in
            [("SELECT 1 IN (:n)", Value::Array(vec![Value::Int(1)])), ("SELECT 1 LIMIT :n", Value::Int(1))]
        {
            let query = resolved(text, &options(value.clone()), &state);
            statements.remember(text, &options(value.clone()), &state, &query);
            assert!(statements.find(text, &options(value), &state).is_none(), "{text}");
        }
    }

    #[test]
    fn one_statement_too_many_forgets_all() {
        let (statements, state) = (Statements::default(), Arc::new(State::new(1)));
        let query = resolved("SELECT 1", &Options::default(), &state);
        for number in 0..=MAX_STATEMENTS {
            statements.remember(&format!("SELECT {number}"), &Options::default(), &state, &query);
        }
        assert!(statements.find("SELECT 0", &Options::default(), &state).is_none());
        assert!(statements.find(&format!("SELECT {MAX_STATEMENTS}"), &Options::default(), &state).is_some());
    }
}
