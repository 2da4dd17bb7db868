//! Carries a trace and a correlation id across processes: in and out of spans, headers and job rows.
//!
//! Both travel in the span's OpenTelemetry context, so the code in between need not pass them on.

use std::{collections::HashMap, fmt};

use opentelemetry::{Context, KeyValue, propagation::TextMapPropagator, trace::TraceContextExt};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use thiserror::Error;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use uuid::Uuid;

/// The name of the trace's header, metadata key and message header (W3C Trace Context).
pub const TRACEPARENT: &str = "traceparent";
/// The name of the correlation id's header and metadata key.
pub const CORRELATION_ID: &str = "x-correlation-id";
/// The longest correlation id.
const MAX_CORRELATION: usize = 128;

/// The error of a text that is not a correlation id.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("a correlation id is 1 to 128 visible ASCII characters")]
pub struct BadCorrelation;

/// The id that connects everything one request caused: the caller's, or a generated one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Correlation(String);

impl Correlation {
    /// Reads a caller's id.
    ///
    /// # Errors
    /// [`BadCorrelation`] unless the text is 1 to 128 visible ASCII characters (it goes into headers and
    /// logs).
    pub fn parse(text: &str) -> Result<Self, BadCorrelation> {
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        if text.is_empty() || text.len() > MAX_CORRELATION || !visible {
            return Err(BadCorrelation);
        }
        Ok(Self(text.to_owned()))
    }

    /// A new id (UUIDv7), for work that came without one.
    pub fn generate() -> Self {
        Self(Uuid::now_v7().to_string())
    }

    /// The caller's id if it is valid, else a new one.
    pub fn parse_or_generate(text: Option<&str>) -> Self {
        text.and_then(|text| Self::parse(text).ok()).unwrap_or_else(Self::generate)
    }

    /// The id of the current work, if the span was adopted with one.
    pub fn current() -> Option<Self> {
        Span::current().context().get::<Self>().cloned()
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Correlation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The `traceparent` that makes work elsewhere part of the current span's trace; `None` outside of spans.
pub fn current_traceparent() -> Option<String> {
    let mut carrier = HashMap::new();
    TraceContextPropagator::new().inject_context(&Span::current().context(), &mut carrier);
    carrier.remove(TRACEPARENT)
}

/// Makes `span` part of the caller's trace, and of the work that `correlation` identifies.
///
/// Call this before the span is first entered: afterwards the trace is fixed. An unreadable `traceparent`
/// starts a new trace.
pub fn adopt(span: &Span, traceparent: Option<&str>, correlation: &Correlation) {
    let context = remote(traceparent).with_value(correlation.clone());
    if let Err(error) = span.set_parent(context) {
        tracing::trace!(%error, "the span keeps its own trace");
    }
}

/// Makes `span` continue work that was filed earlier, and links it to the filing span.
///
/// Its parent is the current span if that is of the same trace, as when a wake-up started the work; else the
/// filing span. Call this before the span is first entered, as with [`adopt`].
pub fn resume(span: &Span, filed_by: Option<&str>, correlation: &Correlation) {
    let (here, filed) = (Span::current().context(), remote(filed_by));
    let filer = filed.span().span_context().clone();
    let same = here.span().span_context().trace_id() == filer.trace_id();
    let parent = if same || !filer.is_valid() { here } else { filed };
    if let Err(error) = span.set_parent(parent.with_value(correlation.clone())) {
        tracing::trace!(%error, "the span keeps its own trace");
    }
    span.add_link_with_attributes(filer, vec![KeyValue::new("praho.link", "filed_by")]);
}

/// A context with the caller's span, if `traceparent` is readable.
fn remote(traceparent: Option<&str>) -> Context {
    let carrier: HashMap<String, String> =
        traceparent.map(|value| (TRACEPARENT.to_owned(), value.to_owned())).into_iter().collect();
    TraceContextPropagator::new().extract_with_context(&Context::new(), &carrier)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::tests::traced;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    /// The trace id of the current span, as 32 hex digits; `None` outside of spans.
    fn current_trace_id() -> Option<String> {
        current_traceparent()?.split('-').nth(1).map(str::to_owned)
    }

    #[test]
    fn a_new_span_has_a_trace_to_hand_on_even_without_a_collector() {
        traced(|| {
            assert_eq!(current_traceparent(), None);
            tracing::info_span!("work").in_scope(|| {
                let id = Span::current().context().span().span_context().trace_id();
                assert_eq!(current_trace_id(), Some(id.to_string()));
            });
        });
    }

    #[test]
    fn an_adopted_span_and_its_children_stay_in_the_callers_trace() {
        traced(|| {
            let span = tracing::info_span!("request");
            adopt(&span, Some(PARENT), &Correlation::parse("order-7").unwrap());
            span.in_scope(|| {
                tracing::info_span!("child").in_scope(|| {
                    assert_eq!(current_trace_id().unwrap(), "0af7651916cd43dd8448eb211c80319c");
                    assert_ne!(current_traceparent().unwrap(), PARENT);
                    assert_eq!(Correlation::current().unwrap().as_str(), "order-7");
                });
            });
            assert_eq!(Correlation::current(), None);
        });
    }

    #[test]
    fn an_unreadable_traceparent_starts_a_new_trace() {
        traced(|| {
            let span = tracing::info_span!("request");
            adopt(&span, Some("rubbish"), &Correlation::generate());
            span.in_scope(|| assert!(current_traceparent().is_some()));
        });
    }

    #[test]
    fn a_job_is_in_the_trace_of_its_filing_or_else_of_its_wake_up() {
        let current = |span: &Span| span.in_scope(|| current_trace_id().unwrap());
        let correlation = Correlation::generate();
        traced(|| {
            let wake_up = tracing::info_span!("wake-up");
            adopt(&wake_up, Some(PARENT), &correlation);
            let trace = current(&wake_up);
            wake_up.in_scope(|| {
                let same = tracing::info_span!("job");
                resume(&same, Some(PARENT), &correlation);
                assert_eq!(current(&same), trace);
                let unknown = tracing::info_span!("job");
                resume(&unknown, None, &correlation);
                assert_eq!(current(&unknown), trace);
                let other = tracing::info_span!("job");
                resume(&other, Some(&PARENT.replace("0af7", "0af8")), &correlation);
                assert!(current(&other).starts_with("0af8"));
                assert_eq!(other.in_scope(Correlation::current).as_ref(), Some(&correlation));
            });
        });
    }

    #[test]
    fn refuses_correlation_ids_that_could_break_a_header_or_a_log_line() {
        for bad in ["", "a b", "a\nb", "é", &"x".repeat(129)] {
            assert_eq!(Correlation::parse(bad), Err(BadCorrelation));
        }
        assert!(Correlation::parse(&"x".repeat(128)).is_ok());
        assert!(Correlation::parse(Correlation::generate().as_str()).is_ok());
    }
}
