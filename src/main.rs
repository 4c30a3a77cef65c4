//! The back end of the Grafana data source: gRPC in, Rockset SQL out, frames back.
//!
//! Grafana starts this binary, reads one line from its standard output and speaks gRPC to the socket named there
//! (`handshake`). Each request carries its data source's settings (`settings`); `clients` keeps one HTTP client for
//! each. `data` answers panels, `diagnostics` the *Save & test* button. `query` turns a panel's
//! query into SQL and parameters, `frames` turns answers into Grafana's frames.

mod clients;
mod controller;
mod data;
mod diagnostics;
mod error;
mod frames;
mod handshake;
mod log;
mod query;
mod settings;

use std::process::ExitCode;
use std::sync::Arc;

use clients::Clients;
use grafana_plugin_sdk::pluginv2::data_server::DataServer;
use grafana_plugin_sdk::pluginv2::diagnostics_server::DiagnosticsServer;

/// Largest request that is read: as much as plugins built with Grafana's Go SDK take.
const MAX_REQUEST_BYTES: usize = 16 * 1024 * 1024;

fn main() -> ExitCode {
    if let Err(hint) = handshake::check_cookie() {
        eprintln!("{hint}");
        return ExitCode::from(2);
    }
    log::init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "cannot start the runtime");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(serve()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the plugin stopped");
            ExitCode::FAILURE
        }
    }
}

/// Serves until Grafana asks for a stop or sends SIGTERM, and lets running requests end.
async fn serve() -> Result<(), error::Error> {
    let clients = Arc::new(Clients::default());
    let (stop, stopped) = controller::stop_signal();
    let (health, health_service) = tonic_health::server::health_reporter();
    // go-plugin's ping asks for the service named "plugin".
    let mut health = health;
    health.set_service_status("plugin", tonic_health::ServingStatus::Serving).await;

    let listener = handshake::Listener::bind()?;
    let router = tonic::transport::Server::builder()
        .add_service(health_service)
        .add_service(controller::ControllerServer::new(stop))
        .add_service(
            DataServer::new(data::Data::new(clients.clone())).max_decoding_message_size(MAX_REQUEST_BYTES),
        )
        .add_service(
            DiagnosticsServer::new(diagnostics::Diagnostics::new(clients))
                .max_decoding_message_size(MAX_REQUEST_BYTES),
        );
    // Grafana connects as soon as it has read the line, so nothing may be left to do after it.
    listener.announce()?;
    listener.serve(router, stopped).await
}
