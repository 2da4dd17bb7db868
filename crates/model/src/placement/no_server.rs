//! Why no server can take an account, with the remedies, as the activation's error says it.

use std::{collections::BTreeSet, fmt};

use super::verdict::Outcome;
use crate::plan::Feature;

/// The most servers that the text names under one reason.
const MAX_NAMES: usize = 5;

/// No server can take the account. Each server counts once, under its first reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoServer {
    /// The tags that a server had to have.
    pub required_tags: BTreeSet<String>,
    /// The number of servers that were considered.
    pub considered: usize,
    /// The number of servers that are not active.
    pub not_active: usize,
    /// The number of active servers without all required tags.
    pub missing_tags: usize,
    /// The names of active servers with the tags whose hosts lack features of the plan, each with these features.
    pub missing_features: Vec<(String, BTreeSet<Feature>)>,
    /// The names of active servers with tags and features whose hosts keep no quotas for the plan's limit.
    pub no_quotas: Vec<String>,
    /// The number of active servers that could carry the plan and are full.
    pub full: usize,
}

impl NoServer {
    /// Counts the reasons of the servers with these names.
    pub(super) fn from_exclusions<'a>(
        required_tags: &BTreeSet<String>,
        exclusions: impl Iterator<Item = (&'a str, &'a Outcome)>,
    ) -> Self {
        let mut counts = Self { required_tags: required_tags.clone(), ..Self::default() };
        for (name, exclusion) in exclusions {
            counts.considered += 1;
            match exclusion {
                Outcome::NotActive { .. } => counts.not_active += 1,
                Outcome::MissingTags { .. } => counts.missing_tags += 1,
                Outcome::MissingFeatures { features } => {
                    counts.missing_features.push((name.to_owned(), features.clone()));
                }
                Outcome::NoQuotas { .. } => counts.no_quotas.push(name.to_owned()),
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
        if !self.missing_features.is_empty() {
            let lacking = self.missing_features.iter().map(|(name, features)| {
                let features: Vec<&str> = features.iter().map(|it| it.as_str()).collect();
                format!("{name} lacks {}", features.join(", "))
            });
            let lacking = named(lacking);
            write!(
                f,
                "; without features of the plan: {lacking} (switch them on in Virtualmin and verify the server, or sell \
                 a plan without them)"
            )?;
        }
        if let Some(first) = self.no_quotas.first() {
            write!(
                f,
                "; without quotas for the plan's limit on disk space: {} (switch disk quotas on and verify the \
                 server, or accept it with `praho servers update {first} --without-quotas accept`)",
                named(self.no_quotas.iter().cloned())
            )?;
        }
        if self.full > 0 {
            write!(f, "; full to 90 %: {} (add a server, or raise a capacity)", self.full)?;
        }
        Ok(())
    }
}

/// The first names, and the number of the others.
fn named(names: impl ExactSizeIterator<Item = String>) -> String {
    let others = names.len().saturating_sub(MAX_NAMES);
    let mut text = names.take(MAX_NAMES).collect::<Vec<_>>().join(", ");
    if others > 0 {
        text.push_str(&format!(" and {others} more"));
    }
    text
}

impl std::error::Error for NoServer {}
