//! An account becomes active only when its own website answers.

use std::time::Duration;

use engine::{Outcome, walk::turn};
use fixtures::{Site, rows};
use model::{
    account::{AccountStatus, ProvisionAccount},
    fault::FaultKind,
    ids::JobId,
    job::{Job, JobStatus},
    plan::{Feature, Plan, PlanTerms},
    server::{Server, VerifyServer},
    site::{SiteProof, ToldBy},
};
use simulators::virtualmin::{EffectKind, WebServer};

use crate::world::World;

impl World {
    async fn provision(&self, site: &Site) -> JobId {
        self.file(&ProvisionAccount { account_id: site.account }).await
    }

    /// Drives a job until it is held, and returns it.
    async fn held(&self, id: JobId) -> Job {
        for _ in 0..10 {
            self.store.hurry(id).await.unwrap();
            match turn(&self.engine, id, &[]).await {
                Outcome::Later(_) => return self.job(id).await,
                Outcome::Waiting => {
                    let child = self.job(id).await.waiting_on.unwrap();
                    assert_eq!(self.driven(child).await.status, JobStatus::Completed);
                }
                other => panic!("the job is not held: {other:?}"),
            }
        }
        panic!("the job is not held after ten turns")
    }

    /// The proof that the account of a site has.
    async fn proof(&self, site: &Site) -> SiteProof {
        self.account(site).await.site.unwrap().proof
    }

    /// A site on a plan with these features.
    async fn site_with(&self, domain: &str, features: &[Feature]) -> Site {
        let terms =
            PlanTerms { features: features.iter().copied().collect(), ..self.plan.terms.clone() };
        let plan = Plan { terms, ..self.plan.clone() };
        let service = self.service(domain).await;
        let account = rows::account(&plan, &service, self.server);
        let tx = self.store.begin().await.unwrap();
        tx.insert_account(&account).await.unwrap();
        tx.commit().await.unwrap();
        Site { account: account.id, service: service.id, domain: service.domain }
    }

    async fn completes(&self, job: JobId) {
        let ended = self.driven(job).await;
        assert_eq!(ended.status, JobStatus::Completed, "{:?}", ended.fault);
    }
}

#[tokio::test]
async fn the_answer_of_the_website_is_kept_as_proof() {
    let world = World::new().await;
    let site = world.standing_site().await;
    let proof = world.proof(&site).await;
    assert_eq!(proof.address.to_string(), "127.0.0.1");
    let [answer] = proof.answers.as_slice() else { panic!("{proof:?}") };
    assert_eq!(answer.url, format!("http://{}:{}/", site.domain, world.ports.http_port));
    // It is the only site of the host, and so its default site.
    assert_eq!((answer.status, answer.told_by), (200, ToldBy::DefaultSite), "{proof:?}");
    assert_eq!(answer.told_for, site.domain.as_str());

    // The next one, which stands after it in the configuration, has a page of its own.
    let next = world.site_of("zz.test").await;
    world.completed(&ProvisionAccount { account_id: next.account }).await;
    assert_eq!(world.proof(&next).await.answers[0].told_by, ToldBy::Page);
}

#[tokio::test]
async fn a_plan_with_tls_is_asked_by_https_too() {
    let world = World::new().await;
    for (domain, told_by) in [("b.test", ToldBy::DefaultSite), ("c.test", ToldBy::Certificate)] {
        let site = world.site_with(domain, &[Feature::Web, Feature::Ssl]).await;
        world.completed(&ProvisionAccount { account_id: site.account }).await;
        let proof = world.proof(&site).await;
        let [http, https] = proof.answers.as_slice() else { panic!("{proof:?}") };
        assert_eq!((http.status, &http.certificate_sha256), (200, &None));
        assert!(https.url.starts_with("https://"), "{proof:?}");
        assert_eq!((https.status, https.told_by), (200, told_by), "{proof:?}");
        assert_eq!(https.certificate_sha256.as_ref().map(String::len), Some(64), "{proof:?}");
    }
}

#[tokio::test]
async fn a_plan_without_a_website_asks_nothing() {
    let world = World::new().await;
    world.host.set_web_server(WebServer::Cut);
    let site = world.site_with("mail.test", &[Feature::Mail]).await;
    world.completed(&ProvisionAccount { account_id: site.account }).await;
    assert_eq!(world.account(&site).await.site, None);
    assert_eq!(world.status(&site).await, AccountStatus::Active);
}

#[tokio::test]
async fn a_web_server_that_is_ill_holds_the_job_until_it_is_well() {
    let world = World::new().await;
    for (state, words) in [
        (WebServer::Cut, "does not answer"),
        (WebServer::Failing { status: 503 }, "answers 503"),
        (WebServer::BrokenConfiguration, "the answer of the default site"),
    ] {
        world.host.set_web_server(state);
        let site = world.site().await;
        let job = world.provision(&site).await;
        let held = world.held(job).await;
        let fault = held.fault.unwrap();
        assert_eq!(fault.kind, FaultKind::OutOfService, "{fault}");
        assert!(fault.message.contains(words), "{state:?}: {fault}");
        assert!(held.held.is_some());
        assert_eq!(world.status(&site).await, AccountStatus::Pending);
        assert_eq!(world.account(&site).await.site, None);
        assert_eq!(world.told(&site, "account.provisioned").await, 0);
        let server = world.store.server_by_id(world.server).await.unwrap().unwrap();
        assert_eq!(server.fault, None, "the panel works: other jobs of the server go on");

        world.host.set_web_server(WebServer::Well);
        world.completes(job).await;
        assert_eq!(world.status(&site).await, AccountStatus::Active);
        assert_eq!(world.times(&site, EffectKind::Created), 1);
        assert_eq!(world.times(&site, EffectKind::Deleted), 0);
    }
}

