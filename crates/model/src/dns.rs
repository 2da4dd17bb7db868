//! The wanted zones, and the records of a new account's zone.

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumString, IntoStaticStr, VariantArray};

use crate::{
    authority::{Authority, NoGlue},
    domain::DomainName,
    ids::{AccountId, DnsServerId, TenantId, ZoneId},
    job::{JobKind, Order},
    words,
};

pub mod derived;

/// The jobs that work on the zones of one DNS server at a time. A slow one leaves room for the jobs of others: a process has
/// 32 jobs in hand by default.
pub const ZONES_AT_A_TIME: u32 = 16;

/// A DNS server that we write to, without its credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsServer {
    /// The id of the DNS server.
    pub id: DnsServerId,
    /// The tenant that owns the DNS server.
    pub tenant_id: TenantId,
    /// The name, unique for the tenant.
    pub name: String,
    /// The product or provider, which decides about the API.
    pub kind: DnsServerKind,
    /// The URL of its HTTP API.
    pub api_url: String,
    /// The name servers that must answer, as `host:port`.
    pub nameservers: Vec<String>,
    /// What the apex of each zone says about who serves it.
    pub authority: Authority,
    /// Secondary name servers, which fetch zones from this server and are notified of changes.
    pub secondaries: Vec<SocketAddr>,
}

/// The product or provider of a DNS server, and so its API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum DnsServerKind {
    /// A PowerDNS authoritative server with its HTTP API.
    PowerDns,
}

impl DnsServerKind {
    /// Every kind.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// A zone as the rows want it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// The id of the zone.
    pub id: ZoneId,
    /// The tenant that owns the zone.
    pub tenant_id: TenantId,
    /// The account of the zone, if it has one.
    pub account_id: Option<AccountId>,
    /// The DNS server that serves the zone.
    pub dns_server_id: DnsServerId,
    /// The domain name at the apex of the zone.
    pub name: DomainName,
    /// Whether the zone is to exist.
    pub wanted: bool,
    /// Our records in the zone; foreign records are left alone.
    pub records: Vec<RecordSet>,
}

/// All records of one name and type, as RFC 2181 section 5 defines a set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordSet {
    /// The absolute name, without the final dot.
    pub name: String,
    /// The type of the records.
    pub kind: RecordType,
    /// The seconds that resolvers may keep the records.
    pub ttl: u32,
    /// The contents in presentation form (RFC 1035 section 5.1), sorted.
    pub contents: Vec<String>,
}

/// Record types that we write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "UPPERCASE")]
pub enum RecordType {
    /// An IPv4 address.
    A,
    /// An IPv6 address.
    Aaaa,
    /// The host that accepts mail.
    Mx,
    /// Text, such as the SPF record.
    Txt,
}

impl RecordType {
    /// Every type that we write.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// The mnemonic, as in zone files.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The seconds that resolvers may keep an account's records: short, so that a move to another server is
/// quick.
pub const ACCOUNT_TTL: u32 = 300;

/// The records of the zone of `domain` that is served from `addresses`.
///
/// Apex and `www` point at the server, mail goes to the apex, and SPF (RFC 7208) allows the same hosts to
/// send it.
///
/// # Errors
///
/// [`derived::TooLong`] if the domain leaves no room for a name that is made of it.
pub fn account_records(
    domain: &DomainName,
    addresses: &[IpAddr],
) -> Result<Vec<RecordSet>, derived::TooLong> {
    derived::check(domain)?;
    let of_kind = |kind: RecordType, contents: Vec<String>| {
        [domain.to_string(), derived::www(domain)]
            .into_iter()
            .filter(|_| !contents.is_empty())
            .map(|name| RecordSet { name, kind, ttl: ACCOUNT_TTL, contents: contents.clone() })
            .collect::<Vec<_>>()
    };
    let v4 = addresses.iter().find(|it| it.is_ipv4()).map(ToString::to_string);
    let v6 = addresses.iter().find(|it| it.is_ipv6()).map(ToString::to_string);
    let mut sets = of_kind(RecordType::A, v4.into_iter().collect());
    sets.extend(of_kind(RecordType::Aaaa, v6.into_iter().collect()));
    let apex = |kind, content: String| RecordSet {
        name: domain.to_string(),
        kind,
        ttl: ACCOUNT_TTL,
        contents: vec![content],
    };
    sets.push(apex(RecordType::Mx, format!("10 {domain}.")));
    sets.push(apex(RecordType::Txt, "\"v=spf1 a mx ~all\"".to_owned()));
    Ok(sets)
}

/// The address records of the name servers that are within the zone of `apex`, other than those that `present` has
/// already.
///
/// # Errors
///
/// [`NoGlue`] if the address of such a name server is known to neither.
pub fn glue_records(
    authority: &Authority,
    apex: &DomainName,
    present: &[RecordSet],
) -> Result<Vec<RecordSet>, NoGlue> {
    let mut sets = Vec::new();
    for name in authority.ns_names.iter().filter(|name| name.is_within(apex)) {
        let is_address = |set: &RecordSet| {
            set.name == name.as_str() && matches!(set.kind, RecordType::A | RecordType::Aaaa)
        };
        if present.iter().any(is_address) {
            continue;
        }
        let addresses = authority.glue.get(name).ok_or_else(|| NoGlue(name.clone()))?;
        let of_kind = |kind, is_wanted: fn(&IpAddr) -> bool| {
            let mut contents: Vec<_> =
                addresses.iter().filter(|it| is_wanted(it)).map(ToString::to_string).collect();
            contents.sort_unstable();
            RecordSet { name: name.to_string(), kind, ttl: ACCOUNT_TTL, contents }
        };
        let both =
            [of_kind(RecordType::A, IpAddr::is_ipv4), of_kind(RecordType::Aaaa, IpAddr::is_ipv6)];
        sets.extend(both.into_iter().filter(|set| !set.contents.is_empty()));
    }
    Ok(sets)
}

/// Make a zone on its DNS server equal to its rows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ApplyZone {
    /// The zone to apply.
    pub zone_id: ZoneId,
}

