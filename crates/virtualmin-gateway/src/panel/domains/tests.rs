//! Tests with listings that a real Virtualmin 8.1.0 sent, shortened, and with shapes that must be refused.

use std::time::Instant;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const DISABLED: &str = include_str!("tests/disabled.json");
const SIMPLE: &str = include_str!("tests/simple.json");

fn read(data: &Value) -> Result<Vec<Domain>, String> {
    let text = data.to_string();
    let listed: Vec<Listed<'_>> = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    records(listed).map_err(|error| error.to_string())
}

fn recorded(text: &str) -> Value {
    serde_json::from_str::<Value>(text).unwrap()["data"].take()
}

fn minimal(name: &str) -> Value {
    json!({ "name": name, "values": {
        "id": ["179522920030754"], "type": ["Top-level server"], "username": ["alpha"],
        "features": ["unix dir"], "created_unix_time": ["1795229201"],
    }})
}

fn with(key: &str, value: Value) -> Value {
    let mut object = minimal("alpha.test");
    object["values"][key] = value;
    json!([object])
}

#[test]
fn reads_a_disabled_server_with_everything_on() {
    let domains = read(&recorded(DISABLED)).unwrap();
    let [beta] = domains.as_slice() else { panic!("{domains:?}") };
    assert_eq!(beta.name, "beta.test");
    assert_eq!(beta.id, "17952295558052");
    assert_eq!(beta.kind, Kind::TopLevel);
    assert_eq!(beta.username, "beta");
    assert_eq!(beta.description, "Beta site");
    assert_eq!(beta.disabled.as_deref(), Some("Manually (unpaid invoice #42)"));
    assert_eq!(beta.features.len(), 9);
    assert_eq!(beta.server_quota, Some(Limit::AtMost(2_097_152)));
    assert_eq!(beta.used_bytes, Some(278_528));
    assert_eq!(beta.plan, "Default Plan");
    assert_eq!(beta.created_unix_seconds, 1_795_229_556);
    assert_eq!(beta.ip_address, "127.0.0.1");
    assert_eq!(beta.parent, "");
}

#[test]
fn the_cheaper_form_lacks_only_the_usage() {
    let domains = read(&recorded(SIMPLE)).unwrap();
    assert_eq!(domains[0].name, "alpha2.test");
    assert_eq!(domains[0].username, "alphatwo");
    assert_eq!(domains[0].disabled, None);
    assert_eq!(domains[0].server_quota, Some(Limit::AtMost(2_097_152)));
    assert_eq!(domains[0].used_bytes, None);
}

#[test]
fn no_secret_is_kept() {
    for text in [DISABLED, SIMPLE] {
        let domains = read(&recorded(text)).unwrap();
        let shown = format!("{domains:?}");
        assert!(!shown.contains("HASHEDPASSWORD") && !shown.contains("SECRET"), "{shown}");
    }
}

#[test]
fn sub_servers_and_aliases_name_what_they_belong_to() {
    let mut sub = minimal("sub1.beta.test");
    sub["values"]["type"] = json!(["Sub-server"]);
    sub["values"]["parent_domain"] = json!(["beta.test"]);
    let mut alias = minimal("alias-of-beta.test");
    alias["values"]["type"] = json!(["Alias"]);
    alias["values"]["real_domain"] = json!(["beta.test"]);
    let domains = read(&json!([sub, alias])).unwrap();
    assert_eq!((domains[0].kind, domains[0].parent.as_str()), (Kind::SubServer, "beta.test"));
    assert_eq!((domains[1].kind, domains[1].parent.as_str()), (Kind::Alias, "beta.test"));
    assert_eq!(domains[0].server_quota, None);
}

#[test]
fn unlimited_is_neither_zero_nor_unknown() {
    let domains = read(&with("server_block_quota", json!(["Unlimited"]))).unwrap();
    assert_eq!(domains[0].server_quota, Some(Limit::Unlimited));
    assert_eq!(read(&json!([minimal("a.test")])).unwrap()[0].server_quota, None);
    assert!(read(&with("server_block_quota", json!(["2 GiB"]))).is_err());
    assert!(read(&with("server_block_quota", json!(["-1"]))).is_err());
}

