//! The step that brings our record sets up to date, all in one change.

use engine::{Context, Step};
use model::{
    dns::{ApplyZone, RecordSet},
    fault::{Fault, FaultKind},
};

use super::read_zone::{Decision, ReadZone, refuse_conflicts};
use crate::{access::Access, plan::Owner};

/// Writes what differs between the zone and what is wanted of ours.
pub(super) struct WriteRecords(pub(super) Access);

/// What to do about record sets of others in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OfOthers {
    Refuse,
    LeaveBe,
}

impl Step<ApplyZone> for WriteRecords {
    const NAME: &'static str = "write-records";
    type Output = ();

    async fn run(&self, cx: &Context<'_, ApplyZone>) -> Result<(), Fault> {
        let decision = cx.output::<ReadZone>()?;
        self.write(cx, &decision, &decision.records, OfOthers::Refuse).await
    }

    async fn undo(&self, cx: &Context<'_, ApplyZone>) -> Result<(), Fault> {
        let decision = cx.output::<ReadZone>()?;
        self.write(cx, &decision, decision.former(), OfOthers::LeaveBe).await
    }
}

impl WriteRecords {
    /// Makes our record sets `wanted`. Looks first, so a repeat finds nothing to do.
    async fn write(
        &self,
        cx: &Context<'_, ApplyZone>,
        decision: &Decision,
        wanted: &[RecordSet],
        of_others: OfOthers,
    ) -> Result<(), Fault> {
        let (server, provider) = self.0.open(decision.server).await?;
        let name = decision.name.as_str();
        let _turn = self.0.turn(&*provider, decision.server, cx.job).await?;
        let there = match provider.zone(name).await? {
            None => wanted.is_empty(),
            Some(seen) => {
                let plan = Owner(cx.order.zone_id).plan(wanted, &seen.sets);
                if of_others == OfOthers::Refuse {
                    refuse_conflicts(&server.name, &plan.conflicts)?;
                }
                if plan.changes.is_empty() {
                    return Ok(());
                }
                provider.change(name, &plan.changes).await?
            }
        };
        // Undoing, there is nowhere to put them back: someone else has taken the zone away.
        match there || of_others == OfOthers::LeaveBe {
            true => Ok(()),
            false => Err(Fault::new(
                FaultKind::Conflict,
                format!("zone {name} was deleted on DNS server {} meanwhile", server.name),
            )),
        }
    }
}
