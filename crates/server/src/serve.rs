//! Start and stop: sockets, TLS, signals.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum_server::tls_rustls::RustlsConfig;
use axum_server::{Handle, Server};
use hyper_util::rt::TokioTimer;
use tokio::signal::unix::{SignalKind, signal};

use crate::{App, Error, Result, http};

/// How long the head of a request may take to arrive.
pub const HEADER_TIMEOUT: Duration = Duration::from_secs(15);
/// The largest head of a request, in bytes.
pub const MAX_HEADER_BYTES: usize = 64 << 10;
/// How long an HTTP/2 connection may be silent before it is asked whether it lives.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(30);
/// How long requests may take to end when the server stops.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(25);

/// Opens the listening socket.
///
/// # Errors
/// The address is taken or not this machine's.
pub fn listen(address: SocketAddr) -> Result<TcpListener> {
    let failed = |error: std::io::Error| {
        Error::Setup(format!("cannot listen on {address}: {error}; choose another address with --listen"))
    };
    let listener = TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    Ok(listener)
}

/// Reads a certificate and its key, both PEM.
///
/// # Errors
/// A file cannot be read or is no PEM.
pub async fn read_tls(certificate: &Path, key: &Path) -> Result<RustlsConfig> {
    RustlsConfig::from_pem_file(certificate, key).await.map_err(|error| {
        Error::Setup(format!(
            "cannot use the TLS certificate {} with the key {}: {error}; both must be PEM files",
            certificate.display(),
            key.display()
        ))
    })
}

/// Answers requests until SIGTERM or SIGINT, then lets the ones that run end, and closes everything.
///
/// # Errors
/// The socket fails, or the engine cannot write what it has buffered.
pub async fn serve(app: Arc<App>, listener: TcpListener, tls: Option<RustlsConfig>) -> Result<()> {
    let handle = Handle::new();
    let stopping = tokio::spawn(stop_at_signal(handle.clone()));
    let router = http::router(app.clone());
    let failed = |error: std::io::Error| Error::Setup(format!("the socket failed: {error}"));
    let served = match tls {
        Some(tls) => {
            let mut server = axum_server::from_tcp_rustls(listener, tls).map_err(failed)?.handle(handle);
            limit(&mut server);
            server.serve(router.into_make_service_with_connect_info::<SocketAddr>()).await
        }
        None => {
            let mut server = axum_server::from_tcp(listener).map_err(failed)?.handle(handle);
            limit(&mut server);
            server.serve(router.into_make_service_with_connect_info::<SocketAddr>()).await
        }
    };
    stopping.abort();
    tracing::info!("requests have ended; closing");
    let closed = app.stop().await;
    served.map_err(failed)?;
    closed?;
    tracing::info!("closed");
    Ok(())
}

/// Sets the limits of connections.
fn limit<A>(server: &mut Server<SocketAddr, A>) {
    let builder = server.http_builder();
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(MAX_HEADER_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(KEEP_ALIVE_INTERVAL)
        .max_header_list_size(MAX_HEADER_BYTES as u32);
}

async fn stop_at_signal(handle: Handle<SocketAddr>) {
    match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            let name = tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            };
            tracing::info!(
                signal = name,
                ?DRAIN_TIMEOUT,
                "stopping: no new requests, those that run may end"
            );
            handle.graceful_shutdown(Some(DRAIN_TIMEOUT));
        }
        (Err(error), _) | (_, Err(error)) => {
            tracing::error!(%error, "signals cannot be heard; only kill -9 ends this server, which loses nothing");
        }
    }
}
