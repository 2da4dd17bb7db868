//! Domains that two tenants want: nobody learns what the other has, a TXT record proves control, and the platform's owner
//! decides the rest.

use std::ops::Deref;

use contracts::{
    provisioning::v1::{ActivateServiceRequest, services_client::ServicesClient},
    status::from_status,
};
use model::fault::{FaultKind, FaultReason};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::{eventually, free_port, unique};

use crate::{
    grpc::{channel, with_token},
    world::{Answer, World, dns_server, id, send, server, text},
};

/// A platform with two hosting companies, whose look-ups go to a name server of the tests.
struct Platform {
    world: World,
    ours: Tenant,
    theirs: Tenant,
}

/// A company that can sell: its token, its id and its plan.
struct Tenant {
    token: String,
    id: String,
    name: String,
    plan: String,
}

impl Deref for Platform {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl Platform {
    async fn new() -> Self {
        Self::with_resolver(&testkit::servers().dns_addr).await
    }

    async fn with_resolver(address: &str) -> Self {
        let world = World::with(&[("DOMAINS__RESOLVERS", address)]).await;
        let (ours, theirs) = (Tenant::new(&world).await, Tenant::new(&world).await);
        Self { world, ours, theirs }
    }

    async fn post(&self, tenant: &Tenant, path: &str, body: Value) -> Answer {
        post(&self.world, &tenant.token, path, body).await
    }

    /// Creates a service; returns its id.
    async fn sell(&self, tenant: &Tenant, domain: &str) -> String {
        let body = json!({ "plan_id": tenant.plan, "domain": domain });
        id(&self.post(tenant, "/services", body).await)
    }

    async fn activate(&self, tenant: &Tenant, service: &str) -> Answer {
        self.post(tenant, &format!("/services/{service}/activate"), json!({})).await
    }

    /// Creates a service and activates it.
    async fn run(&self, tenant: &Tenant, domain: &str) -> String {
        let service = self.sell(tenant, domain).await;
        let answer = self.activate(tenant, &service).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
        service
    }

