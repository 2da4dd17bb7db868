//! A server that is out of service holds its jobs and no others, and all go on when it is well again.

use std::time::Duration;

use engine::{Outcome, walk::turn};
use fixtures::Site;
use model::{
    account::{AccountStatus, ProvisionAccount},
    ids::{JobId, ServerId},
    job::JobStatus,
};
use simulators::virtualmin::{EffectKind, Options, Simulator};
use testkit::{Scratch, eventually, free_port};

use crate::world::World;

/// Tries in a row, more than any count of tries that was ever sensible.
const OFTEN: usize = 15;

async fn activation(world: &World, site: &Site, server: ServerId) -> JobId {
    let order = ProvisionAccount { account_id: site.account };
    world.file_job(&world.job_of(&order).holding(server.mutation_slot())).await
}

/// Lets the next call be a try, as when the pause is over.
async fn pause_is_over(world: &World, server: ServerId) {
    let tx = world.store.begin().await.unwrap();
    tx.next_server_try(server, Duration::ZERO).await.unwrap();
    tx.commit().await.unwrap();
}

async fn tried_again(world: &World, job: JobId) -> Outcome {
    world.store.hurry(job).await.unwrap();
    turn(&world.engine, job, &[]).await
}

#[tokio::test]
async fn refused_credentials_hold_the_jobs_of_that_server_until_they_are_good_again() {
    let world = World::new().await;
    let other = Simulator::start(world.another_host(2)).await.unwrap();
    let other_server = world.register(&other).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        let site = world.site().await;
        held.push((activation(&world, &site, world.server).await, site));
    }
    world.host.set_password("changed by somebody");
    assert!(matches!(turn(&world.engine, held[0].0, &[]).await, Outcome::Later(_)));

    // A call would now succeed, so the test would see it.
    world.host.set_password(world.host.password());
    for (job, _) in &held {
        for _ in 0..OFTEN {
            assert!(matches!(tried_again(&world, *job).await, Outcome::Later(_)));
        }
        let job = world.job(*job).await;
        assert_eq!(job.status, JobStatus::Pending);
        assert!(job.held.is_some());
    }
    assert_eq!(world.host.calls("list-domains") + world.host.calls("create-domain"), 0);
    let fault = world.store.server_by_id(world.server).await.unwrap().unwrap().fault.unwrap();
    assert!(fault.fault.message.contains("credentials"), "{}", fault.fault);

    let elsewhere = world.site_on(other_server).await;
    let job = activation(&world, &elsewhere, other_server).await;
    assert_eq!(world.driven(job).await.status, JobStatus::Completed);
    assert_eq!(world.status(&elsewhere).await, AccountStatus::Active);

    pause_is_over(&world, world.server).await;
    assert_eq!(world.driven(held[0].0).await.status, JobStatus::Completed);
    for (job, _) in &held[1..] {
        // Woken by the recovery: it need not be hurried.
        assert_eq!(turn(&world.engine, *job, &[]).await, Outcome::Waiting);
        assert_eq!(world.driven(*job).await.status, JobStatus::Completed);
    }
    for (_, site) in &held {
        assert_eq!(world.times(site, EffectKind::Created), 1);
        assert_eq!(world.times(site, EffectKind::Deleted), 0);
        assert!(world.is_hosted(site).await);
    }
    let server = world.store.server_by_id(world.server).await.unwrap().unwrap();
    assert_eq!(server.fault, None);
}

#[tokio::test]
async fn a_new_password_in_the_servers_row_lets_its_jobs_go_on() {
    let world = World::new().await;
    let site = world.site().await;
    let job = activation(&world, &site, world.server).await;
    let new = "chosen-by-the-operator";
    world.host.set_password(new);
    assert!(matches!(turn(&world.engine, job, &[]).await, Outcome::Later(_)));

    let row = world.store.server_by_id(world.server).await.unwrap().unwrap();
    let sealed = world.keyring.seal(&row.id.password_context(), new.as_bytes());
    let tx = world.store.begin().await.unwrap();
    tx.update_server(&row, None, Some(&sealed)).await.unwrap();
    tx.next_server_try(row.id, Duration::ZERO).await.unwrap();
    tx.commit().await.unwrap();
    world.store.hurry(job).await.unwrap();
    assert_eq!(world.driven(job).await.status, JobStatus::Completed);
    assert_eq!(world.times(&site, EffectKind::Created), 1);
}

#[tokio::test]
async fn a_panel_stopped_in_the_middle_of_a_creation_makes_no_double_when_it_comes_back() {
    let mut world = World::new().await;
    let scratch = Scratch::new("stopped-panel");
    let options = Options {
        listen: ([127, 0, 0, 1], free_port()).into(),
        state_directory: Some(scratch.path().join("panel")),
        ..world.another_host(2)
    };
    let panel = Simulator::start(options.clone()).await.unwrap();
    panel.set_latency("create-domain", Duration::from_secs(600));
    let server = world.register(&panel).await;
    let site = world.site_on(server).await;
    let job = activation(&world, &site, server).await;
    let (outcome, ()) = tokio::join!(turn(&world.engine, job, &[]), async {
        eventually("the creation has begun", async || {
            (panel.calls("create-domain") > 0).then_some(())
        })
        .await;
        panel.stop().await;
    });
    assert!(matches!(outcome, Outcome::Later(_)), "{outcome:?}");
    for _ in 0..OFTEN {
        assert!(matches!(tried_again(&world, job).await, Outcome::Later(_)));
    }
    let fault = world.store.server_by_id(server).await.unwrap().unwrap().fault.unwrap();
    assert!(fault.fault.message.contains("did not answer"), "{}", fault.fault);

    world.host = Simulator::start(options).await.unwrap();
    pause_is_over(&world, server).await;
    let ended = world.driven(job).await;
    assert_eq!(ended.status, JobStatus::Completed, "{:?}", ended.fault);
    assert_eq!(world.times(&site, EffectKind::Created), 1);
    assert!(world.is_hosted(&site).await && world.is_served(&site).await);
}
