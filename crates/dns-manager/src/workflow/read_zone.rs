//! The step that decides: what is wanted, what is there, and whether the two can be brought together.

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

/// How many conflicts a message names.
const NAMED_CONFLICTS: usize = 5;

/// Reads rows and zone; touches nothing.
pub(super) struct ReadZone(pub(super) Access);

/// What the job works on.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Decision {
    /// Where the zone is served.
    pub(super) server: DnsServerId,
    /// The zone's name.
    pub(super) name: DomainName,
    /// Whether it is to be there.
    pub(super) wanted: bool,
    /// What it is to hold of ours; nothing if it is not wanted.
    pub(super) records: Vec<RecordSet>,
    /// What was there; `None`: no such zone.
    pub(super) before: Option<Before>,
}

/// A zone before the job.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Before {
    /// Whether we had made the zone.
    pub(super) ours: bool,
    /// Our record sets in it.
    pub(super) records: Vec<RecordSet>,
}

impl Decision {
    /// Our record sets before the job.
    pub(super) fn former(&self) -> &[RecordSet] {
        self.before.as_ref().map_or(&[], |it| &it.records)
    }

    /// Those of them that are to go.
    pub(super) fn removed(&self) -> impl Iterator<Item = &RecordSet> {
        let stays =
            |it: &RecordSet| self.records.iter().any(|to| to.name == it.name && to.kind == it.kind);
        self.former().iter().filter(move |it| !stays(it))
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
        let before = seen.map(|it| Before { ours: it.ours, records: owner.owned(&it.sets) });
        let (server, name) = (server.id, zone.name);
        Ok(Decision { server, name, wanted: zone.wanted, records, before })
    }
}

/// The fault of a zone where others' record sets are in the way.
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
            "DNS server {server} holds records of someone else where ours are to be: {}. Remove them \
             there, or serve the domain elsewhere; none was touched",
            named.join("; ")
        ),
    ))
}

/// The zone's records, all of them within it and well formed.
fn checked(zone: &Zone) -> Result<Vec<RecordSet>, Fault> {
    let apex = zone.name.as_str();
    for RecordSet { name, kind, contents, .. } in &zone.records {
        let within = name.strip_suffix(apex).is_some_and(|it| it.is_empty() || it.ends_with('.'));
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
