//! Endpoints that Rockset had and this server does not: they say so by name.

use std::sync::Arc;

use axum::Router;
use axum::routing::any;

use super::reply::Failure;
use crate::{App, Error};

/// `PUT .../collections/{collection}`
pub async fn change_collection() -> Failure {
    refuse("changing a collection")
}

/// `PATCH .../docs`
pub async fn patch_documents() -> Failure {
    refuse("patching documents")
}

/// `DELETE .../docs`
pub async fn delete_documents() -> Failure {
    refuse("deleting documents")
}

/// `POST .../sources`
pub async fn add_source() -> Failure {
    refuse("adding a source to a collection (name it when you create the collection)")
}

/// `PUT .../sources/{source}`
pub async fn change_source() -> Failure {
    refuse("changing a source")
}

/// `DELETE .../sources/{source}`
pub async fn delete_source() -> Failure {
    refuse("removing a source from a collection")
}

/// The paths of which nothing is answered.
pub fn routes() -> Router<Arc<App>> {
    let mut routes = Router::new();
    for (path, feature) in [
        ("/lambdas", "query lambdas"),
        ("/lambdas/scheduled_lambdas", "scheduled query lambdas"),
        ("/ws/{workspace}/lambdas", "query lambdas"),
        ("/ws/{workspace}/lambdas/{*rest}", "query lambdas"),
        ("/ws/{workspace}/scheduled_lambdas", "scheduled query lambdas"),
        ("/ws/{workspace}/scheduled_lambdas/{*rest}", "scheduled query lambdas"),
        ("/ws/{workspace}/collections/{collection}/uploads", "uploading files"),
        ("/ws/{workspace}/collections/{collection}/sources/{source}/suspend", "suspending sources"),
        ("/ws/{workspace}/collections/{collection}/sources/{source}/resume", "suspending sources"),
        ("/queries/{query}/pages", "reading answers by pages"),
        ("/roles", "roles"),
        ("/roles/{role}", "roles"),
        ("/users", "more than one user"),
        ("/users/self/preferences", "mail preferences"),
        ("/deploymentsettings", "deployment settings"),
        ("/ip/allowlist", "the list of allowed addresses"),
        ("/ip/allowlist/{entry}", "the list of allowed addresses"),
        ("/virtualinstances/{instance}/mounts", "mounts"),
        ("/virtualinstances/{instance}/mounts/{*rest}", "mounts"),
        ("/virtualinstances/{instance}/suspend", "suspending the virtual instance"),
        ("/virtualinstances/{instance}/resume", "suspending the virtual instance"),
    ] {
        routes = routes.route(path, any(move || async move { refuse(feature) }));
    }
    routes
}

fn refuse(feature: &str) -> Failure {
    Error::NotSupported(feature.to_string()).into()
}
