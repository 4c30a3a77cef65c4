//! Queries: from the body of a request to a complete answer.

mod describe;
mod explain;
mod registry;
mod request;
mod statements;

use std::sync::Arc;
use std::time::Instant;

pub use registry::{Registry, new_query_id};
use request::Limits;
use rockhopper_api::{QueryRequest, ValidateResponse};
use rockhopper_engine::{Answer, CollectionId, Statement};
use rockhopper_sql::resolved::Query;
use rockhopper_sql::resolver::{Catalog, Lookup, Options, resolve};
use rockhopper_sql::tree::{self, HintValue, StatementKind};
use rockhopper_sql::{Value, parser, resolved};
pub use statements::Statements;

use crate::catalog::State;
use crate::{App, Error, Result, clock};

/// A complete answer and what it was made of.
pub struct Outcome {
    /// The rows.
    pub answer: Answer,
    /// Full names of the collections that were read.
    pub collections: Vec<String>,
    /// Full names of the aliases that the statement went through.
    pub aliases: Vec<String>,
}

/// Runs the statement of a request. Dropping the future ends it; so does a request that cancels `query_id`. Where
/// queries have to wait, clients are served in turn.
///
/// # Errors
/// See [`Error`]; errors of the statement have a place.
pub async fn run(app: &App, request: &QueryRequest, query_id: &str, client: &Arc<str>) -> Result<Outcome> {
    let started = Instant::now();
    let running = app.queries.begin(query_id, &request.sql.query);
    let result = tokio::select! {
        result = run_statement(app, request, client) => result,
        () = running.cancelled() => Err(Error::Cancelled),
    };
    let error = result.as_ref().err().map(Error::status);
    app.metrics.count_query(started.elapsed(), error.map(|(_, kind)| kind));
    running.end(&result);
    result
}

async fn run_statement(app: &App, request: &QueryRequest, client: &Arc<str>) -> Result<Outcome> {
    let limits = Limits::of(request, client)?;
    let text = request.sql.query.as_str();
    let state = app.catalog.state();
    let mut options =
        Options { parameters: request::parameters(&request.sql.parameters)?, ..Options::default() };
    if let Some(query) = app.statements.find(text, &options, &state) {
        return answered(app, &state, text, query, &options, &limits).await;
    }
    let statement = parser::parse(text)?;
    let asked = options.clone();
    choose_workspace(&mut options, &statement);
    match &statement.kind {
        StatementKind::Query(query) => {
            let query = Arc::new(resolve(text, query, &*state, &options)?);
            app.statements.remember(text, &asked, &state, &query);
            answered(app, &state, text, query, &options, &limits).await
        }
        StatementKind::Describe(describe) => describe::run(app, &state, text, describe, &options).await,
        StatementKind::Explain(explain) => {
            let query = Arc::new(resolve(text, &explain.query, &*state, &options)?);
            let analyzed = match explain.analyze {
                true => Some(answered(app, &state, text, query.clone(), &options, &limits).await?.answer),
                false => None,
            };
            let (collections, aliases) = names(&query);
            Ok(Outcome { answer: explain::answer(&query, analyzed.as_ref())?, collections, aliases })
        }
        StatementKind::Insert(_) => Err(rockhopper_sql::Error::NotSupported {
            feature: "INSERT INTO".to_string(),
            at: statement.span.location(text),
        }
        .into()),
    }
}

/// Checks a statement without running it.
///
/// # Errors
/// See [`run`].
pub fn validate(app: &App, request: &QueryRequest) -> Result<ValidateResponse> {
    let state = app.catalog.state();
    let text = request.sql.query.as_str();
    let statement = parser::parse(text)?;
    let mut options =
        Options { parameters: request::parameters(&request.sql.parameters)?, ..Options::default() };
    choose_workspace(&mut options, &statement);
    let query = match &statement.kind {
        StatementKind::Query(query) => query,
        StatementKind::Explain(explain) => &explain.query,
        StatementKind::Insert(_) | StatementKind::Describe(_) => return Ok(ValidateResponse::default()),
    };
    let resolved = resolve(text, query, &*state, &options)?;
    let (collections, aliases) = names(&resolved);
    let parameters = resolved.parameters.iter().map(|parameter| parameter.name.clone()).collect();
    Ok(ValidateResponse { aliases, collections, parameters, ..ValidateResponse::default() })
}

/// Full names of the collections that a view's text reads.
///
/// # Errors
/// The text is no query, or reads what does not exist.
pub fn view_entities(state: &State, workspace: &str, text: &str) -> Result<Vec<String>> {
    let statement = parser::parse(text)?;
    let StatementKind::Query(query) = &statement.kind else {
        return Err(Error::Invalid("a view must be a query: SELECT ..".to_string()));
    };
    let options = Options { default_workspace: workspace.to_string(), ..Options::default() };
    Ok(names(&resolve(text, query, state, &options)?).0)
}

async fn answered(
    app: &App,
    state: &State,
    text: &str,
    query: Arc<Query>,
    options: &Options,
    limits: &Limits,
) -> Result<Outcome> {
    let (collections, aliases) = names(&query);
    let value_of = |name: &str| options.parameters.iter().find(|given| given.name == name);
    let parameters: Option<Vec<Value>> =
        query.parameters.iter().map(|used| Some(value_of(&used.name)?.value.clone())).collect();
    let parameters =
        parameters.ok_or_else(|| Error::Internal("a parameter of a resolved query has no value".into()))?;
    let ids: Result<Vec<CollectionId>> = query
        .collections
        .iter()
        .map(|name| Ok(state.collection(&name.workspace, &name.name)?.engine_id()))
        .collect();
    let statement = Statement {
        collections: ids?,
        query,
        parameters,
        text: text.into(),
        now_us: clock::now_us(),
        default_row_limit: limits.default_row_limit,
        timeout: limits.timeout,
        client: limits.client.clone(),
    };
    let answer = app.engine.execute(statement).await?;
    Ok(Outcome { answer, collections, aliases })
}

/// Takes the default workspace from the statement's own options.
fn choose_workspace(options: &mut Options, statement: &tree::Statement) {
    for option in &statement.options {
        if option.name.text.eq_ignore_ascii_case("default_workspace")
            && let Some(HintValue::String(workspace) | HintValue::Name(workspace)) = &option.value
        {
            options.default_workspace.clone_from(workspace);
        }
    }
}

/// Full names of the collections and aliases of a query.
fn names(query: &Query) -> (Vec<String>, Vec<String>) {
    let collections = query.collections.iter().map(full_name).collect();
    (collections, query.aliases.clone())
}

fn full_name(name: &resolved::CollectionName) -> String {
    format!("{}.{}", name.workspace, name.name)
}

/// Follows aliases to a collection: its workspace and name.
fn follow(state: &State, workspace: &str, name: &str) -> Option<(String, String)> {
    let (mut workspace, mut name) = (workspace.to_string(), name.to_string());
    for _ in 0..rockhopper_sql::resolver::MAX_VIEW_DEPTH {
        match state.lookup(&workspace, &name) {
            Lookup::Collection => return Some((workspace, name)),
            Lookup::Alias { target } => (workspace, name) = (target.workspace, target.name),
            Lookup::View { .. } | Lookup::UnknownCollection | Lookup::UnknownWorkspace => return None,
        }
    }
    None
}
