//! Tests of the zones that hosts serve themselves.

use contracts::gateway::v1::{self, dns_client::DnsClient};
use model::{
    fault::{Effect, Fault, FaultKind},
    fence::Change,
};
use simulators::virtualmin::{Fault as Wrong, FaultKind as WrongKind};

use crate::setup::{SHOP, World, answer, verdict};

impl World {
    async fn zoned_shop(&self) {
        let features = ["web", "dns"].map(str::to_owned).to_vec();
        let order = v1::CreateDomainRequest { features, ..self.order(SHOP, "shop") };
        self.create(order).await.unwrap();
        self.may(Change::Dns).await;
    }

    fn dns(&self) -> DnsClient<tonic::transport::Channel> {
        DnsClient::new(self.channel.clone())
    }

    async fn replace(&self, values: &[&str]) -> Result<Vec<v1::DnsRecord>, Fault> {
        let value = |it: &&str| v1::DnsValue { value: (*it).to_owned(), ttl_seconds: None };
        let request = v1::ReplaceDnsRecordsRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: SHOP.to_owned(),
            marker: self.marker(),
            name: format!("www.{SHOP}"),
            r#type: "A".to_owned(),
            values: values.iter().map(value).collect(),
        };
        answer(self.dns().replace_dns_records(request).await).map(|it| it.records)
    }

    async fn add(&self, name: &str, kind: &str, value: &str) -> Result<v1::DnsRecordSet, Fault> {
        let request = v1::AddDnsRecordRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: SHOP.to_owned(),
            marker: self.marker(),
            name: name.to_owned(),
            r#type: kind.to_owned(),
            value: Some(v1::DnsValue { value: value.to_owned(), ttl_seconds: Some(600) }),
        };
        answer(self.dns().add_dns_record(request).await)
    }

    async fn remove(&self, name: &str, value: Option<&str>) -> Result<bool, Fault> {
        let request = v1::RemoveDnsRecordsRequest {
            server_id: self.server.to_string(),
            fence: Some(self.fence.clone()),
            domain: SHOP.to_owned(),
            marker: self.marker(),
            name: name.to_owned(),
            r#type: "A".to_owned(),
            value: value.map(str::to_owned),
        };
        answer(self.dns().remove_dns_records(request).await).map(|it| it.existed)
    }

    fn addresses(&self, name: &str) -> Vec<String> {
        let zone = self.simulator.zone(SHOP).into_iter();
        zone.filter(|it| it.name == name && it.kind == "A").flat_map(|it| it.values).collect()
    }
}

#[tokio::test]
async fn records_are_replaced_in_one_call_and_a_repeat_makes_none() {
    let world = World::new().await;
    world.zoned_shop().await;
    for _ in 0..2 {
        let records = world.replace(&["192.0.2.1", "192.0.2.2"]).await.unwrap();
        assert_eq!(records.len(), 2);
        assert_eq!(world.addresses("www"), ["192.0.2.1", "192.0.2.2"]);
    }
    assert_eq!(world.simulator.calls("modify-dns"), 1);
    let effect = world.simulator.effects_on(SHOP).pop().unwrap();
    let www = format!("www.{SHOP}. A");
    let sent = [
        "--domain".to_owned(),
        SHOP.to_owned(),
        "--remove-record".to_owned(),
        www.clone(),
        "--add-record".to_owned(),
        format!("{www} 192.0.2.1"),
        "--add-record".to_owned(),
        format!("{www} 192.0.2.2"),
    ];
    assert_eq!(effect.arguments, sent);
}

#[tokio::test]
async fn a_record_is_added_and_removed_and_a_repeat_is_a_success() {
    let world = World::new().await;
    world.zoned_shop().await;
    let name = format!("_dmarc.{SHOP}");
    for _ in 0..2 {
        let set = world.add(&name, "TXT", "v=DMARC1; p=none").await.unwrap();
        let record = &set.records[0];
        assert_eq!((record.value.as_str(), record.ttl_seconds), ("v=DMARC1; p=none", Some(600)));
    }
    assert_eq!(world.simulator.calls("modify-dns"), 1);
    let www = format!("www.{SHOP}");
    assert!(!world.remove(&www, Some("192.0.2.77")).await.unwrap());
    assert!(world.remove(&www, None).await.unwrap());
    assert!(!world.remove(&www, None).await.unwrap());
    assert!(world.addresses("www").is_empty());

    let request =
        v1::ListDnsRecordsRequest { server_id: world.server.to_string(), domain: SHOP.to_owned() };
    let listed = answer(world.dns().list_dns_records(request).await).unwrap().records;
    let kinds: Vec<_> = listed.iter().map(|it| it.r#type.as_str()).collect();
    assert_eq!(kinds, ["SOA", "NS", "A", "A", "A", "TXT", "TXT"]);
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_a_look_and_a_lie_is_found_out() {
    let world = World::new().await;
    world.zoned_shop().await;
    world.simulator.inject("modify-dns", Wrong::once(WrongKind::LostAfterEffect));
    assert_eq!(world.replace(&["192.0.2.1"]).await.unwrap().len(), 1);
    world.simulator.inject("modify-dns", Wrong::once(WrongKind::SuccessWithoutEffect));
    let lie = world.replace(&["192.0.2.2"]).await;
    assert_eq!(verdict(lie), (FaultKind::Protocol, Effect::Unknown));
    assert_eq!(world.addresses("www"), ["192.0.2.1"]);
    testkit::eventually("the host has settled", async || world.replace(&["192.0.2.9"]).await.ok())
        .await;
    assert_eq!(world.addresses("www"), ["192.0.2.9"]);
}

#[tokio::test]
async fn what_cannot_be_is_refused_before_the_panel_is_asked() {
    let world = World::new().await;
    world.zoned_shop().await;
    for (name, kind, value, field) in [
        ("www.other.example", "A", "192.0.2.1", "name"),
        ("www.shop.example", "BOGUS", "x", "type"),
        ("shop.example", "NS", "ns.other.example.", "type"),
        ("www.shop.example", "A", "192.0.2.1\n--ttl 5", "value.value"),
        ("www.shop.example", "TXT", "two  blanks", "value.value"),
    ] {
        let fault = world.add(name, kind, value).await.unwrap_err();
        assert_eq!(fault.violations[0].field, field, "{fault}");
    }
    let clash = world.add("www.shop.example", "CNAME", "other.example.").await;
    assert_eq!(verdict(clash), (FaultKind::Conflict, Effect::NotApplied));
    assert_eq!(world.simulator.calls("modify-dns"), 0);
}

#[tokio::test]
async fn a_stranger_and_a_virtual_server_without_a_zone_are_left_alone() {
    let world = World::new().await;
    world.shop().await;
    world.may(Change::Dns).await;
    let fault = world.replace(&["192.0.2.1"]).await.unwrap_err();
    assert_eq!((fault.kind, fault.effect), (FaultKind::Refused, Effect::NotApplied));
    assert!(fault.message.contains("switch the feature on"), "{fault}");

    let world = World::new().await;
    world.simulator.create_by_hand(SHOP, "shop");
    world.may(Change::Dns).await;
    let refused = world.replace(&["192.0.2.1"]).await;
    assert_eq!(verdict(refused), (FaultKind::Conflict, Effect::NotApplied));
    assert!(world.simulator.effects().is_empty());
}
