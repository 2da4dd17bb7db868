//! The telemetry of the services: traces to a collector and metrics for Prometheus, with the names of
//! `deploy/telemetry.md`.

mod collector;
mod names;
mod scrape;
mod trace;
