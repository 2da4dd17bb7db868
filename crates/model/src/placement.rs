//! Chooses the server of a new account, as a pure function with a reason that operators can read later.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::ids::ServerId;
use crate::plan::{Feature, PlanTerms};
use crate::quota::Limit;
use crate::server::{ServerStatus, WithoutQuotas};

mod no_server;
mod verdict;

pub use no_server::NoServer;
pub use verdict::{Outcome, Verdict};

/// The most verdicts kept in a decision: enough to explain it, small enough to store with each account.
pub const MAX_VERDICTS: usize = 20;

/// A server as placement sees it. Leave out servers that must not be considered, such as the source of a
/// migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The id of the server.
    pub id: ServerId,
    /// The name, for the verdict.
    pub name: String,
    /// The status; only an active server takes accounts.
    pub status: ServerStatus,
    /// Whether the server is out of service, so that an account on it would have to wait.
    pub out_of_service: bool,
    /// The number of accounts on the server, reserved places included.
    pub accounts: u32,
    /// The most accounts that the server may have.
    pub capacity: u32,
    /// The tags, for plans that require some.
    pub tags: BTreeSet<String>,
    /// The features that are switched on in its panel, by Virtualmin's names; `None` if that is not known, which
    /// excludes nothing.
    pub features: Option<BTreeSet<String>>,
    /// Whether the host keeps quotas; `None` if that is not known, which excludes nothing.
    pub keeps_quotas: Option<bool>,
    /// Whether the server takes accounts with a limit on disk space while its host keeps no quotas.
    pub without_quotas: WithoutQuotas,
}

/// The number of accounts that placement puts on a server of this capacity: 90 % of it, rounded down.
///
/// The rest is room for moves and for growing accounts. A capacity of one is fully usable, because the server
/// could otherwise never be used.
pub fn usable(capacity: u32) -> u32 {
    let share = u64::from(capacity) * 9 / 10;
    u32::try_from(share).unwrap_or(capacity).max(capacity.min(1))
}

impl Candidate {
    /// Why the server cannot take one more account, checked in this order: status, tags, features, quotas, capacity.
    fn exclusion(&self, terms: &PlanTerms) -> Option<Outcome> {
        if self.status != ServerStatus::Active {
            return Some(Outcome::NotActive { status: self.status });
        }
        let missing: BTreeSet<String> = terms.server_tags.difference(&self.tags).cloned().collect();
        if !missing.is_empty() {
            return Some(Outcome::MissingTags { tags: missing });
        }
        let missing = self.missing_features(terms);
        if !missing.is_empty() {
            return Some(Outcome::MissingFeatures { features: missing });
        }
        if self.without_quotas == WithoutQuotas::Refuse
            && self.keeps_quotas == Some(false)
            && let Limit::AtMost(disk_mib) = terms.disk_mib
        {
            return Some(Outcome::NoQuotas { disk_mib });
        }
        let usable = usable(self.capacity);
        (self.accounts >= usable).then_some(Outcome::Full { usable })
    }

    /// The features of the terms that the host is known to lack.
    fn missing_features(&self, terms: &PlanTerms) -> BTreeSet<Feature> {
        let Some(switched_on) = &self.features else { return BTreeSet::new() };
        let lacks = |feature: &Feature| !switched_on.contains(feature.as_str());
        terms.features.iter().copied().filter(lacks).collect()
    }

    /// What the host does not enforce of the terms, or may not, as sentences for people.
    fn unenforced(&self, terms: &PlanTerms) -> Vec<String> {
        let (Limit::AtMost(mib), name) = (terms.disk_mib, &self.name) else { return Vec::new() };
        match self.keeps_quotas {
            Some(true) => Vec::new(),
            Some(false) => vec![format!(
                "the limit of {mib} MiB of disk space is not enforced, since {name} keeps no quotas"
            )],
            None => vec![format!(
                "whether the limit of {mib} MiB of disk space is enforced is not known: {name} has not shown yet \
                 that it keeps quotas"
            )],
        }
    }

