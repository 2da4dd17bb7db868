//! Writes logs to stdout, sends traces to an OTLP collector if one is configured, and keeps metrics for
//! Prometheus.
//!
//! Without a collector there are traces too: their ids are in the log and travel to other services.

use std::time::Duration;

use anyhow::Context;
use opentelemetry::{
    KeyValue, global,
    metrics::{Histogram, Meter},
    trace::TracerProvider,
};
use opentelemetry_otlp::WithExportConfig;
use opentelemetry_sdk::{
    Resource,
    metrics::SdkMeterProvider,
    propagation::TraceContextPropagator,
    trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider},
};
use prometheus::{Registry, TextEncoder};
use tokio::{task::spawn_blocking, time::timeout};
use tracing::{Level, Metadata, Subscriber};
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, filter_fn},
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

use crate::{
    config::{self, LogFormat},
    line::JsonLine,
};

/// How long the collector may take to accept a batch, and how long the last spans may take at the end.
const LIMIT: Duration = Duration::from_secs(5);

/// The most spans that wait for the collector, some 4 MiB. While it is away, further spans are dropped and no
/// caller is delayed.
const MAX_WAITING: usize = 4096;

/// Upper bounds, in seconds, for durations between a millisecond and a minute.
const BOUNDS: [f64; 13] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0];

/// Crates below the exporter. Their own spans and events would make the exporter export its own exporting.
const BELOW_THE_EXPORTER: [&str; 5] = ["h2", "hyper", "hyper_util", "tonic", "opentelemetry"];

/// The process's telemetry, which must be stopped last.
#[derive(Debug)]
pub struct Running {
    tracer: SdkTracerProvider,
    meter: SdkMeterProvider,
}

impl Running {
    /// Sends the remaining spans, on a blocking thread because the SDK blocks.
    pub async fn stop(self) {
        let stopped = spawn_blocking(move || {
            // An absent collector is not a failure: the service's own work is done.
            let _ = self.tracer.shutdown_with_timeout(LIMIT);
            let _ = self.meter.shutdown();
        });
        let _ = timeout(LIMIT, stopped).await;
    }
}

/// Sets the process's subscriber, propagator and meter provider. [`crate::main`] calls this once. It needs a
/// runtime.
///
/// # Errors
/// A filter or endpoint that cannot be used, or telemetry that is already running.
pub fn start(service: &'static str, config: &config::Telemetry) -> anyhow::Result<Running> {
    let resource = Resource::builder()
        .with_service_name(service)
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    let tracer = tracer(resource.clone(), config.otlp_endpoint.as_ref())?;
    let meter = meter_provider(resource, prometheus::default_registry().clone())?;
    global::set_text_map_propagator(TraceContextPropagator::new());
    global::set_tracer_provider(tracer.clone());
    global::set_meter_provider(meter.clone());

    let traces = layer(tracer.tracer(service)).with_filter(filter_fn(is_traced));
    let events = EnvFilter::builder().parse(&config.filter).context("telemetry.filter")?;
    // Spans give log lines their ids, so they pass whichever events are logged.
    let logged = events.or(filter_fn(|metadata| metadata.is_span() && is_traced(metadata)));
    let logs = match config.format {
        LogFormat::Human => tracing_subscriber::fmt::layer().with_filter(logged).boxed(),
        LogFormat::Json => tracing_subscriber::fmt::layer()
            .event_format(JsonLine::new(service))
            .fmt_fields(tracing_subscriber::fmt::format::JsonFields::new())
            .with_filter(logged)
            .boxed(),
    };
    tracing_subscriber::registry().with(traces).with(logs).try_init()?;
    Ok(Running { tracer, meter })
}

/// A meter for one part of a service, whose metrics appear in [`scrape`]. It records nothing unless telemetry
/// has started.
pub fn meter(part: &'static str) -> Meter {
    global::meter(part)
}

/// A histogram of durations from a millisecond to a minute.
pub fn seconds(meter: &Meter, name: &'static str, what: &'static str) -> Histogram<f64> {
    let histogram = meter.f64_histogram(name).with_description(what).with_unit("s");
    histogram.with_boundaries(BOUNDS.to_vec()).build()
}

/// All metrics of the process, in Prometheus's text format.
///
/// # Errors
/// A metric without a text form.
pub fn scrape() -> anyhow::Result<String> {
    Ok(TextEncoder::new().encode_to_string(&prometheus::gather())?)
}

/// Spans of `info` and above and the events in them; the subscriber's own filter does not apply to
/// traces.
fn is_traced(metadata: &Metadata<'_>) -> bool {
    let root = metadata.target().split("::").next().unwrap_or_default();
    *metadata.level() <= Level::INFO && !BELOW_THE_EXPORTER.contains(&root)
}

/// Turns spans into OpenTelemetry's, without the costly details of little use: threads, lines of code, and
/// the time between polls.
fn layer<S>(tracer: SdkTracer) -> OpenTelemetryLayer<S, SdkTracer>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_threads(false)
        .with_location(false)
        .with_tracked_inactivity(false)
}

fn tracer(resource: Resource, endpoint: Option<&url::Url>) -> anyhow::Result<SdkTracerProvider> {
    let builder = SdkTracerProvider::builder()
        .with_resource(resource)
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)));
    let Some(endpoint) = endpoint else { return Ok(builder.build()) };
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_tonic()
        .with_endpoint(endpoint.as_str())
        .with_timeout(LIMIT)
        .build()
        .context("telemetry.otlp_endpoint")?;
    let batches = BatchConfigBuilder::default().with_max_queue_size(MAX_WAITING).build();
    let processor = BatchSpanProcessor::builder(exporter).with_batch_config(batches).build();
    Ok(builder.with_span_processor(processor).build())
}

fn meter_provider(resource: Resource, registry: Registry) -> anyhow::Result<SdkMeterProvider> {
    let reader = opentelemetry_prometheus::exporter()
        .with_registry(registry)
        .scope_info_enabled(false)
        .build()?;
    Ok(SdkMeterProvider::builder().with_resource(resource).with_reader(reader).build())
}

#[cfg(test)]
pub(crate) mod tests {
    use opentelemetry::metrics::MeterProvider;

    use super::*;

    /// Runs `test` with the tracing of a service without a collector.
    pub(crate) fn traced(test: impl FnOnce()) {
        let tracer = tracer(Resource::builder().build(), None).unwrap();
        let layer = layer(tracer.tracer("test")).with_filter(filter_fn(is_traced));
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, test);
    }

    #[test]
    fn metrics_have_prometheus_names() {
        let registry = Registry::new();
        let provider = meter_provider(Resource::builder().build(), registry.clone()).unwrap();
        let meter = provider.meter("test");
        meter.u64_counter("jobs").build().add(3, &[KeyValue::new("kind", "dns")]);
        meter.f64_histogram("step.duration").with_unit("s").build().record(0.5, &[]);
        let text = TextEncoder::new().encode_to_string(&registry.gather()).unwrap();
        assert!(text.contains(r#"jobs_total{kind="dns"} 3"#), "{text}");
        assert!(text.contains("step_duration_seconds_bucket"), "{text}");
    }
}
