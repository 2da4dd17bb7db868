//! Runs jobs: claim, step, journal, retry, undo, cancel, sweep; and the kit that proves workflows.
//!
//! A job is an ordered list of steps ([`Workflow`]). Each step's output is journalled before the next step
//! acts, so a job that is claimed after a crash continues where it stopped. The step that was running at the
//! crash is first asked whether its effect exists, then repeated: steps are idempotent. When a step fails for
//! good, the touched steps are undone in reverse order.
//!
//! A fault that may pass ([`FaultKind::is_transient`](model::fault::FaultKind::is_transient)) holds the job, and the step
//! is tried again and again. What was done stays done until the job's [`Patience`] is over.
//!
//! An undo does not get the output of its own step, because a crash may have prevented its record. An
//! earlier step that touches nothing therefore decides what an undo needs (ids, names, passwords).

mod children;
mod config;
mod context;
mod dead_letter;
mod engine;
mod injection;
mod lease;
mod metrics;
mod outcome;
mod patience;
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
pub use patience::Patience;
pub use registry::Registry;
pub use retry::Pace;
pub use settings::Settings;
pub use step::{ChildStep, Step};
pub use workflow::Workflow;
