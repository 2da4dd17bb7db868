//! Rules for URLs, addresses, certificates and name servers. Each returns one normal form.
//!
//! An address that is given as such is judged here, as early as can be; a name when somebody connects to it.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
};

use contracts::provisioning::v1::Glue;
use egress::Egress;
use model::domain::DomainName;
use url::{Host, Url};

/// Characters of a URL or of a name server.
const MAX_LOCATION: usize = 300;
/// Addresses of one server.
const MAX_ADDRESSES: usize = 16;
/// Name servers of one zone: the number that DNS over UDP could always carry.
const MAX_NAME_SERVERS: usize = 13;
/// The port of DNS.
const DNS_PORT: u16 = 53;
/// Hexadecimal digits of a SHA-256.
const SHA256_DIGITS: usize = 64;

/// The URL of a panel: `https://host:port` without a path.
pub(crate) fn server_url(egress: &Egress, text: &str) -> Result<String, String> {
    location(egress, text, &["https"], "https://vm1.example.net:10000")
}

/// The URL of a PowerDNS API: `https`, or `http` where the operator lets the key travel in the clear; without a path.
pub(crate) fn dns_api_url(egress: &Egress, text: &str) -> Result<String, String> {
    location(egress, text, &["https", "http"], "https://ns1.example.net:8081")
}

/// Checks scheme, host and port. The error never repeats the text, which may hold a password.
fn location(
    egress: &Egress,
    text: &str,
    schemes: &[&str],
    example: &str,
) -> Result<String, String> {
    let wrong = |what: &str| Err(format!("{what}; write it like {example}"));
    if text.len() > MAX_LOCATION {
        return wrong("is too long");
    }
    let Ok(url) = Url::parse(text) else { return wrong("is not a URL") };
    if !schemes.contains(&url.scheme()) {
        return wrong(&format!("does not begin with {}://", schemes.join(":// or ")));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return wrong("holds a user name or a password, which have fields of their own");
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return wrong("has something after the port");
    }
    if url.host().is_none() {
        return wrong("names no host");
    }
    egress.judge_url(&url).map_err(|refused| refused.to_string())?;
    Ok(url.origin().ascii_serialization())
}

/// The unicast addresses of a server, without repeats.
pub(crate) fn addresses(
    egress: &Egress,
    one: &str,
    more: &[String],
) -> Result<Vec<IpAddr>, String> {
    let texts =
        Some(one).filter(|it| !it.is_empty()).into_iter().chain(more.iter().map(|it| &**it));
    let mut addresses = Vec::new();
    for (index, text) in texts.enumerate() {
        let wrong = |what: &str| format!("address {}: {what}", index + 1);
        let address: IpAddr = text
            .parse()
            .map_err(|_| wrong("is not an IP address; write it like 192.0.2.7 or 2001:db8::7"))?;
        if !is_unicast(address) {
            return Err(wrong("is not the address of one host; give a unicast address"));
        }
        // The website of a new account is asked there.
        egress.judge(address).map_err(|refused| wrong(&refused.to_string()))?;
        if !addresses.contains(&address) {
            addresses.push(address);
        }
        if addresses.len() > MAX_ADDRESSES {
            return Err(format!("has more than {MAX_ADDRESSES} addresses; give fewer"));
        }
    }
    if addresses.is_empty() {
        return Err("give at least one address, in ip_address or ip_addresses".to_owned());
    }
    Ok(addresses)
}

fn is_unicast(address: IpAddr) -> bool {
    let broadcast = matches!(address, IpAddr::V4(it) if it.is_broadcast());
    !(address.is_unspecified() || address.is_multicast() || broadcast)
}

/// A SHA-256 in hexadecimal, with or without colons; returned as lower-case digits.
pub(crate) fn certificate_sha256(text: &str) -> Result<String, String> {
    let digits: String =
        text.chars().filter(|it| *it != ':').take(SHA256_DIGITS + 1).collect::<String>();
    if digits.len() == SHA256_DIGITS && digits.bytes().all(|it| it.is_ascii_hexdigit()) {
        return Ok(digits.to_ascii_lowercase());
    }
    Err("give the 64 hexadecimal digits that `openssl x509 -noout -fingerprint -sha256` prints, or \
         set trust_system_authorities"
        .to_owned())
}

