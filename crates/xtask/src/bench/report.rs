//! The results, as JSON for programs and as tables for people.

use std::io::{self, Write};

use serde::Serialize;

use super::activations::Load;
use super::bare::Bare;
use super::engine::Engine;
use super::numbers::{Latency, share};
use super::options::Options;
use super::processes::Memory;
use super::stages::{Profile, Stage};

/// The promised share of the bare limit for the job engine.
const PROMISED_SHARE: f64 = 0.4;
/// The promised time of a single activation, in 99 of 100 cases.
const PROMISED_MS: f64 = 500.0;
/// The promised maximum memory of a service.
const PROMISED_KIB: u64 = 64 * 1024;

/// All results.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    processors: usize,
    in_hand: u16,
    bare: Bare,
    engine: Engine,
    /// Celery's tasks per second, if it was measured.
    celery: Option<f64>,
    /// The engine's jobs per second, divided by each of the bare limits.
    engine_share: Bare,
    /// The engine's jobs per second, divided by the bare limit, for each turn, sorted.
    engine_shares: Vec<f64>,
    activation_alone: Latency,
    activation_load: Load,
    /// The jobs per second of activations, divided by the bare limit.
    activation_share: f64,
    memory: Vec<Memory>,
}

/// A measurement of the bare limit and then of the engine.
pub(crate) struct Turn {
    pub(crate) bare: Bare,
    pub(crate) engine: Engine,
    pub(crate) celery: Option<f64>,
}

impl Turn {
    fn share(&self) -> f64 {
        share(self.engine.per_second, self.bare.both)
    }
}

impl Report {
    /// The report; the number of turns must be odd.
    pub(crate) fn new(
        options: Options,
        mut turns: Vec<Turn>,
        activation_alone: Latency,
        activation_load: Load,
        memory: Vec<Memory>,
    ) -> Self {
        turns.sort_by(|a, b| a.share().total_cmp(&b.share()));
        let engine_shares = turns.iter().map(Turn::share).collect();
        let Turn { bare, engine, celery } = turns.swap_remove(turns.len() / 2);
        let of = |limit: f64| share(engine.per_second, limit);
        Self {
            processors: std::thread::available_parallelism().map_or(0, Into::into),
            in_hand: options.in_hand,
            engine_share: Bare {
                messages: of(bare.messages),
                commits: of(bare.commits),
                both: of(bare.both),
            },
            engine_shares,
            activation_share: share(activation_load.jobs_per_second, bare.both),
            bare,
            engine,
            celery,
            activation_alone,
            activation_load,
            memory,
        }
    }

    /// Whether all promises hold.
    pub(crate) fn holds(&self) -> bool {
        self.promises().iter().all(|(held, _)| *held)
    }

    fn promises(&self) -> [(bool, String); 3] {
        let share = self.engine_share.both;
        let turns: Vec<_> =
            self.engine_shares.iter().map(|it| format!("{:.0}", it * 100.0)).collect();
        let slow = self.activation_alone.p99_ms;
        let most = self.memory.iter().map(|it| it.peak_kib).max().unwrap_or_default();
        [
            (
                share >= PROMISED_SHARE,
                format!(
                    "the job engine does {:.0} % of the bare limit (40 % at least; in turn {})",
                    share * 100.0,
                    turns.join(", ")
                ),
            ),
            (
                slow < PROMISED_MS,
                format!("an activation alone is active after {slow:.0} ms, p99 (500 ms at most)"),
            ),
            (
                most < PROMISED_KIB,
                format!("no service had more than {} MiB resident (64 MiB at most)", mib(most)),
            ),
        ]
    }

