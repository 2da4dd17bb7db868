//! Changes of plans: for new accounts, or for those that are there too.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::unique;

use crate::world::{Answer, World, finish_job, id, send, text};

async fn patch(world: &World, plan: &str, body: Value) -> Answer {
    send(world.request(Method::PATCH, &format!("/plans/{plan}")).json(&body)).await
}

/// The plan of a service.
async fn plan_of(world: &World, service: &str) -> String {
    text(&world.get(&format!("/services/{service}")).await.body, "plan_id")
}

/// The disk space in an account's own terms.
async fn disk_of(world: &World, account: &str) -> Value {
    let disk = "SELECT terms -> 'disk_mib' FROM accounts WHERE id = $1::uuid";
    sqlx::query_scalar(disk).bind(account).fetch_one(&world.pool).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_changed_in_what_is_given() {
    let world = World::start().await;
    let body = json!({
        "name": "starter", "disk_mib": 1024, "mailboxes": 5, "features": ["web", "ssl"], "server_tags": ["ssd"],
    });
    let made = world.post("/plans", body).await;
    let plan = id(&made);
    let change = json!({
        "name": "basic", "disk_mib": 2048, "bandwidth_mib": 10, "unlimited": ["mailboxes"], "features": ["mail"],
        "no_server_tags": true,
    });
    let changed = patch(&world, "starter", change).await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    let mut expected = made.body.clone();
    (expected["name"], expected["disk_mib"]) = (json!("basic"), json!(2048));
    (expected["bandwidth_mib"], expected["mailboxes"]) = (json!(10), json!(null));
    (expected["features"], expected["server_tags"]) = (json!(["mail"]), json!([]));
    assert_eq!(
        changed.body,
        json!({ "plan": expected, "job": null, "accounts": 0 }),
        "nobody asked for the accounts"
    );
    assert_eq!(world.get(&format!("/plans/{plan}")).await.body, expected);
    let nothing = patch(&world, "basic", json!({})).await;
    assert_eq!(nothing.body["plan"], expected, "what is not given stays");
    let emptied = patch(&world, "basic", json!({ "no_features": true, "server_tags": ["hdd"] }));
    let emptied = emptied.await.body["plan"].take();
    assert_eq!((&emptied["features"], &emptied["server_tags"]), (&json!([]), &json!(["hdd"])));
    let audited = "SELECT count(*) FROM audit_log WHERE action = 'plan.update'
        AND detail -> 'from' -> 'disk_mib' ->> 'at_most' = '1024' AND detail -> 'to' -> 'disk_mib' ->> 'at_most' = '2048'";
    assert_eq!(world.number(audited).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_change_of_a_plan_is_refused_with_every_reason_and_changes_nothing() {
    let world = World::start().await;
    let plan = world.plan().await;
    id(&world.post("/plans", json!({ "name": "taken" })).await);
    let (seen, foreign) =
        (world.get(&format!("/plans/{plan}")).await.body, world.foreign_token().await);
    let before = world.rows().await;
    let wrong = json!({
        "name": "Not a name", "disk_mib": 0, "mailboxes": 9_000_000, "unlimited": ["disk_mib", "colour"],
        "features": ["ssl"], "server_tags": ["ssd"], "no_server_tags": true,
    });
    let answer = patch(&world, &plan, wrong).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        answer.wrong_fields(),
        ["name", "disk_mib", "mailboxes", "unlimited", "unlimited", "features", "no_server_tags"]
    );
    for dry_run in [false, true] {
        let taken = patch(&world, &plan, json!({ "name": "taken", "dry_run": dry_run })).await;
        assert_eq!((taken.status, taken.wrong_fields()), (StatusCode::CONFLICT, vec!["name"]));
    }
    assert_eq!(patch(&world, "nobody", json!({})).await.status, StatusCode::NOT_FOUND);
    let foreign = world.bare(Method::PATCH, &format!("/plans/{plan}")).bearer_auth(foreign);
    assert_eq!(send(foreign.json(&json!({}))).await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.get(&format!("/plans/{plan}")).await.body, seen);
    assert_eq!(world.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn new_terms_are_for_new_accounts() {
    let world = World::start().await;
    let (service, account) = world.active_service().await;
    let plan = plan_of(&world, &service).await;
    let changed = patch(&world, &plan, json!({ "disk_mib": 4096, "features": ["mail"] })).await;
    assert_eq!((changed.status, &changed.body["job"]), (StatusCode::OK, &Value::Null));
    assert_eq!(disk_of(&world, &account).await, json!({ "at_most": 1024 }));

    let body = json!({ "plan_id": plan, "domain": format!("{}.example", unique("site")) });
    let later = id(&world.post("/services", body).await);
    let activated = world.post(&format!("/services/{later}/activate"), json!({})).await;
    let later = text(&activated.body["account"], "id");
    assert_eq!(disk_of(&world, &later).await, json!({ "at_most": 4096 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_accounts_of_a_plan_are_brought_to_it_by_a_job() {
    let world = World::start().await;
    let (service, account) = world.active_service().await;
    let plan = plan_of(&world, &service).await;
    let apply = json!({ "disk_mib": 4096, "apply_to_accounts": true });
    let before = world.rows().await;
    let mut dry = apply.clone();
    dry["dry_run"] = json!(true);
    let counted = patch(&world, &plan, dry).await;
    assert_eq!((&counted.body["accounts"], &counted.body["job"]), (&json!(1), &Value::Null));
    assert_eq!(counted.body["plan"]["disk_mib"], 4096);
    assert_eq!(world.get(&format!("/plans/{plan}")).await.body["disk_mib"], 1024);
    assert_eq!(world.rows().await, before);

    let request = || {
        let request = world.request(Method::PATCH, &format!("/plans/{plan}")).json(&apply);
        send(request.header("Idempotency-Key", "apply-7"))
    };
    let changed = request().await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    assert_eq!(
        (&changed.body["accounts"], &changed.body["plan"]["disk_mib"]),
        (&json!(1), &json!(4096))
    );
    let job = &changed.body["job"];
    assert_eq!(
        (&job["kind"], &job["target_name"]),
        (&json!("plan.apply"), &changed.body["plan"]["name"])
    );
    assert_eq!(request().await.body, changed.body);
    let name = text(&changed.body["plan"], "name");
    let listed = world.get(&format!("/jobs?target=plan/{name}")).await.body;
    assert_eq!(listed["jobs"][0]["id"], job["id"]);
    assert_eq!(listed["jobs"][0]["target_name"], name);
    assert_eq!(disk_of(&world, &account).await, json!({ "at_most": 1024 }), "until the job runs");

    // The job would bring them to later terms too, which nobody has asked for.
    let under_way = patch(&world, &plan, json!({ "disk_mib": 8192 })).await;
    assert_eq!(under_way.status, StatusCode::CONFLICT, "{under_way:?}");
    assert!(text(&under_way.body, "detail").contains("apply_to_accounts"), "{under_way:?}");
    assert_eq!(patch(&world, &plan, json!({ "mailboxes": 7 })).await.status, StatusCode::OK);
    finish_job(&world, &text(job, "id"), "completed").await;
    assert_eq!(patch(&world, &plan, json!({ "disk_mib": 8192 })).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn terms_that_hold_for_the_life_of_an_account_are_not_applied() {
    let world = World::start().await;
    let (service, _) = world.active_service().await;
    let plan = plan_of(&world, &service).await;
    let before = world.rows().await;
    let change = json!({
        "disk_mib": 4096, "mailboxes": 7, "databases": 7, "features": ["web"], "server_tags": ["ssd"],
        "apply_to_accounts": true,
    });
    let answer = patch(&world, &plan, change).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{answer:?}");
    assert_eq!(answer.wrong_fields(), ["mailboxes", "databases", "features", "server_tags"]);
    let told = text(&answer.body["errors"][0], "message");
    assert!(
        told.contains("new accounts only") && told.contains("without apply_to_accounts"),
        "{told}"
    );
    assert_eq!(world.rows().await, before);
    // The same values are no change.
    let same = json!({ "features": ["web", "dns"], "apply_to_accounts": true });
    let same = patch(&world, &plan, same).await;
    assert_eq!((same.status, &same.body["job"]), (StatusCode::OK, &Value::Null), "{same:?}");
}