/// The name servers that must answer, as `host:port`, without repeats.
pub(crate) fn name_servers(egress: &Egress, texts: &[String]) -> Result<Vec<String>, String> {
    if !(1..=MAX_NAME_SERVERS).contains(&texts.len()) {
        return Err(format!("has {}; give 1 to {MAX_NAME_SERVERS}", texts.len()));
    }
    let mut servers = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let at = |problem: &str| format!("entry {}: {problem}", index + 1);
        let (server, address) = name_server(text)
            .ok_or_else(|| at("write host:port, like 192.0.2.53:53 or ns1.example.net:53"))?;
        if let Some(address) = address {
            egress.judge(address).map_err(|refused| at(&refused.to_string()))?;
        }
        if !servers.contains(&server) {
            servers.push(server);
        }
    }
    Ok(servers)
}

/// A name server in its normal form, with its address if it is given by that.
fn name_server(text: &str) -> Option<(String, Option<IpAddr>)> {
    let (host, port) = text.rsplit_once(':').filter(|_| text.len() <= MAX_LOCATION)?;
    let port: u16 = port.parse().ok().filter(|it| *it > 0)?;
    // The URL rules parse an address in brackets and refuse characters that no host name may contain.
    match Host::parse(host).ok()? {
        Host::Domain(name) => {
            let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
            name.chars().all(good).then(|| (format!("{name}:{port}"), None))
        }
        Host::Ipv4(address) => Some((format!("{address}:{port}"), Some(address.into()))),
        Host::Ipv6(address) => Some((format!("[{address}]:{port}"), Some(address.into()))),
    }
}

/// Host names for NS records, without repeats.
pub(crate) fn ns_names(texts: &[String]) -> Result<Vec<DomainName>, String> {
    if texts.is_empty() {
        let name = "is empty; give the host names of your name servers, such as ns1.example.ro";
        return Err(name.to_owned());
    }
    if texts.len() > MAX_NAME_SERVERS {
        return Err(format!("has {}; give at most {MAX_NAME_SERVERS}", texts.len()));
    }
    let mut names: Vec<DomainName> = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let name = text.parse().map_err(|problem| format!("entry {}: {problem}", index + 1))?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

/// Secondary name servers, as addresses with or without the port, without repeats.
pub(crate) fn secondaries(texts: &[String]) -> Result<Vec<SocketAddr>, String> {
    if texts.len() > MAX_NAME_SERVERS {
        return Err(format!("has {}; give at most {MAX_NAME_SERVERS}", texts.len()));
    }
    let mut secondaries = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let address = text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, DNS_PORT));
        let address = address.or_else(|_| text.parse()).map_err(|_| {
            format!("entry {}: is no address such as 192.0.2.54 or 192.0.2.54:53", index + 1)
        })?;
        if !secondaries.contains(&address) {
            secondaries.push(address);
        }
    }
    Ok(secondaries)
}

/// The addresses of the name servers `ns_names`, by name.
pub(crate) fn glue(
    entries: &[Glue],
    ns_names: &[DomainName],
) -> Result<BTreeMap<DomainName, Vec<IpAddr>>, String> {
    let mut glue = BTreeMap::new();
    for (index, entry) in entries.iter().enumerate() {
        let at = |problem: String| format!("entry {}: {problem}", index + 1);
        let name: DomainName = entry.name.parse().map_err(|it| at(format!("name: {it}")))?;
        if !ns_names.contains(&name) {
            return Err(at(format!("{name} is none of ns_names; add it there, or leave it out")));
        }
        let addresses = entry.addresses.iter().map(|it| it.parse().map_err(|_| it));
        let addresses: Vec<IpAddr> = addresses
            .collect::<Result<_, _>>()
            .map_err(|it| at(format!("{it} is no IP address; give one such as 192.0.2.53")))?;
        if addresses.is_empty() || addresses.len() > MAX_NAME_SERVERS {
            return Err(at(format!("{name} needs 1 to {MAX_NAME_SERVERS} addresses")));
        }
        glue.insert(name, addresses);
    }
    Ok(glue)
}
