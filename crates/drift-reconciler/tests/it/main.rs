//! The reconciler against the real gateway, the worker's own workflows and simulated Virtualmin hosts.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod abilities;
mod accepting;
mod doubt;
mod healing;
mod health;
mod hosting;
mod quiet;
mod schedule;
mod service;
mod unknown;
mod witness;
mod world;
