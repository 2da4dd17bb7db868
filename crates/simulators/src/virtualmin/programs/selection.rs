//! Selects virtual servers by domain, by user and by plan.

use crate::virtualmin::outcome::Failure;
use crate::virtualmin::state::State;
use crate::virtualmin::virtual_server::VirtualServer;

/// The servers with one of the domains, users or plans, each once. Names are compared exactly, and an unknown
/// name fails the whole lookup.
pub(super) fn by_names(
    state: &State,
    domains: &[String],
    users: &[String],
    plans: &[String],
) -> Result<Vec<VirtualServer>, Failure> {
    let mut chosen: Vec<&VirtualServer> = Vec::new();
    for domain in domains {
        chosen.push(
            state
                .servers
                .get(domain)
                .ok_or_else(|| Failure::Usage(format!("Virtual server {domain} does not exist")))?,
        );
    }
    for user in users {
        let owner = |server: &&VirtualServer| server.parent().is_none() && server.username == *user;
        if !state.servers.values().any(|server| owner(&server)) {
            return Err(Failure::Usage(format!("No top-level domain owned by {user} exists")));
        }
        chosen.extend(state.servers.values().filter(|server| server.username == *user));
    }
    chosen.extend(state.servers.values().filter(|server| plans.contains(&server.plan)));
    chosen.sort_by_key(|server| server.serial);
    chosen.dedup_by_key(|server| server.serial);
    if !domains.is_empty() && users.is_empty() && plans.is_empty() {
        chosen.sort_by_key(|server| domains.iter().position(|domain| *domain == server.domain));
    }
    Ok(chosen.into_iter().cloned().collect())
}