#[tokio::test]
async fn the_default_site_of_another_account_is_not_the_accounts_own() {
    let world = World::new().await;
    let first = world.site_of("aa.test").await;
    world.completed(&ProvisionAccount { account_id: first.account }).await;
    world.host.set_web_server(WebServer::BrokenConfiguration);
    let site = world.site_of("bb.test").await;
    let job = world.provision(&site).await;
    let fault = world.held(job).await.fault.unwrap();
    assert!(fault.message.contains("http://bb.test:"), "{fault}");
    assert!(fault.message.contains("name their domain"), "the remedy if it is not so: {fault}");

    // What the first account has is as good as before.
    let proof = world.proof(&first).await;
    assert_eq!(proof.answers[0].told_by, ToldBy::DefaultSite);
    world.host.set_web_server(WebServer::Well);
    world.completes(job).await;
}

#[tokio::test]
async fn the_panels_own_test_of_its_host_stands_in_the_fault() {
    let world = World::new().await;
    // The verification reads which programs the host has.
    world.completed(&VerifyServer { server_id: world.server }).await;
    world.host.set_web_server(WebServer::BrokenConfiguration);
    let mut jobs = Vec::new();
    for _ in 0..3 {
        let site = world.site().await;
        let job = world.provision(&site).await;
        let fault = world.held(job).await.fault.unwrap();
        let words = "Apache configuration errors were found";
        assert!(fault.message.contains(words), "{fault}");
        jobs.push(job);
    }
    assert_eq!(world.host.calls("check-config"), 1, "one answer does for all jobs of a minute");
    world.host.set_web_server(WebServer::Well);
    for job in jobs {
        world.completes(job).await;
    }
}

#[tokio::test]
async fn websites_whose_first_pages_are_all_alike_are_told_by_their_redirects() {
    let world = World::new().await;
    world.host.set_index_page(Some("coming soon"));
    for domain in ["aa.test", "bb.test"] {
        let site = world.site_of(domain).await;
        world.completed(&ProvisionAccount { account_id: site.account }).await;
        let proof = world.proof(&site).await;
        let answer = &proof.answers[0];
        assert_eq!((answer.status, answer.told_by), (200, ToldBy::Status), "{proof:?}");
        assert_eq!(answer.told_for, format!("admin.{domain}"));
    }
    world.host.set_web_server(WebServer::BrokenConfiguration);
    let site = world.site_of("cc.test").await;
    let job = world.provision(&site).await;
    world.held(job).await;
    world.host.set_web_server(WebServer::Well);
    world.completes(job).await;
}

#[tokio::test]
async fn an_address_without_a_listener_gives_way_to_the_next_of_dns() {
    let world = World::new().await;
    let mut server = world.store.server_by_id(world.server).await.unwrap().unwrap();
    // Only IPv4 listens; the first of each family is asked, IPv4 first.
    server.addresses = ["127.0.0.9", "::1"].map(|it| it.parse().unwrap()).to_vec();
    let set = async |server: &Server| {
        let tx = world.store.begin().await.unwrap();
        tx.update_server(server, None, None).await.unwrap();
        tx.commit().await.unwrap();
    };
    set(&server).await;
    let site = world.site().await;
    let job = world.provision(&site).await;
    let fault = world.held(job).await.fault.unwrap();
    assert!(fault.message.contains("127.0.0.9") && fault.message.contains("[::1]"), "{fault}");
    server.addresses = vec!["127.0.0.1".parse().unwrap()];
    set(&server).await;
    world.completes(job).await;
}

#[tokio::test]
async fn a_web_server_that_stays_ill_has_its_account_undone_in_the_end() {
    let world = World::new().await;
    world.host.set_web_server(WebServer::Cut);
    let site = world.site().await;
    let job = world.provision(&site).await;
    world.held(job).await;
    world.outlasts(job).await;
    world.store.hurry(job).await.unwrap();
    let ended = world.driven(job).await;
    assert_eq!(ended.status, JobStatus::Failed, "{:?}", ended.fault);
    assert!(world.is_hosted_nowhere(&site));
    assert_eq!(world.status(&site).await, AccountStatus::Failed);
}

#[tokio::test]
async fn a_web_server_that_does_not_answer_is_given_up_after_a_while() {
    let world = World::new().await;
    world.host.set_web_server(WebServer::Silent);
    let site = world.site().await;
    let job = world.provision(&site).await;
    let began = std::time::Instant::now();
    let fault = world.held(job).await.fault.unwrap();
    assert!(fault.message.contains("no answer in time"), "{fault}");
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
}
