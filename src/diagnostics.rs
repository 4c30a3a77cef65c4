//! `pluginv2.Diagnostics`: the *Save & test* button. It runs a real query, so that what it says holds for panels.

use std::sync::Arc;
use std::time::Duration;

use grafana_plugin_sdk::pluginv2::check_health_response::HealthStatus;
use grafana_plugin_sdk::pluginv2::collect_metrics_response::Payload;
use grafana_plugin_sdk::pluginv2::diagnostics_server::Diagnostics as DiagnosticsService;
use grafana_plugin_sdk::pluginv2::{
    CheckHealthRequest, CheckHealthResponse, CollectMetricsRequest, CollectMetricsResponse, PluginContext,
};
use rockhopper_client::Query;
use tonic::{Request, Response, Status};

use crate::clients::Clients;
use crate::error::Result;
use crate::settings::Settings;

/// Somebody waits in front of the button.
const CHECK_TIMEOUT: Duration = Duration::from_secs(10);

/// Answers health checks.
pub struct Diagnostics {
    clients: Arc<Clients>,
}

impl Diagnostics {
    /// Answers with these clients.
    pub fn new(clients: Arc<Clients>) -> Diagnostics {
        Diagnostics { clients }
    }

    async fn check(&self, context: Option<&PluginContext>) -> Result<String> {
        let settings = Settings::read(context)?;
        let client = self.clients.get(&settings)?;
        client.query(&Query::new("SELECT 1").timeout(CHECK_TIMEOUT)).await?;
        let count = client.collections().await?.len();
        Ok(match count {
            0 => "The server answers queries. It has no collections yet.".into(),
            1 => "The server answers queries. It has 1 collection.".into(),
            count => format!("The server answers queries. It has {count} collections."),
        })
    }
}

#[tonic::async_trait]
impl DiagnosticsService for Diagnostics {
    async fn check_health(
        &self,
        request: Request<CheckHealthRequest>,
    ) -> std::result::Result<Response<CheckHealthResponse>, Status> {
        let (status, message) = match self.check(request.get_ref().plugin_context.as_ref()).await {
            Ok(message) => (HealthStatus::Ok, message),
            Err(error) => (HealthStatus::Error, error.to_string()),
        };
        Ok(Response::new(CheckHealthResponse {
            status: status as i32,
            message,
            json_details: b"{}".to_vec(),
        }))
    }

    async fn collect_metrics(
        &self,
        _: Request<CollectMetricsRequest>,
    ) -> std::result::Result<Response<CollectMetricsResponse>, Status> {
        // The server has the metrics; the plugin keeps nothing worth counting.
        Ok(Response::new(CollectMetricsResponse { metrics: Some(Payload { prometheus: Vec::new() }) }))
    }
}
