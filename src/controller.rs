//! `plugin.GRPCController`: how go-plugin asks a back end to stop.
//!
//! Without it each stop takes two seconds and ends in a kill. The service has one method with empty messages, so it is
//! written out here instead of generated.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::watch;
use tonic::body::{BoxBody, empty_body};
use tonic::codegen::http;
use tonic::server::NamedService;

/// A switch for [`ControllerServer`] and a future that is ready once it is thrown, by it or by a signal.
pub fn stop_signal() -> (watch::Sender<bool>, impl Future<Output = ()>) {
    let (sender, mut receiver) = watch::channel(false);
    let stopped = async move {
        let asked = receiver.wait_for(|stop| *stop);
        tokio::select! {
            _ = asked => {}
            () = terminated() => {}
        }
    };
    (sender, stopped)
}

/// Ready when the process is told to stop by SIGTERM or Ctrl-C.
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        }
        Err(error) => {
            tracing::warn!(%error, "cannot listen for SIGTERM; stopping by Grafana's request only");
            std::future::pending::<()>().await;
        }
    }
}

/// The service.
#[derive(Clone)]
pub struct ControllerServer {
    stop: watch::Sender<bool>,
}

impl ControllerServer {
    /// A server that throws this switch.
    pub fn new(stop: watch::Sender<bool>) -> ControllerServer {
        ControllerServer { stop }
    }
}

impl NamedService for ControllerServer {
    const NAME: &'static str = "plugin.GRPCController";
}

impl tonic::codegen::Service<http::Request<BoxBody>> for ControllerServer {
    type Response = http::Response<BoxBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<BoxBody>) -> Self::Future {
        let known = request.uri().path() == "/plugin.GRPCController/Shutdown";
        if known {
            tracing::debug!("Grafana asked for a stop");
            self.stop.send_replace(true);
        }
        Box::pin(std::future::ready(Ok(if known { empty_message() } else { unimplemented() })))
    }
}

/// An answer with one empty message: a frame of no bytes, not compressed.
fn empty_message() -> http::Response<BoxBody> {
    use http_body_util::{BodyExt, StreamBody};
    let trailers = http::HeaderMap::from_iter([(
        http::HeaderName::from_static("grpc-status"),
        http::HeaderValue::from_static("0"),
    )]);
    let frames = [
        Ok(http_body::Frame::data(bytes::Bytes::from_static(&[0; 5]))),
        Ok(http_body::Frame::trailers(trailers)),
    ];
    let body = StreamBody::new(tokio_stream::iter(frames));
    grpc_response(BoxBody::new(body.map_err(|never: Infallible| match never {})), None)
}

fn unimplemented() -> http::Response<BoxBody> {
    grpc_response(empty_body(), Some("12"))
}

fn grpc_response(body: BoxBody, status: Option<&'static str>) -> http::Response<BoxBody> {
    let mut response = http::Response::new(body);
    let headers = response.headers_mut();
    headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/grpc"));
    if let Some(status) = status {
        headers.insert("grpc-status", http::HeaderValue::from_static(status));
    }
    response
}
