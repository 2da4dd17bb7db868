//! Services before their activation.

use reqwest::StatusCode;
use serde_json::json;

use crate::world::{World, id};

#[tokio::test(flavor = "multi_thread")]
async fn an_international_domain_is_kept_in_ascii() {
    let world = World::start().await;
    let plan = world.plan().await;
    let body = json!({ "plan_id": plan, "domain": "MÜNCHEN.de.", "external_id": "whmcs-7" });
    let made = world.post("/services", body).await;
    let id = id(&made);
    assert_eq!(made.body["domain"], "xn--mnchen-3ya.de");
    assert_eq!((&made.body["status"], &made.body["account_id"]), (&json!("created"), &json!("")));
    assert_eq!(world.get(&format!("/services/{id}")).await.body, made.body);
    assert_eq!(world.get("/services").await.body["services"], json!([made.body]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_service_is_refused_and_leaves_nothing() {
    let world = World::start().await;
    let plan = world.plan().await;
    let before = world.rows().await;
    for domain in [
        "",
        "localhost",
        "no-dot",
        "a..b",
        "-a.ro",
        "192.0.2.7",
        "a_b.ro",
        "xn--a.ro",
        "www.a.ro",
        &"x".repeat(300),
    ] {
        let answer = world.post("/services", json!({ "plan_id": plan, "domain": domain })).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{domain}");
        assert_eq!(answer.wrong_fields(), ["domain"]);
    }
    for plan in ["", "starter", "0190d3e8-7b5c-7c3a-9d2e-0a1b2c3d4e5f"] {
        let body = json!({ "plan_id": plan, "domain": "a.ro", "external_id": "x".repeat(129) });
        let answer = world.post_once("key", "/services", body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{plan}");
        let mut wrong = answer.wrong_fields();
        wrong.sort_unstable();
        assert_eq!(wrong, ["external_id", "plan_id"]);
    }
    assert_eq!(world.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_suffix_is_refused_with_the_part_that_can_be_had() {
    let world = World::start().await;
    let plan = world.plan().await;
    for suffix in ["com.ro", "gov.ro", "co.uk", "github.io"] {
        let body = json!({ "plan_id": plan, "domain": suffix });
        let answer = world.post("/services", body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{suffix}");
        assert_eq!(answer.wrong_fields(), ["domain"]);
        let message = answer.body["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains(&format!("such as example.{suffix}")), "{message}");
        let body = json!({ "plan_id": plan, "domain": format!("exemplu.{suffix}") });
        id(&world.post("/services", body).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_allows_and_refuses_suffixes() {
    let settings = [
        ("DOMAINS__ALLOWED_SUFFIXES", "github.io, com.ro"),
        ("DOMAINS__REFUSED_SUFFIXES", "hotel.example"),
    ];
    let world = World::with(&settings).await;
    let plan = world.plan().await;
    for domain in ["github.io", "com.ro", "gov.ro"] {
        id(&world.post("/services", json!({ "plan_id": plan, "domain": domain })).await);
    }
    for domain in ["gitlab.io", "Hotel.Example."] {
        let answer = world.post("/services", json!({ "plan_id": plan, "domain": domain })).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{domain}");
    }
}

#[test]
fn a_wrong_suffix_and_a_wrong_resolver_in_the_configuration_are_named() {
    let variables = [
        ("PRAHO__DOMAINS__RESOLVERS", "127.0.0.1:53, localhost"),
        ("PRAHO__DOMAINS__HOLD_DAYS", "0"),
        ("PRAHO__DOMAINS__ALLOWED_SUFFIXES", "github.io, hotel.example"),
        ("PRAHO__DOMAINS__REFUSED_SUFFIXES", "no-dot, hotel.example"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let faults = chassis::config::load_from::<api::Config>(None, variables.into()).unwrap_err();
    let faults = faults.to_string();
    for part in [
        "domains.resolvers: is not a list of addresses with ports; write them like 127.0.0.1:53",
        "domains.hold_days: ",
        "domains.allowed_suffixes: holds a name",
        "domains.refused_suffixes: name 1 is not a domain; the domain name has only one",
    ] {
        assert!(faults.contains(part), "{faults}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_spellings_of_a_domain_are_one() {
    let world = World::start().await;
    let plan = world.plan().await;
    id(&world.post("/services", json!({ "plan_id": plan, "domain": "EXAMPLE.com." })).await);
    for domain in ["example.com", "Example.COM", "ｅｘａｍｐｌｅ.com"] {
        let answer = world.post("/services", json!({ "plan_id": plan, "domain": domain })).await;
        assert_eq!(
            (answer.status, answer.wrong_fields()),
            (StatusCode::CONFLICT, vec!["domain"]),
            "{domain}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_too_long_for_its_own_names_is_refused_with_the_longest_length() {
    let world = World::start().await;
    let plan = world.plan().await;
    let label = "a".repeat(59);
    let domain = |length: usize| {
        let end = "b".repeat(length - 4 * 60);
        format!("{label}.{label}.{label}.{label}.{end}")
    };
    let answer = world.post("/services", json!({ "plan_id": plan, "domain": domain(245) })).await;
    assert_eq!((answer.status, answer.wrong_fields()), (StatusCode::BAD_REQUEST, vec!["domain"]));
    let message = answer.body["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("244 are allowed") && message.contains("_access_log"), "{message}");
    id(&world.post("/services", json!({ "plan_id": plan, "domain": domain(244) })).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_and_an_external_id_are_unique() {
    let world = World::start().await;
    let plan = world.plan().await;
    let body = json!({ "plan_id": plan, "domain": "example.ro", "external_id": "7" });
    id(&world.post("/services", body).await);
    let before = world.rows().await;
    let taken = json!({ "plan_id": plan, "domain": "EXAMPLE.ro" });
    let answer = world.post_once("key", "/services", taken).await;
    assert_eq!((answer.status, answer.wrong_fields()), (StatusCode::CONFLICT, vec!["domain"]));
    let taken = json!({ "plan_id": plan, "domain": "other.ro", "external_id": "7" });
    let answer = world.post_once("key", "/services", taken).await;
    assert_eq!((answer.status, answer.wrong_fields()), (StatusCode::CONFLICT, vec!["external_id"]));
    assert_eq!(world.rows().await, before);
}
