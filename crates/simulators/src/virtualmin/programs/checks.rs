//! Checks that several programs make, and their words.

use crate::virtualmin::outcome::Failure;
use crate::virtualmin::state::State;
use crate::virtualmin::virtual_server::VirtualServer;

/// Fails with `otherwise`, which the usage text follows, unless `holds`.
pub(super) fn require(holds: bool, otherwise: &str) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure::Usage(otherwise.to_owned())) }
}

/// The virtual server with this domain, compared exactly.
pub(super) fn server(state: &State, domain: &str) -> Result<VirtualServer, Failure> {
    let missing = || Failure::Usage(format!("Virtual server {domain} does not exist"));
    state.servers.get(domain).cloned().ok_or_else(missing)
}

/// A whole number without a sign; otherwise the failure `otherwise`.
pub(super) fn whole(digits: &str, otherwise: &str) -> Result<u64, Failure> {
    let all_digits = digits.chars().all(|c| c.is_ascii_digit());
    digits.parse().ok().filter(|_| all_digits).ok_or_else(|| Failure::Usage(otherwise.to_owned()))
}
