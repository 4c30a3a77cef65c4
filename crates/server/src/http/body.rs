//! Bodies: taken in as a whole, within a limit and a time, before any handler sees the request.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::Uri;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use serde::Deserialize;

use super::reply::Failure;
use crate::{Error, Result};

/// The largest body that adds documents, as Rockset had it.
pub const MAX_DOCUMENTS_BODY_BYTES: usize = 10 << 20;
/// The largest other body: a statement of one MiB with its escapes and parameters.
pub const MAX_BODY_BYTES: usize = 4 << 20;
/// How long a body may take to arrive.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(60);
/// How much of a body that is too large is read and dropped, so that the caller hears why instead of a reset.
const MAX_DRAINED_BYTES: usize = 32 << 20;

/// Takes in a request's body.
pub async fn take(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let limit = limit_of(&parts.uri);
    let taken = match tokio::time::timeout(BODY_TIMEOUT, read(body, limit)).await {
        Ok(taken) => taken,
        Err(_) => {
            let limit_s = BODY_TIMEOUT.as_secs();
            Err(Error::SlowRequest(format!(
                "the body did not arrive within {limit_s} s; send it faster or smaller"
            )))
        }
    };
    match taken {
        Ok(body) => next.run(Request::from_parts(parts, Body::from(body))).await,
        Err(error) => Failure::from(error).into_response(),
    }
}

/// Reads a body as JSON, whatever its content type says.
///
/// # Errors
/// [`Error::Invalid`] with what is wrong and where.
pub fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T> {
    let refused = |why: String| Error::Invalid(format!("the body is not what this endpoint takes: {why}"));
    // Checked as a whole, which is many times faster than string by string.
    let text = simdutf8::compat::from_utf8(body).map_err(|error| refused(error.to_string()))?;
    serde_json::from_str(text).map_err(|error| refused(error.to_string()))
}

fn limit_of(uri: &Uri) -> usize {
    if uri.path().ends_with("/docs") { MAX_DOCUMENTS_BODY_BYTES } else { MAX_BODY_BYTES }
}

async fn read(mut body: Body, limit: usize) -> Result<Bytes> {
    // What the request says of its length saves copying while it grows.
    let expected = usize::try_from(body.size_hint().lower()).map_or(limit, |expected| expected.min(limit));
    let mut taken = BytesMut::with_capacity(expected);
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Error::Invalid(format!("the body broke off: {error}")))?;
        let Ok(chunk) = frame.into_data() else {
            continue;
        };
        length += chunk.len();
        if length <= limit {
            taken.extend_from_slice(&chunk);
        } else if length > MAX_DRAINED_BYTES {
            break;
        }
    }
    if length > limit {
        return Err(Error::TooLarge(format!(
            "the body has more than {} MiB; send smaller ones",
            limit >> 20
        )));
    }
    Ok(taken.freeze())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn a_body_one_byte_over_the_limit_is_refused() {
        assert_eq!(read(Body::from("12345"), 5).await.unwrap(), "12345");
        let error = read(Body::from("123456"), 5).await.unwrap_err();
        assert!(matches!(error, Error::TooLarge(_)));
    }
}
