//! A sweep learns what a host can do, and a host without quotas is a finding only where someone relies on them.

use drift_reconciler::SweepOutcome;
use model::{
    drift::{Field, Policy, TermsPolicy},
    ids::ServerId,
    server::{Server, WithoutQuotas},
};

use crate::world::World;

impl World {
    async fn row(&self, id: ServerId) -> Server {
        self.store.server_by_id(id).await.unwrap().unwrap()
    }

    async fn set_without_quotas(&self, id: ServerId, without_quotas: WithoutQuotas) {
        let server = Server { without_quotas, ..self.row(id).await };
        let tx = self.store.begin().await.unwrap();
        tx.update_server(&server, None, None).await.unwrap();
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn a_host_that_keeps_no_quotas_is_one_finding_and_no_job_whatever_the_drift_policy() {
    let world = World::new().await;
    let host = world.host().await;
    world.sites(&host, 3).await;
    host.panel.keep_quotas(false);
    world.set_policy(host.server, Policy { terms: TermsPolicy::Heal, ..Policy::default() }).await;
    let reported = SweepOutcome::Drifted { differences: 1, jobs: 0 };
    for _ in 0..4 {
        assert_eq!(world.sweep(host.server).await, reported);
        assert_eq!(world.open_fields().await, [Field::QuotaSupport]);
    }
    assert_eq!(world.events("drift.detected").await.len(), 1, "it is told once");
    let server = world.row(host.server).await;
    assert_eq!(server.keeps_quotas, Some(false));
    let remedy = format!("praho servers update {} --without-quotas accept", server.name);
    let finding = world.findings(true).await.remove(0);
    assert!(finding.difference.seen.contains("quotaon"), "{}", finding.difference.seen);
    assert!(finding.difference.seen.contains(&remedy), "{}", finding.difference.seen);
    host.panel.keep_quotas(true);
    assert_eq!(world.sweep(host.server).await, SweepOutcome::Clean);
    assert!(world.open_fields().await.is_empty());
    assert_eq!(world.row(host.server).await.keeps_quotas, Some(true));
}

#[tokio::test]
async fn an_accepted_lack_of_quotas_outlasts_the_next_account() {
    let world = World::new().await;
    let host = world.host().await;
    world.site(&host).await;
    host.panel.keep_quotas(false);
    world.sweep(host.server).await;
    let finding = world.findings(true).await.remove(0);
    let tx = world.store.begin().await.unwrap();
    tx.accept_finding(finding.id, "token:1").await.unwrap();
    tx.commit().await.unwrap();
    world.site(&host).await;
    world.sweep(host.server).await;
    let findings = world.findings(true).await;
    assert_eq!(findings.len(), 1);
    assert!(findings[0].accepted.is_some(), "{findings:?}");
    assert_eq!(world.events("drift.detected").await.len(), 1);
}

#[tokio::test]
async fn a_host_without_quotas_is_no_finding_once_its_server_accepts_that() {
    let world = World::new().await;
    let host = world.host().await;
    world.site(&host).await;
    host.panel.keep_quotas(false);
    world.sweep(host.server).await;
    assert_eq!(world.open_fields().await, [Field::QuotaSupport]);
    world.set_without_quotas(host.server, WithoutQuotas::Accept).await;
    assert_eq!(world.sweep(host.server).await, SweepOutcome::Clean);
    assert!(world.open_fields().await.is_empty());
    world.set_without_quotas(host.server, WithoutQuotas::Refuse).await;
    world.sweep(host.server).await;
    assert_eq!(world.open_fields().await, [Field::QuotaSupport]);
}

#[tokio::test]
async fn a_host_without_quotas_and_without_accounts_is_no_finding() {
    let world = World::new().await;
    let host = world.host().await;
    host.panel.keep_quotas(false);
    assert_eq!(world.sweep(host.server).await, SweepOutcome::Clean);
    assert_eq!(world.row(host.server).await.keeps_quotas, None, "nothing shows it");
}

#[tokio::test]
async fn a_sweep_learns_the_features_that_a_host_switches_off_and_on() {
    let world = World::new().await;
    let host = world.host().await;
    let has_mysql = async || world.row(host.server).await.features.map(|it| it.contains("mysql"));
    world.sweep(host.server).await;
    assert_eq!(has_mysql().await, Some(true));
    host.panel.switch_feature("mysql", false);
    world.sweep(host.server).await;
    assert_eq!(has_mysql().await, Some(false));
    host.panel.uninstall("list-features");
    assert_eq!(world.sweep(host.server).await, SweepOutcome::Clean, "it is no illness");
    assert_eq!(has_mysql().await, None, "the host no longer tells");
}
