//! `cargo xtask bench`: the jobs per second of PRAHO, compared with the limit of the servers alone.

mod activations;
mod backlog;
mod bare;
mod celery;
mod engine;
mod finished;
mod gateway;
mod numbers;
mod options;
mod processes;
mod report;
mod stages;
mod world;

use std::fs;
use std::io::stdout;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use testkit::{installation, servers};

pub(crate) use self::options::Options;
use self::options::What;

use self::backlog::Point;
use self::celery::Celery;
use self::report::{Report, Turn};
use self::world::World;
use crate::cargo::{cargo, run};
use crate::stack;
use crate::terminal::say;
use crate::up::asked_to_stop;

/// The long help of the command.
pub(crate) const HELP: &str = "\
Measures release builds of the services as processes, on private servers of its own (PostgreSQL that forces every
commit to disk, quorum queues on RabbitMQ, PowerDNS) and simulated panels that answer at once. Everything is stopped
and removed afterwards; the numbers stay in target/praho-bench/bench.json, the logs beside them.

What is compared:
  bare limit   The least that any implementation needs: one commit that files a job, one message that is published
               with a confirm, consumed and acknowledged, and one commit that completes the job. It uses sqlx and
               lapin alone, on the same servers, with the same number of jobs in hand and of connections. The
               commits and the message are also measured separately.
  job engine   The smallest jobs that PRAHO has (domain.quarantine of a claimed domain: two steps, of which one
               reads a row and none changes anything). Each job is filed in a transaction of its own and takes the
               whole path: outbox, relay, RabbitMQ, claim, journal, end. The ratio of completed jobs a second to
               the bare limit must be 40 % or more on two cores. The speed of a machine varies over time, so both
               are measured in turns, and the turn with the middle ratio counts.
  Celery       With --celery: tasks that do nothing, from one producer to a worker with two processes, with publisher confirms,
               a quorum queue, late acknowledgements and results in PostgreSQL, on the same servers and with as many in hand.
  activation   POST /services/{id}/activate until the account is active: two jobs (account.provision, dns.apply)
               with twelve steps, six calls of the panel, each on a TLS connection of its own, a zone that is
               created and queried by DNS, and three questions to the web server. The report shows its jobs a second as a ratio too, without a minimum.

With `gateway`, only the gateway is measured, without the services beside it:
  decode       A listing of 10,000 virtual servers, read into typed ones: servers a second on one core, and the peak of memory.
  call         What a gRPC call of the gateway costs over the bare HTTPS call to a panel that answers at once.
  queues       50 servers with 20 changes each, all asked for at once, beside the ideal schedule; and the overlaps.
  lies         1,000 creations whose answers are lost, and 1,000 that the panel only says it made.

Latency is measured by the database: from the transaction that accepted a job to the one that completed it.";

/// Turns, each of which measures the bare limit and then the engine. Short turns measure both under the same
/// conditions. The report takes the middle turn, so the number is odd.
const TURNS: usize = 15;

/// Measures and prints the report.
///
/// # Errors
/// If a part does not start or a job fails. Everything is stopped in any case.
pub(crate) async fn bench(options: Options) -> Result<ExitCode> {
    if options.what == Some(What::Gateway) {
        return gateway::measure().await;
    }
    if cfg!(debug_assertions) {
        return in_release().await;
    }
    let directory = directory();
    let _lock = stack::lock(&directory)?;
    installation::ensure(|what| say(what)).await?;
    clean(&directory).await?;
    let outcome = tokio::select! {
        outcome = measure(options, &directory) => outcome,
        () = asked_to_stop() => Err(anyhow::anyhow!("interrupted")),
    };
    clean(&directory).await?;
    let results = outcome?;
    let file = directory.join("bench.json");
    fs::write(&file, serde_json::to_string_pretty(&results)?)
        .with_context(|| format!("cannot write {}", file.display()))?;
    match &results {
        Results::Comparison(report) => report.print(&mut stdout())?,
        Results::Backlog(points) => backlog::print(points, &mut stdout())?,
    }
    say(format!("\nAll of it: {}", file.display()));
    let fails = options.check && matches!(&results, Results::Comparison(report) if !report.holds());
    Ok(if fails { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The results of one run.
#[derive(Serialize)]
#[serde(untagged)]
enum Results {
    Comparison(Box<Report>),
    Backlog(Vec<Point>),
}

/// Builds the release binaries and replaces this process by xtask's own, because the bare limit is measured
/// in it.
async fn in_release() -> Result<ExitCode> {
    say("building the services in release (the first time takes minutes)");
    if !run(cargo(&["build", "--release", "--workspace", "--bins"])).await?.success() {
        bail!("the programs do not build, see above\nremedy: fix the errors of the compiler");
    }
    let program = servers::directory().with_file_name("release").join("xtask");
    let error = std::process::Command::new(&program).args(std::env::args_os().skip(1)).exec();
    Err(error).with_context(|| format!("cannot run {}", program.display()))
}

async fn measure(options: Options, directory: &Path) -> Result<Results> {
    say("starting servers and services of its own");
    let world = World::start(directory, usize::from(options.in_hand)).await?;
    if options.backlog {
        say("the engine with more and more jobs waiting and finished");
        let points = backlog::curve(&world, options).await?;
        world.stop().await;
        return Ok(Results::Backlog(points));
    }
    let mut memory = world.memory()?;
    say(format!("activations: one at a time, then {} in hand", options.in_hand));
    let alone = activations::alone(&world).await?;
    let load = activations::load(&world, options).await?;
    let celery = Celery::start(directory, &world, options).await?;
    let mut turns = Vec::new();
    for turn in 1..=TURNS {
        say(format!(
            "turn {turn} of {TURNS}: the bare limit, {} jobs through the engine",
            options.jobs
        ));
        let bare = bare::measure(&world, options).await?;
        let engine = engine::measure(&world, options).await?;
        let celery = match &celery {
            Some(celery) => Some(celery.measure(options).await?),
            None => None,
        };
        turns.push(Turn { bare, engine, celery });
    }
    drop(celery);
    world.peaks(&mut memory)?;
    world.stop().await;
    Ok(Results::Comparison(Box::new(Report::new(options, turns, alone, load, memory))))
}

/// The folder of the bench: `praho-bench` in cargo's target directory.
fn directory() -> PathBuf {
    servers::directory().with_file_name("praho-bench")
}

/// Stops all running parts, also those of a killed bench, and deletes the data.
async fn clean(directory: &Path) -> Result<()> {
    stack::stop(directory).await?;
    servers::forget(directory)?;
    let keys = directory.join("keys");
    if keys.exists() {
        fs::remove_file(&keys).with_context(|| format!("cannot remove {}", keys.display()))?;
    }
    Ok(())
}
