//! The step that creates a wanted zone that does not exist.

use engine::{Context, Step};
use model::{dns::ApplyZone, fault::Fault};

use super::read_zone::ReadZone;
use crate::{access::Access, apex::Apex, plan::Owner};

/// Creates the zone with our mark.
pub(super) struct EnsureZone(pub(super) Access);

impl Step<ApplyZone> for EnsureZone {
    const NAME: &'static str = "ensure-zone";
    type Output = ();

    async fn run(&self, cx: &Context<'_, ApplyZone>) -> Result<(), Fault> {
        let decision = cx.output::<ReadZone>()?;
        if !decision.wanted {
            return Ok(());
        }
        let (server, provider) = self.0.open(decision.server).await?;
        let name = decision.name.as_str();
        let _turn = self.0.turn(&*provider, decision.server, cx.job).await?;
        let seen = provider.zone(name).await?;
        if seen.as_ref().is_some_and(|zone| zone.complete || !zone.ours) {
            return Ok(());
        }
        if seen.is_some_and(|zone| !Owner(cx.order.zone_id).has_foreign_sets(name, &zone.sets)) {
            provider.delete(name).await?;
        }
        // A zone that was created elsewhere meanwhile stays foreign, and holds our record sets beside its own.
        provider.create(name, &Apex::from(&server.authority)).await?;
        Ok(())
    }

    async fn undo(&self, cx: &Context<'_, ApplyZone>) -> Result<(), Fault> {
        let decision = cx.output::<ReadZone>()?;
        if !decision.wanted || decision.before.is_some() {
            return Ok(());
        }
        delete_unshared(&self.0, cx).await
    }
}

/// Deletes the zone if it is ours and holds no foreign record set.
pub(super) async fn delete_unshared(
    access: &Access,
    cx: &Context<'_, ApplyZone>,
) -> Result<(), Fault> {
    let decision = cx.output::<ReadZone>()?;
    let (_, provider) = access.open(decision.server).await?;
    let name = decision.name.as_str();
    let _turn = access.turn(&*provider, decision.server, cx.job).await?;
    let Some(seen) = provider.zone(name).await? else { return Ok(()) };
    if seen.ours && !Owner(cx.order.zone_id).has_foreign_sets(name, &seen.sets) {
        provider.delete(name).await?;
    }
    Ok(())
}
