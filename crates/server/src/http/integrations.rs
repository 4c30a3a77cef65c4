//! Integrations: credentials under a name. Answers never show a secret.

use std::sync::Arc;

use axum::extract::{Path, State};
use bytes::Bytes;
use rockhopper_api::{
    AwsAccessKey, AwsRole, Data, Integration, IntegrationRequest, KinesisIntegration, REDACTED, Secret,
};

use super::body;
use super::organization::USER;
use super::reply::{Reply, data};
use crate::catalog::{self, IntegrationEntry, IntegrationKind, check_name};
use crate::{App, Error, Result, clock};

/// `GET /v1/orgs/self/integrations`
pub async fn list(State(app): State<Arc<App>>) -> Reply<Data<Vec<Integration>>> {
    let state = app.catalog.state();
    data(state.integrations.iter().map(|(name, entry)| show(&state, name, entry)).collect())
}

/// `POST /v1/orgs/self/integrations`
pub async fn create(State(app): State<Arc<App>>, body: Bytes) -> Reply<Data<Integration>> {
    let request: IntegrationRequest = body::parse(&body)?;
    check_name("integration", &request.name)?;
    let (kind, secret) = credentials(&request)?;
    let _changing = app.changes.lock().await;
    let state = app.catalog.state();
    if state.integrations.contains_key(&request.name) {
        return Err(Error::AlreadyExists(format!("Integration \"{}\" already exists", request.name)).into());
    }
    catalog::check_room("integrations", state.integrations.len())?;
    // The secret first: an integration never stands there without it.
    app.catalog.secrets().set(&request.name, secret)?;
    app.catalog.change(|state| {
        let entry =
            IntegrationEntry { description: request.description, created_at: clock::now_text(), kind };
        state.integrations.insert(request.name.clone(), entry);
        Ok(())
    })?;
    data(find(&app.catalog.state(), &request.name)?)
}

/// `GET /v1/orgs/self/integrations/{integration}`
pub async fn read(State(app): State<Arc<App>>, Path(name): Path<String>) -> Reply<Data<Integration>> {
    data(find(&app.catalog.state(), &name)?)
}

/// `PUT /v1/orgs/self/integrations/{integration}`: new credentials; the sources that use them start again.
pub async fn change(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    body: Bytes,
) -> Reply<Data<Integration>> {
    let request: IntegrationRequest = body::parse(&body)?;
    // Not ended halfway when the caller goes away: readers would stay stopped.
    let changing = tokio::spawn(change_now(app, name, request));
    data(changing.await.map_err(|error| Error::Internal(error.to_string()))??)
}

/// `DELETE /v1/orgs/self/integrations/{integration}`: only one that no collection uses.
pub async fn delete(State(app): State<Arc<App>>, Path(name): Path<String>) -> Reply<Data<Integration>> {
    let _changing = app.changes.lock().await;
    let shown = find(&app.catalog.state(), &name)?;
    app.catalog.change(|state| {
        let users = state.users_of(&name);
        if !users.is_empty() {
            return Err(Error::Dependent(format!(
                "integration \"{name}\" is used by {}; delete the collections first",
                users.join(", ")
            )));
        }
        state.integrations.remove(&name);
        Ok(())
    })?;
    app.catalog.secrets().set(&name, None)?;
    data(shown)
}

async fn change_now(app: Arc<App>, name: String, request: IntegrationRequest) -> Result<Integration> {
    let (kind, secret) = credentials(&request)?;
    let _changing = app.changes.lock().await;
    find(&app.catalog.state(), &name)?;
    app.catalog.secrets().set(&name, secret)?;
    app.catalog.change(|state| {
        let entry = state.integrations.get_mut(&name).ok_or_else(|| no_integration(&name))?;
        entry.kind = kind;
        entry.description = request.description.or(entry.description.take());
        Ok(())
    })?;
    let state = app.catalog.state();
    for (_, _, collection) in state.collections() {
        if collection.sources.iter().any(|source| source.integration_name.as_deref() == Some(&name)) {
            app.readers.stop(collection).await;
            app.readers.start(&state, app.catalog.secrets(), collection);
        }
    }
    find(&state, &name)
}

/// What a request's credentials are: what may be shown, and the secret.
fn credentials(request: &IntegrationRequest) -> Result<(IntegrationKind, Option<Secret>)> {
    let Some(kinesis) = &request.kinesis else {
        let kinds: Vec<&str> = request
            .others
            .iter()
            .filter(|(_, value)| value.is_object())
            .map(|(kind, _)| kind.as_str())
            .collect();
        return Err(match kinds.as_slice() {
            [] => Error::Invalid("the integration has no `kinesis` member".to_string()),
            kinds => Error::NotSupported(format!("an integration of the kind {}", kinds.join(", "))),
        });
    };
    match (&kinesis.aws_access_key, &kinesis.aws_role) {
        (Some(_), Some(_)) => Err(Error::Invalid(
            "an integration has either `aws_access_key` or `aws_role`, not both".to_string(),
        )),
        (Some(key), None) => {
            let secret = key.aws_secret_access_key.clone();
            if key.aws_access_key_id.is_empty() || matches!(secret.expose(), "" | REDACTED) {
                return Err(Error::Invalid("`aws_access_key` needs an id and a secret".to_string()));
            }
            let kind = IntegrationKind::AccessKey { aws_access_key_id: key.aws_access_key_id.clone() };
            Ok((kind, Some(secret)))
        }
        (None, Some(role)) => Ok((IntegrationKind::Role { aws_role_arn: role.aws_role_arn.clone() }, None)),
        (None, None) => Ok((IntegrationKind::Environment, None)),
    }
}

fn find(state: &catalog::State, name: &str) -> Result<Integration> {
    let entry = state.integrations.get(name).ok_or_else(|| no_integration(name))?;
    Ok(show(state, name, entry))
}

/// There is no integration of the name.
pub fn no_integration(name: &str) -> Error {
    Error::NotFound {
        key: Some("INTEGRATION_NOT_FOUND"),
        message: format!("Integration \"{name}\" not found"),
    }
}

fn show(state: &catalog::State, name: &str, entry: &IntegrationEntry) -> Integration {
    let kinesis = match &entry.kind {
        IntegrationKind::AccessKey { aws_access_key_id } => KinesisIntegration {
            aws_access_key: Some(AwsAccessKey {
                aws_access_key_id: aws_access_key_id.clone(),
                aws_secret_access_key: Secret::new(REDACTED),
            }),
            aws_role: None,
        },
        IntegrationKind::Role { aws_role_arn } => KinesisIntegration {
            aws_access_key: None,
            aws_role: Some(AwsRole { aws_role_arn: aws_role_arn.clone() }),
        },
        IntegrationKind::Environment => KinesisIntegration::default(),
    };
    Integration {
        name: name.to_string(),
        description: entry.description.clone(),
        created_at: Some(entry.created_at.clone()),
        created_by: USER.to_string(),
        owner_email: Some(USER.to_string()),
        collections: state.users_of(name).iter().map(|user| bare_collection(user)).collect(),
        kinesis: Some(kinesis),
    }
}

/// A collection by its names only: clients read a list of collections here.
fn bare_collection(full_name: &str) -> serde_json::Value {
    let (workspace, name) = catalog::split_full_name(full_name);
    serde_json::json!({ "workspace": workspace, "name": name })
}
