//! Dead letters: whatever strangers send can be recorded.

use model::ids::JobId;
use store::dead_letters::NewDeadLetter;

use crate::fixtures::World;

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
