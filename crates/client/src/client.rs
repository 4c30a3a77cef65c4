//! The client: one address, one key, one pool of connections.

use std::sync::Once;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, RequestBuilder, Response, Url};
use rockhopper_api::{ARROW_MEDIA_TYPE, ErrorBody, Secret};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Error, Query, QueryAnswer, Result};

/// How long a request may take where nothing else is said: the server's own limit of a query.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(120);
/// The largest answer that is taken in where nothing else is said.
pub const MAX_ANSWER_BYTES: usize = 256 << 20;
/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How much longer than the server the client waits for a query, so that the server's own error arrives.
const TIMEOUT_MARGIN: Duration = Duration::from_secs(5);
/// How much of a body that is no error of the API is repeated in the message.
const EXCERPT_BYTES: usize = 200;

/// How to reach a server.
#[derive(Clone, Debug)]
pub struct Options {
    /// The server's address: `http://127.0.0.1:9080`.
    pub server: String,
    /// The API key.
    pub api_key: Secret,
    /// How long a request may take, and the limit that the server is told for queries without one of their own.
    pub timeout: Duration,
    /// The largest answer that is taken in, in bytes.
    pub max_answer_bytes: usize,
}

impl Options {
    /// The defaults for one server and key.
    pub fn new(server: impl Into<String>, api_key: impl Into<Secret>) -> Options {
        Options {
            server: server.into(),
            api_key: api_key.into(),
            timeout: DEFAULT_TIMEOUT,
            max_answer_bytes: MAX_ANSWER_BYTES,
        }
    }
}

/// Talks to one server. Cheap to clone: clones share the connections. Dropping the future of a query closes its
/// connection, and the server then ends the query.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    /// The address for messages: without user and password.
    server: String,
    authorization: HeaderValue,
    timeout: Duration,
    max_answer_bytes: usize,
}

impl Client {
    /// Prepares a client; nothing is sent yet.
    ///
    /// # Errors
    /// The address is no `http` or `https` address, or the key cannot stand in a header.
    pub fn new(options: Options) -> Result<Client> {
        install_crypto();
        let base = parse_address(&options.server)?;
        let mut authorization = HeaderValue::from_str(&format!("ApiKey {}", options.api_key.expose().trim()))
            .map_err(|_| Error::Invalid("the API key has characters that no key has".to_string()))?;
        authorization.set_sensitive(true);
        // A redirect is not followed: it could carry the key to another host.
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("rockhopper-client/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Error::Invalid(format!("cannot set up HTTP: {}", root_cause(&error))))?;
        Ok(Client {
            http,
            server: base.as_str().trim_end_matches('/').to_string(),
            base,
            authorization,
            timeout: options.timeout,
            max_answer_bytes: options.max_answer_bytes,
        })
    }

    /// Runs a query and decodes its answer.
    ///
    /// # Errors
    /// See [`Error`]; an error of the statement is [`Error::Server`] with line and column.
    pub async fn query(&self, query: &Query) -> Result<QueryAnswer> {
        let timeout = query.timeout.unwrap_or(self.timeout);
        let request = self
            .request(Method::POST, &["queries"])?
            .header(ACCEPT, ARROW_MEDIA_TYPE)
            .json(&query.request(timeout));
        let wait = timeout.saturating_add(TIMEOUT_MARGIN);
        let response = self.send(request, wait).await?;
        let is_arrow = response
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.starts_with(ARROW_MEDIA_TYPE));
        if !is_arrow {
            return Err(self.protocol(format!("it has no {ARROW_MEDIA_TYPE}")));
        }
        let body = self.read(response, wait).await?;
        QueryAnswer::decode(body).map_err(|error| self.protocol(error.to_string()))
    }

