//! The step that writes our record sets, all in one change.

use engine::{Context, Step};
use model::{
    dns::{ApplyZone, RecordSet},
    fault::{Fault, FaultKind},
};

use super::read_zone::{Decision, ReadZone, refuse_conflicts};
use crate::{access::Access, plan::Owner};

/// Writes the wanted record sets that differ from those of the zone.
pub(super) struct WriteRecords(pub(super) Access);

/// What a conflict with a foreign record set does to the write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OnConflict {
    Refuse,
    SkipSet,
}

impl Step<ApplyZone> for WriteRecords {
    const NAME: &'static str = "write-records";
    type Output = ();

    async fn run(&self, cx: &Context<'_, ApplyZone>) -> Result<(), Fault> {
        let decision = cx.output::<ReadZone>()?;
        self.write(cx, &decision, &decision.records, OnConflict::Refuse).await
    }

    async fn undo(&self, cx: &Context<'_, ApplyZone>) -> Result<(), Fault> {
        let decision = cx.output::<ReadZone>()?;
        self.write(cx, &decision, decision.former(), OnConflict::SkipSet).await
    }
}

impl WriteRecords {
    /// Makes our record sets `wanted`. It reads the zone first, so that a repeat writes nothing.
    async fn write(
        &self,
        cx: &Context<'_, ApplyZone>,
        decision: &Decision,
        wanted: &[RecordSet],
        on_conflict: OnConflict,
    ) -> Result<(), Fault> {
        let (server, provider) = self.0.open(decision.server).await?;
        let name = decision.name.as_str();
        let _turn = self.0.turn(&*provider, decision.server, cx.job).await?;
        let exists = match provider.zone(name).await? {
            None => wanted.is_empty(),
            Some(seen) => {
                let plan = Owner(cx.order.zone_id).plan(wanted, &seen.sets);
                if on_conflict == OnConflict::Refuse {
                    refuse_conflicts(&server.name, &plan.conflicts)?;
                }
                if plan.changes.is_empty() {
                    return Ok(());
                }
                provider.change(name, &plan.changes).await?
            }
        };
        // An undo may find the zone deleted elsewhere; there is then nothing to restore.
        match exists || on_conflict == OnConflict::SkipSet {
            true => Ok(()),
            false => Err(Fault::new(
                FaultKind::Conflict,
                format!("zone {name} was deleted on DNS server {} meanwhile", server.name),
            )),
        }
    }
}
