//! What stands before every endpoint: CORS, the limit of requests, the key.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::reply::Failure;
use crate::app::MAX_CONCURRENT_REQUESTS;
use crate::{App, Error, key};

/// Paths that need no key.
const OPEN_PATHS: [&str; 2] = ["/", HEALTH_PATH];
/// Says whether the server answers.
const HEALTH_PATH: &str = "/healthz";
/// Paths that take the key as the user name of HTTP Basic too.
const BASIC_PATHS: [&str; 2] = ["/metrics", "/v1/orgs/self/metrics"];

/// Adds the recorded CORS headers to every answer, and answers preflight requests itself: they carry no key.
pub async fn add_cors(request: Request, next: Next) -> Response {
    let preflight = request.method() == Method::OPTIONS;
    let mut response = if preflight { StatusCode::OK.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PUT, DELETE, OPTIONS, HEAD, PATCH"),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "origin, content-type, accept, authorization, organization, user-agent, x-rockset-version, baggage, sentry-trace",
        ),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true"),
        (header::ACCESS_CONTROL_MAX_AGE, "1209600"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Refuses a request when [`MAX_CONCURRENT_REQUESTS`] are worked on.
pub async fn limit_requests(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    // A busy server is a healthy one.
    if request.uri().path() == HEALTH_PATH {
        return next.run(request).await;
    }
    let Ok(_permit) = app.requests.clone().try_acquire_owned() else {
        let message =
            format!("{MAX_CONCURRENT_REQUESTS} requests are worked on, the most there may be; try again");
        return Failure::from(Error::Busy(message)).into_response();
    };
    next.run(request).await
}

/// Refuses a request without the key.
pub async fn check_key(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if OPEN_PATHS.contains(&path) {
        return next.run(request).await;
    }
    let basic = BASIC_PATHS.contains(&path);
    match authorization(request.headers()) {
        Some(given) if key::matches(given, &app.api_key, basic) => next.run(request).await,
        Some(_) => refuse("the API key is wrong; send the server's key as \"Authorization: ApiKey KEY\""),
        None => refuse("the API key is missing; send the server's key as \"Authorization: ApiKey KEY\""),
    }
}

fn authorization(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()
}

fn refuse(message: &'static str) -> Response {
    Failure::from(Error::Unauthorized(message)).into_response()
}