    /// The platform's owner decides for a tenant.
    async fn assign(&self, domain: &str, tenant: &Tenant) -> Answer {
        let body = json!({ "tenant_id": tenant.name, "reason": "the registrar says so" });
        self.world.post(&format!("/domains/{domain}/assign"), body).await
    }
}

impl Tenant {
    async fn new(world: &World) -> Self {
        let name = unique("company");
        let tenant = id(&world.post("/tenants", json!({ "name": name })).await);
        let body = json!({ "tenant_id": tenant, "name": "first", "role": "owner" });
        let token = text(&world.post("/tokens", body).await.body, "secret");
        let made = async |path: &str, body: Value| id(&post(world, &token, path, body).await);
        made("/dns-servers", dns_server()).await;
        let host = made("/servers", server(100)).await;
        let open = "UPDATE servers SET status = 'active', verified_at = now() WHERE id = $1";
        world.execute(open, &host).await;
        let plan = made("/plans", json!({ "name": "web", "disk_mib": 1024, "features": ["web"] }));
        let plan = plan.await;
        Self { token, id: tenant, name, plan }
    }
}

async fn post(world: &World, token: &str, path: &str, body: Value) -> Answer {
    let request = world.bare(Method::POST, path).bearer_auth(token);
    send(request.header("Idempotency-Key", unique("key")).json(&body)).await
}

/// Calls the API of the name server, which has one writer: it answers 500 while another test writes.
async fn powerdns(method: Method, path: &str, body: Value) {
    let servers = testkit::servers();
    let url = format!("{}/api/v1/servers/localhost/zones{path}", servers.powerdns_url);
    let request = testkit::http::client().request(method, url);
    let request = request.header("X-API-Key", servers.powerdns_api_key).json(&body);
    eventually("the name server takes the change", async || {
        let answer = request.try_clone()?.send().await.unwrap();
        let busy = answer.status() == StatusCode::INTERNAL_SERVER_ERROR;
        assert!(busy || answer.status().is_success(), "{answer:?}");
        (!busy).then_some(())
    })
    .await;
}

/// Serves an empty zone with a unique name; returns the name.
async fn zone() -> String {
    let name = format!("{}.test", unique("acme"));
    let zone =
        json!({ "name": format!("{name}."), "kind": "Native", "nameservers": ["ns1.lab.test."] });
    powerdns(Method::POST, "", zone).await;
    name
}

/// Publishes the record that a refusal asks for, beside another text.
async fn publish(zone: &str, refusal: &Answer) {
    let (name, content) = challenge(refusal);
    let set = json!({ "rrsets": [{
        "name": format!("{name}."), "type": "TXT", "ttl": 300, "changetype": "REPLACE",
        "records": [{ "content": "\"v=spf1 -all\"" }, { "content": format!("\"{content}\"") }],
    }]});
    powerdns(Method::PATCH, &format!("/{zone}."), set).await;
}

/// The name and the text of the record that a refusal asks for.
fn challenge(refusal: &Answer) -> (String, String) {
    let detail = text(&refusal.body, "detail");
    let (_, rest) = detail.split_once("publish the TXT record ").unwrap();
    let (name, rest) = rest.split_once(" with the text ").unwrap();
    let (content, _) = rest.split_once(',').unwrap();
    (name.to_owned(), content.to_owned())
}

fn assert_refused(answer: &Answer, reason: &str) {
    assert_eq!(
        (answer.status, &answer.body["reason"]),
        (StatusCode::CONFLICT, &json!(reason)),
        "{answer:?}"
    );
    assert_eq!(answer.wrong_fields(), ["domain"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_that_another_tenant_has_is_sold_like_any_other() {
    let platform = Platform::new().await;
    platform.run(&platform.theirs, "taken.test").await;
    let sell = async |domain: &str| {
        let body = json!({ "plan_id": platform.ours.plan, "domain": domain });
        let mut answer = platform.post(&platform.ours, "/services", body).await;
        for field in ["id", "domain", "created_at"] {
            answer.body[field] = Value::Null;
        }
        (answer.status, answer.body)
    };
    assert_eq!(sell("taken.test").await, sell("unknown.test").await);
    let again = json!({ "plan_id": platform.ours.plan, "domain": "taken.test" });
    let answer = platform.post(&platform.ours, "/services", again).await;
    assert_eq!((answer.status, answer.wrong_fields()), (StatusCode::CONFLICT, vec!["domain"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_without_an_activation_lapses() {
    let platform = Platform::new().await;
    let name = zone().await;
    platform.sell(&platform.theirs, &name).await;
    let service = platform.sell(&platform.ours, &name).await;
    assert_refused(&platform.activate(&platform.ours, &service).await, "domain_unproven");
    let world = platform.world.again(&[("DOMAINS__HOLD_DAYS", "3")]).await;
    let old = "UPDATE services SET created_at = now() - interval '4 days' WHERE id <> $1::uuid";
    let done = sqlx::query(old).bind(service.parse::<uuid::Uuid>().unwrap());
    assert_eq!(done.execute(&world.pool).await.unwrap().rows_affected(), 1);
    let path = format!("/services/{service}/activate");
    let answer = post(&world, &platform.ours.token, &path, json!({})).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_tells_the_record_and_nothing_of_the_other_tenant() {
    let platform = Platform::new().await;
    let mut texts = Vec::new();
    for has in ["a sold service", "an account", "an old account"] {
        let name = zone().await;
        match has {
            "a sold service" => drop(platform.sell(&platform.theirs, &name).await),
            _ => drop(platform.run(&platform.theirs, &name).await),
        }
        if has == "an old account" {
            let old = "UPDATE services SET created_at = now() - interval '1 year'";
            sqlx::query(old).execute(&platform.pool).await.unwrap();
        }
        let service = platform.sell(&platform.ours, &name).await;
        let before = platform.rows().await;
        let answer = platform.activate(&platform.ours, &service).await;
        assert_refused(&answer, "domain_unproven");
        assert_eq!(platform.rows().await, before);
        let (record, content) = challenge(&answer);
        assert_eq!(record, format!("_praho-challenge.{name}"));
        let token = content.strip_prefix("praho-domain-verification=").unwrap();
        assert!(token.len() == 32 && token.bytes().all(|it| it.is_ascii_hexdigit()), "{token}");
        let again = platform.activate(&platform.ours, &service).await;
        assert_eq!(again.body["detail"], answer.body["detail"], "the token stays the same");
        texts.push(text(&answer.body, "detail").replace(&name, "NAME").replace(token, "TOKEN"));
    }
    assert!(texts.windows(2).all(|pair| pair[0] == pair[1]), "{texts:?}");
    assert!(!texts[0].contains(&platform.theirs.name), "{texts:?}");

    let name = zone().await;
    let theirs = platform.run(&platform.theirs, &name).await;
    let service = platform.sell(&platform.ours, &name).await;
    let mut services = ServicesClient::new(channel(&platform).await);
    let request = ActivateServiceRequest { id: service, ..ActivateServiceRequest::default() };
    let status = services.activate_service(with_token(request, &platform.ours.token)).await;
    let fault = from_status(&status.unwrap_err());
    assert_eq!((fault.kind, fault.reason), (FaultKind::Refused, Some(FaultReason::DomainUnproven)));
    assert!(!fault.message.contains(&theirs), "{fault}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_published_record_gives_the_domain_to_who_controls_it() {
    let platform = Platform::new().await;
    let name = zone().await;
    let theirs = platform.sell(&platform.theirs, &name).await;
    let service = platform.sell(&platform.ours, &name).await;
    let refusal = platform.activate(&platform.ours, &service).await;
    publish(&name, &refusal).await;
    let accepted = platform.activate(&platform.ours, &service).await;
    assert_eq!(accepted.status, StatusCode::ACCEPTED, "{accepted:?}");
    let proof = "SELECT count(*) FROM domain_proofs WHERE how = 'txt'";
    let told =
        "SELECT count(*) FROM audit_log WHERE action = 'domain.prove' AND target LIKE 'domain/%'";
    assert_eq!((platform.number(proof).await, platform.number(told).await), (1, 1));

    // Who came first and never activated does not have it any more, and another's record proves nothing.
    let refusal = platform.activate(&platform.theirs, &theirs).await;
    assert_refused(&refusal, "domain_unproven");
    publish(&name, &refusal).await;
    let refusal = platform.activate(&platform.theirs, &theirs).await;
    assert_refused(&refusal, "domain_in_use");
    let detail = text(&refusal.body, "detail");
    assert!(
        detail.contains("platform's owner") && !detail.contains(&platform.ours.name),
        "{detail}"
    );
    assert_eq!(platform.audit_breaks().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_above_and_below_need_a_proof_too() {
    let platform = Platform::new().await;
    let name = zone().await;
    platform.run(&platform.theirs, &format!("b.{name}")).await;
    for below in [name.clone(), format!("a.b.{name}")] {
        let service = platform.sell(&platform.ours, &below).await;
        let refusal = platform.activate(&platform.ours, &service).await;
        assert_refused(&refusal, "domain_unproven");
        publish(&name, &refusal).await;
        let answer = platform.activate(&platform.ours, &service).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{below}: {answer:?}");
    }
    platform.run(&platform.theirs, &format!("c.{}", zone().await)).await;
    // The name above is ours by now.
    let service = platform.sell(&platform.theirs, &format!("x.b.{name}")).await;
    assert_refused(&platform.activate(&platform.theirs, &service).await, "domain_unproven");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_up_that_cannot_be_made_refuses_nothing() {
    let platform = Platform::with_resolver(&format!("127.0.0.1:{}", free_port())).await;
    platform.sell(&platform.theirs, "held.test").await;
    let service = platform.sell(&platform.ours, "held.test").await;
    let answer = platform.activate(&platform.ours, &service).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
    assert_eq!(answer.body["reason"], Value::Null);
    assert_eq!(
        challenge(&answer).0,
        "_praho-challenge.held.test",
        "the remedy is there all the same"
    );
    assert_eq!(platform.number("SELECT count(*) FROM domain_proofs").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_activate_at_once_one_has_the_domain_and_the_other_the_usual_refusal() {
    let platform = Platform::new().await;
    for _ in 0..5 {
        let name = zone().await;
        let services = [
            platform.sell(&platform.ours, &name).await,
            platform.sell(&platform.theirs, &name).await,
        ];
        // No hold protects either.
        let old = "UPDATE services SET created_at = now() - interval '1 year'";
        sqlx::query(old).execute(&platform.pool).await.unwrap();
        let (one, other) = tokio::join!(
            platform.activate(&platform.ours, &services[0]),
            platform.activate(&platform.theirs, &services[1]),
        );
        let (won, lost) = match one.status {
            StatusCode::ACCEPTED => (one, other),
            _ => (other, one),
        };
        assert_eq!(won.status, StatusCode::ACCEPTED, "{won:?}");
        assert_refused(&lost, "domain_unproven");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_gets_the_first_answer_whatever_others_want_by_then() {
    let platform = Platform::new().await;
    let service = platform.sell(&platform.ours, "mine.test").await;
    let path = format!("/services/{service}/activate");
    let again = async || {
        let request = platform.bare(Method::POST, &path).bearer_auth(&platform.ours.token);
        send(request.header("Idempotency-Key", "order-7").json(&json!({}))).await
    };
    let first = again().await;
    assert_eq!(first.status, StatusCode::ACCEPTED, "{first:?}");
    platform.sell(&platform.theirs, "mine.test").await;
    assert_eq!(platform.assign("mine.test", &platform.theirs).await.status, StatusCode::OK);
    let repeat = again().await;
    assert_eq!((repeat.status, repeat.body), (first.status, first.body));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platforms_owner_sees_who_wants_a_domain_and_decides() {
    let platform = Platform::new().await;
    let name = zone().await;
    let path = format!("/domains/{name}");
    let empty = json!({ "domain": name, "proven_for": "", "proof": "", "claims": [] });
    assert_eq!(platform.get(&path).await.body, empty);
    let theirs = platform.run(&platform.theirs, &name).await;
    let ours = platform.sell(&platform.ours, &name).await;
    let shown = platform.get(&path).await.body;
    let claims = shown["claims"].as_array().unwrap();
    let claims: Vec<_> = claims
        .iter()
        .map(|it| [&it["tenant_name"], &it["status"], &it["account_status"], &it["holds"]])
        .collect();
    assert_eq!(
        claims,
        [
            [&json!(platform.theirs.name), &json!("active"), &json!("pending"), &json!(true)],
            [&json!(platform.ours.name), &json!("created"), &json!(""), &json!(true)],
        ]
    );

    // The decision ends no live account.
    let assigned = platform.assign(&name, &platform.ours).await;
    assert_eq!(assigned.status, StatusCode::OK, "{assigned:?}");
    assert_eq!(assigned.body["proven_for"], platform.ours.name.as_str());
    assert_eq!(
        (&assigned.body["proof"], &assigned.body["claims"]),
        (&json!("platform"), &shown["claims"])
    );
    assert_refused(&platform.activate(&platform.ours, &ours).await, "domain_in_use");
    platform.execute("UPDATE services SET status = 'terminated' WHERE id = $1", &theirs).await;
    platform.execute("UPDATE accounts SET status = 'failed' WHERE service_id = $1", &theirs).await;
    let answer = platform.activate(&platform.ours, &ours).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
    let audited = "SELECT count(*) FROM audit_log WHERE action = 'domain.assign'
        AND detail->>'reason' = 'the registrar says so'";
    assert_eq!(platform.number(audited).await, 1);

    // It beats the other's record.
    let again = platform.sell(&platform.theirs, &name).await;
    let other = platform.activate(&platform.theirs, &again).await;
    publish(&name, &other).await;
    assert_refused(&platform.activate(&platform.theirs, &again).await, "domain_in_use");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_platforms_owners_decide_and_they_say_why() {
    let platform = Platform::new().await;
    let body = json!({ "tenant_id": platform.ours.id, "reason": "I want it" });
    for token in [&platform.ours.token, &platform.token("admin").await] {
        let assign = post(&platform, token, "/domains/acme.test/assign", body.clone()).await;
        assert_eq!(assign.status, StatusCode::FORBIDDEN, "{assign:?}");
        let show = platform.bare(Method::GET, "/domains/acme.test").bearer_auth(token);
        assert_eq!(send(show).await.status, StatusCode::FORBIDDEN);
    }
    let assign = async |domain: &str, body: Value| {
        platform.world.post(&format!("/domains/{domain}/assign"), body).await
    };
    assert_eq!(assign("acme.test", json!({})).await.wrong_fields(), ["reason", "tenant_id"]);
    assert_eq!(assign("com.ro", body.clone()).await.wrong_fields(), ["id"], "a public suffix");
    let nobody = json!({ "tenant_id": "nobody", "reason": "why not" });
    assert_eq!(assign("acme.test", nobody).await.status, StatusCode::NOT_FOUND);
    assert_eq!(platform.get("/domains/no-dot").await.wrong_fields(), ["id"]);
    assert_eq!(platform.number("SELECT count(*) FROM domain_proofs").await, 0);
}
