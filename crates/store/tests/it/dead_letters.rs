//! Dead letters: any message from outside can be recorded.

use std::time::Duration;

use model::{
    dead_letter::{DeadCommand, DeadLetterStatus},
    ids::{JobId, TenantId},
};
use serde_json::json;
use store::{
    dead_letters::{DeadLetterFilter, NewDeadLetter},
    page::Page,
};

use crate::world::{World, checked};

fn letter(job_id: Option<JobId>) -> NewDeadLetter {
    NewDeadLetter {
        queue: "praho.jobs.dns".to_owned(),
        job_id,
        reason: "unreadable".to_owned(),
        excerpt: "{".to_owned(),
        message_id: Some("message-1".to_owned()),
        correlation_id: None,
    }
}

#[tokio::test]
async fn a_letter_reads_back_newest_first() {
    let world = World::new().await;
    let job = world.file(world.new_job()).await;
    let (first, second) = (letter(None), letter(Some(job)));
    world.store.insert_dead_letter(&first).await.unwrap();
    let tx = world.store.begin().await.unwrap();
    tx.insert_dead_letter(&second).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(world.store.dead_letters(10).await.unwrap(), [second.clone(), first]);
    assert_eq!(world.store.dead_letters(1).await.unwrap(), [second]);
}

#[tokio::test]
async fn a_job_that_does_not_exist_is_left_out() {
    let world = World::new().await;
    world.store.insert_dead_letter(&letter(Some(JobId::generate()))).await.unwrap();
    assert_eq!(world.store.dead_letters(10).await.unwrap(), [letter(None)]);
}

#[tokio::test]
async fn garbage_is_kept_as_text_and_a_long_body_is_cut() {
    let world = World::new().await;
    let garbage = NewDeadLetter {
        reason: "not JSON: \0".to_owned(),
        excerpt: "ă\0".repeat(5000),
        message_id: Some("\0".to_owned()),
        correlation_id: Some("a\0b".to_owned()),
        ..letter(None)
    };
    world.store.insert_dead_letter(&garbage).await.unwrap();
    let kept = &world.store.dead_letters(1).await.unwrap()[0];
    assert_eq!(kept.excerpt, "ă\u{fffd}".repeat(500));
    assert_eq!(kept.correlation_id.as_deref(), Some("a\u{fffd}b"));
}

fn filter(tenant: TenantId) -> DeadLetterFilter {
    DeadLetterFilter { tenant, nobodys: false, status: None, queue: None }
}

const ALL: Page = Page { size: 100, after: None };

#[tokio::test]
async fn a_letter_belongs_to_the_tenant_of_its_job_or_service() {
    let world = World::new().await;
    let job = world.file(world.new_job()).await;
    world.store.insert_dead_letter(&letter(Some(job))).await.unwrap();
    world.store.insert_dead_letter(&letter(None)).await.unwrap();
    let another = world.another_tenant().await;
    let command = DeadCommand {
        routing_key: "service.activate".to_owned(),
        body: Some(json!({ "service_id": "7" })),
    };
    let tx = world.store.begin().await.unwrap();
    tx.insert_dead_command(&letter(None), Some(another), &command).await.unwrap();
    tx.commit().await.unwrap();

    let own = world.store.list_dead_letters(&filter(world.tenant), ALL).await.unwrap();
    assert_eq!(own.iter().map(|it| it.job_id).collect::<Vec<_>>(), [Some(job)]);
    let theirs = world.store.list_dead_letters(&filter(another), ALL).await.unwrap();
    assert_eq!(theirs.iter().map(|it| it.command.clone()).collect::<Vec<_>>(), [Some(command)]);
    let also = DeadLetterFilter { nobodys: true, ..filter(world.tenant) };
    let also = world.store.list_dead_letters(&also, ALL).await.unwrap();
    assert_eq!(also.iter().map(|it| it.tenant_id).collect::<Vec<_>>(), [None, Some(world.tenant)]);
    let page = Page { size: 1, after: Some(also[0].id.uuid()) };
    let also = DeadLetterFilter { nobodys: true, ..filter(world.tenant) };
    assert_eq!(world.store.list_dead_letters(&also, page).await.unwrap(), own);
    let none = DeadLetterFilter { queue: Some("praho.commands".to_owned()), ..also };
    assert_eq!(world.store.list_dead_letters(&none, ALL).await.unwrap(), []);
}

