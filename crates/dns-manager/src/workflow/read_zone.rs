//! The step that decides: it compares the wanted records with the zone, and refuses conflicts.

use engine::{Context, Step};
use model::{
    dns::{ApplyZone, RecordSet, Zone},
    domain::DomainName,
    fault::{Fault, FaultKind},
    ids::DnsServerId,
};
use serde::{Deserialize, Serialize};

use crate::{
    access::Access,
    content,
    plan::{Conflict, Owner},
};

/// The most conflicts that a message names.
const NAMED_CONFLICTS: usize = 5;

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
    /// Our record sets after the job; empty if the zone is not wanted.
    pub(super) records: Vec<RecordSet>,
    /// The zone before the job; `None` if it did not exist.
    pub(super) before: Option<Before>,
}

/// A zone before the job.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Before {
    /// Whether the zone carried our mark.
    pub(super) ours: bool,
    /// Our record sets in the zone.
    pub(super) records: Vec<RecordSet>,
}

impl Decision {
    /// Our record sets before the job.
    pub(super) fn former(&self) -> &[RecordSet] {
        self.before.as_ref().map_or(&[], |before| &before.records)
    }

    /// Our former record sets that the job removes.
    pub(super) fn removed(&self) -> impl Iterator<Item = &RecordSet> {
        let stays = |former: &RecordSet| {
            self.records.iter().any(|set| set.name == former.name && set.kind == former.kind)
        };
        self.former().iter().filter(move |former| !stays(former))
    }
}

impl Step<ApplyZone> for ReadZone {
    const NAME: &'static str = "read-zone";
    type Output = Decision;

    async fn run(&self, cx: &Context<'_, ApplyZone>) -> Result<Decision, Fault> {
        let id = cx.order.zone_id;
        let zone = self.0.store.zone(id).await?.ok_or_else(|| Fault::not_found("zone", id))?;
        let (server, provider) = self.0.open(zone.dns_server_id).await?;
        let records = if zone.wanted { checked(&zone)? } else { Vec::new() };
        let seen = provider.zone(zone.name.as_str()).await?;
        let owner = Owner(id);
        if let Some(seen) = &seen {
            refuse_conflicts(&server.name, &owner.plan(&records, &seen.sets).conflicts)?;
        }
        let before = seen.map(|zone| Before { ours: zone.ours, records: owner.owned(&zone.sets) });
        let (server, name) = (server.id, zone.name);
        Ok(Decision { server, name, wanted: zone.wanted, records, before })
    }
}

/// Refuses a zone in which foreign record sets occupy the place of ours.
pub(super) fn refuse_conflicts(server: &str, conflicts: &[Conflict]) -> Result<(), Fault> {
    if conflicts.is_empty() {
        return Ok(());
    }
    let mut named: Vec<_> =
        conflicts.iter().take(NAMED_CONFLICTS).map(ToString::to_string).collect();
    if conflicts.len() > NAMED_CONFLICTS {
        named.push(format!("{} more", conflicts.len() - NAMED_CONFLICTS));
    }
    Err(Fault::new(
        FaultKind::Conflict,
        format!(
            "DNS server {server} holds records that are not ours in the place of ours: {}. Remove them \
             there, or serve the domain elsewhere; none was touched",
            named.join("; ")
        ),
    ))
}

/// The wanted records of a zone. Each must be well formed and within the zone.
fn checked(zone: &Zone) -> Result<Vec<RecordSet>, Fault> {
    let apex = zone.name.as_str();
    for RecordSet { name, kind, contents, .. } in &zone.records {
        let within = name
            .strip_suffix(apex)
            .is_some_and(|prefix| prefix.is_empty() || prefix.ends_with('.'));
        if !within {
            return Err(Fault::invalid("records", format!("{name} is not within zone {apex}")));
        }
        if contents.is_empty() {
            let problem = format!("{name} {} has no content", kind.as_str());
            return Err(Fault::invalid("records", problem));
        }
    }
    for set in &zone.records {
        content::contents(set).map_err(|problem| {
            let RecordSet { name, kind, .. } = set;
            Fault::invalid("records", format!("{name} {}: a content {problem}", kind.as_str()))
        })?;
    }
    Ok(zone.records.clone())
}
