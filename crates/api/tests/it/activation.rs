//! Activation: a server, an account and a job, all or none.

use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::world::{World, send, server, text};

#[tokio::test(flavor = "multi_thread")]
async fn an_activated_service_has_a_place_an_account_and_a_job() {
    let world = World::start().await;
    world.dns_server().await;
    let server = world.server(10).await;
    let service = world.service().await;
    let path = format!("/services/{service}/activate");
    let answer = world.post(&path, json!({})).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
    let (account, job) = (&answer.body["account"], &answer.body["job"]);
    assert_eq!(answer.header("location"), format!("/api/v1/jobs/{}", text(job, "id")));
    assert_eq!(
        (&answer.body["service"]["status"], &account["status"]),
        (&json!("active"), &json!("pending"))
    );
    assert_eq!((&account["protected"], text(account, "server_id")), (&json!(true), server.clone()));
    let chosen = &account["placement"]["verdicts"][0];
    assert_eq!((&chosen["outcome"], text(chosen, "server_id")), (&json!("chosen"), server.clone()));
    assert_eq!(text(job, "target"), format!("account/{}", text(account, "id")));

    let seen = world.get(&format!("/jobs/{}", text(job, "id"))).await.body;
    assert_eq!((&seen["kind"], &seen["status"]), (&json!("account.provision"), &json!("pending")));
    assert_eq!(seen["queue_position"], 1);
    assert!(seen["estimated_start_at"].is_string(), "{seen}");
    assert_eq!(world.get(&format!("/servers/{server}")).await.body["accounts"], 1);
    let service = world.get(&format!("/services/{service}")).await.body;
    assert_eq!(text(&service, "account_id"), text(account, "id"));
    let accounts = world.get("/accounts?status=pending").await.body["accounts"].clone();
    assert_eq!(accounts.as_array().unwrap().len(), 1);
    assert_eq!(text(&accounts[0], "id"), text(account, "id"));
    assert_eq!(world.get("/accounts?status=active").await.body["accounts"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_active_service_stays_active() {
    let world = World::start().await;
    let (service, account) = world.active_service().await;
    let before = world.rows().await;
    let answer = world.post(&format!("/services/{service}/activate"), json!({})).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(text(&answer.body["account"], "id"), account);
    assert_eq!(answer.body["job"], json!(null));
    assert_eq!(world.rows().await, before + 1, "only the answer to its key is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_dns_server_or_a_server_nothing_is_accepted() {
    let world = World::start().await;
    let service = world.service().await;
    let path = format!("/services/{service}/activate");
    let before = world.rows().await;
    let answer = world.post(&path, json!({})).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(text(&answer.body, "detail").contains("register one first"), "{answer:?}");
    assert_eq!(world.rows().await, before);

    world.dns_server().await;
    world.post("/servers", server(10)).await;
    let before = world.rows().await;
    let answer = world.post(&path, json!({})).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(text(&answer.body, "detail").contains("not active: 1"), "{answer:?}");
    assert_eq!(world.rows().await, before);
    assert_eq!(world.get(&format!("/services/{service}")).await.body["status"], "created");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_that_the_host_cannot_enforce_is_refused_or_said_in_words() {
    let world = World::start().await;
    world.dns_server().await;
    let server = world.server(10).await;
    world.execute("UPDATE servers SET keeps_quotas = false WHERE id = $1", &server).await;
    let name = text(&world.get(&format!("/servers/{server}")).await.body, "name");
    let service = world.service().await;
    let path = format!("/services/{service}/activate");
    let before = world.rows().await;
    let answer = world.post(&path, json!({})).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    let remedy = format!("praho servers update {name} --without-quotas accept");
    assert!(text(&answer.body, "detail").contains(&remedy), "{answer:?}");
    assert_eq!(world.rows().await, before);

    let unlimited = json!({ "name": "unlimited", "features": ["web"] });
    let plan = text(&world.post("/plans", unlimited).await.body, "id");
    let body = json!({ "plan_id": plan, "domain": "unlimited.example" });
    let other = text(&world.post("/services", body).await.body, "id");
    let answer = world.post(&format!("/services/{other}/activate"), json!({})).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "nothing is limited: {answer:?}");
    assert_eq!(answer.body["account"]["placement"]["unenforced"], json!([]));

    let accept = json!({ "without_quotas": "accept" });
    let accepted = send(world.request(Method::PATCH, &format!("/servers/{server}")).json(&accept));
    assert_eq!(accepted.await.body["server"]["without_quotas"], "accept");
    let answer = world.post(&path, json!({})).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
    let account = text(&answer.body["account"], "id");
    let words = json!([format!(
        "the limit of 1024 MiB of disk space is not enforced, since {name} keeps no quotas"
    )]);
    assert_eq!(answer.body["account"]["placement"]["unenforced"], words);
    let kept = world.get(&format!("/accounts/{account}")).await.body;
    assert_eq!(kept["placement"]["unenforced"], words, "it is kept with the account");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_goes_to_a_host_that_has_its_features_or_to_none() {
    let world = World::start().await;
    world.dns_server().await;
    let lacking = world.server(10).await;
    let no_dns = "UPDATE servers SET features = '{dir,unix,web}' WHERE id = $1";
    world.execute(no_dns, &lacking).await;
    let name = text(&world.get(&format!("/servers/{lacking}")).await.body, "name");
    let service = world.service().await;
    let path = format!("/services/{service}/activate");
    let answer = world.post(&path, json!({})).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(text(&answer.body, "detail").contains(&format!("{name} lacks dns (")), "{answer:?}");

    let able = world.server(10).await;
    let all = "UPDATE servers SET accounts = 3, features = '{dir,dns,unix,web}' WHERE id = $1";
    world.execute(all, &able).await;
    let answer = world.post(&path, json!({})).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
    let verdicts = &answer.body["account"]["placement"]["verdicts"];
    assert_eq!(text(&verdicts[0], "server_id"), able, "the busier of the two");
    assert_eq!(verdicts[1]["outcome"], "missing_features");
    assert_eq!(verdicts[1]["missing_features"], json!(["dns"]));
    assert_eq!(verdicts[1]["words"], "lacks the feature dns");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_that_an_account_still_holds_is_not_placed_again() {
    let world = World::start().await;
    let (service, account) = world.active_service().await;
    // The service is terminated while the account's removal is still under way.
    world.execute("UPDATE services SET status = 'terminated' WHERE id = $1", &service).await;
    let held = world.get(&format!("/accounts/{account}")).await.body;
    let body = json!({ "plan_id": held["plan_id"], "domain": held["domain"] });
    let next = world.post("/services", body).await;
    let before = world.rows().await;
    let answer =
        world.post(&format!("/services/{}/activate", text(&next.body, "id")), json!({})).await;
    assert_eq!((answer.status, answer.wrong_fields()), (StatusCode::CONFLICT, vec!["domain"]));
    assert_eq!(world.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_never_fill_a_server_past_its_bound() {
    let world = World::start().await;
    world.dns_server().await;
    // Placement uses nine of ten places and four of five.
    let servers = [world.server(10).await, world.server(5).await];
    let mut services = Vec::new();
    for _ in 0..16 {
        services.push(world.service().await);
    }
    let answers = join_all(services.iter().map(async |service| {
        let path = format!("/services/{service}/activate");
        let mut answer = world.post(&path, json!({})).await;
        while answer.status == StatusCode::SERVICE_UNAVAILABLE {
            assert!(!answer.header("retry-after").is_empty());
            answer = world.post(&path, json!({})).await;
        }
        answer.status
    }))
    .await;
    let accepted = answers.iter().filter(|it| **it == StatusCode::ACCEPTED).count();
    let refused = answers.iter().filter(|it| **it == StatusCode::CONFLICT).count();
    assert_eq!((accepted, refused), (13, 3), "{answers:?}");
    let mut accounts = Vec::new();
    for server in servers {
        accounts.push(world.get(&format!("/servers/{server}")).await.body["accounts"].clone());
    }
    assert_eq!(accounts, [9, 4]);
    assert_eq!(
        world.number("SELECT count(*) FROM jobs WHERE kind = 'account.provision'").await,
        13
    );
}
