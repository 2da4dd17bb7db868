//! What a token may do: four roles, each with all that the ones before it may.

use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumString, IntoStaticStr, VariantArray};

use crate::words;

/// The role of a token, in the order of what it may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Role {
    /// Looks at everything of its tenant but tokens, and changes nothing.
    Viewer,
    /// Does the daily work: services, accounts, jobs, dead letters.
    Operator,
    /// Also decides what is sold and where it runs: plans, servers, DNS servers, protection.
    Admin,
    /// Also decides who may do what: tokens.
    Owner,
}

impl Role {
    /// Every role, the one that may least first.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// Whether who has this role may do what needs `other`.
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

    #[test]
    fn each_role_includes_those_before_it_and_itself() {
        for (index, role) in Role::ALL.into_iter().enumerate() {
            let included: Vec<_> = Role::ALL.into_iter().filter(|it| role.includes(*it)).collect();
            assert_eq!(included, Role::ALL[..=index], "{role:?}");
        }
    }
}
