//! The step that waits until every name server answers as wanted.

use engine::{Context, Step};
use model::{dns::ApplyZone, fault::Fault};

use super::read_zone::ReadZone;
use crate::{access::Access, verify::Expectation};

/// Asks every name server for every record set that the job wrote, kept or removed, and for the apex of a zone of ours.
pub(super) struct VerifyNameServers(pub(super) Access);

impl Step<ApplyZone> for VerifyNameServers {
    const NAME: &'static str = "verify-name-servers";
    type Output = ();

    async fn run(&self, cx: &Context<'_, ApplyZone>) -> Result<(), Fault> {
        let decision = cx.output::<ReadZone>()?;
        let (server, _) = self.0.open(decision.server).await?;
        let served = decision.desired.expectations(decision.name.as_str());
        let gone = decision.removed().map(Expectation::Gone);
        let expectations: Vec<_> = served.into_iter().chain(gone).collect();
        self.0.verifier.wait_for(&server.nameservers, &expectations).await
    }
}
