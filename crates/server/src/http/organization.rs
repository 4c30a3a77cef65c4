//! Who one is: the organization, the user and the key. There is one of each.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use rockhopper_api::{ApiKey, Cluster, Data, Organization, User};

use super::reply::{Reply, data};
use crate::App;
use crate::catalog::State as Names;

/// The one user's name, in the form of an address.
pub const USER: &str = "admin@rockhopper.local";
/// How much of a key is shown, in characters.
const SHOWN_KEY_CHARACTERS: usize = 6;

/// `GET /`: the greeting that clients compare.
pub async fn ping() -> Json<serde_json::Value> {
    Json(serde_json::json!({ "message": "GO ROCKSET!" }))
}

/// `GET /healthz`: the server answers.
pub async fn health() -> Json<serde_json::Value> {
    Json(serde_json::json!({ "status": "ok" }))
}

/// `GET /v1/orgs/self`
pub async fn read(State(app): State<Arc<App>>) -> Reply<Data<Organization>> {
    data(organization(&app.catalog.state()))
}

/// `GET /v1/orgs/self/users/self`: bare, as recorded.
pub async fn user(State(app): State<Arc<App>>) -> Json<User> {
    let state = app.catalog.state();
    Json(User {
        created_at: Some(state.created_at.clone()),
        email: USER.to_string(),
        org: Some(state.organization_id.clone()),
        orgs: vec![organization(&state)],
        roles: vec!["admin".to_string()],
        state: "ACTIVE".to_string(),
        invite_state: Some("ACCEPTED".to_string()),
        ..User::default()
    })
}

/// `GET /v1/orgs/self/users/self/apikeys`
pub async fn api_keys(State(app): State<Arc<App>>) -> Reply<Data<Vec<ApiKey>>> {
    data(vec![ApiKey {
        name: "server".to_string(),
        key: app.api_key.expose().chars().take(SHOWN_KEY_CHARACTERS).collect(),
        role: "admin".to_string(),
        state: "ACTIVE".to_string(),
        created_at: Some(app.catalog.state().created_at.clone()),
        created_by: Some(USER.to_string()),
        ..ApiKey::default()
    }])
}

fn organization(state: &Names) -> Organization {
    Organization {
        id: state.organization_id.clone(),
        created_at: Some(state.created_at.clone()),
        display_name: Some("Rockhopper".to_string()),
        external_id: Some(state.organization_id.clone()),
        state: "ACTIVE".to_string(),
        clusters: vec![Cluster {
            id: state.organization_id.clone(),
            cluster_type: "PUBLIC".to_string(),
            ..Cluster::default()
        }],
        ..Organization::default()
    }
}
