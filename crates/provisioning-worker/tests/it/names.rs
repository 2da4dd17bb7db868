//! Accounts on one server get distinct user names.

use engine::{
    Injected, Injection, Moment, Outcome,
    walk::{drive, turn},
};
use model::{account::ProvisionAccount, job::JobStatus};
use store::claims::Hold;

use crate::world::World;

#[tokio::test]
async fn accounts_whose_domains_begin_alike_get_names_of_their_own() {
    let world = World::new().await;
    let mut names = Vec::new();
    for domain in ["shop.test", "shop.example", "shop-2.test"] {
        let site = world.site_of(domain).await;
        world.completed(&ProvisionAccount { account_id: site.account }).await;
        names.push(world.account(&site).await.username.unwrap().to_string());
        assert!(world.is_hosted(&site).await, "{domain}");
    }
    assert_eq!(names, ["shop", "shop2", "shop22"]);
}

#[tokio::test]
async fn accounts_that_choose_at_the_same_time_choose_different_names() {
    let world = World::new().await;
    let mut sites = Vec::new();
    for domain in ["race.test", "race.example", "race.other.test"] {
        let site = world.site_of(domain).await;
        let order = ProvisionAccount { account_id: site.account };
        // These jobs do not hold the host's slot, so that they run at the same time.
        let job = world.file_job(&world.job_of(&order)).await;
        sites.push((site, job));
    }
    // A worker crashes once it has chosen, unless another account took the name first.
    let crash = [Injection {
        step: "choose-identity",
        moment: Moment::AfterRecord,
        injected: Injected::Crash,
    }];
    let choose = async |at: usize| {
        let job = sites[at].1;
        let outcome = turn(&world.engine, job, &crash).await;
        if outcome == Outcome::Crashed {
            let epoch = world.job(job).await.epoch;
            world.store.abandon(Hold { job, epoch }).await.unwrap();
        }
    };
    tokio::join!(choose(0), choose(1), choose(2));
    let mut names = Vec::new();
    for (site, job) in &sites {
        assert_eq!(drive(&world.engine, *job, &[]).await, JobStatus::Completed);
        names.push(world.account(site).await.username.unwrap().to_string());
    }
    names.sort();
    assert_eq!(names, ["race", "race2", "race3"]);
}
