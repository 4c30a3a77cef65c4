//! Who a request is from.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;

/// How much of a `User-Agent` tells clients apart, in bytes.
const MAX_AGENT_BYTES: usize = 200;

/// Who a request is from: its address and its `User-Agent`. All requests carry the same key, so this is what tells a
/// dashboard from a script on the same machine. It decides whose turn it is, and nothing else.
pub struct Client(pub Arc<str>);

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Client, Infallible> {
        let address = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let address = address.map_or_else(String::new, |ConnectInfo(address)| address.ip().to_string());
        let agent = parts.headers.get(USER_AGENT).map_or(&[] as &[u8], |agent| agent.as_bytes());
        let agent = String::from_utf8_lossy(&agent[..agent.len().min(MAX_AGENT_BYTES)]);
        Ok(Client(format!("{address} {agent}").into()))
    }
}
