//! Writes the result of a sweep: findings, jobs, the server's status, events and audit rows, in one transaction.

use std::{collections::BTreeSet, sync::atomic::Ordering};

use chassis::propagation::{self, Correlation};
use model::{
    drift::{Difference, Doubt, Field},
    fault::Fault,
    ids::AccountId,
    job::Origin,
    server::{HostFacts, ServerStatus},
};
use store::{
    Result, Tx,
    drift::Noted,
    sweeps::{Failing, Sweep, SweepEnd},
};

use crate::{
    Reconciler,
    heal::{self, Filed},
    health,
    outcome::SweepOutcome,
    tell::{self, Move},
};

/// The actor of filed jobs, in audit rows.
const ACTOR: &str = "drift-reconciler";

/// The result of a sweep.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// The server is healthy and its listing is credible.
    Believed {
        /// All differences.
        differences: Vec<Difference>,
        /// Accounts that could not be judged at this time.
        unsettled: Vec<AccountId>,
        /// Domains that no row claims and that may be switched off.
        unclaimed: BTreeSet<String>,
        /// What the host says about itself.
        facts: HostFacts,
    },
    /// The server answers, but its listing cannot be true.
    Doubted(Doubt),
    /// The server failed its check.
    Unhealthy(Fault),
    /// This service could not ask the server.
    Blind(Fault),
}

/// The changes that a verdict leads to.
struct Conclusion {
    outcome: SweepOutcome,
    noted: Vec<Noted>,
    filed: Vec<Filed>,
}

impl Verdict {
    /// The number of checks failed in a row, where `before` is the number before this one.
    fn failures(&self, before: u32) -> u32 {
        match self {
            Self::Believed { .. } | Self::Doubted(_) => 0,
            Self::Unhealthy(_) => before.saturating_add(1),
            Self::Blind(_) => before,
        }
    }

    fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Unhealthy(fault) | Self::Blind(fault) => Some(fault),
            Self::Believed { .. } | Self::Doubted(_) => None,
        }
    }
}

impl Reconciler {
    /// Writes a verdict and schedules the server's next sweep.
    pub(crate) async fn write(&self, sweep: &Sweep, verdict: &Verdict) -> Result<SweepOutcome> {
        let (server, origin) = (&sweep.server, origin());
        let (failures, fault) = (verdict.failures(sweep.failures), verdict.fault());
        let tx = self.store.begin().await?;
        let Conclusion { outcome, noted, filed } =
            self.conclude(&tx, sweep, verdict, &origin).await?;
        let change = match verdict {
            Verdict::Blind(_) => None,
            _ => self.set_status(&tx, sweep, failures, fault).await?,
        };
        let set_status = match &change {
            Some(change) => Some(change.to).filter(|it| *it != ServerStatus::Active),
            None => sweep.set_status,
        };
        let error = fault.map(|it| it.message.as_str());
        let end = SweepEnd { failures, error, set_status, next_in: self.sweep.period() };
        if !tx.finish_sweep(sweep, end).await? {
            return Ok(SweepOutcome::Late);
        }
        for finding in noted.iter().filter(|it| it.is_new()) {
            tell::of_drift(&tx, &origin, server, finding).await?;
        }
        // Audit rows come last, because other transactions wait for the lock of their chain.
        for filed in &filed {
            tell::of_job(&tx, &origin, server, filed).await?;
        }
        if let Some(change) = &change {
            tell::of_health(&tx, &origin, server, change).await?;
        }
        tx.commit().await?;
        Ok(outcome)
    }

    /// Opens and closes findings, and files jobs.
    async fn conclude(
        &self,
        tx: &Tx,
        sweep: &Sweep,
        verdict: &Verdict,
        origin: &Origin,
    ) -> Result<Conclusion> {
        let of = |outcome, noted| Conclusion { outcome, noted, filed: Vec::new() };
        let (server, tolerance) = (&sweep.server, self.sweep.tolerance());
        Ok(match verdict {
            Verdict::Believed { differences, unsettled, unclaimed, facts } => {
                let noted = tx.note(server, differences).await?;
                tx.close_findings(server.id, unsettled).await?;
                let mut filed = heal::accounts(tx, sweep, &noted, origin).await?;
                filed.extend(
                    heal::unclaimed(tx, sweep, &noted, unclaimed, tolerance, origin).await?,
                );
                if *server != server.clone().with_facts(facts.clone()) {
                    tx.set_server_facts(server.id, facts).await?;
                }
                let outcome = match differences.len() {
                    0 => SweepOutcome::Clean,
                    differences => SweepOutcome::Drifted { differences, jobs: filed.len() },
                };
                Conclusion { outcome, noted, filed }
            }
            Verdict::Doubted(doubt) => {
                of(SweepOutcome::Doubted, tx.note(server, &[of_listing(doubt)]).await?)
            }
            Verdict::Unhealthy(_) => of(SweepOutcome::Unhealthy, Vec::new()),
            Verdict::Blind(_) => of(SweepOutcome::Blind, Vec::new()),
        })
    }

    /// Sets the status that follows from the checks; `None` if it stays, or a person has just changed it.
    async fn set_status(
        &self,
        tx: &Tx,
        sweep: &Sweep,
        failures: u32,
        fault: Option<&Fault>,
    ) -> Result<Option<Move>> {
        let server = &sweep.server;
        if failures > 0 && self.is_sick(tx.failing_servers(server.id).await?) {
            return Ok(None);
        }
        let Some(to) = health::next(server.status, sweep.set_status, failures, self.health) else {
            return Ok(None);
        };
        let from = server.status;
        let reason = fault.map(|it| format!("{failures} checks in a row failed: {it}"));
        let moved = tx.set_server_status(server.id, from, to, reason.as_deref()).await?;
        Ok(moved.then_some(Move { from, to, reason }))
    }
}

impl Reconciler {
    /// Whether so many servers fail that the fault is ours. Logs the beginning and the end of such a time once.
    fn is_sick(&self, failing: Failing) -> bool {
        let sick = health::observer_is_sick(failing);
        match (self.sick.swap(sick, Ordering::Relaxed), sick) {
            (false, true) => tracing::error!(
                others = failing.others,
                all = failing.all,
                "most servers fail their checks, so the fault is ours: no status is set",
            ),
            (true, false) => tracing::info!("most servers do not fail their checks any more"),
            _ => {}
        }
        sick
    }
}

/// A doubted listing as a difference of the whole server.
fn of_listing(doubt: &Doubt) -> Difference {
    Difference {
        account_id: None,
        domain: String::new(),
        field: Field::Listing,
        wanted: "a plausible listing".to_owned(),
        seen: doubt.to_string(),
    }
}

/// The origin of a sweep's changes, in the sweep's own trace.
fn origin() -> Origin {
    let correlation = Correlation::current().unwrap_or_else(Correlation::generate);
    Origin {
        actor: ACTOR.to_owned(),
        correlation_id: correlation.to_string(),
        traceparent: propagation::current_traceparent(),
        client_address: None,
    }
}
