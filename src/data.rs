//! `pluginv2.Data`: panel requests. Each query of a request stands alone: one that fails fails no other.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use futures::StreamExt;
use grafana_plugin_sdk::pluginv2::data_server::Data as DataService;
use grafana_plugin_sdk::pluginv2::{
    DataQuery, DataResponse, PluginContext, QueryDataRequest, QueryDataResponse,
};
use rockhopper_api::QueryParameter;
use rockhopper_client::{Error as ClientError, Query, QueryAnswer};
use tonic::{Request, Response, Status};

use crate::clients::Clients;
use crate::error::{Error, Result};
use crate::frames::{self, Meta, Stat};
use crate::query::{self, Prepared};
use crate::settings::Settings;

/// Queries of one request that run at the same time.
const MAX_CONCURRENT_QUERIES: usize = 8;
/// Queries of one request.
const MAX_QUERIES: usize = 100;

/// Answers panels.
pub struct Data {
    clients: Arc<Clients>,
}

impl Data {
    /// Answers with these clients.
    pub fn new(clients: Arc<Clients>) -> Data {
        Data { clients }
    }

    async fn answer(&self, context: Option<&PluginContext>, query: DataQuery) -> (String, DataResponse) {
        let response = match query::prepare(&query) {
            Ok(None) => DataResponse { status: 200, ..DataResponse::default() },
            Ok(Some(prepared)) => {
                let meta = Meta { executed_query_string: prepared.executed_text(), ..Meta::default() };
                match self.run(context, &query.ref_id, prepared, meta.clone()).await {
                    Ok(frames) => DataResponse { frames, status: 200, ..DataResponse::default() },
                    Err(error) => failure(&query.ref_id, &error, &meta),
                }
            }
            Err(error) => failure(&query.ref_id, &error, &Meta::default()),
        };
        (query.ref_id, response)
    }

    async fn run(
        &self,
        context: Option<&PluginContext>,
        ref_id: &str,
        prepared: Prepared,
        mut meta: Meta,
    ) -> Result<Vec<frames::Frame>> {
        let settings = Settings::read(context)?;
        let client = self.clients.get(&settings)?;
        let format = prepared.format;
        let answer = client.query(&request(prepared, &settings)).await?;
        let rows = concat_batches(&answer.schema, &answer.batches)?;
        meta = describe(meta, &answer, &rows, settings.row_limit);
        frames::frames(ref_id, &rows, format, meta)
    }
}

#[tonic::async_trait]
impl DataService for Data {
    async fn query_data(
        &self,
        request: Request<QueryDataRequest>,
    ) -> std::result::Result<Response<QueryDataResponse>, Status> {
        let QueryDataRequest { plugin_context, queries, .. } = request.into_inner();
        if queries.len() > MAX_QUERIES {
            return Err(Status::invalid_argument(format!(
                "a request has {} queries; at most {MAX_QUERIES} are answered at once",
                queries.len()
            )));
        }
        let context = plugin_context.as_ref();
        let responses = futures::stream::iter(queries)
            .map(|query| self.answer(context, query))
            .buffer_unordered(MAX_CONCURRENT_QUERIES)
            .collect()
            .await;
        Ok(Response::new(QueryDataResponse { responses }))
    }
}

fn request(prepared: Prepared, settings: &Settings) -> Query {
    let parameters = prepared.parameters.into_iter().map(|parameter| QueryParameter {
        name: parameter.name,
        kind: Some(parameter.type_name),
        value: parameter.value,
    });
    Query {
        sql: prepared.sql,
        parameters: parameters.collect(),
        row_limit: Some(settings.row_limit),
        timeout: Some(settings.timeout),
    }
}

fn describe(mut meta: Meta, answer: &QueryAnswer, rows: &RecordBatch, row_limit: u64) -> Meta {
    let stats = &answer.metadata.stats;
    meta.stats = vec![
        Stat { display_name: "Rows", unit: None, value: rows.num_rows() as f64 },
        Stat { display_name: "Server time", unit: Some("ms"), value: stats.elapsed_time_ms as f64 },
        Stat {
            display_name: "Waited in queue", unit: Some("µs"), value: stats.throttled_time_micros as f64
        },
    ];
    for warning in &answer.metadata.warnings {
        meta = meta.warning(warning);
    }
    if rows.num_rows() as u64 == row_limit {
        meta = meta.warning(format!(
            "The answer has {row_limit} rows, the row limit of the data source: there may be more. Add a LIMIT to \
             the query or raise the data source's row limit"
        ));
    }
    meta
}

/// An error with a frame that carries the statement, so that the query inspector shows it.
fn failure(ref_id: &str, error: &Error, meta: &Meta) -> DataResponse {
    let frame = frames::empty(ref_id, meta);
    DataResponse {
        frames: frame.into_iter().collect(),
        error: error.to_string(),
        status: i32::from(status(error)),
        ..DataResponse::default()
    }
}

/// The HTTP status that Grafana shows beside the error.
fn status(error: &Error) -> u16 {
    match error {
        Error::Settings(_) | Error::Query(_) | Error::Sql { .. } | Error::Format(_) => 400,
        Error::Client(ClientError::Server { status, .. }) => *status,
        Error::Client(ClientError::Timeout { .. }) => 504,
        Error::Client(_) => 502,
        Error::Frame(_) | Error::Socket { .. } | Error::Announce(_) | Error::Serve(_) => 500,
    }
}
