//! What the services tell of themselves: traces to a collector, metrics to Prometheus, named as in
//! `deploy/telemetry.md`.

mod collector;
mod names;
mod scrape;
mod trace;
