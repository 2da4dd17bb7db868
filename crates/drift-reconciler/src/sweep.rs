//! One sweep of one server: asks how it is and what it has, and decides what follows.

use model::{
    drift::{self, Seen},
    fault::Fault,
};
use store::{Result, sweeps::Sweep};

use crate::{Reconciler, gateway::Failure, verdict::Verdict};

/// How a sweep came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The server is as the rows say.
    Clean,
    /// It is not.
    Drifted {
        /// Differences that were found.
        differences: usize,
        /// Jobs that were filed to heal them.
        jobs: usize,
    },
    /// What it lists cannot be true: nothing was concluded.
    Doubted,
    /// It fails its checks.
    Unhealthy,
    /// We could not ask it, which says nothing about it.
    Blind,
    /// It took too long, and nothing was written.
    Late,
}

impl Outcome {
    /// The stable name, as in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Drifted { .. } => "drifted",
            Self::Doubted => "doubted",
            Self::Unhealthy => "unhealthy",
            Self::Blind => "blind",
            Self::Late => "late",
        }
    }
}

impl Reconciler {
    /// Looks at a server that was claimed, and writes down what was found.
    pub(crate) async fn look_at(&self, sweep: &Sweep) -> Result<Outcome> {
        let verdict = self.judge(sweep).await?;
        self.write(sweep, &verdict).await
    }

    async fn judge(&self, sweep: &Sweep) -> Result<Verdict> {
        let (version, seen) = match self.read(sweep).await {
            Ok(read) => read,
            Err(failure) => {
                log(sweep, failure.fault());
                return Ok(match failure {
                    Failure::Server(fault) => Verdict::Unhealthy(fault),
                    Failure::Ours(fault) => Verdict::Blind(fault),
                });
            }
        };
        // After the listing: what has changed since the sweep began is known by its rows and jobs.
        let wanted = self.store.wanted_on(sweep.server.id, sweep.started_at).await?;
        let differences = drift::compare(&wanted, &seen);
        match drift::believe(&wanted, &seen, &differences, self.sweep.tolerance()) {
            Ok(()) => {
                let unsettled = wanted.iter().filter(|it| !it.settled).map(|it| it.account_id);
                let unsettled = unsettled.collect();
                let strangers = drift::strangers(&seen, &differences);
                Ok(Verdict::Believed { differences, unsettled, strangers, version })
            }
            Err(doubt) => {
                tracing::warn!(server.id = %sweep.server.id, "{doubt}: nothing is concluded from it");
                Ok(Verdict::Doubted(doubt))
            }
        }
    }

    /// Its health first, since that is cheap, then one listing: the version that it runs, and what it has.
    async fn read(&self, sweep: &Sweep) -> std::result::Result<(String, Vec<Seen>), Failure> {
        let (server, lease) = (sweep.server.id, self.sweep.lease());
        let version = self.gateway.check(server, lease).await?;
        Ok((version, self.gateway.list(server, lease).await?))
    }
}

fn log(sweep: &Sweep, fault: &Fault) {
    tracing::warn!(
        server.id = %sweep.server.id,
        fault.kind = fault.kind.as_str(),
        fault.cause = fault.cause.as_deref(),
        "{fault}",
    );
}
