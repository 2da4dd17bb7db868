//! The workflow of `dns_server.apply`: every wanted zone of a DNS server becomes what its rows say.
//!
//! It is for changes of the DNS server itself, such as new name servers, and fills a server that lost its zones. Zones
//! come one after another, each within a turn of its own, so that the zone of a new account waits for one of them at
//! most. A zone that is as wanted costs one read, so that a repeat goes on where it stopped.

use engine::{Context, Step, Workflow};
use model::{
    dns::{ApplyDnsServer, DnsServer, Zone},
    fault::Fault,
    ids::ZoneId,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{access::Access, apex::Apex, desired::Desired, plan::Owner, provider::DnsProvider};

/// Zones that are read from the database at a time.
const PAGE: u32 = 100;
/// Zones in conflict that the audit row names.
const NAMED: usize = 20;

pub(crate) fn workflow(access: Access) -> Workflow<ApplyDnsServer> {
    Workflow::new().then(ApplyZones(access))
}

/// Applies the zones. There is no undo: the rows say what is wanted, before and after.
struct ApplyZones(Access);

/// What became of the zones.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Applied {
    /// Zones that were changed or created.
    changed: u64,
    /// Zones that were as wanted.
    unchanged: u64,
    /// Zones that could not be applied, the first of them by name.
    refused: u64,
    named: Vec<String>,
}

impl Step<ApplyDnsServer> for ApplyZones {
    const NAME: &'static str = "apply-zones";
    type Output = Applied;

    async fn run(&self, cx: &Context<'_, ApplyDnsServer>) -> Result<Applied, Fault> {
        let id = cx.order.dns_server_id;
        let (server, provider) = self.0.open(id).await?;
        let (mut applied, mut after) = (Applied::default(), None::<ZoneId>);
        loop {
            let zones = self.0.store.wanted_zones(id, after, PAGE).await?;
            let Some(last) = zones.last() else { break };
            after = Some(last.id);
            for zone in &zones {
                match self.apply(cx, &server, &*provider, zone).await {
                    Ok(true) => applied.changed += 1,
                    Ok(false) => applied.unchanged += 1,
                    // A fault of the zone's own does not keep the others waiting.
                    Err(fault) if !fault.kind.is_transient() => {
                        tracing::warn!(zone = %zone.name, %fault, "the zone was left as it is");
                        applied.refused += 1;
                        if applied.named.len() < NAMED {
                            applied.named.push(zone.name.to_string());
                        }
                    }
                    Err(fault) => return Err(fault),
                }
            }
        }
        let tx = self.0.store.begin().await?;
        let detail = json!(applied);
        tx.audit(cx.job.tenant_id, &cx.origin(), "dns_server.applied", &id.target(), detail)
            .await?;
        tx.commit().await?;
        Ok(applied)
    }
}

impl ApplyZones {
    /// Makes one zone as wanted, and waits for the name servers; `false` if it was so already.
    async fn apply(
        &self,
        cx: &Context<'_, ApplyDnsServer>,
        server: &DnsServer,
        provider: &dyn DnsProvider,
        zone: &Zone,
    ) -> Result<bool, Fault> {
        let name = zone.name.as_str();
        let owner = Owner(zone.id);
        let look = async || {
            let seen = provider.zone(name).await?;
            let desired = Desired::of(zone, server, seen.as_ref())?;
            let plan = seen.as_ref().map(|seen| desired.plan(owner, name, seen));
            Ok::<_, Fault>((desired, plan))
        };
        if let (_, Some(plan)) = look().await?
            && plan.conflicts.is_empty()
            && plan.is_empty()
        {
            return Ok(false);
        }
        let turn = self.0.turn(provider, server.id, cx.job).await?;
        let (desired, mut plan) = look().await?;
        if plan.is_none() {
            provider.create(name, &Apex::from(&server.authority)).await?;
            plan = look().await?.1;
        }
        let plan = plan.unwrap_or_default();
        plan.refuse_conflicts(&server.name)?;
        plan.carry_out(provider, name).await?;
        drop(turn);
        let expectations = desired.expectations(name);
        self.0.verifier.wait_for(&server.nameservers, &expectations).await?;
        Ok(true)
    }
}
