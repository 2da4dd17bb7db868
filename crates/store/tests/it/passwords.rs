//! Passwords of accounts: replaced by a reset and brought back by its undo, and shown once at most.

use model::{
    ids::{AccountId, JobId},
    password::{Place, SHOWABLE_FOR, Source},
};
use store::Store;
use time::OffsetDateTime;
use tokio::task::JoinSet;

use crate::world::{World, checked};

async fn account(world: &World) -> AccountId {
    let server = world.server("vm1", 10).await;
    world.account(server, "example.com").await
}

/// The sealed passwords at every place.
async fn kept(world: &World, account: AccountId) -> [Option<u8>; 3] {
    let mut kept = [None; 3];
    for (at, place) in Place::ALL.into_iter().enumerate() {
        let sealed = world.store.sealed_password(account, place).await.unwrap();
        kept[at] = sealed.map(|it| it[0]);
    }
    kept
}

async fn set(world: &World, account: AccountId, sealed: u8, source: Source) {
    let tx = world.store.begin().await.unwrap();
    tx.set_password(account, &[sealed], source).await.unwrap();
    tx.commit().await.unwrap();
}

async fn showable(world: &World, account: AccountId) {
    let tx = world.store.begin().await.unwrap();
    tx.let_password_be_shown(account).await.unwrap();
    tx.commit().await.unwrap();
}

async fn show(store: Store, account: AccountId) -> Option<Vec<u8>> {
    let tx = store.begin().await.unwrap();
    let shown = tx.show_password(account).await.unwrap();
    tx.commit().await.unwrap();
    shown
}

#[tokio::test]
async fn a_generated_password_never_replaces_a_given_one() {
    let world = World::new().await;
    let account = account(&world).await;
    set(&world, account, 1, Source::Generated).await;
    set(&world, account, 2, Source::Generated).await;
    assert_eq!(kept(&world, account).await[0], Some(2));
    set(&world, account, 3, Source::Given).await;
    set(&world, account, 4, Source::Generated).await;
    assert_eq!(kept(&world, account).await, [Some(3), None, None]);
}

#[tokio::test]
async fn a_reset_takes_over_its_own_password_and_its_undo_brings_back_the_one_before() {
    let world = World::new().await;
    let account = account(&world).await;
    let (job, other) = (JobId::generate(), JobId::generate());
    set(&world, account, 1, Source::Generated).await;
    showable(&world, account).await;
    assert!(show(world.store.clone(), account).await.is_some());

    let tx = world.store.begin().await.unwrap();
    tx.set_pending_password(account, other, &[9], Source::Given).await.unwrap();
    tx.set_pending_password(account, job, &[2], Source::Generated).await.unwrap();
    assert!(!tx.take_over_password(account, other).await.unwrap(), "it has left nothing");
    tx.drop_pending_password(account, other).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(kept(&world, account).await, [Some(1), Some(2), None]);

    for _ in 0..2 {
        let tx = world.store.begin().await.unwrap();
        tx.take_over_password(account, job).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(kept(&world, account).await, [Some(2), None, Some(1)]);
    }
    let reset = world.store.reset_of_password(account, Place::Current).await.unwrap();
    assert_eq!(reset, Some(job));
    let showing = world.store.password_showing(account).await.unwrap().unwrap();
    assert!(showing.until.is_some() && showing.shown_at.is_none(), "the new one may be shown");

    for _ in 0..2 {
        let tx = world.store.begin().await.unwrap();
        assert!(!tx.give_back_password(account, other).await.unwrap());
        tx.give_back_password(account, job).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(kept(&world, account).await, [Some(1), None, None]);
    }
    let showing = world.store.password_showing(account).await.unwrap().unwrap();
    assert!(showing.shown_at.is_some(), "the old one was shown already");
}

#[tokio::test]
async fn of_many_callers_at_once_one_is_shown_a_generated_password() {
    let world = World::new().await;
    let account = account(&world).await;
    set(&world, account, 7, Source::Generated).await;
    assert_eq!(show(world.store.clone(), account).await, None, "the host does not have it yet");
    showable(&world, account).await;
    let showing = world.store.password_showing(account).await.unwrap().unwrap();
    let now: OffsetDateTime =
        sqlx::query_scalar("SELECT now()").fetch_one(&world.pool).await.unwrap();
    let day = showing.until.unwrap() - now;
    assert!(day <= SHOWABLE_FOR && day > SHOWABLE_FOR / 2, "{day}");

    let calls: JoinSet<_> = (0..8).map(|_| show(world.store.clone(), account)).collect();
    let shown: Vec<_> = calls.join_all().await.into_iter().flatten().collect();
    assert_eq!(shown, [vec![7]]);
    assert_eq!(show(world.store.clone(), account).await, None);
}

#[tokio::test]
async fn an_expired_or_given_password_is_not_shown() {
    let world = World::new().await;
    let account = account(&world).await;
    set(&world, account, 7, Source::Generated).await;
    showable(&world, account).await;
    world.meddle("UPDATE account_passwords SET show_until = now()").await.unwrap();
    assert_eq!(show(world.store.clone(), account).await, None);
    set(&world, account, 8, Source::Given).await;
    showable(&world, account).await;
    assert_eq!(show(world.store.clone(), account).await, None);
    let meddling = "UPDATE account_passwords SET show_until = now() + interval '1 day'";
    assert_eq!(world.refusal(meddling).await, checked("account_passwords_given"));
}

#[tokio::test]
async fn an_ended_account_keeps_no_password() {
    let world = World::new().await;
    let account = account(&world).await;
    set(&world, account, 7, Source::Given).await;
    let tx = world.store.begin().await.unwrap();
    tx.set_pending_password(account, JobId::generate(), &[8], Source::Given).await.unwrap();
    tx.forget_passwords(account).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(kept(&world, account).await, [None; 3]);
}
