//! Answers: `{"data": ..}` and errors in Rockset's shape.

use axum::Json;
use axum::extract::OriginalUri;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rockhopper_api::Data;
use serde::Serialize;
use uuid::Uuid;

use crate::Error;

/// How long a caller that was refused for too many requests should wait, in seconds.
const RETRY_AFTER_S: HeaderValue = HeaderValue::from_static("1");
/// How much of a path is repeated in a message, in bytes.
const MAX_SHOWN_PATH_BYTES: usize = 200;

/// What handlers give back: an answer or an error that becomes one.
pub type Reply<T> = std::result::Result<Json<T>, Failure>;

/// Wraps an answer as `{"data": ..}`.
pub fn data<T: Serialize>(value: T) -> Reply<Data<T>> {
    Ok(Json(Data::new(value)))
}

/// An error on its way to the caller.
#[derive(Debug)]
pub struct Failure {
    error: Error,
    query_id: Option<String>,
}

impl Failure {
    /// An error of a query that was started.
    pub fn of_query(error: Error, query_id: &str) -> Failure {
        Failure { error, query_id: Some(query_id.to_string()) }
    }
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure { error: error.into(), query_id: None }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let trace_id = Uuid::new_v4().simple().to_string();
        let (status, kind) = self.error.status();
        let query_id = self.query_id.as_deref().unwrap_or_default();
        if status >= 500 && status != 501 {
            tracing::error!(trace_id, query_id, kind = kind.name(), error = %self.error, "a request failed");
        } else {
            tracing::debug!(trace_id, query_id, kind = kind.name(), error = %self.error, "a request was refused");
        }
        let body = Json(self.error.body(trace_id, self.query_id));
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, body).into_response();
        if status == StatusCode::TOO_MANY_REQUESTS {
            response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER_S);
        }
        response
    }
}

/// Answers a path that no endpoint has.
pub async fn unknown_endpoint(method: Method, OriginalUri(uri): OriginalUri) -> Failure {
    Error::NotFound {
        key: None,
        message: format!("there is no endpoint {method} {}; docs/api.md lists them", shown(uri.path())),
    }
    .into()
}

/// Answers a method that an endpoint does not have.
pub async fn unknown_method(method: Method, OriginalUri(uri): OriginalUri) -> Failure {
    Error::MethodNotAllowed(format!(
        "{} cannot be asked with {method}; docs/api.md lists the methods",
        shown(uri.path())
    ))
    .into()
}

fn shown(path: &str) -> &str {
    &path[..path.floor_char_boundary(MAX_SHOWN_PATH_BYTES)]
}
