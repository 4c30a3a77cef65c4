//! Logs as Grafana reads them from a back end: one JSON object a line on standard error, in hclog's form.

use std::fmt;

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::{FmtContext, SubscriberBuilder};
use tracing_subscriber::registry::LookupSpan;

/// Longest message that is written: Grafana splits lines of more than 64 KiB.
const MAX_MESSAGE_BYTES: usize = 16 * 1024;

/// Sends events of level info and above to standard error.
pub fn init() {
    SubscriberBuilder::default()
        .with_max_level(tracing::Level::INFO)
        .with_writer(std::io::stderr)
        .event_format(HclogFormat)
        .init();
}

struct HclogFormat;

impl<S, N> FormatEvent<S, N> for HclogFormat
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = Line(serde_json::Map::new());
        let level = event.metadata().level().as_str().to_ascii_lowercase();
        line.0.insert("@level".into(), level.into());
        line.0.insert("target".into(), event.metadata().target().into());
        event.record(&mut line);
        writeln!(writer, "{}", serde_json::Value::Object(line.0))
    }
}

struct Line(serde_json::Map<String, serde_json::Value>);

impl Line {
    fn insert(&mut self, field: &Field, mut value: String) {
        if value.len() > MAX_MESSAGE_BYTES {
            let end = (0..=MAX_MESSAGE_BYTES).rev().find(|at| value.is_char_boundary(*at)).unwrap_or(0);
            value.truncate(end);
        }
        let key = if field.name() == "message" { "@message" } else { field.name() };
        self.0.insert(key.into(), value.into());
    }
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.insert(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.insert(field, format!("{value:?}"));
    }
}
