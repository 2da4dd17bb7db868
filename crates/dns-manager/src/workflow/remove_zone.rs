//! The step that deletes an unwanted zone of ours, unless it holds foreign record sets.

use engine::{Context, Step};
use model::{dns::ApplyZone, fault::Fault};

use super::{ensure_zone::delete_unshared, read_zone::ReadZone};
use crate::{access::Access, apex::Apex};

/// Deletes the zone.
pub(super) struct RemoveZone(pub(super) Access);

impl Step<ApplyZone> for RemoveZone {
    const NAME: &'static str = "remove-zone";
    type Output = ();

    async fn run(&self, cx: &Context<'_, ApplyZone>) -> Result<(), Fault> {
        match cx.output::<ReadZone>()?.wanted {
            true => Ok(()),
            false => delete_unshared(&self.0, cx).await,
        }
    }

    async fn undo(&self, cx: &Context<'_, ApplyZone>) -> Result<(), Fault> {
        let decision = cx.output::<ReadZone>()?;
        let Some(before) = decision.before.filter(|before| before.ours && !decision.wanted) else {
            return Ok(());
        };
        let (server, provider) = self.0.open(decision.server).await?;
        let name = decision.name.as_str();
        let _turn = self.0.turn(&*provider, decision.server, cx.job).await?;
        if provider.zone(name).await?.is_none() {
            let apex = before.held.apex;
            let apex = apex.unwrap_or_else(|| Apex::from(&server.authority));
            provider.create(name, &apex).await?;
        }
        Ok(())
    }
}
