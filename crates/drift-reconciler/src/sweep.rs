//! One sweep of one server: checks its health, lists its virtual servers, and decides what follows.

use std::time::Duration;

use model::{
    drift::{self, Seen},
    fault::Fault,
};
use panels::{Host, Unread};
use store::{Result, sweeps::Sweep};

use crate::{Reconciler, outcome::SweepOutcome, verdict::Verdict};

/// How long a health check may take, with the wait for the server's pace.
const CHECK_LIMIT: Duration = Duration::from_secs(30);

impl Reconciler {
    /// Sweeps a claimed server and writes the result.
    pub(crate) async fn look_at(&self, sweep: &Sweep) -> Result<SweepOutcome> {
        let verdict = self.judge(sweep).await?;
        self.write(sweep, &verdict).await
    }

    async fn judge(&self, sweep: &Sweep) -> Result<Verdict> {
        let (host, seen) = match self.read(sweep).await {
            Ok(read) => read,
            Err(unread) => {
                log(sweep, unread.fault());
                return Ok(match unread {
                    Unread::Host(fault) => Verdict::Unhealthy(fault),
                    Unread::Gateway(fault) => Verdict::Blind(fault),
                });
            }
        };
        // Read after the listing: the rows and jobs then tell which accounts have changed since the sweep began.
        let wanted = self.store.wanted_on(sweep.server.id, sweep.started_at).await?;
        let mut differences = drift::compare(&wanted, &seen);
        differences.extend(drift::unenforced_quotas(&sweep.server, &wanted, &seen));
        match drift::believe(&wanted, &seen, &differences, self.sweep.tolerance()) {
            Ok(()) => {
                let unsettled = wanted.iter().filter(|it| !it.settled).map(|it| it.account_id);
                let unsettled = unsettled.collect();
                let unclaimed = drift::unclaimed(&seen, &differences);
                let facts = host.facts(drift::keeps_quotas(&seen));
                Ok(Verdict::Believed { differences, unsettled, unclaimed, facts })
            }
            Err(doubt) => {
                tracing::warn!(server.id = %sweep.server.id, "{doubt}: nothing is concluded from it");
                Ok(Verdict::Doubted(doubt))
            }
        }
    }

    /// Checks the host's health first, because that is cheap, within a quarter of the lease. Then reads one listing,
    /// within half of the lease.
    async fn read(&self, sweep: &Sweep) -> std::result::Result<(Host, Vec<Seen>), Unread> {
        let (server, lease) = (sweep.server.id, self.sweep.lease());
        let host = self.gateway.inspect(server, CHECK_LIMIT.min(lease / 4)).await?;
        Ok((host, self.gateway.list(server, lease / 2).await?))
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
