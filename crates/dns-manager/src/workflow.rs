//! The workflow of `dns.apply`: a zone on its DNS server becomes what its rows say.
//!
//! The first step reads the rows and the zone, and decides. The other steps carry out that decision; a later change
//! of the rows is a later job. Every write first reads the present zone, so that a repeat after a lost answer writes
//! nothing twice. Every undo restores the state before the job: our record sets with their former contents, and the
//! zone itself if the job created or deleted it. Foreign record sets are never touched.

mod ensure_zone;
mod mark_verified;
mod read_zone;
mod remove_zone;
mod verify_name_servers;
mod write_records;

use engine::Workflow;
use model::dns::ApplyZone;

use crate::access::Access;

/// The steps in order. The zone is deleted last, when no name server answers our records any more.
pub(crate) fn apply_zone(access: Access) -> Workflow<ApplyZone> {
    Workflow::new()
        .then(read_zone::ReadZone(access.clone()))
        .then(ensure_zone::EnsureZone(access.clone()))
        .then(write_records::WriteRecords(access.clone()))
        .then(verify_name_servers::VerifyNameServers(access.clone()))
        .then(remove_zone::RemoveZone(access.clone()))
        .then(mark_verified::MarkVerified(access))
}
