//! What a zone is to hold, from its row and the row of its DNS server. Pure.

use model::{
    authority::NoGlue,
    dns::{DnsServer, RecordSet, Zone, glue_records},
    fault::{Fault, FaultKind},
};
use serde::{Deserialize, Serialize};

use crate::{
    apex::Apex,
    content,
    plan::{Owner, Plan},
    verify::Expectation,
    zone::SeenZone,
};

/// What a zone is to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Desired {
    /// Our record sets.
    pub(crate) records: Vec<RecordSet>,
    /// The apex; `None` leaves it as it is, because the zone is not ours or is not wanted.
    pub(crate) apex: Option<Apex>,
}

impl Desired {
    /// What `zone` is to hold on `server`, given the present zone.
    ///
    /// # Errors
    ///
    /// `Invalid` for a record that is malformed or outside the zone; `Refused` if the address of a name server within the
    /// zone is not known.
    pub(crate) fn of(
        zone: &Zone,
        server: &DnsServer,
        seen: Option<&SeenZone>,
    ) -> Result<Self, Fault> {
        if !zone.wanted {
            return Ok(Self::default());
        }
        let mut records = checked(zone)?;
        let is_ours = seen.is_none_or(|it| it.ours || !it.complete);
        if is_ours {
            let glue = glue_records(&server.authority, &zone.name, &records);
            let refused = |problem: NoGlue| {
                Fault::new(FaultKind::Refused, format!("DNS server {}: {problem}", server.name))
            };
            records.extend(glue.map_err(refused)?);
        }
        Ok(Self { records, apex: is_ours.then(|| Apex::from(&server.authority)) })
    }

    /// The changes of the present zone `name`, and the conflicts that prevent others.
    pub(crate) fn plan(&self, owner: Owner, name: &str, seen: &SeenZone) -> Plan {
        let mut plan = owner.plan(&self.records, &seen.sets);
        if let Some(apex) = &self.apex
            && seen.ours
        {
            plan.changes.extend(apex.changes(name, &seen.sets));
            plan.sets_secondaries = !seen.secondaries_as_wanted;
        }
        plan
    }

    /// The answers of every name server of zone `name` once it holds this.
    pub(crate) fn expectations(&self, name: &str) -> Vec<Expectation> {
        let records = self.records.iter().cloned().map(Expectation::Served);
        let apex = |apex: &Apex| Expectation::Apex { zone: name.to_owned(), apex: apex.clone() };
        records.chain(self.apex.iter().map(apex)).collect()
    }
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
