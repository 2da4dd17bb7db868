//! Chooses the server of a new account, as a pure function with a reason that operators can read later.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use crate::ids::ServerId;
use crate::server::ServerStatus;

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
    /// Why the server cannot take one more account, checked in this order: status, tags, capacity.
    fn exclusion(&self, required_tags: &BTreeSet<String>) -> Option<Outcome> {
        if self.status != ServerStatus::Active {
            return Some(Outcome::NotActive { status: self.status });
        }
        let missing: BTreeSet<String> = required_tags.difference(&self.tags).cloned().collect();
        if !missing.is_empty() {
            return Some(Outcome::MissingTags { tags: missing });
        }
        let usable = usable(self.capacity);
        (self.accounts >= usable).then_some(Outcome::Full { usable })
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
}

/// The verdict on one server, with the figures at that moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The judged server.
    pub server_id: ServerId,
    /// Its name at that moment.
    pub server_name: String,
    /// The number of its accounts, reserved places included, before this one.
    pub accounts: u32,
    /// The most accounts that it may have.
    pub capacity: u32,
    /// The share of its capacity in use, rounded down; `None` without a capacity.
    pub load_percent: Option<u64>,
    /// Whether the server was chosen, or the reason why not.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// Whether a server was chosen, or the reason why not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Outcome {
    /// The server takes the account.
    Chosen,
    /// The server could take the account, but another is less loaded.
    MoreLoaded,
    /// The server could take the account later, but it is out of service and another is not.
    OutOfService,
    /// The server takes no accounts in its status.
    NotActive {
        /// The server's status.
        status: ServerStatus,
    },
    /// The server lacks required tags.
    MissingTags {
        /// The missing tags.
        tags: BTreeSet<String>,
    },
    /// The server already has as many accounts as placement puts on it.
    Full {
        /// That number, see [`usable`].
        usable: u32,
    },
}

impl Outcome {
    /// The stable name.
    pub fn as_str(&self) -> &'static str {
        self.into()
    }
}

/// No server can take the account. Each server counts once, under its first reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoServer {
    /// The tags that a server had to have.
    pub required_tags: BTreeSet<String>,
    /// The number of servers that were considered.
    pub considered: usize,
    /// The number of servers that are not active.
    pub not_active: usize,
    /// The number of active servers without all required tags.
    pub missing_tags: usize,
    /// The number of active servers with the tags that are full.
    pub full: usize,
}

/// Chooses the active server with all `required_tags` and with room that has the lowest share of its capacity
/// in use. The order of `candidates` does not matter.
///
/// A server that is out of service is chosen only if all of these are: its accounts wait until it is well.
///
/// The figures may change before the account is stored. So reserve the place with the same [`usable`] bound
/// in the transaction that stores the account, and choose again if that fails.
///
/// # Errors
///
/// [`NoServer`] if there is none.
pub fn choose(
    candidates: &[Candidate],
    required_tags: &BTreeSet<String>,
) -> Result<Decision, NoServer> {
    let (mut eligible, mut excluded) = (Vec::new(), Vec::new());
    for candidate in candidates {
        match candidate.exclusion(required_tags) {
            None => eligible.push(candidate),
            Some(outcome) => excluded.push((candidate, outcome)),
        }
    }
    eligible.sort_unstable_by(|a, b| a.by_preference(b));
    excluded.sort_unstable_by_key(|(candidate, _)| candidate.id);
    let Some((chosen, others)) = eligible.split_first() else {
        return Err(NoServer::from_exclusions(required_tags, excluded.iter().map(|(_, why)| why)));
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
        required_tags: required_tags.clone(),
        considered: candidates.len(),
        eligible: eligible.len(),
        verdicts,
    };
    Ok(Decision { server_id: chosen.id, reason })
}

impl NoServer {
    fn from_exclusions<'a>(
        required_tags: &BTreeSet<String>,
        exclusions: impl Iterator<Item = &'a Outcome>,
    ) -> Self {
        let mut counts = Self { required_tags: required_tags.clone(), ..Self::default() };
        for exclusion in exclusions {
            counts.considered += 1;
            match exclusion {
                Outcome::NotActive { .. } => counts.not_active += 1,
                Outcome::MissingTags { .. } => counts.missing_tags += 1,
                Outcome::Full { .. } => counts.full += 1,
                Outcome::Chosen | Outcome::MoreLoaded | Outcome::OutOfService => {}
            }
        }
        counts
    }
}

impl fmt::Display for NoServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no server can take the account")?;
        if self.considered == 0 {
            return f.write_str(": there is none; register one and activate it");
        }
        write!(f, "; servers looked at: {}", self.considered)?;
        if self.not_active > 0 {
            write!(f, "; not active: {} (activate one)", self.not_active)?;
        }
        if self.missing_tags > 0 {
            let tags: Vec<&str> = self.required_tags.iter().map(String::as_str).collect();
            let (count, tags) = (self.missing_tags, tags.join(", "));
            write!(f, "; without all the tags {tags}: {count} (tag one, or ask for fewer)")?;
        }
        if self.full > 0 {
            write!(f, "; full to 90 %: {} (add a server, or raise a capacity)", self.full)?;
        }
        Ok(())
    }
}

impl std::error::Error for NoServer {}

#[cfg(test)]
mod tests;
