//! The parts of a service around its own work: configuration, telemetry, health, TLS, an orderly stop.
//!
//! This crate knows nothing of hosting. A service's `main` is one call of [`main`]; its `run` is an ordinary
//! function of its configuration and a [`Shutdown`], so a test can start several services in one process.

use std::{env, panic::AssertUnwindSafe, process::ExitCode};

use futures_util::FutureExt;
use tokio::signal::unix::{Signal, SignalKind, signal};

mod call;
mod challenge;
pub mod config;
mod derived;
mod descriptors;
mod exposure;
pub mod grpc;
pub mod health;
pub mod http;
mod line;
mod listener;
mod panics;
pub mod peer;
pub mod propagation;
mod request;
mod route;
pub mod seal;
mod shutdown;
pub mod sign;
mod tasks;
pub mod telemetry;
pub mod tls;

pub use listener::Listener;
pub use secrecy::{ExposeSecret, SecretString};
pub use shutdown::Shutdown;
pub use tasks::Tasks;

/// The configuration is wrong: starting again will not help (`EX_CONFIG` of `sysexits.h`).
const BAD_CONFIG: u8 = 78;
/// The command line is wrong (`EX_USAGE` of `sysexits.h`).
const BAD_USAGE: u8 = 64;

/// Runs `service` (`praho-<name>`) until it is stopped or fails.
///
/// The exit status is 0 after an orderly stop (SIGTERM or SIGINT), 1 after a failure, and 78 for a wrong
/// configuration, with all its faults on stderr. A second signal ends the process at once. `--check-config`
/// only reads the configuration; `--version` and `--help` print the version and the usage.
pub fn main<C: config::Root>(
    service: &'static str,
    run: impl AsyncFnOnce(C, Shutdown) -> anyhow::Result<()>,
) -> ExitCode {
    let name = service.strip_prefix("praho-").unwrap_or(service);
    let arguments: Vec<_> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => {}
        ["--check-config"] => {
            return match config::load::<C>(name) {
                Ok(_) => say(&format!("{service}: the configuration is valid")),
                Err(faults) => refuse(service, &faults),
            };
        }
        ["--version"] => return say(&format!("{service} {}", env!("CARGO_PKG_VERSION"))),
        ["--help"] => return say(&help(service, name)),
        _ => {
            complain(&help(service, name));
            return ExitCode::from(BAD_USAGE);
        }
    }
    match config::load(name) {
        Ok(config) => start(service, config, run),
        Err(faults) => refuse(service, &faults),
    }
}

/// Starts the runtime and telemetry, runs the service, and stops both.
fn start<C: config::Root>(
    service: &'static str,
    config: C,
    run: impl AsyncFnOnce(C, Shutdown) -> anyhow::Result<()>,
) -> ExitCode {
    tls::install_provider();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("{service}: no runtime: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(async {
        let telemetry = match telemetry::start(service, config.telemetry()) {
            Ok(telemetry) => telemetry,
            Err(error) => {
                complain(&format!("{service}: {error:#}"));
                return ExitCode::from(BAD_CONFIG);
            }
        };
        panics::log();
        let code = until_stopped(service, config, run).await;
        telemetry.stop().await;
        code
    });
    // Tasks that still run have had their time to drain.
    runtime.shutdown_background();
    code
}

/// Runs the service under the signals: the first requests a stop, the second ends the process.
async fn until_stopped<C>(
    service: &'static str,
    config: C,
    run: impl AsyncFnOnce(C, Shutdown) -> anyhow::Result<()>,
) -> ExitCode {
    let shutdown = Shutdown::new();
    if let Err(error) = listen_for_signals(shutdown.clone()) {
        tracing::error!(%error, "{service} cannot listen for signals");
        return ExitCode::FAILURE;
    }
    let files = descriptors::raise();
    tracing::info!(version = env!("CARGO_PKG_VERSION"), descriptors = files, "{service} starts");
    match AssertUnwindSafe(run(config, shutdown)).catch_unwind().await {
        Ok(Ok(())) => {
            tracing::info!("{service} stopped");
            ExitCode::SUCCESS
        }
        Ok(Err(error)) => {
            tracing::error!(error = format!("{error:#}"), "{service} failed");
            ExitCode::FAILURE
        }
        // The panic hook has logged the reason.
        Err(_) => ExitCode::FAILURE,
    }
}

/// Watches in a task of its own, so that the second signal also stops a service that blocks its thread.
fn listen_for_signals(shutdown: Shutdown) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        either(&mut terminate, &mut interrupt).await;
        tracing::info!("told to stop: finishing what is under way");
        shutdown.request();
        either(&mut terminate, &mut interrupt).await;
        tracing::warn!("told to stop again: leaving at once");
        std::process::exit(1);
    });
    Ok(())
}

async fn either(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! { _ = terminate.recv() => {} _ = interrupt.recv() => {} }
}

fn help(service: &str, name: &str) -> String {
    format!(
        "Usage: {service} [--check-config | --version | --help]\n\n\
         Reads $PRAHO_CONFIG, or deploy/config/{name}.toml if it exists, and the\n\
         variables PRAHO__SECTION__KEY over it.\n\
         Exit status: 0 stopped as asked, 1 failed, 64 wrong usage, 78 wrong configuration."
    )
}

fn refuse(service: &str, faults: &config::Faults) -> ExitCode {
    complain(&format!("{service}: the configuration is wrong:\n{faults}"));
    ExitCode::from(BAD_CONFIG)
}

#[expect(clippy::print_stdout, reason = "the answer to a question on the command line")]
fn say(text: &str) -> ExitCode {
    println!("{text}");
    ExitCode::SUCCESS
}

#[expect(clippy::print_stderr, reason = "there is no telemetry yet")]
fn complain(text: &str) {
    eprintln!("{text}");
}
