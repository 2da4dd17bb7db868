//! The domains and user names that `create-domain` accepts, and the user name that it chooses.

use crate::virtualmin::world::World;

/// The domain as it is stored: lower-case ASCII (IDN as `xn--`).
pub(super) fn normal(domain: &str) -> String {
    let lower = domain.to_lowercase();
    if lower.is_ascii() {
        return lower;
    }
    match url::Host::parse(&lower) {
        Ok(url::Host::Domain(ascii)) => ascii,
        _ => lower,
    }
}

/// The fault of a domain. Names that begin with a dash pass here and fail later.
pub(super) fn fault_of_domain(domain: &str) -> Option<&'static str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if !domain.chars().all(plain) {
        Some("Domain names cannot include anything other than letters, numbers, dots, and dashes")
    } else if domain.contains("..") {
        Some("Domain names cannot contain consecutive dots")
    } else if domain.starts_with('.') || domain.ends_with('.') {
        Some("Domain names cannot start or end with a dot")
    } else if domain.parse::<std::net::Ipv4Addr>().is_ok() {
        Some("A domain name cannot be an IP address")
    } else if domain.starts_with("www.") {
        Some("The domain name does not need to have www at the start")
    } else {
        None
    }
}

/// Whether the name is valid for a Unix user or group.
pub(super) fn is_username(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    !name.is_empty() && name.chars().all(plain) && !name.chars().all(|c| c.is_ascii_digit())
}

/// Whether the prefix is valid for mailbox names; an underscore is not.
pub(super) fn is_prefix(prefix: &str) -> bool {
    !prefix.is_empty() && prefix.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-')
}

/// The first label of a domain, without `xn--` and without leading digits.
pub(super) fn stem(domain: &str) -> &str {
    let label = domain.split('.').next().unwrap_or_default();
    let label = label.strip_prefix("xn--").unwrap_or(label);
    let letters = label.trim_start_matches(|c: char| c.is_ascii_digit());
    if letters.is_empty() { label } else { letters }
}

/// The user name for a domain: its stem, or the whole domain if the stem is taken; `None` if both are.
pub(super) fn username(world: &World, domain: &str) -> Option<String> {
    [stem(domain), domain].into_iter().find(|name| !world.has_user(name)).map(str::to_owned)
}

/// The name of the database that comes with MySQL.
pub(super) fn first_database(prefix: &str) -> String {
    prefix.replace(['-', '.'], "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_lower_cased_and_encoded() {
        assert_eq!(normal("UPPER.Test"), "upper.test");
        assert_eq!(normal("münchen.test"), "xn--mnchen-3ya.test");
    }

    #[test]
    fn the_user_name_is_the_first_label_without_prefix_and_digits() {
        assert_eq!(stem("alpha.test"), "alpha");
        assert_eq!(stem("xn--mnchen-3ya.test"), "mnchen-3ya");
        assert_eq!(stem("1und1.test"), "und1");
    }

    #[test]
    fn refuses_domains_as_the_recorded_server_did() {
        let faults = [
            ("bad name.test", "cannot include anything other than"),
            ("bad..test", "consecutive dots"),
            (".bad.test", "start or end with a dot"),
            ("192.0.2.5", "IP address"),
            ("www.zed.test", "www at the start"),
        ];
        for (domain, part) in faults {
            assert!(fault_of_domain(domain).unwrap().contains(part), "{domain}");
        }
        for domain in ["nodot", "-bad.test", "under_score.test", &"a".repeat(70)] {
            assert_eq!(fault_of_domain(domain), None, "{domain}");
        }
    }

    #[test]
    fn user_names_are_not_numbers_and_have_no_blanks() {
        assert!(is_username("alpha") && is_username("-bad"));
        assert!(!is_username("12345") && !is_username("Bad User!") && !is_username(""));
        assert!(is_prefix("alpha") && !is_prefix("under_score"));
    }
}