    /// The order of preference: a server in service first, then by share of capacity, then by accounts, then by id, so
    /// that the same input always gives the same answer. The comparison is exact: `a/b < c/d` is `a·d < c·b`. Both capacities
    /// must be above zero.
    fn by_preference(&self, other: &Self) -> Ordering {
        let share = |a: &Self, b: &Self| u64::from(a.accounts) * u64::from(b.capacity);
        self.out_of_service
            .cmp(&other.out_of_service)
            .then(share(self, other).cmp(&share(other, self)))
            .then(self.accounts.cmp(&other.accounts))
            .then(self.id.cmp(&other.id))
    }

    fn verdict(&self, outcome: Outcome) -> Verdict {
        let percent = (u64::from(self.accounts) * 100).checked_div(u64::from(self.capacity));
        Verdict {
            server_id: self.id,
            server_name: self.name.clone(),
            accounts: self.accounts,
            capacity: self.capacity,
            load_percent: percent,
            outcome,
        }
    }
}

/// The chosen server, with the reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The chosen server.
    pub server_id: ServerId,
    /// The reason, which is kept with the account.
    pub reason: Reason,
}

/// The figures behind a choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The tags that the server had to have.
    pub required_tags: BTreeSet<String>,
    /// The number of servers that were considered.
    pub considered: usize,
    /// The number of them that could have taken the account.
    pub eligible: usize,
    /// The chosen server, then the other eligible ones from the least loaded on, then the rest by id; at most
    /// [`MAX_VERDICTS`].
    pub verdicts: Vec<Verdict>,
    /// What the chosen server does not enforce of the account's terms, or may not, as sentences for people.
    pub unenforced: Vec<String>,
}

/// Chooses the active server that can carry the terms and has room, with the lowest share of its capacity in
/// use. The order of `candidates` does not matter.
///
/// It has all tags of the terms, and is not known to lack a feature. If the terms limit disk space, it is not known to
/// keep no quotas either, unless its policy accepts that.
///
/// A server that is out of service is chosen only if all of these are: its accounts wait until it is well.
///
/// The figures may change before the account is stored. So reserve the place with the same [`usable`] bound
/// in the transaction that stores the account, and choose again if that fails.
///
/// # Errors
///
/// [`NoServer`] if there is none.
pub fn choose(candidates: &[Candidate], terms: &PlanTerms) -> Result<Decision, NoServer> {
    let (mut eligible, mut excluded) = (Vec::new(), Vec::new());
    for candidate in candidates {
        match candidate.exclusion(terms) {
            None => eligible.push(candidate),
            Some(outcome) => excluded.push((candidate, outcome)),
        }
    }
    eligible.sort_unstable_by(|a, b| a.by_preference(b));
    excluded.sort_unstable_by_key(|(candidate, _)| candidate.id);
    let Some((chosen, others)) = eligible.split_first() else {
        let exclusions = excluded.iter().map(|(candidate, why)| (candidate.name.as_str(), why));
        return Err(NoServer::from_exclusions(&terms.server_tags, exclusions));
    };
    let verdicts = std::iter::once(chosen.verdict(Outcome::Chosen))
        .chain(others.iter().map(|other| match other.out_of_service && !chosen.out_of_service {
            true => other.verdict(Outcome::OutOfService),
            false => other.verdict(Outcome::MoreLoaded),
        }))
        .chain(excluded.into_iter().map(|(candidate, outcome)| candidate.verdict(outcome)))
        .take(MAX_VERDICTS)
        .collect();
    let reason = Reason {
        required_tags: terms.server_tags.clone(),
        considered: candidates.len(),
        eligible: eligible.len(),
        verdicts,
        unenforced: chosen.unenforced(terms),
    };
    Ok(Decision { server_id: chosen.id, reason })
}

#[cfg(test)]
mod tests;
