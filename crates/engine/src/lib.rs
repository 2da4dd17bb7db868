//! Runs jobs: claim, step, journal, retry, undo, cancel, sweep; and the kit that proves workflows.
//!
//! A job is an ordered list of steps ([`Workflow`]). What a step found is journalled before the next
//! one acts, so a job picked up after a crash goes on where it stopped. The step in flight at the
//! crash is looked at, then repeated: steps are idempotent. When one fails for good, the touched steps
//! are undone in reverse.
//!
//! An undo gets no result of its own step, because the crash may have come before it was written. What
//! it needs (ids, names, passwords) is therefore decided in an earlier step that touches nothing.

mod children;
mod config;
mod context;
mod dead_letter;
mod engine;
mod injection;
mod lease;
mod metrics;
mod outcome;
mod registry;
mod retry;
mod runner;
mod settings;
mod step;
pub mod walk;
mod workflow;

pub use config::Config;
pub use context::Context;
pub use engine::Engine;
pub use injection::{Injected, Injection, Moment};
pub use outcome::Outcome;
pub use registry::Registry;
pub use retry::Pace;
pub use settings::Settings;
pub use step::{ChildStep, Step};
pub use workflow::Workflow;
