//! What the rows tell the fence around a host about the job behind a claim.

use model::{
    account::AccountStatus,
    fault::{Fault, FaultKind},
    fence::{Asked, Change, Object},
    ids::{JobId, ServerId},
    job::NewJob,
    server::QuarantineDomain,
    service::ServiceStatus,
};
use store::claims::{Claim, Hold};

use crate::world::{LEASE, World, origin};

fn asked(server: ServerId) -> Asked {
    Asked { change: Change::CheckConfig, server, object: Object::Host }
}

#[tokio::test]
async fn only_the_last_claim_passes_the_fence_and_only_while_its_lease_lasts() {
    let world = World::new().await;
    let job = world.file(world.new_job()).await;
    let server = world.server("vm1", 10).await;
    let asked = asked(server);
    let holds = async |job, epoch| {
        world.store.claimant(Hold { job, epoch }, &asked).await.unwrap().is_some()
    };
    assert!(!holds(job, 0).await, "nobody has claimed it");
    let old = world.claim(job).await;
    assert!(holds(job, old.epoch).await);
    assert!(!holds(job, old.epoch + 1).await);
    assert!(!holds(JobId::generate(), old.epoch).await);

    world.store.abandon(old).await.unwrap();
    assert!(!holds(job, old.epoch).await, "its lease is over");
    assert_eq!(world.store.take_back().await.unwrap(), 1);
    let new = world.claim(job).await;
    assert!(!holds(job, old.epoch).await);
    assert!(holds(job, new.epoch).await);
    world.store.fail(new, &Fault::new(FaultKind::Refused, "no")).await.unwrap();
    assert!(holds(job, new.epoch).await, "undoing is acting, too");
    assert!(matches!(world.store.claim(job, "b", LEASE).await.unwrap(), Claim::NotNow));
}

#[tokio::test]
async fn the_rows_name_the_job_its_account_and_what_it_holds() {
    let world = World::new().await;
    let (server, other) = (world.server("vm1", 10).await, world.server("vm2", 10).await);
    let site = world.site(server).await;
    let order = model::account::ProvisionAccount { account_id: site.account };
    let job = world.file(world.job_of(&order).holding(server.mutation_slot())).await;
    let hold = world.claim(job).await;
    let object = Object::Account(site.account, site.domain.clone());
    let asked = |server| Asked { change: Change::Create, server, object: object.clone() };
    let by = world.store.claimant(hold, &asked(server)).await.unwrap().unwrap();
    assert_eq!((by.kind, by.tenant_id), (model::job::JobKind::AccountProvision, world.tenant));
    assert_eq!((by.holds_server, by.server_tenant_id), (true, Some(world.tenant)));
    assert!(by.is_claimed && by.ordered_domain.is_none());
    let account = by.account.unwrap();
    assert_eq!(account.id.target(), by.target);
    assert_eq!((account.tenant_id, account.server_id), (world.tenant, server));
    assert_eq!((account.domain.as_str(), account.protected), (site.domain.as_str(), true));
    assert_eq!((account.status, account.wanted), (AccountStatus::Pending, ServiceStatus::Active));

    let by = world.store.claimant(hold, &asked(other)).await.unwrap().unwrap();
    assert!(!by.holds_server, "it holds another server");
    let nowhere = asked(ServerId::generate());
    let by = world.store.claimant(hold, &nowhere).await.unwrap().unwrap();
    assert_eq!((by.holds_server, by.server_tenant_id), (false, None));
}

#[tokio::test]
async fn a_job_without_an_account_names_the_domain_of_its_order() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    let domain: model::domain::DomainName = "stranger.example".parse().unwrap();
    let order = QuarantineDomain { server_id: server, domain: domain.clone() };
    let job = world.file(NewJob::of(world.tenant, &order, origin())).await;
    let hold = world.claim(job).await;
    let object = Object::Unclaimed(domain);
    let asked = Asked { change: Change::DisableUnclaimed, server, object };
    let by = world.store.claimant(hold, &asked).await.unwrap().unwrap();
    assert_eq!((by.target.as_str(), by.account), (server.target().as_str(), None));
    assert_eq!(by.ordered_domain.as_deref(), Some("stranger.example"));
    assert!(!by.holds_server && !by.is_claimed, "it was filed without a resource");
}