#[test]
fn features_split_over_values_are_one_list() {
    let domains = read(&with("features", json!(["unix dir", "web  ssl"]))).unwrap();
    assert_eq!(domains[0].features, ["unix", "dir", "web", "ssl"]);
    assert!(read(&with("features", json!([""]))).unwrap()[0].features.is_empty());
}

#[test]
fn the_first_of_several_addresses_counts() {
    let domains =
        read(&with("ip_address", json!(["192.0.2.7 (Private)", "2001:db8::7 (Private)"])));
    assert_eq!(domains.unwrap()[0].ip_address, "192.0.2.7");
}

#[test]
fn an_empty_reason_is_still_disabled() {
    assert_eq!(read(&with("disabled", json!([""]))).unwrap()[0].disabled.as_deref(), Some(""));
}

#[test]
fn a_table_for_people_is_no_listing() {
    let table = json!([
        { "name": "Domain                         Username        Description", "values": {} },
        { "name": "------------------------------ --------------- -----------", "values": {} },
    ]);
    assert!(read(&table).is_err());
    assert!(read(&json!([{ "name": "alpha.test", "values": {} }])).is_err());
    assert!(read(&json!([{ "name": "host", "value": "vm" }])).is_err());
    assert!(read(&json!(["alpha.test"])).is_err());
    assert!(read(&json!({ "alpha.test": {} })).is_err());
}

#[test]
fn a_value_that_is_no_list_of_strings_is_refused() {
    for odd in
        [json!("1001"), json!([1001]), json!([]), json!(["1", "2"]), json!({}), json!([null])]
    {
        assert!(read(&with("id", odd.clone())).is_err(), "{odd}");
    }
    assert!(read(&with("type", json!(["Super-server"]))).is_err());
    assert!(read(&with("created_unix_time", json!(["11/21/2026 02:46 AM"]))).is_err());
}

#[test]
fn one_bad_server_fails_the_whole_listing() {
    let mut bad = minimal("bad.test");
    bad["values"].as_object_mut().unwrap().remove("username");
    let error = read(&json!([minimal("a.test"), bad, minimal("c.test")])).unwrap_err();
    assert_eq!(error, "bad.test has no `username`");
}

#[test]
fn one_name_twice_is_refused() {
    let error = read(&json!([minimal("a.test"), minimal("a.test")])).unwrap_err();
    assert_eq!(error, "a.test is listed twice");
}

#[test]
fn a_thousand_servers_are_read_in_a_fraction_of_a_second() {
    let beta = recorded(DISABLED)[0].take();
    let data: Vec<Value> = (0..1000)
        .map(|n| {
            let mut object = beta.clone();
            object["name"] = json!(format!("site{n}.test"));
            object
        })
        .collect();
    let text = serde_json::to_string_pretty(&data).unwrap();
    let start = Instant::now();
    let listed: Vec<Listed<'_>> = serde_json::from_str(&text).unwrap();
    assert_eq!(records(listed).unwrap().len(), 1000);
    // The predecessor took 533 ms. The limit is generous, because this runs unoptimised beside other tests.
    assert!(start.elapsed().as_millis() < 2000, "{:?} for {} bytes", start.elapsed(), text.len());
}

proptest! {
    #[test]
    fn all_servers_come_back_in_order(names in prop::collection::hash_set("[a-z]{1,20}\\.test", 0..40)) {
        let data: Vec<_> = names.iter().map(|name| minimal(name)).collect();
        let domains = read(&json!(data)).unwrap();
        prop_assert!(domains.iter().map(|it| &it.name).eq(names.iter()));
    }

    #[test]
    fn any_text_of_a_customer_is_carried_as_it_is(text in "\\PC*") {
        let domains = read(&with("description", json!([text.clone()]))).unwrap();
        prop_assert_eq!(&domains[0].description, &text);
    }
}
