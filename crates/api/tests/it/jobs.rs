//! Jobs: listed, retried and cancelled.

use reqwest::StatusCode;
use serde_json::json;

use crate::world::{World, finish_job, text};

/// Starts an API with a suspension under way; returns the id of its job too.
async fn suspension() -> (World, String) {
    let world = World::start().await;
    let (service, _) = world.active_service().await;
    let answer = world.post(&format!("/services/{service}/suspend"), json!({})).await;
    let job = text(&answer.body["job"], "id");
    (world, job)
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_are_listed_by_status_kind_and_target() {
    let (world, job) = suspension().await;
    let seen = world.get(&format!("/jobs/{job}")).await.body;
    let target = text(&seen, "target");
    for (query, count) in [
        (String::new(), 3),
        ("?status=completed".to_owned(), 1),
        ("?kind=server.verify".to_owned(), 1),
        (format!("?target={target}"), 2),
        (format!("?target={target}&status=pending&kind=account.suspend"), 1),
        ("?target=account/0190d3e8-7b5c-7c3a-9d2e-0a1b2c3d4e5f".to_owned(), 0),
        (format!("?target=account/{}", text(&seen, "target_name")), 2),
    ] {
        let list = world.get(&format!("/jobs{query}")).await.body;
        assert_eq!(list["jobs"].as_array().unwrap().len(), count, "{query}: {list}");
    }
    let answer = world.get("/jobs?status=asleep&kind=nap").await;
    assert_eq!(
        (answer.status, answer.wrong_fields()),
        (StatusCode::BAD_REQUEST, vec!["status", "kind"])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_does_not_exist_is_an_error_that_names_the_field() {
    let (world, _) = suspension().await;
    for target in ["nope", "account/", "account/none.example", "server/vm9", "zone/vm1", "moon/vm1"]
    {
        let answer = world.get(&format!("/jobs?target={target}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{target}: {answer:?}");
        assert_eq!(answer.wrong_fields(), ["target"], "{target}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_shows_its_steps() {
    let (world, job) = suspension().await;
    world
        .execute(
            "INSERT INTO job_steps (job_id, position, name, status, epoch, output)
             VALUES ($1, 0, 'disable', 'started', 0, '{\"inner\": 1}')",
            &job,
        )
        .await;
    let seen = world.get(&format!("/jobs/{job}")).await.body;
    assert_eq!(
        (&seen["steps"][0]["name"], &seen["steps"][0]["status"]),
        (&json!("disable"), &json!("started"))
    );
    assert!(!seen.to_string().contains("inner"), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_job_is_tried_again_and_no_other_is() {
    let (world, job) = suspension().await;
    let path = format!("/jobs/{job}/retry");
    let refused = world.post(&path, json!({})).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(text(&refused.body, "detail").contains("is pending"), "{refused:?}");
    finish_job(&world, &job, "failed").await;
    let answer = world.post_once("again", &path, json!({})).await;
    assert_eq!((answer.status, &answer.body["status"]), (StatusCode::ACCEPTED, &json!("pending")));
    assert_eq!(world.get(&format!("/jobs/{job}")).await.body["status"], "pending");
    let replay = world.post_once("again", &path, json!({})).await;
    assert_eq!((replay.status, &replay.body), (answer.status, &answer.body));
    finish_job(&world, &job, "completed").await;
    assert_eq!(world.post(&path, json!({})).await.status, StatusCode::CONFLICT);
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_jobs_are_counted_first_and_then_restarted_together() {
    let (world, job) = suspension().await;
    finish_job(&world, &job, "failed").await;
    world
        .execute(
            "UPDATE jobs SET fault = '{\"kind\": \"unavailable\", \"message\": \"away\"}' WHERE id = $1::uuid",
            &job,
        )
        .await;
    let body = |fault: &str, dry_run: bool| json!({ "status": "failed", "since_seconds": 3600, "fault": fault, "dry_run": dry_run });
    let status = async || world.get(&format!("/jobs/{job}")).await.body["status"].clone();
    let one = json!([{ "kind": "account.suspend", "fault": "unavailable", "jobs": 1 }]);

    let counted = world.post("/jobs/retry", body("", true)).await;
    assert_eq!((counted.status, &counted.body["jobs"]), (StatusCode::OK, &one), "{counted:?}");
    assert_eq!(status().await, "failed");
    let others = world.post("/jobs/retry", body("conflict", false)).await;
    assert_eq!(others.body["jobs"], json!([]));
    assert_eq!(status().await, "failed");

    let restarted = world.post_once("many", "/jobs/retry", body("unavailable", false)).await;
    assert_eq!(restarted.body["jobs"], one);
    assert_eq!(status().await, "pending");
    let replay = world.post_once("many", "/jobs/retry", body("unavailable", false)).await;
    assert_eq!(replay.body, restarted.body);

    let wrong = json!({ "status": "stuck", "fault": "bad luck", "page_token": "" });
    let answer = world.post("/jobs/retry", wrong).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.wrong_fields(), ["status", "fault", "since_seconds"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_under_way_is_cancelled_and_one_that_has_ended_is_not() {
    let (world, job) = suspension().await;
    let path = format!("/jobs/{job}/cancel");
    let answer = world.post(&path, json!({})).await;
    assert_eq!(
        (answer.status, &answer.body["cancel_requested"]),
        (StatusCode::ACCEPTED, &json!(true))
    );
    assert_eq!(world.get(&format!("/jobs/{job}")).await.body["cancel_requested"], true);
    finish_job(&world, &job, "completed").await;
    let refused = world.post(&path, json!({})).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(text(&refused.body, "detail").contains("is completed"), "{refused:?}");
}
