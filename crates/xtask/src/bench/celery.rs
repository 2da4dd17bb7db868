//! Celery from `PyPI` on the bench's servers, because it is what most people would use for durable jobs.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use testkit::process::Process;

use super::options::Options;
use super::world::World;
use crate::python::{install, python};

/// The application, its one task and its producer.
const TASKS: &str = include_str!("celery/bench_tasks.py");
/// What is installed from `PyPI`.
const PACKAGES: [&str; 2] = ["celery[sqlalchemy]==5.7.0", "psycopg2-binary==2.9.13"];
/// Processes of the worker.
const PROCESSES: u16 = 2;

/// A worker of Celery with two processes.
pub(super) struct Celery {
    directory: PathBuf,
    environment: [(&'static str, String); 3],
    worker: Process,
}

impl Celery {
    /// Installs Celery below `directory` if it is not there yet, and starts its worker.
    ///
    /// # Errors
    /// If Python is missing, `PyPI` does not answer, or the worker does not start.
    pub(super) async fn start(
        directory: &Path,
        world: &World,
        options: Options,
    ) -> Result<Option<Self>> {
        if !options.celery {
            return Ok(None);
        }
        let directory = directory.join("celery");
        tokio::fs::create_dir_all(&directory).await?;
        install(&directory, "Celery", &PACKAGES).await?;
        tokio::fs::write(directory.join("bench_tasks.py"), TASKS).await?;
        let environment = [
            ("BENCH_DATABASE", world.bare_url.clone()),
            ("BENCH_BROKER", world.amqp_url.clone()),
            ("BENCH_PREFETCH", (options.in_hand / PROCESSES).max(1).to_string()),
        ];
        let mut worker = python(&directory);
        worker
            .args(["-m", "celery", "-A", "bench_tasks", "worker", "--loglevel=warning"])
            .args(["--concurrency", &PROCESSES.to_string()])
            .envs(environment.iter().map(|(name, value)| (name, value)));
        let worker = Process::spawn(&mut worker, &directory.join("worker.log"))
            .context("cannot start Celery's worker")?;
        Ok(Some(Self { directory, environment, worker }))
    }

    /// Completed tasks a second, with as many in hand as the other measurements have.
    pub(super) async fn measure(&self, options: Options) -> Result<f64> {
        let output = tokio::process::Command::from(python(&self.directory))
            .arg("bench_tasks.py")
            .args([options.jobs.to_string(), options.in_hand.to_string()])
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stderr(Stdio::inherit())
            .output()
            .await
            .context("cannot run Celery's producer")?;
        ensure!(output.status.success(), "Celery's producer failed, see above");
        let rate = String::from_utf8_lossy(&output.stdout);
        rate.trim().parse().with_context(|| format!("Celery's producer answered {rate:?}"))
    }
}

impl Drop for Celery {
    /// Kills the worker with its processes.
    fn drop(&mut self) {
        self.worker.kill();
    }
}