#[tokio::test]
async fn a_letter_is_settled_once_and_forgotten_only_then() {
    let world = World::new().await;
    let job = world.file(world.new_job()).await;
    for _ in 0..2 {
        world.store.insert_dead_letter(&letter(Some(job))).await.unwrap();
    }
    let open = world.store.list_dead_letters(&filter(world.tenant), ALL).await.unwrap();
    let tx = world.store.begin().await.unwrap();
    let discarded =
        tx.resolve_dead_letter(open[0].id, DeadLetterStatus::Discarded, "me").await.unwrap();
    assert_eq!(discarded.unwrap().resolved_by.as_deref(), Some("me"));
    let again = tx.resolve_dead_letter(open[0].id, DeadLetterStatus::Redriven, "you").await;
    assert_eq!(again.unwrap(), None);
    tx.redrive_dead_letters_of(job, "you").await.unwrap();
    tx.commit().await.unwrap();
    let letters = world.store.list_dead_letters(&filter(world.tenant), ALL).await.unwrap();
    let settled: Vec<_> =
        letters.iter().map(|it| (it.status, it.resolved_by.as_deref().unwrap())).collect();
    assert_eq!(settled, [(DeadLetterStatus::Discarded, "me"), (DeadLetterStatus::Redriven, "you")]);
    world.store.insert_dead_letter(&letter(None)).await.unwrap();
    assert_eq!(world.store.purge_dead_letters(Duration::from_secs(60)).await.unwrap(), 0);
    world.meddle("UPDATE dead_letters SET resolved_at = now() - interval '1 hour' WHERE status = 'redriven'").await.unwrap();
    world.meddle("UPDATE dead_letters SET created_at = now() - interval '1 year'").await.unwrap();
    assert_eq!(world.store.purge_dead_letters(Duration::from_secs(60)).await.unwrap(), 1);
}

#[tokio::test]
async fn a_command_that_is_long_or_holds_a_nul_is_recorded_without_its_body() {
    let world = World::new().await;
    let command = |reason: String| DeadCommand {
        routing_key: "service.\0suspend".repeat(30),
        body: Some(json!({ "reason": reason })),
    };
    for reason in ["x".repeat(3000), "a\0b".to_owned()] {
        let tx = world.store.begin().await.unwrap();
        tx.insert_dead_command(&letter(None), Some(world.tenant), &command(reason)).await.unwrap();
        tx.commit().await.unwrap();
    }
    let tx = world.store.begin().await.unwrap();
    let most = "\u{1}\"ă".repeat(150);
    tx.insert_dead_command(&letter(None), Some(world.tenant), &command(most)).await.unwrap();
    tx.commit().await.unwrap();
    let letters = world.store.list_dead_letters(&filter(world.tenant), ALL).await.unwrap();
    let kept: Vec<_> = letters.iter().map(|it| it.is_redrivable()).collect();
    assert_eq!(kept, [true, false, false]);
}

#[tokio::test]
async fn the_database_refuses_a_settled_letter_without_an_actor() {
    let world = World::new().await;
    world.store.insert_dead_letter(&letter(None)).await.unwrap();
    for statement in [
        "UPDATE dead_letters SET status = 'redriven'",
        "UPDATE dead_letters SET status = 'redriven', resolved_at = now()",
        "UPDATE dead_letters SET resolved_by = 'me'",
    ] {
        assert_eq!(world.refusal(statement).await, checked("dead_letters_resolved"), "{statement}");
    }
    let unknown =
        "UPDATE dead_letters SET status = 'lost', resolved_at = now(), resolved_by = 'me'";
    assert_eq!(world.refusal(unknown).await, checked("dead_letters_status_check"));
}