    /// Prints the tables.
    pub(crate) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let (bare, engine, load) = (&self.bare, &self.engine, &self.activation_load);
        writeln!(out, "\n{} processors, {} jobs in hand", self.processors, self.in_hand)?;
        writeln!(out, "\n{:<52}{:>10}{:>10}", "jobs a second", "", "engine is")?;
        for (name, rate, share) in [
            ("bare limit: two commits and one message", bare.both, self.engine_share.both),
            ("  the two commits alone (sqlx)", bare.commits, self.engine_share.commits),
            ("  the message alone (lapin)", bare.messages, self.engine_share.messages),
        ] {
            writeln!(out, "{name:<52}{rate:>10.0}{:>8.0} %", share * 100.0)?;
        }
        writeln!(out, "{:<52}{:>10.0}", "job engine, completed", engine.per_second)?;
        if let Some(celery) = self.celery {
            let times = share(engine.per_second, celery);
            writeln!(
                out,
                "{:<52}{celery:>10.0}   (the engine does {times:.1} times as many)",
                "Celery, completed"
            )?;
        }
        let share = self.activation_share * 100.0;
        let jobs = load.jobs_per_second;
        writeln!(
            out,
            "{:<52}{jobs:>10.0}   ({share:.0} % of the bare limit)",
            "activations, completed jobs"
        )?;
        writeln!(out, "{:<52}{:>10.0}", "activations accepted a second", load.accepted_per_second)?;
        writeln!(out, "{:<52}{:>10.0}", "activations active a second", load.completed_per_second)?;

        writeln!(
            out,
            "\n{:<52}{:>8}{:>8}{:>8}{:>8}",
            "milliseconds", "p50", "p95", "p99", "longest"
        )?;
        for (name, latency) in [
            ("activation accepted -> active, alone", self.activation_alone),
            ("activation accepted -> active, under load", load.latency),
            ("the call that accepts an activation, under load", load.accept),
            ("job of the engine, filed -> completed", engine.latency),
        ] {
            let Latency { p50_ms, p95_ms, p99_ms, longest_ms } = latency;
            writeln!(out, "{name:<52}{p50_ms:>8.0}{p95_ms:>8.0}{p99_ms:>8.0}{longest_ms:>8.0}")?;
        }
        writeln!(out, "\nWhere the time goes (milliseconds on the clock, mean)")?;
        table(out, "job engine", &engine.stages)?;
        table(out, "activations under load", &load.stages)?;
        spent(out, &[("engine", &engine.profile), ("activation", &load.profile)])?;

        writeln!(out, "\n{:<52}{:>10}{:>10}", "MiB resident", "idle", "most")?;
        for Memory { service, idle_kib, peak_kib } in &self.memory {
            writeln!(out, "{service:<52}{:>10}{:>10}", mib(*idle_kib), mib(*peak_kib))?;
        }
        writeln!(out)?;
        for (held, promise) in self.promises() {
            writeln!(out, "{} {promise}", if held { "✓" } else { "✗" })?;
        }
        Ok(())
    }
}

fn table(out: &mut impl Write, title: &str, stages: &[Stage]) -> io::Result<()> {
    writeln!(out, "  {title}")?;
    for Stage { kind, stage, mean_ms } in stages {
        writeln!(out, "    {:<48}{mean_ms:>10.1}", format!("{kind}: {stage}"))?;
    }
    Ok(())
}

/// Prints the cost of a job in each part, the most expensive first.
fn spent(out: &mut impl Write, columns: &[(&str, &Profile)]) -> io::Result<()> {
    write!(out, "\n{:<52}", "Where the processors go (milliseconds for each job)")?;
    for (name, _) in columns {
        write!(out, "{name:>12}")?;
    }
    writeln!(out)?;
    let Some((_, first)) = columns.first() else { return Ok(()) };
    let mut parts: Vec<_> = first.processor_ms.iter().collect();
    parts.sort_by(|a, b| b.1.total_cmp(a.1));
    let row = |out: &mut dyn Write, name: &str, value: &dyn Fn(&Profile) -> f64| {
        write!(out, "  {name:<50}")?;
        for (_, profile) in columns {
            write!(out, "{:>12.2}", value(profile))?;
        }
        writeln!(out)
    };
    for (part, _) in parts {
        let of = |it: &Profile| it.processor_ms.get(part).copied().unwrap_or_default();
        row(out, part, &of)?;
    }
    row(out, "together", &|it: &Profile| it.processor_ms.values().sum())?;
    row(out, "transactions, reading ones too", &|it: &Profile| it.transactions)?;
    row(out, "forced writes of PostgreSQL's log", &|it: &Profile| it.flushes)?;
    row(out, "KiB of PostgreSQL's log", &|it: &Profile| it.written_kib)
}

fn mib(kib: u64) -> String {
    format!("{:.1}", kib as f64 / 1024.0)
}
