//! The workflow of `dns.apply`: a zone on its DNS server becomes what its rows say.
//!
//! The first step reads rows and zone and decides; from there the job works on that snapshot, and a
//! later change of the rows is a later job. Every act begins by looking at the zone as it is, so that
//! a repeat after a lost answer does nothing twice, and every undo puts back what was there before:
//! our record sets with their former contents, and the zone itself if this job made or removed it.
//! What is not ours is touched in neither direction.

mod ensure_zone;
mod mark_verified;
mod read_zone;
mod remove_zone;
mod verify_name_servers;
mod write_records;

use engine::Workflow;
use model::dns::ApplyZone;

use crate::access::Access;

/// The steps in their order. The zone goes last, when no name server answers for its records any more.
pub(crate) fn apply_zone(access: Access) -> Workflow<ApplyZone> {
    Workflow::new()
        .then(read_zone::ReadZone(access.clone()))
        .then(ensure_zone::EnsureZone(access.clone()))
        .then(write_records::WriteRecords(access.clone()))
        .then(verify_name_servers::VerifyNameServers(access.clone()))
        .then(remove_zone::RemoveZone(access.clone()))
        .then(mark_verified::MarkVerified(access))
}
