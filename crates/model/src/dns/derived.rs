//! The names that are made of a domain, and the longest domain that leaves room for them.

use crate::domain::{DomainName, MAX_NAME};

/// The label of the name that shows the website along with the domain itself.
const WWW: &str = "www";

/// The names that are made of a domain: their form for people, the octets that they add, and the most octets they
/// may have.
///
/// The log file of a website is that of Virtualmin (`access_log` in its listing); a name of a file has 255 octets in
/// Linux (`NAME_MAX`). The web server does not start for any website when it cannot open one log file.
const DERIVED: [(&str, usize, usize); 2] = [
    ("the name www.<domain>", WWW.len() + ".".len(), MAX_NAME),
    ("the file name <domain>_access_log", "_access_log".len(), 255),
];

/// A name that is made of a domain would be too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the domain name has {length} octets in its ASCII form and {longest} are allowed, because {name} is made of it and \
     may have {most}; shorten it"
)]
pub struct TooLong {
    /// The octets of the domain.
    pub length: usize,
    /// The most octets of a domain.
    pub longest: usize,
    /// The name that leaves the least room.
    pub name: &'static str,
    /// The most octets of that name.
    pub most: usize,
}

/// The name of the website beside the domain itself.
pub(super) fn www(domain: &DomainName) -> String {
    format!("{WWW}.{domain}")
}

/// Checks that no name made of the domain is too long.
///
/// # Errors
///
/// [`TooLong`] with the longest length.
pub fn check(domain: &DomainName) -> Result<(), TooLong> {
    let length = domain.as_str().len();
    let room = DERIVED.map(|(name, added, most)| (most - added, name, most));
    match room.into_iter().min() {
        Some((longest, name, most)) if length > longest => {
            Err(TooLong { length, longest, name, most })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A domain of 182 to 253 octets.
    fn domain(length: usize) -> DomainName {
        let mut text = "a".repeat(length);
        for dot in [60, 120, 180] {
            text.replace_range(dot..=dot, ".");
        }
        // A label has at most 63 octets.
        if length > 244 {
            text.replace_range(242..=242, ".");
        }
        text.parse().unwrap()
    }

    #[test]
    fn a_domain_of_more_than_244_octets_leaves_no_room_for_its_log_file() {
        assert_eq!(check(&domain(244)), Ok(()));
        let error = check(&domain(245)).unwrap_err();
        assert_eq!((error.length, error.longest), (245, 244));
        assert_eq!(
            error.to_string(),
            "the domain name has 245 octets in its ASCII form and 244 are allowed, because the file name \
             <domain>_access_log is made of it and may have 255; shorten it"
        );
    }

    proptest! {
        #[test]
        fn names_made_of_a_checked_domain_fit(length in 182_usize..=253) {
            let domain = domain(length);
            let fits = www(&domain).len() <= 253 && format!("{domain}_access_log").len() <= 255;
            prop_assert_eq!(check(&domain).is_ok(), fits);
        }
    }
}
