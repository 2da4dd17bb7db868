//! The step that records and audits that every name server answers as wanted.

use engine::{Context, Step};
use model::{dns::ApplyZone, fault::Fault};
use serde_json::json;

use super::read_zone::ReadZone;
use crate::access::Access;

/// Marks the zone's row as verified.
pub(super) struct MarkVerified(pub(super) Access);

impl Step<ApplyZone> for MarkVerified {
    const NAME: &'static str = "mark-verified";
    type Output = ();

    async fn run(&self, cx: &Context<'_, ApplyZone>) -> Result<(), Fault> {
        let decision = cx.output::<ReadZone>()?;
        let (id, tenant) = (cx.order.zone_id, cx.job.tenant_id);
        let detail = json!({
            "name": decision.name,
            "wanted": decision.wanted,
            "records": decision.desired.records,
        });
        let tx = self.0.store.begin().await?;
        tx.zone_verified(id).await?;
        tx.audit(tenant, &cx.origin(), "zone.verified", &id.target(), detail).await?;
        Ok(tx.commit().await?)
    }

    /// One transaction writes the mark and the audit row, and a zone has one running job. So a mark later than the
    /// start of the job comes from this job.
    async fn look(&self, cx: &Context<'_, ApplyZone>) -> Result<Option<()>, Fault> {
        let verified_at = self.0.store.zone_verified_at(cx.order.zone_id).await?;
        Ok((verified_at >= cx.job.started_at && verified_at.is_some()).then_some(()))
    }

    async fn undo(&self, cx: &Context<'_, ApplyZone>) -> Result<(), Fault> {
        let (id, tenant) = (cx.order.zone_id, cx.job.tenant_id);
        let tx = self.0.store.begin().await?;
        if tx.zone_unverified(id).await? {
            let detail = json!({ "reason": "the job was undone" });
            let target = id.target();
            tx.audit(tenant, &cx.origin(), "zone.unverified", &target, detail).await?;
        }
        Ok(tx.commit().await?)
    }
}
