//! Accounts on one server get user names of their own.

use engine::walk::{drive, turn};
use model::{account::ProvisionAccount, job::JobStatus};

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
        // Without the host's slot, so that nothing puts them in a row.
        let job = world.file_job(&world.job_of(&order)).await;
        sites.push((site, job));
    }
    // Each goes until it waits for its DNS, or until another was faster to take the name.
    let begin = async |at: usize| turn(&world.engine, sites[at].1, &[]).await;
    tokio::join!(begin(0), begin(1), begin(2));
    let mut names = Vec::new();
    for (site, job) in &sites {
        assert_eq!(drive(&world.engine, *job, &[]).await, JobStatus::Completed);
        names.push(world.account(site).await.username.unwrap().to_string());
    }
    names.sort();
    assert_eq!(names, ["race", "race2", "race3"]);
}
