//! Tests of the configuration of ports and of calls to other services.

use std::{collections::HashMap, fs, os::unix::fs::PermissionsExt};

use chassis::config::{Grpc, Http, InnerGrpc, Keys, Peer, Section, load_from};
use testkit::{Authority, Scratch};

#[derive(Debug)]
struct Config {
    http: Http,
    _grpc: Grpc,
    inner: Option<InnerGrpc>,
    _peer: Option<Peer>,
}

impl Section for Config {
    fn read(keys: &mut Keys<'_>) -> Self {
        Self {
            http: keys.section("http"),
            _grpc: keys.section("grpc"),
            inner: keys.optional_section("inner"),
            _peer: keys.optional_section("peer"),
        }
    }
}

fn load(variables: &[(&str, &str)]) -> Result<Config, String> {
    let variables =
        variables.iter().map(|&(key, value)| (format!("PRAHO__{key}"), value.to_owned()));
    let loaded = load_from(None, variables.collect::<HashMap<_, _>>());
    loaded.map_err(|faults| faults.to_string())
}

#[test]
fn a_plain_port_is_for_this_machine_alone_unless_it_is_allowed() {
    load(&[("HTTP__LISTEN", "[::1]:8080")]).unwrap();
    let open = ("HTTP__LISTEN", "0.0.0.0:8080");
    let faults = load(&[open, ("GRPC__LISTEN", "192.0.2.1:50051")]).unwrap_err();
    let lines: Vec<_> = faults.lines().collect();
    assert!(lines[0].starts_with("grpc.listen: is open to other machines without TLS"), "{faults}");
    assert!(lines[1].starts_with("http.listen: "), "{faults}");
    assert!(
        lines[1].contains("tls.certificate") && lines[1].contains("allow_plaintext"),
        "{faults}"
    );
    load(&[open, ("HTTP__ALLOW_PLAINTEXT", "true")]).unwrap();
}

#[test]
fn an_inner_port_needs_the_ca_of_its_callers() {
    let folder = Scratch::new("ports");
    let authority = Authority::open(folder.path()).unwrap();
    let issued = authority.issue("virtualmin-gateway").unwrap();
    let ca = authority.ca_file();
    let files = [
        ("INNER__TLS__CERTIFICATE", issued.certificate.to_str().unwrap()),
        ("INNER__TLS__KEY", issued.key.to_str().unwrap()),
    ];
    let faults = load(&[("INNER__LISTEN", "127.0.0.1:1")]).unwrap_err();
    assert!(faults.starts_with("inner.tls: is missing"), "{faults}");
    let faults = load(&files).unwrap_err();
    assert!(faults.starts_with("inner.tls.client_ca: is missing"), "{faults}");
    let files = [&files[..], &[("INNER__TLS__CLIENT_CA", ca.to_str().unwrap())]].concat();
    let callers = |variables: &[(&str, &str)]| {
        let inner = load(variables).unwrap().inner.unwrap().for_callers(&["spiffe://praho/a"]);
        inner.listen.tls.unwrap().allowed.unwrap()
    };
    assert_eq!(callers(&files), ["spiffe://praho/a"]);
    let listed = [&files[..], &[("INNER__TLS__ALLOWED", "spiffe://praho/b")]].concat();
    assert_eq!(callers(&listed), ["spiffe://praho/b"]);
}

#[test]
fn each_file_that_cannot_be_used_is_named_by_its_key() {
    let folder = Scratch::new("ports");
    let authority = Authority::open(folder.path()).unwrap();
    let (issued, other) = (authority.issue("api").unwrap(), authority.issue("other").unwrap());
    let [certificate, key, other] =
        [&issued.certificate, &issued.key, &other.key].map(|it| it.to_str().unwrap());
    let with = |certificate: &str, key: &str| {
        load(&[("HTTP__TLS__CERTIFICATE", certificate), ("HTTP__TLS__KEY", key)])
    };
    assert!(with(certificate, key).unwrap().http.listen.tls.is_some());
    for (pair, start, what) in [
        ((certificate, "/nowhere"), "http.tls.key: /nowhere: cannot be read", "PEM file"),
        (("/nowhere", key), "http.tls.certificate: /nowhere: cannot be read", "PEM file"),
        ((key, key), "http.tls.certificate: ", "holds no certificate"),
        ((certificate, certificate), "http.tls.key: ", "every user"),
        ((certificate, other), "http.tls.key: ", "does not belong to the certificate"),
    ] {
        // A certificate is no secret, so its file may be readable.
        fs::set_permissions(certificate, fs::Permissions::from_mode(0o644)).unwrap();
        let faults = with(pair.0, pair.1).unwrap_err();
        assert!(faults.starts_with(start) && faults.contains(what), "{faults}");
        assert_eq!(faults.lines().count(), 1, "{faults}");
    }
    let faults = load(&[("HTTP__TLS__KEY", key)]).unwrap_err();
    assert!(faults.starts_with("http.tls.certificate: is missing"), "{faults}");
}

#[test]
fn proxies_are_networks_or_addresses() {
    let proxies = |text| load(&[("HTTP__LIMITS__PROXIES", text)]);
    let read = proxies("10.0.0.0/8, ::1").unwrap().http.listen.limits.proxies;
    assert_eq!(read.iter().map(ToString::to_string).collect::<Vec<_>>(), ["10.0.0.0/8", "::1/128"]);
    let faults = proxies("10.0.0.0/8,there").unwrap_err();
    assert!(faults.starts_with("http.limits.proxies: entry 2 is neither"), "{faults}");
    assert!(!faults.contains("there"), "{faults}");
}

#[test]
fn calls_to_other_machines_go_by_tls_unless_it_is_allowed() {
    load(&[("PEER__URL", "http://127.0.0.1:50052")]).unwrap();
    load(&[("PEER__URL", "https://gateway.example:50052")]).unwrap();
    let open = ("PEER__URL", "http://gateway.example:50052");
    let faults = load(&[open]).unwrap_err();
    assert!(faults.starts_with("peer.url: goes to another machine without TLS"), "{faults}");
    load(&[open, ("PEER__ALLOW_PLAINTEXT", "true")]).unwrap();
    let faults = load(&[("PEER__URL", "https://a"), ("PEER__TLS__CERTIFICATE", "/a")]).unwrap_err();
    assert!(faults.starts_with("peer.tls.key: is missing"), "{faults}");
}
