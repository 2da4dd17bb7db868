//! Networks that are no public hosts, by the registries of IANA for special purposes (RFC 6890), and addresses that are
//! other forms of an IPv4 address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

const fn v4(a: u8, b: u8, c: u8, d: u8, bits: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), bits)
}

const fn v6(a: u16, b: u16, c: u16, bits: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0), bits)
}

/// What stands at the end of "an address of …".
const SPECIAL_V4: [(Ipv4Net, &str); 16] = [
    (v4(0, 0, 0, 0, 8), "this host"),
    (v4(10, 0, 0, 0, 8), "a private network"),
    (v4(100, 64, 0, 0, 10), "a provider's inner network"),
    (v4(127, 0, 0, 0, 8), "this host"),
    // With 169.254.169.254, where clouds tell their machines secrets.
    (v4(169, 254, 0, 0, 16), "a link"),
    (v4(172, 16, 0, 0, 12), "a private network"),
    (v4(192, 0, 0, 0, 24), "a protocol"),
    (v4(192, 0, 2, 0, 24), "documentation"),
    (v4(192, 88, 99, 0, 24), "a protocol"),
    (v4(192, 168, 0, 0, 16), "a private network"),
    (v4(198, 18, 0, 0, 15), "tests of networks"),
    (v4(198, 51, 100, 0, 24), "documentation"),
    (v4(203, 0, 113, 0, 24), "documentation"),
    (v4(224, 0, 0, 0, 4), "many hosts"),
    (v4(255, 255, 255, 255, 32), "all hosts"),
    (v4(240, 0, 0, 0, 4), "nobody"),
];

/// The only IPv6 network of public hosts (RFC 4291 section 2.4). Outside of it are loopback, link-local, unique local
/// (with `fd00:ec2::254`, the metadata of a cloud) and multicast addresses, among others.
const GLOBAL_V6: Ipv6Net = v6(0x2000, 0, 0, 3);

/// The networks within it that are no public hosts.
const SPECIAL_V6: [(Ipv6Net, &str); 3] = [
    // With Teredo, 2001::/32, which is another form of an IPv4 address.
    (v6(0x2001, 0, 0, 23), "a protocol"),
    (v6(0x2001, 0xdb8, 0, 32), "documentation"),
    (v6(0x3fff, 0, 0, 20), "documentation"),
];

/// What an address is for, if it is no public host's.
pub(crate) fn special(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(it) => {
            SPECIAL_V4.iter().find(|(net, _)| net.contains(&it)).map(|(_, what)| *what)
        }
        IpAddr::V6(it) if !GLOBAL_V6.contains(&it) => Some("an inner network"),
        IpAddr::V6(it) => {
            SPECIAL_V6.iter().find(|(net, _)| net.contains(&it)).map(|(_, what)| *what)
        }
    }
}

/// The address itself, or the IPv4 address that it is another form of: IPv4-mapped and IPv4-compatible (RFC 4291 section
/// 2.5.5), NAT64 (RFC 6052) and 6to4 (RFC 3056).
pub(crate) fn meant(address: IpAddr) -> IpAddr {
    let IpAddr::V6(it) = address else { return address };
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    };
    match it.segments() {
        // Unspecified and loopback are IPv6 addresses of their own.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => address,
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        // Translated (RFC 2765) and NAT64.
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => embedded(high, low),
        _ => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_host_is_nothing_special() {
        for text in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "172.32.0.1",
            "223.255.255.255",
            "2a00:1450::1",
        ] {
            assert_eq!(special(text.parse().unwrap()), None, "{text}");
        }
    }

    #[test]
    fn another_form_of_an_address_means_that_address() {
        for text in [
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "::ffff:0:127.0.0.1",
            "64:ff9b::127.0.0.1",
            "2002:7f00:1::1",
        ] {
            let meant = meant(text.parse().unwrap());
            assert_eq!(meant, IpAddr::V4(Ipv4Addr::LOCALHOST), "{text}");
        }
        for own in ["::", "::1", "2001:db8::1", "fe80::1", "127.0.0.1"] {
            let own: IpAddr = own.parse().unwrap();
            assert_eq!(meant(own), own);
        }
    }
}
