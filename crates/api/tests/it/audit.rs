//! The audit log is listed, and what was done to it past its guards is found.

use reqwest::StatusCode;
use serde_json::{Value, json};
use testkit::{eventually, unique};

use crate::world::{Answer, World, text};

/// An API that signs a head for each change.
async fn world() -> World {
    World::with(&[("AUDIT__HEAD_SECONDS", "1"), ("AUDIT__HEAD_ROWS", "1")]).await
}

async fn plan(world: &World) -> String {
    let plan = json!({ "name": unique("plan").to_lowercase(), "disk_mib": 1024, "bandwidth_mib": 1024, "features": ["web"] });
    let answer = world.post("/plans", plan).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    text(&answer.body, "id")
}

/// Waits until the last row has its head.
async fn signed(world: &World) -> i64 {
    eventually("the last row is signed", async || {
        let lag = "SELECT (SELECT max(seq) FROM audit_log) - coalesce((SELECT max(seq) FROM audit_heads), 0)";
        (world.number(lag).await == 0).then_some(())
    })
    .await;
    world.number("SELECT max(seq) FROM audit_heads").await
}

async fn verified(world: &World) -> Value {
    let answer = world.get("/audit/verification").await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(answer.body["complete"], true);
    answer.body
}

/// Changes the log as the owner of its tables can.
async fn tamper(world: &World, change: &str) {
    let tables = ["audit_log", "audit_heads"];
    let switch = |on| tables.map(|it| format!("ALTER TABLE {it} {on} TRIGGER USER;")).concat();
    let statement = format!("{}{change};{}", switch("DISABLE"), switch("ENABLE"));
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&world.pool).await.unwrap();
}

/// Changes the actor of the first row, and gives it and all later rows fitting hashes.
const REWRITTEN: &str = "UPDATE audit_log SET actor = 'nobody' WHERE seq = 1;
    DO $$ DECLARE number bigint; BEGIN
        FOR number IN SELECT seq FROM audit_log ORDER BY seq LOOP
            UPDATE audit_log SET previous_sha256 =
                coalesce((SELECT sha256 FROM audit_log WHERE seq = number - 1), '') WHERE seq = number;
            UPDATE audit_log entry SET sha256 = audit_digest(entry) WHERE seq = number;
        END LOOP; END $$";

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_listed_newest_first_by_actor_target_action_and_time() {
    let world = World::start().await;
    let plans = [plan(&world).await, plan(&world).await];
    let listed = async |filter: &str| -> Vec<String> {
        let answer = world.get(&format!("/audit?{filter}")).await;
        let entries = answer.body["entries"].as_array().unwrap_or_else(|| panic!("{answer:?}"));
        entries.iter().map(|it| text(it, "target")).collect()
    };
    let targets = [1, 0].map(|it| format!("plan/{}", plans[it]));
    assert_eq!(listed("action=plan.create").await, targets);
    assert_eq!(listed(&format!("target={}", targets[1])).await, targets[1..]);
    assert_eq!(listed("actor=nobody").await, [""; 0]);
    assert_eq!(listed("action=plan.create&until=2026-01-01T00:00:00Z").await, [""; 0]);
    assert_eq!(listed("action=plan.create&since=2026-01-01T00:00:00Z").await, targets);
    assert_eq!(listed("since=9000-01-01T00:00:00Z").await, [""; 0]);

    let first = world.get("/audit?action=plan.create&page_size=1").await;
    let token = text(&first.body, "next_page_token");
    let rest = listed(&format!("action=plan.create&page_token={token}")).await;
    assert_eq!(rest, targets[1..]);
    let entry = &first.body["entries"][0];
    let address = json!({ "name": "client_address", "value": "127.0.0.1" });
    assert!(entry["details"].as_array().unwrap().contains(&address), "{entry}");
    assert!(text(entry, "actor").starts_with("token:"), "{entry}");

    let another = world.get("/audit?actor=a&target=b").await;
    assert_eq!((another.status, another.wrong_fields()), (StatusCode::BAD_REQUEST, vec!["target"]));
    let wrong = world.get("/audit?page_token=x").await;
    assert_eq!(wrong.wrong_fields(), ["page_token"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_head_of_an_untouched_log_is_good() {
    let world = world().await;
    for _ in 0..3 {
        plan(&world).await;
        signed(&world).await;
    }
    let seen = verified(&world).await;
    assert_eq!((&seen["problems"], &seen["unknown_heads"]), (&json!([]), &json!(0)), "{seen}");
    assert!(seen["good_heads"].as_i64() >= Some(3), "{seen}");
    let events = "SELECT count(*) FROM outbox WHERE message_type = 'audit.head_signed'";
    assert!(world.number(events).await >= 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_rewritten_with_fitting_hashes_differs_from_its_heads() {
    let world = world().await;
    plan(&world).await;
    let head = signed(&world).await;
    tamper(&world, REWRITTEN).await;
    assert_eq!(world.audit_breaks().await, 0, "the hashes fit");
    let seen = verified(&world).await;
    let problems = seen["problems"].as_array().unwrap();
    assert!(problems.iter().any(|it| it["number"] == head), "{seen}");

    // The API sees it by itself before it signs the next head, which it then does not do.
    plan(&world).await;
    eventually("it is told", async || {
        let told = "SELECT count(*) FROM outbox WHERE message_type = 'audit.broken'";
        (world.number(told).await == 1).then_some(())
    })
    .await;
    assert_eq!(world.number("SELECT max(seq) FROM audit_heads").await, head);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_cut_lacks_its_last_head() {
    let world = world().await;
    plan(&world).await;
    let head = signed(&world).await;
    tamper(&world, &format!("DELETE FROM audit_log WHERE seq = {head}")).await;
    let seen = verified(&world).await;
    assert_eq!(seen["problems"][0]["number"], head, "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_head_is_found() {
    let world = world().await;
    plan(&world).await;
    signed(&world).await;
    tamper(&world, &format!("{REWRITTEN};
        UPDATE audit_heads head SET sha256 = (SELECT sha256 FROM audit_log log WHERE log.seq = head.seq)")).await;
    let seen = verified(&world).await;
    assert!(text(&seen["problems"][0], "problem").contains("forged"), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_kept_elsewhere_proves_a_log_replaced_with_its_heads() {
    let world = world().await;
    plan(&world).await;
    let head = signed(&world).await;
    let kept: String =
        sqlx::query_scalar("SELECT encode(sha256, 'hex') FROM audit_log WHERE seq = $1")
            .bind(head)
            .fetch_one(&world.pool)
            .await
            .unwrap();
    let ask = async || -> Answer {
        world.get(&format!("/audit/verification?head_number={head}&head_sha256={kept}")).await
    };
    assert_eq!(ask().await.body["problems"], json!([]));
    tamper(&world, &format!("DELETE FROM audit_heads; {REWRITTEN}")).await;
    let seen = ask().await.body;
    assert_eq!(seen["problems"][0]["number"], head, "{seen}");
    let half = world.get("/audit/verification?head_number=3").await;
    assert_eq!(half.wrong_fields(), ["head_sha256"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_signed_with_a_dropped_key_tells_that_it_cannot_be_verified() {
    let world = world().await;
    plan(&world).await;
    signed(&world).await;
    let other = "new:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
    let world = world.again(&[("SECRETS__KEYS", other)]).await;
    let seen = verified(&world).await;
    assert_eq!(seen["problems"], json!([]));
    assert!(seen["unknown_heads"].as_i64() >= Some(1), "{seen}");
    world.stop().await.unwrap();
}
