//! Who serves the zones of a DNS server: the name servers, their addresses, and the person responsible.

use std::{collections::BTreeMap, fmt, net::IpAddr, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::domain::DomainName;

/// What the apex of every zone on a DNS server says about who serves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// The host names in NS records, at least one; the first is the primary name server of the SOA record.
    pub ns_names: Vec<DomainName>,
    /// The mail address of the person responsible, in the SOA record.
    pub hostmaster: MailAddress,
    /// The addresses of name servers. A zone that contains the name of one needs its address too.
    pub glue: BTreeMap<DomainName, Vec<IpAddr>>,
}

/// The error of a zone that contains the name of a name server whose address is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "name server {0} is within the zone, so the zone needs its address; add it to the DNS server's glue"
)]
pub struct NoGlue(pub DomainName);

/// A mail address in ASCII that fits into an SOA record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct MailAddress {
    local: String,
    domain: DomainName,
}

/// The error of a text that is no [`MailAddress`]: the end of a sentence that begins with the field's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotMailAddress {
    /// There is no `@` with something before it.
    #[error("is no mail address; give one such as hostmaster@example.ro")]
    Form,
    /// The part before the `@` is too long or has other characters.
    #[error(
        "has a part before the @ that is longer than 63 characters or has others than a-z, 0-9 and .+_-"
    )]
    Local,
    /// The part after the `@` is no domain name.
    #[error("has a domain that {0}")]
    Domain(String),
}

impl MailAddress {
    /// `hostmaster` at the domain above the first name server: RFC 2142 section 7.
    pub fn hostmaster_of(ns_name: &DomainName) -> Option<Self> {
        let (_, above) = ns_name.as_str().split_once('.')?;
        Some(Self { local: "hostmaster".to_owned(), domain: above.parse().ok()? })
    }

    /// The address as a domain name in presentation form, with its final dot: RFC 1035 section 8.
    pub fn as_name(&self) -> String {
        format!("{}.{}.", self.local.replace('.', "\\."), self.domain)
    }
}

impl FromStr for MailAddress {
    type Err = NotMailAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (local, domain) = text.rsplit_once('@').ok_or(NotMailAddress::Form)?;
        let local = local.to_ascii_lowercase();
        let allowed = |it: u8| it.is_ascii_alphanumeric() || b".+_-".contains(&it);
        if local.is_empty() {
            return Err(NotMailAddress::Form);
        }
        // In the SOA record, the part is one label: at most 63 octets.
        if local.len() > 63 || !local.bytes().all(allowed) {
            return Err(NotMailAddress::Local);
        }
        let domain = domain.parse().map_err(|it| NotMailAddress::Domain(format!("{it}")))?;
        Ok(Self { local, domain })
    }
}

impl fmt::Display for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.local, self.domain)
    }
}

impl From<MailAddress> for String {
    fn from(address: MailAddress) -> Self {
        address.to_string()
    }
}

impl TryFrom<String> for MailAddress {
    type Error = NotMailAddress;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(text: &str) -> DomainName {
        text.parse().unwrap()
    }

    #[test]
    fn a_dot_before_the_at_is_no_label() {
        let address: MailAddress = "Dns.Admin@Company.ro".parse().unwrap();
        assert_eq!(address.to_string(), "dns.admin@company.ro");
        assert_eq!(address.as_name(), "dns\\.admin.company.ro.");
        let default = MailAddress::hostmaster_of(&name("ns1.company.ro")).unwrap();
        assert_eq!(default.to_string(), "hostmaster@company.ro");
        assert_eq!(MailAddress::hostmaster_of(&name("company.ro")), None);
    }

    #[test]
    fn refuses_what_is_no_mail_address() {
        for text in
            ["", "hostmaster", "@company.ro", "a b@company.ro", "a\\@company.ro", "a@ro", "a@"]
        {
            assert!(text.parse::<MailAddress>().is_err(), "{text}");
        }
        assert!(format!("{}@company.ro", "a".repeat(64)).parse::<MailAddress>().is_err());
    }

    proptest! {
        #[test]
        fn never_panics_and_reads_back(text in "\\PC{0,40}(@\\PC{0,20})?") {
            if let Ok(address) = text.parse::<MailAddress>() {
                prop_assert_eq!(address.to_string().parse(), Ok(address));
            }
        }
    }
}