/// Make every zone on a DNS server equal to its rows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ApplyDnsServer {
    /// The DNS server whose zones to apply.
    pub dns_server_id: DnsServerId,
}

impl Order for ApplyDnsServer {
    const KIND: JobKind = JobKind::DnsServerApply;
    fn target(&self) -> String {
        self.dns_server_id.target()
    }
}

impl Order for ApplyZone {
    const KIND: JobKind = JobKind::DnsApply;
    fn target(&self) -> String {
        self.zone_id.target()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::words::pinned::are_stored;

    #[test]
    fn the_words_are_stored() {
        are_stored::<DnsServerKind>("powerdns");
        are_stored::<RecordType>("A AAAA MX TXT");
    }

    #[test]
    fn an_account_on_both_families_has_six_sets() {
        let domain: DomainName = "example.ro".parse().unwrap();
        let addresses = ["192.0.2.7".parse().unwrap(), "2001:db8::7".parse().unwrap()];
        let sets = account_records(&domain, &addresses).unwrap();
        let names: Vec<_> = sets.iter().map(|it| (it.name.as_str(), it.kind.as_str())).collect();
        assert_eq!(
            names,
            [
                ("example.ro", "A"),
                ("www.example.ro", "A"),
                ("example.ro", "AAAA"),
                ("www.example.ro", "AAAA"),
                ("example.ro", "MX"),
                ("example.ro", "TXT"),
            ]
        );
        assert_eq!(sets[4].contents, ["10 example.ro."]);
    }

    #[test]
    fn a_family_without_an_address_has_no_set() {
        let domain: DomainName = "example.ro".parse().unwrap();
        let sets = account_records(&domain, &["192.0.2.7".parse().unwrap()]).unwrap();
        assert!(sets.iter().all(|it| it.kind != RecordType::Aaaa));
    }

    fn name(text: &str) -> DomainName {
        text.parse().unwrap()
    }

    fn authority() -> Authority {
        Authority {
            ns_names: vec![name("ns1.company.ro"), name("ns2.company.ro"), name("ns.else.net")],
            hostmaster: "hostmaster@company.ro".parse().unwrap(),
            glue: BTreeMap::from([(
                name("ns1.company.ro"),
                vec!["192.0.2.53".parse().unwrap(), "2001:db8::53".parse().unwrap()],
            )]),
        }
    }

    #[test]
    fn a_zone_has_the_addresses_of_the_name_servers_within_it() {
        let authority = authority();
        let own = RecordSet {
            name: "ns2.company.ro".to_owned(),
            kind: RecordType::A,
            ttl: 60,
            contents: vec!["192.0.2.54".to_owned()],
        };
        assert_eq!(glue_records(&authority, &name("shop.ro"), &[]), Ok(Vec::new()));
        let zone = name("company.ro");
        assert_eq!(glue_records(&authority, &zone, &[]), Err(NoGlue(name("ns2.company.ro"))));
        let sets = glue_records(&authority, &zone, &[own]).unwrap();
        let sets: Vec<_> = sets.iter().map(|it| (&*it.name, it.kind, &*it.contents[0])).collect();
        let expected = [
            ("ns1.company.ro", RecordType::A, "192.0.2.53"),
            ("ns1.company.ro", RecordType::Aaaa, "2001:db8::53"),
        ];
        assert_eq!(sets, expected);
    }
}
