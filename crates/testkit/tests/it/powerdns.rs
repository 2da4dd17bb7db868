//! A private PowerDNS for one test.

use serde_json::json;
use testkit::powerdns::PowerDns;
use testkit::{Scratch, http};

fn dig(address: &str, transport: &str, name: &str, kind: &str) -> String {
    let (host, port) = address.split_once(':').unwrap();
    let answer = std::process::Command::new("dig")
        .args([&format!("@{host}"), "-p", port, transport, "+short", "+time=2", name, kind])
        .output()
        .unwrap();
    String::from_utf8(answer.stdout).unwrap().trim().to_owned()
}

#[tokio::test]
async fn answers_for_a_zone_made_through_its_api_before_and_after_a_crash() {
    let scratch = Scratch::new("powerdns");
    let folder = scratch.path().join("powerdns");
    let server = PowerDns::start(&folder).await.unwrap();
    let made = http::client()
        .post(format!("{}/api/v1/servers/localhost/zones", server.api_url()))
        .header("X-API-Key", server.api_key())
        .json(&json!({"name": "example.ro.", "kind": "Native", "nameservers": ["ns1.example.ro."]}))
        .send()
        .await
        .unwrap();
    assert_eq!(made.status(), 201);
    let soa = dig(&server.dns_addr(), "+notcp", "example.ro", "SOA");
    assert!(soa.starts_with("ns1.example.ro. hostmaster.example.ro. "), "{soa}");

    server.kill().await;
    assert!(PowerDns::attach(&folder).is_none());
    server.restart().await.unwrap();
    assert_eq!(dig(&server.dns_addr(), "+tcp", "example.ro", "NS"), "ns1.example.ro.");
}

#[tokio::test]
async fn a_second_start_finds_the_first() {
    let scratch = Scratch::new("powerdns");
    let folder = scratch.path().join("powerdns");
    let first = PowerDns::start(&folder).await.unwrap();
    let second = PowerDns::start(&folder).await.unwrap();
    assert_eq!((first.api_key(), first.dns_addr()), (second.api_key(), second.dns_addr()));
}
