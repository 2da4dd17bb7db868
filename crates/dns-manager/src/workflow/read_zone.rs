//! The step that decides: it compares the wanted records with the zone, and refuses conflicts.

use engine::{Context, Step};
use model::{
    dns::{ApplyZone, RecordSet},
    domain::DomainName,
    fault::Fault,
    ids::DnsServerId,
};
use serde::{Deserialize, Serialize};

use crate::{access::Access, apex::Apex, desired::Desired, plan::Owner, zone::SeenZone};

/// Reads the rows and the zone. It writes nothing.
pub(super) struct ReadZone(pub(super) Access);

/// The decision that the later steps carry out.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Decision {
    /// The server that serves the zone.
    pub(super) server: DnsServerId,
    /// The zone's name.
    pub(super) name: DomainName,
    /// Whether the zone must exist.
    pub(super) wanted: bool,
    /// What the zone holds after the job.
    pub(super) desired: Desired,
    /// The zone before the job; `None` if it did not exist.
    pub(super) before: Option<Before>,
}

/// A zone before the job.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Before {
    /// Whether the zone carried our mark.
    pub(super) ours: bool,
    /// Our record sets in the zone, and its apex.
    pub(super) held: Desired,
}

impl Decision {
    /// What the zone held before the job.
    pub(super) fn former(&self) -> Desired {
        self.before.as_ref().map(|before| before.held.clone()).unwrap_or_default()
    }

    /// Our former record sets that the job removes.
    pub(super) fn removed(&self) -> impl Iterator<Item = RecordSet> {
        let stays = |former: &RecordSet| {
            let kept = &self.desired.records;
            kept.iter().any(|set| set.name == former.name && set.kind == former.kind)
        };
        self.former().records.into_iter().filter(move |former| !stays(former))
    }
}

impl Step<ApplyZone> for ReadZone {
    const NAME: &'static str = "read-zone";
    type Output = Decision;

    async fn run(&self, cx: &Context<'_, ApplyZone>) -> Result<Decision, Fault> {
        let id = cx.order.zone_id;
        let zone = self.0.store.zone(id).await?.ok_or_else(|| Fault::not_found("zone", id))?;
        let (server, provider) = self.0.open(zone.dns_server_id).await?;
        let (name, owner) = (zone.name.as_str(), Owner(id));
        let seen = provider.zone(name).await?;
        let desired = Desired::of(&zone, &server, seen.as_ref())?;
        if let Some(seen) = &seen {
            desired.plan(owner, name, seen).refuse_conflicts(&server.name)?;
        }
        let held = |seen: &SeenZone| Desired {
            records: owner.owned(&seen.sets),
            apex: Apex::of(name, &seen.sets),
        };
        let before = seen.map(|seen| Before { ours: seen.ours, held: held(&seen) });
        Ok(Decision { server: server.id, name: zone.name, wanted: zone.wanted, desired, before })
    }
}
