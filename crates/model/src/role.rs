//! The rights of a token: four roles, each of which includes the ones before it.

use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumString, IntoStaticStr, VariantArray};

use crate::words;

/// The role of a token, ordered by rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Role {
    /// May look at everything of its tenant but tokens, and changes nothing.
    Viewer,
    /// May also do the daily work: services, accounts, jobs, dead letters.
    Operator,
    /// May also decide what is sold and where it runs: plans, servers, DNS servers, protection.
    Admin,
    /// May also decide about rights: tokens.
    Owner,
}

impl Role {
    /// Every role, from the fewest rights to the most.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// Whether this role has the rights of `other`.
    pub fn includes(self, other: Self) -> bool {
        self >= other
    }

    /// The stable name, as in the database and in answers.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::pinned::are_stored;

    #[test]
    fn the_words_are_stored() {
        are_stored::<Role>("viewer operator admin owner");
    }

    #[test]
    fn each_role_includes_those_before_it_and_itself() {
        for (index, role) in Role::ALL.into_iter().enumerate() {
            let included: Vec<_> = Role::ALL.into_iter().filter(|it| role.includes(*it)).collect();
            assert_eq!(included, Role::ALL[..=index], "{role:?}");
        }
    }
}
