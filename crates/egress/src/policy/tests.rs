//! Each form of each inner address is refused, unless the operator has named its network.

use std::{
    collections::HashMap,
    net::{Ipv4Addr, Ipv6Addr},
};

use proptest::prelude::*;

use super::*;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn url(text: &str) -> Url {
    text.parse().unwrap()
}

fn allowing(networks: &[&str], allow_plaintext: bool) -> Egress {
    Egress::new(networks.iter().map(|it| it.parse().unwrap()), allow_plaintext)
}

/// Addresses that are no public host's.
const INNER: [&str; 42] = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.5",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.7",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:10.0.0.5",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "64:ff9b::10.0.0.5",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::a00:5",
    "100::1",
    "2001::1",
    "2001:db8::7",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "ff02::1",
];

#[test]
fn an_inner_address_is_refused_in_every_form() {
    for text in INNER {
        let refused = Egress::default().judge(ip(text)).expect_err(text);
        assert!(matches!(refused, Refused::Address(_)), "{text}");
        assert!(!refused.to_string().contains(text), "it shows {text}");
    }
    for text in
        ["1.1.1.1", "185.199.108.153", "2a00:1450:4001::1", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"]
    {
        assert_eq!(Egress::default().judge(ip(text)), Ok(()), "{text}");
    }
}

#[test]
fn an_address_in_a_url_is_refused_however_it_is_written() {
    for host in [
        "127.0.0.1",
        "2130706433",
        "017700000001",
        "0x7f000001",
        "0x7f.1",
        "127.1",
        "0177.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[0:0:0:0:0:ffff:7f00:1]",
        "169.254.169.254",
        "[fd00:ec2::254]",
        "10.0.0.5",
        "１２７.0.0.1",
    ] {
        let url = url(&format!("https://{host}:9200"));
        assert!(Egress::default().judge_url(&url).is_err(), "{host}");
    }
    assert_eq!(Egress::default().judge_url(&url("https://vm1.example.net:10000")), Ok(()));
    assert_eq!(Egress::default().judge_url(&url("https://1.1.1.1:10000")), Ok(()));
}

#[test]
fn the_operator_allows_a_network_in_every_form_and_no_other() {
    let loopback = allowing(&["127.0.0.0/8"], false);
    for text in
        ["127.0.0.1", "127.9.9.9", "::ffff:127.0.0.1", "64:ff9b::127.0.0.1", "2002:7f00:1::"]
    {
        assert_eq!(loopback.judge(ip(text)), Ok(()), "{text}");
    }
    for text in ["10.0.0.5", "::1", "0.0.0.0"] {
        assert!(loopback.judge(ip(text)).is_err(), "{text}");
    }
    let nat64 = allowing(&["64:ff9b::/96"], false);
    assert_eq!(nat64.judge(ip("64:ff9b::10.0.0.5")), Ok(()));
    assert!(nat64.judge(ip("10.0.0.5")).is_err());
}

#[test]
fn a_key_goes_without_tls_only_where_the_operator_says_so() {
    let (public, inner) = (url("http://1.1.1.1:8081"), url("http://10.0.0.5:8081"));
    let name = url("http://ns1.example.net:8081");
    let refusing = allowing(&["10.0.0.0/8"], false);
    for url in [&public, &inner, &name] {
        assert_eq!(refusing.judge_url(url), Err(Refused::Plaintext), "{url}");
    }
    let letting = allowing(&["10.0.0.0/8"], true);
    assert_eq!(letting.judge_url(&inner), Ok(()));
    assert_eq!(letting.judge_url(&name), Ok(()), "it is judged when it is resolved");
    assert_eq!(letting.judge_url(&public), Err(Refused::Plaintext));
    assert_eq!(letting.judge_url(&url("https://1.1.1.1:8081")), Ok(()));
}

#[test]
fn the_setting_takes_networks_and_addresses_and_names_a_wrong_entry() {
    struct Root(Egress);
    impl Section for Root {
        fn read(keys: &mut Keys<'_>) -> Self {
            Self(keys.section("egress"))
        }
    }
    let load = |allow: &str| {
        let variables = HashMap::from([("PRAHO__EGRESS__ALLOW".to_owned(), allow.to_owned())]);
        chassis::config::load_from::<Root>(None, variables)
            .map(|it| it.0)
            .map_err(|it| it.to_string())
    };
    let egress = load("10.0.0.0/8, 127.0.0.1, fd00::/8").unwrap();
    assert_eq!(egress.judge(ip("10.9.8.7")), Ok(()));
    assert_eq!(egress.judge(ip("127.0.0.1")), Ok(()));
    assert!(egress.judge(ip("127.0.0.2")).is_err());
    let fault = load("10.0.0.0/8,inner").unwrap_err();
    assert!(fault.contains("egress.allow") && fault.contains("entry 2"), "{fault}");
    assert!(load("").unwrap().judge(ip("10.9.8.7")).is_err());
}

proptest! {
    #[test]
    fn another_form_of_an_address_has_its_verdict(bytes in any::<[u8; 4]>()) {
        let [a, b, c, d] = bytes;
        let plain = Egress::default().judge(Ipv4Addr::from(bytes).into());
        let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
        let forms = [
            Ipv4Addr::from(bytes).to_ipv6_mapped(),
            Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
            Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
        ];
        for form in forms {
            prop_assert_eq!(Egress::default().judge(form.into()), plain, "{}", form);
        }
    }
}
