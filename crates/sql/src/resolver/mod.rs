//! From the syntax tree to the resolved query: every name becomes a column, every alias and star is replaced, every
//! UNNEST subquery becomes an array operation. No I/O: what exists, the caller's [`Catalog`] says.
//!
//! Read in this order: `scope` (what a name means), `query` and `select` (clauses), `relation` (FROM),
//! `expr` and `call` (expressions), `subquery`, `aggregate`.

mod aggregate;
mod call;
mod civil;
pub mod explain;
mod expr;
mod interval;
pub mod parameters;
mod query;
mod relation;
mod scope;
mod select;
mod star;
mod subquery;
mod table;
#[cfg(test)]
mod tests;
mod view;
mod walk;

use std::rc::Rc;

use crate::resolved::{CollectionName, ColumnId, Expr, ExprKind, Parameter, Query};
use crate::{Error, Location, Result, Span, tree};

/// The workspace of a name that is written without one, unless the caller or the statement says otherwise.
pub const DEFAULT_WORKSPACE: &str = "commons";
/// The most nodes of a resolved query: each reference to a named query or view is a copy of its plan, so a small
/// statement can make a plan of any size.
pub const MAX_NODES: usize = 100_000;
/// The most queries, relations and expressions inside one another, named queries and views counted where they are
/// referred to. With [`MAX_QUERY_DEPTH`] it keeps the recursion over trees and plans within a thread's stack.
pub const MAX_DEPTH: usize = 160;
/// The most queries inside one another, counted likewise.
pub const MAX_QUERY_DEPTH: usize = 32;
/// The most views and aliases that lead to one another.
pub const MAX_VIEW_DEPTH: usize = 16;
/// The most grouping sets of one GROUP BY; `CUBE` of n columns makes 2^n of them.
pub const MAX_GROUPING_SETS: usize = 256;

/// What exists by name.
pub trait Catalog {
    /// What the name stands for in the workspace.
    fn lookup(&self, workspace: &str, name: &str) -> Lookup;
}

/// What a name in FROM stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// A collection.
    Collection,
    /// Another name for a collection or view.
    Alias {
        /// What it leads to.
        target: CollectionName,
    },
    /// A saved query.
    View {
        /// Its text.
        sql: String,
    },
    /// There is no such name in the workspace.
    UnknownCollection,
    /// There is no such workspace.
    UnknownWorkspace,
}

/// What a statement is resolved with.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The workspace of names without one.
    pub default_workspace: String,
    /// The parameters that the caller gives; those that the statement does not use are ignored.
    pub parameters: Vec<Parameter>,
}

impl Default for Options {
    fn default() -> Options {
        Options { default_workspace: DEFAULT_WORKSPACE.to_owned(), parameters: Vec::new() }
    }
}

/// Resolves a query of `text`. Fails at the place of the first name, call or clause that has no meaning or that is not
/// supported.
pub fn resolve(text: &str, query: &tree::Query, catalog: &dyn Catalog, options: &Options) -> Result<Query> {
    let mut resolver = Resolver {
        text: Rc::from(text),
        catalog,
        options,
        collections: Vec::new(),
        aliases: Vec::new(),
        parameters: Vec::new(),
        depends_on_values: false,
        reads_clock: false,
        column_count: 0,
        node_count: 0,
        depth: 0,
        query_depth: 0,
        view_depth: 0,
        levels: Vec::new(),
        common_tables: Vec::new(),
    };
    let rows = resolver.query(query)?;
    Ok(Query {
        plan: rows.plan,
        outputs: rows.outputs,
        collections: resolver.collections,
        aliases: resolver.aliases,
        parameters: resolver.parameters,
        depends_on_values: resolver.depends_on_values,
        reads_clock: resolver.reads_clock,
        column_count: resolver.column_count,
        has_limit: query::has_limit(query),
    })
}

/// The state of one resolution.
struct Resolver<'a> {
    /// The text that spans point into: the statement's, or a view's while that is resolved.
    text: Rc<str>,
    catalog: &'a dyn Catalog,
    options: &'a Options,
    collections: Vec<CollectionName>,
    aliases: Vec<String>,
    parameters: Vec<Parameter>,
    depends_on_values: bool,
    reads_clock: bool,
    column_count: u32,
    node_count: usize,
    depth: usize,
    query_depth: usize,
    view_depth: usize,
    /// The queries around the current place, outermost first.
    levels: Vec<scope::Level>,
    /// The named queries (WITH) that can be seen, the last found first.
    common_tables: Vec<CommonTable>,
}

/// A named query. Each reference resolves its tree anew.
struct CommonTable {
    name: String,
    /// None while it is resolved itself: a reference then is a recursion.
    table: Option<Rc<tree::CommonTable>>,
    recursive: bool,
}

impl Resolver<'_> {
    /// A column that nothing else binds.
    fn column(&mut self) -> ColumnId {
        self.column_count += 1;
        ColumnId(self.column_count - 1)
    }

    fn at(&self, span: Span) -> Location {
        span.location(&self.text)
    }

    fn invalid(&self, error_id: &'static str, message: impl Into<String>, span: Span) -> Error {
        Error::Invalid { error_id, message: message.into(), at: self.at(span) }
    }

    fn not_supported(&self, feature: impl Into<String>, span: Span) -> Error {
        Error::NotSupported { feature: feature.into(), at: self.at(span) }
    }

    /// The text at a span, on one line, for messages.
    fn snippet(&self, span: Span) -> String {
        let words: Vec<&str> = self
            .text
            .get(span.start as usize..span.end as usize)
            .unwrap_or_default()
            .split_whitespace()
            .collect();
        words.join(" ")
    }

    /// Counts a node of the result.
    fn count(&mut self, span: Span) -> Result<()> {
        self.node_count += 1;
        if self.node_count > MAX_NODES {
            return Err(Error::TooLarge { what: "nodes in its plan", limit: MAX_NODES, at: self.at(span) });
        }
        Ok(())
    }

    /// Runs `inner` one level deeper; every recursion of the resolver goes through here.
    fn nested<T>(&mut self, span: Span, inner: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.count(span)?;
        if self.depth == MAX_DEPTH {
            return Err(Error::TooLarge { what: "levels of nesting", limit: MAX_DEPTH, at: self.at(span) });
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }
}

fn expr(kind: ExprKind, span: Span) -> Expr {
    Expr { kind, span }
}
