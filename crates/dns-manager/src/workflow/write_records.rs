//! The step that writes our record sets and the apex, all in one change.

use engine::{Context, Step};
use model::{
    dns::ApplyZone,
    fault::{Fault, FaultKind},
};

use super::read_zone::{Decision, ReadZone};
use crate::{access::Access, desired::Desired, plan::Owner};

/// Writes the wanted record sets that differ from those of the zone, and the apex of a zone of ours.
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
        self.write(cx, &decision, &decision.desired, OnConflict::Refuse).await
    }

    async fn undo(&self, cx: &Context<'_, ApplyZone>) -> Result<(), Fault> {
        let decision = cx.output::<ReadZone>()?;
        self.write(cx, &decision, &decision.former(), OnConflict::SkipSet).await
    }
}

impl WriteRecords {
    /// Makes the zone hold `wanted`. It reads the zone first, so that a repeat writes nothing.
    async fn write(
        &self,
        cx: &Context<'_, ApplyZone>,
        decision: &Decision,
        wanted: &Desired,
        on_conflict: OnConflict,
    ) -> Result<(), Fault> {
        let (server, provider) = self.0.open(decision.server).await?;
        let name = decision.name.as_str();
        let _turn = self.0.turn(&*provider, decision.server, cx.job).await?;
        let exists = match provider.zone(name).await? {
            None => *wanted == Desired::default(),
            Some(seen) => {
                let plan = wanted.plan(Owner(cx.order.zone_id), name, &seen);
                if on_conflict == OnConflict::Refuse {
                    plan.refuse_conflicts(&server.name)?;
                }
                plan.carry_out(&*provider, name).await?
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
