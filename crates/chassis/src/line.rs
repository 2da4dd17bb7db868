//! Formats a log line: one flat JSON object with the event's fields, the fields of its spans, and the trace
//! id.

use std::fmt;

use opentelemetry::trace::TraceContextExt;
use serde_json::{Map, Value};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{
        FmtContext, FormatEvent, FormatFields, FormattedFields,
        format::Writer,
        time::{FormatTime, SystemTime},
    },
    registry::LookupSpan,
};

/// Writes flat JSON; an inner span's field hides an outer one's, and the event's hides both.
#[derive(Debug)]
pub(crate) struct JsonLine {
    service: &'static str,
}

impl JsonLine {
    pub(crate) fn new(service: &'static str) -> Self {
        Self { service }
    }
}

impl<S, N> FormatEvent<S, N> for JsonLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        let mut fields = Fields(Map::new());
        for span in context.event_scope().into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(formatted) = span.extensions().get::<FormattedFields<N>>() {
                // `JsonFields` wrote the span's fields, so they can be read back.
                let of_span: Map<_, _> = serde_json::from_str(formatted).unwrap_or_default();
                // Fields with this prefix are only for traces.
                fields.0.extend(of_span.into_iter().filter(|(key, _)| !key.starts_with("otel.")));
            }
            fields.0.insert("span".to_owned(), span.name().into());
        }
        event.record(&mut fields);
        let fixed = [
            ("timestamp", time),
            ("level", event.metadata().level().to_string()),
            ("service", self.service.to_owned()),
            ("target", event.metadata().target().to_owned()),
        ];
        let mut line = fields.0;
        line.extend(fixed.map(|(key, value)| (key.to_owned(), value.into())));
        let otel = opentelemetry::Context::current();
        let span = otel.span().span_context().clone();
        if span.is_valid() {
            line.insert("trace_id".to_owned(), span.trace_id().to_string().into());
            line.insert("span_id".to_owned(), span.span_id().to_string().into());
        }
        writeln!(writer, "{}", Value::Object(line))
    }
}

/// Collects an event's fields as JSON.
struct Fields(Map<String, Value>);

impl Fields {
    fn set(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set(field, format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Write},
        sync::{Arc, Mutex},
    };

    use tracing::field::Empty;
    use tracing_subscriber::{fmt::format::JsonFields, layer::SubscriberExt};

    use super::*;

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn line_of(log: impl FnOnce()) -> Value {
        let sink = Sink::default();
        let writer = sink.clone();
        let layer = tracing_subscriber::fmt::layer()
            .event_format(JsonLine::new("test"))
            .fmt_fields(JsonFields::new())
            .with_writer(move || writer.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), log);
        let bytes = sink.0.lock().unwrap().clone();
        assert_eq!(bytes.iter().filter(|&&byte| byte == b'\n').count(), 1);
        serde_json::from_slice(&bytes).unwrap()
    }

    #[test]
    fn has_the_fields_of_all_spans_and_the_innermost_wins() {
        let line = line_of(|| {
            let outer =
                tracing::info_span!("outer", otel.kind = "server", job.id = 1, step = "one");
            let inner = tracing::info_span!(parent: &outer, "inner", step = "two", later = Empty);
            inner.record("later", true);
            inner.in_scope(|| tracing::info!(elapsed_ms = 5, "done\n{}", "\""));
        });
        assert_eq!((&line["job.id"], line.get("otel.kind")), (&1.into(), None));
        assert_eq!(line["step"], "two");
        assert_eq!(line["later"], true);
        assert_eq!(line["elapsed_ms"], 5);
        assert_eq!(line["message"], "done\n\"");
        assert_eq!(line["span"], "inner");
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z'));
    }

    #[test]
    fn a_field_cannot_pass_for_level_or_service() {
        let line = line_of(|| tracing::warn!(level = "TRACE", service = "other", "odd"));
        assert_eq!((&line["level"], &line["service"]), (&"WARN".into(), &"test".into()));
    }
}
