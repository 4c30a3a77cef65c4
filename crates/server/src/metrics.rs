//! Counters, as Prometheus text. The names are Rockset's where it had one.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rockhopper_api::ErrorType;
use rockhopper_engine::{MemoryUse, Statistics};

/// Upper bounds of the latency histogram, in seconds.
const LATENCY_BOUNDS_S: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0];

/// What the server counts itself. Counting takes no lock save for errors.
#[derive(Debug, Default)]
pub struct Metrics {
    queries: AtomicU64,
    latency_counts: [AtomicU64; LATENCY_BOUNDS_S.len()],
    latency_sum_us: AtomicU64,
    /// By type. Bounded: the types are an enum.
    errors: Mutex<BTreeMap<&'static str, u64>>,
}

/// Reads one number of a collection's statistics.
type Count = fn(&Statistics) -> u64;
/// Reads one number of a part of the engine's memory.
type MemoryCount = fn(&MemoryUse) -> u64;

/// What is shown of one collection.
pub struct CollectionMetrics {
    /// The workspace that it is in.
    pub workspace: String,
    /// Its name.
    pub name: String,
    /// What the engine says.
    pub statistics: Statistics,
    /// For each source: its stream's name and how far its slowest shard is behind, in milliseconds.
    pub lags_ms: Vec<(String, Option<u64>)>,
}

impl Metrics {
    /// Counts a query that ended after `latency`, with or without an error.
    pub fn count_query(&self, latency: Duration, error: Option<ErrorType>) {
        self.queries.fetch_add(1, Ordering::Relaxed);
        let seconds = latency.as_secs_f64();
        if let Some(bucket) = LATENCY_BOUNDS_S.iter().position(|bound| seconds <= *bound) {
            self.latency_counts[bucket].fetch_add(1, Ordering::Relaxed);
        }
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        self.latency_sum_us.fetch_add(micros, Ordering::Relaxed);
        if let Some(error) = error {
            let mut errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
            *errors.entry(error.name()).or_default() += 1;
        }
    }

    /// All metrics in Prometheus' text form.
    pub fn render(&self, running: usize, memory: &[MemoryUse], collections: &[CollectionMetrics]) -> String {
        let mut text = Text::default();
        self.render_queries(&mut text, running);
        let pools: [(&str, &str, MemoryCount); 2] = [
            ("rockhopper_memory_bytes", "Memory that is used, by what for.", |memory| memory.used_bytes),
            ("rockhopper_memory_limit_bytes", "Memory that may be used.", |memory| memory.limit_bytes),
        ];
        for (name, help, value) in pools {
            text.head(name, "gauge", help);
            memory.iter().for_each(|memory| text.line(name, &[("pool", memory.name)], value(memory)));
        }
        let gauges: [(&str, &str, &str, Count); 4] = [
            ("rockset_collection_documents", "gauge", "Documents that a query sees.", |s| s.document_count),
            ("rockset_collection_size_bytes", "gauge", "Bytes on disk.", |s| s.size_bytes),
            ("rockset_collection_total_ingest_bytes", "counter", "Bytes of JSON taken in.", |s| {
                s.ingested_bytes
            }),
            ("rockset_collection_parse_errors", "counter", "Documents that were no JSON objects.", |s| {
                s.sources.values().map(|source| source.bad_count).sum()
            }),
        ];
        for (name, kind, help, value) in gauges {
            text.head(name, kind, help);
            for collection in collections {
                text.line(name, &collection.labels(), value(&collection.statistics));
            }
        }
        let lag = "rockset_source_lag_seconds";
        text.head(lag, "gauge", "How far the slowest shard of a source is behind.");
        for collection in collections {
            for (stream, lag_ms) in &collection.lags_ms {
                let mut labels = collection.labels();
                labels.push(("stream", stream.as_str()));
                if let Some(lag_ms) = lag_ms {
                    text.line(lag, &labels, *lag_ms as f64 / 1000.0);
                }
            }
        }
        text.0
    }

    fn render_queries(&self, text: &mut Text, running: usize) {
        let count = self.queries.load(Ordering::Relaxed);
        text.head("rockset_queries", "counter", "Queries that ended.");
        text.line("rockset_queries", &[], count);
        text.head("rockset_queries_running", "gauge", "Queries that wait or run.");
        text.line("rockset_queries_running", &[], running);
        text.head("rockset_query_errors", "counter", "Queries that failed, by the type of their error.");
        for (kind, errors) in self.errors.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            text.line("rockset_query_errors", &[("error_code", kind)], errors);
        }
        let name = "rockset_query_latency_seconds";
        text.head(name, "histogram", "From the arrival of a query to its complete answer.");
        let mut below = 0;
        for (bound, bucket) in LATENCY_BOUNDS_S.iter().zip(&self.latency_counts) {
            below += bucket.load(Ordering::Relaxed);
            text.line(&format!("{name}_bucket"), &[("le", &bound.to_string())], below);
        }
        text.line(&format!("{name}_bucket"), &[("le", "+Inf")], count.max(below));
        let sum_us = self.latency_sum_us.load(Ordering::Relaxed);
        text.line(&format!("{name}_sum"), &[], sum_us as f64 / 1e6);
        text.line(&format!("{name}_count"), &[], count.max(below));
    }
}

impl CollectionMetrics {
    fn labels(&self) -> Vec<(&str, &str)> {
        vec![("workspace_name", &self.workspace), ("collection", &self.name)]
    }
}

/// Prometheus' text form. Writing to a String cannot fail, so the results are dropped.
#[derive(Default)]
struct Text(String);

impl Text {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn line(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        self.0.push_str(name);
        for (at, (label, label_value)) in labels.iter().enumerate() {
            self.0.push(if at == 0 { '{' } else { ',' });
            let escaped = label_value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(self.0, "{label}=\"{escaped}\"");
        }
        if !labels.is_empty() {
            self.0.push('}');
        }
        let _ = writeln!(self.0, " {value}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_shown_with_their_labels() {
        let metrics = Metrics::default();
        metrics.count_query(Duration::from_millis(2), None);
        metrics.count_query(Duration::from_secs(100), Some(ErrorType::QueryTimeout));
        let collection = CollectionMetrics {
            workspace: "commons".to_string(),
            name: "tweets".to_string(),
            statistics: Statistics { document_count: 7, ..Statistics::default() },
            lags_ms: vec![("s".to_string(), Some(1500))],
        };
        let memory = MemoryUse { name: "column_cache", used_bytes: 5, limit_bytes: 9 };
        let text = metrics.render(3, &[memory], &[collection]);
        for line in [
            "rockset_queries 2",
            "rockset_queries_running 3",
            "rockset_query_errors{error_code=\"QUERY_TIMEOUT\"} 1",
            "rockset_query_latency_seconds_bucket{le=\"0.001\"} 0",
            "rockset_query_latency_seconds_bucket{le=\"0.0025\"} 1",
            "rockset_query_latency_seconds_bucket{le=\"60\"} 1",
            "rockset_query_latency_seconds_bucket{le=\"+Inf\"} 2",
            "rockset_query_latency_seconds_count 2",
            "rockset_collection_documents{workspace_name=\"commons\",collection=\"tweets\"} 7",
            "rockhopper_memory_bytes{pool=\"column_cache\"} 5",
            "rockhopper_memory_limit_bytes{pool=\"column_cache\"} 9",
            "rockset_source_lag_seconds{workspace_name=\"commons\",collection=\"tweets\",stream=\"s\"} 1.5",
        ] {
            assert!(text.lines().any(|shown| shown == line), "{line}\n{text}");
        }
    }
}
