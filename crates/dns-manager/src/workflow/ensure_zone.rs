//! The step that makes a zone that is wanted and not there.

use engine::{Context, Step};
use model::{dns::ApplyZone, fault::Fault};

use super::read_zone::ReadZone;
use crate::{access::Access, plan::Owner};

/// Makes the zone, marked as ours.
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
        if seen.as_ref().is_some_and(|it| it.whole || !it.ours) {
            return Ok(());
        }
        if seen.is_some_and(|it| !Owner(cx.order.zone_id).shares(name, &it.sets)) {
            provider.delete(name).await?;
        }
        // Where someone else made it meanwhile it is theirs, and holds ours beside theirs.
        provider.create(name, &server.ns_names).await?;
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

/// Deletes the zone if it is ours and holds nothing of others'.
pub(super) async fn delete_unshared(
    access: &Access,
    cx: &Context<'_, ApplyZone>,
) -> Result<(), Fault> {
    let decision = cx.output::<ReadZone>()?;
    let (_, provider) = access.open(decision.server).await?;
    let name = decision.name.as_str();
    let _turn = access.turn(&*provider, decision.server, cx.job).await?;
    let Some(seen) = provider.zone(name).await? else { return Ok(()) };
    if seen.ours && !Owner(cx.order.zone_id).shares(name, &seen.sets) {
        provider.delete(name).await?;
    }
    Ok(())
}