    /// A request to a path below the organization. Each part is one segment and is escaped.
    pub(crate) fn request(&self, method: Method, path: &[&str]) -> Result<RequestBuilder> {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| Error::Invalid(format!("{} cannot have a path", self.server)))?
            .pop_if_empty()
            .extend(["v1", "orgs", "self"])
            .extend(path);
        Ok(self.http.request(method, url).header(AUTHORIZATION, self.authorization.clone()))
    }

    /// Sends a request without body and reads the JSON answer.
    pub(crate) async fn call<A: DeserializeOwned>(&self, method: Method, path: &[&str]) -> Result<A> {
        self.json(self.request(method, path)?).await
    }

    /// Sends a request with a JSON body and reads the JSON answer.
    pub(crate) async fn call_with<B: Serialize, A: DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        body: &B,
    ) -> Result<A> {
        self.json(self.request(method, path)?.json(body)).await
    }

    async fn json<A: DeserializeOwned>(&self, request: RequestBuilder) -> Result<A> {
        let response = self.send(request, self.timeout).await?;
        let body = self.read(response, self.timeout).await?;
        serde_json::from_slice(&body).map_err(|error| self.protocol(error.to_string()))
    }

    /// Sends a request and hands back the answer if it is a success; its body is not read yet.
    async fn send(&self, request: RequestBuilder, wait: Duration) -> Result<Response> {
        let response = request.timeout(wait).send().await.map_err(|error| self.failed(error, wait))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body = self.read(response, wait).await?;
        let body = serde_json::from_slice::<ErrorBody>(&body)
            .ok()
            .filter(|body| body.message.is_some() || body.kind.is_some())
            .unwrap_or_else(|| not_ours(status.as_u16(), &body));
        Err(Error::Server { status: status.as_u16(), body: Box::new(body) })
    }

    async fn read(&self, mut response: Response, wait: Duration) -> Result<Bytes> {
        let too_large = || Error::AnswerTooLarge { limit: self.max_answer_bytes };
        let announced = response.content_length().unwrap_or(0);
        if announced > self.max_answer_bytes as u64 {
            return Err(too_large());
        }
        let mut body = BytesMut::with_capacity(announced as usize);
        while let Some(chunk) = response.chunk().await.map_err(|error| self.failed(error, wait))? {
            if body.len() + chunk.len() > self.max_answer_bytes {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }

    fn failed(&self, error: reqwest::Error, limit: Duration) -> Error {
        let server = self.server.clone();
        let error = error.without_url();
        if error.is_connect() {
            Error::Connect { server, reason: root_cause(&error) }
        } else if error.is_timeout() {
            Error::Timeout { server, limit }
        } else if error.is_builder() {
            Error::Invalid(format!("the request cannot be sent: {}", root_cause(&error)))
        } else {
            Error::Connection { server, reason: root_cause(&error) }
        }
    }

    fn protocol(&self, reason: String) -> Error {
        Error::Protocol { server: self.server.clone(), reason }
    }
}

/// Makes ring the process's TLS library. Whoever installed one earlier keeps it.
fn install_crypto() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error says that a provider is there already, which is all that is needed.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

fn parse_address(address: &str) -> Result<Url> {
    let invalid = |reason: &str| {
        Error::Invalid(format!("the server's address {reason}; write it like http://127.0.0.1:9080"))
    };
    let url = Url::parse(address.trim()).map_err(|error| invalid(&format!("cannot be read ({error})")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(invalid("does not begin with http:// or https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("holds a user or password, which do not belong there"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(invalid("holds a `?` or `#` part"));
    }
    Ok(url)
}

/// A body that is no error of the API, such as a proxy's page.
fn not_ours(status: u16, body: &[u8]) -> ErrorBody {
    let excerpt = String::from_utf8_lossy(&body[..body.len().min(EXCERPT_BYTES)]).trim().to_string();
    let message = if excerpt.is_empty() {
        format!("the server answered HTTP status {status}")
    } else {
        format!("the server answered HTTP status {status}: {excerpt}")
    };
    ErrorBody { message: Some(message), ..ErrorBody::default() }
}

/// What an error comes down to: the text of its first cause, which the system or TLS gave.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn the_key_is_in_no_debug_output() {
        let options = Options::new("http://127.0.0.1:1", "very-secret");
        let client = Client::new(options.clone()).unwrap();
        assert!(!format!("{options:?} {client:?}").contains("very-secret"));
    }

    #[test]
    fn a_wrong_address_is_refused_with_an_example() {
        for address in ["127.0.0.1:9080", "ftp://host", "http://user:pw@host", "http://host/?a=1", ""] {
            let error = Client::new(Options::new(address, "key")).unwrap_err().to_string();
            assert!(error.contains("http://127.0.0.1:9080"), "{address}: {error}");
            assert!(!error.contains("pw"), "{error}");
        }
    }

    #[test]
    fn names_are_one_segment_each_and_a_path_of_the_address_is_kept() {
        let client = Client::new(Options::new("http://host/rockset/", "key")).unwrap();
        let request = client.request(Method::GET, &["ws", "a/b ?", "collections"]).unwrap().build().unwrap();
        assert_eq!(request.url().as_str(), "http://host/rockset/v1/orgs/self/ws/a%2Fb%20%3F/collections");
    }

    #[tokio::test]
    async fn a_refused_connection_names_the_server_and_a_remedy() {
        let client = Client::new(Options::new("http://127.0.0.1:1", "key")).unwrap();
        let error = client.query(&Query::new("SELECT 1")).await.unwrap_err();
        assert!(matches!(error, Error::Connect { .. }), "{error:?}");
        assert!(error.to_string().contains("http://127.0.0.1:1"), "{error}");
    }

    #[tokio::test]
    async fn an_error_body_keeps_type_and_place() {
        let body = r#"{"message":"no","type":"QUERY_ERROR","line":2,"column":3,"error_id":"syntax_error"}"#;
        let client = answering(&format!("HTTP/1.1 400 Bad\r\ncontent-length: {}\r\n\r\n{body}", body.len()));
        let error = client.query(&Query::new("SELECT")).await.unwrap_err();
        assert_eq!(error.kind(), Some(rockhopper_api::ErrorType::Query));
        let body = error.body().unwrap();
        assert_eq!((body.line, body.column), (Some(2), Some(3)));
        assert_eq!(body.error_id.as_deref(), Some("syntax_error"));
    }

    #[tokio::test]
    async fn a_proxys_error_page_is_quoted() {
        let client = answering("HTTP/1.1 502 Bad\r\ncontent-length: 9\r\n\r\nno server");
        let error = client.query(&Query::new("SELECT 1")).await.unwrap_err().to_string();
        assert_eq!(error, "the server answered HTTP status 502: no server");
    }

    #[tokio::test]
    async fn an_answer_one_byte_over_the_limit_is_refused() {
        let mut client = answering("HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n{\"data\":  1}");
        client.max_answer_bytes = 11;
        let error = client.call::<serde_json::Value>(Method::GET, &[]).await.unwrap_err();
        assert!(matches!(error, Error::AnswerTooLarge { limit: 11 }), "{error:?}");
    }

    #[tokio::test]
    async fn a_server_that_is_silent_gives_a_timeout() {
        let mut client = answering("");
        client.timeout = Duration::from_millis(50);
        let error = client.call::<serde_json::Value>(Method::GET, &[]).await.unwrap_err();
        assert!(matches!(error, Error::Timeout { .. }), "{error:?}");
    }

    /// A client of a server that answers one request with `answer`, or keeps silent if that is empty.
    fn answering(answer: &str) -> Client {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client =
            Client::new(Options::new(format!("http://{}", listener.local_addr().unwrap()), "key")).unwrap();
        let answer = answer.to_string();
        std::thread::spawn(move || {
            let (mut stream, _): (TcpStream, _) = listener.accept().unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).unwrap();
            if answer.is_empty() {
                std::thread::sleep(Duration::from_secs(2));
            }
            stream.write_all(answer.as_bytes()).unwrap();
        });
        client
    }
}
