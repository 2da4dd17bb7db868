//! Domains that several tenants want: holds, their lapse, names above and below, and proofs of control.

use model::{
    account::AccountStatus,
    domain::DomainName,
    domain_claim::{ProofKind, Standing, Verdict},
    ids::{PlanId, TenantId},
    service::{Service, ServiceStatus},
};

use crate::world::{World, checked};

const DAYS: u16 = 14;
/// More than that ago.
const LONG_AGO: &str = "UPDATE services SET created_at = now() - interval '15 days'";

/// Two tenants on one platform.
struct Two {
    world: World,
    other: TenantId,
    other_plan: PlanId,
}

fn name(text: &str) -> DomainName {
    text.parse().unwrap()
}

impl Two {
    async fn new() -> Self {
        let world = World::new().await;
        let other = world.another_tenant().await;
        let plan = fixtures::rows::plan(other);
        let tx = world.store.begin().await.unwrap();
        tx.insert_plan(&plan).await.unwrap();
        tx.commit().await.unwrap();
        Self { world, other, other_plan: plan.id }
    }

    async fn insert(&self, service: Service) -> Service {
        let tx = self.world.store.begin().await.unwrap();
        tx.insert_service(&service).await.unwrap();
        tx.commit().await.unwrap();
        service
    }

    async fn ours(&self, domain: &str, status: ServiceStatus) -> Service {
        self.insert(Service { status, ..self.world.new_service(domain) }).await
    }

    async fn theirs(&self, domain: &str, status: ServiceStatus) -> Service {
        let (tenant_id, plan_id) = (self.other, self.other_plan);
        self.insert(Service { tenant_id, plan_id, status, ..self.world.new_service(domain) }).await
    }

    async fn standing(&self, service: &Service) -> Standing {
        let tx = self.world.store.begin().await.unwrap();
        tx.domain_standing(service, DAYS).await.unwrap()
    }

    async fn verdict(&self, service: &Service) -> Verdict {
        self.standing(service).await.verdict()
    }

    async fn prove(&self, tenant: TenantId, domain: &str) -> bool {
        let tx = self.world.store.begin().await.unwrap();
        let kept = tx.prove_domain(tenant, &name(domain), DAYS).await.unwrap();
        tx.commit().await.unwrap();
        kept
    }

    async fn assign(&self, tenant: TenantId, domain: &str) {
        let tx = self.world.store.begin().await.unwrap();
        tx.assign_domain(tenant, &name(domain)).await.unwrap();
        tx.commit().await.unwrap();
    }
}

use ServiceStatus::{Active, Created, Suspended, Terminated};
use Verdict::{Free, InUse, StillHere, Unproven};

#[tokio::test]
async fn who_comes_first_holds_the_domain_until_the_hold_lapses() {
    let two = Two::new().await;
    let first = two.theirs("acme.ro", Created).await;
    let second = two.ours("acme.ro", Created).await;
    assert_eq!(two.verdict(&first).await, Free, "a later service takes nothing from it");
    assert_eq!(two.verdict(&second).await, Unproven);

    let first_only = format!("{LONG_AGO} WHERE id = '{}'", first.id);
    two.world.meddle(&first_only).await.unwrap();
    assert_eq!(two.verdict(&second).await, Free, "the hold has lapsed");
    assert_eq!(two.verdict(&first).await, Unproven, "the later one holds it by now");
    two.world.meddle(LONG_AGO).await.unwrap();
    assert_eq!([two.verdict(&first).await, two.verdict(&second).await], [Free, Free]);
}

#[tokio::test]
async fn a_service_that_was_activated_holds_its_domain_until_its_end() {
    for status in [Active, Suspended, Terminated] {
        let two = Two::new().await;
        two.theirs("acme.ro", status).await;
        two.world.meddle(LONG_AGO).await.unwrap();
        let ours = two.ours("acme.ro", Created).await;
        let expected = if status == Terminated { Free } else { Unproven };
        assert_eq!(two.verdict(&ours).await, expected, "{status:?}");
    }
}

#[tokio::test]
async fn a_name_above_or_below_is_held_too_and_a_neighbour_is_not() {
    let two = Two::new().await;
    two.theirs("b.acme.ro", Active).await;
    for (domain, verdict) in [
        ("acme.ro", Unproven),
        ("a.b.acme.ro", Unproven),
        ("x.y.b.acme.ro", Unproven),
        ("c.acme.ro", Free),
        ("bb.acme.ro", Free),
        ("b-acme.ro", Free),
        ("b.acme.ro.ro", Free),
        ("xacme.ro", Free),
    ] {
        let ours = two.ours(domain, Created).await;
        assert_eq!(two.verdict(&ours).await, verdict, "{domain}");
    }
    let own = two.theirs("acme.ro", Created).await;
    two.world.meddle("UPDATE services SET status = 'terminated' WHERE status = 'created' AND domain <> 'acme.ro'").await.unwrap();
    assert!(two.standing(&own).await.claimed, "ours was first at the name above");
}

#[tokio::test]
async fn a_proof_takes_the_domain_from_a_service_and_not_from_a_live_account() {
    let two = Two::new().await;
    let server = two.world.server("vm1", 10).await;
    let first = two.ours("acme.ro", Created).await;
    let second = two.theirs("acme.ro", Created).await;
    assert!(two.prove(two.other, "acme.ro").await);
    assert_eq!(two.verdict(&second).await, Free);
    assert_eq!(two.verdict(&first).await, Unproven, "it never proved anything");

    assert!(two.prove(two.world.tenant, "acme.ro").await, "the last proof counts");
    assert_eq!([two.verdict(&first).await, two.verdict(&second).await], [Free, Unproven]);
    let account = two.world.new_account(first.id, server, "acme.ro");
    two.world.insert(&account).await.unwrap();
    assert_eq!(two.verdict(&second).await, Unproven, "a live account looks like any claim");
    assert!(two.prove(two.other, "acme.ro").await);
    assert_eq!(two.verdict(&second).await, InUse);
    assert_eq!(two.verdict(&first).await, StillHere);

    let tx = two.world.store.begin().await.unwrap();
    let (from, to) = (AccountStatus::Pending, AccountStatus::Failed);
    assert!(tx.set_account_status(account.id, from, to).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(two.verdict(&second).await, Free);
    two.world
        .meddle("UPDATE domain_proofs SET proven_at = now() - interval '15 days'")
        .await
        .unwrap();
    assert_eq!(two.verdict(&second).await, Unproven, "a proof lapses like a hold");
}

#[tokio::test]
async fn a_decision_beats_a_proof_as_long_as_it_is_made_use_of() {
    let two = Two::new().await;
    let first = two.ours("acme.ro", Created).await;
    let second = two.theirs("acme.ro", Created).await;
    two.assign(two.other, "acme.ro").await;
    assert_eq!([two.verdict(&first).await, two.verdict(&second).await], [Unproven, Free]);
    assert!(!two.prove(two.world.tenant, "acme.ro").await);
    assert!(two.prove(two.other, "acme.ro").await, "it may prove it all the same");
    two.world
        .meddle("UPDATE domain_proofs SET proven_at = now() - interval '15 days'")
        .await
        .unwrap();
    assert!(two.standing(&first).await.decided, "its tenant has a service for the domain");
    let end = format!("UPDATE services SET status = 'terminated' WHERE id = '{}'", second.id);
    two.world.meddle(&end).await.unwrap();
    assert!(two.prove(two.world.tenant, "acme.ro").await);
    assert_eq!(two.verdict(&first).await, Free);

    two.assign(two.world.tenant, "acme.ro").await;
    two.assign(two.world.tenant, "acme.ro").await;
    let tx = two.world.store.begin().await.unwrap();
    let proof = tx.domain_proof(&name("acme.ro")).await.unwrap().unwrap();
    assert_eq!((proof.tenant_id, proof.how), (two.world.tenant, ProofKind::Platform));
    assert_eq!(proof.tenant_name, "test");
    assert_eq!(tx.domain_proof(&name("b.ro")).await.unwrap(), None);
}

#[tokio::test]
async fn an_overview_shows_who_wants_a_domain() {
    let two = Two::new().await;
    two.theirs("acme.ro", Created).await;
    two.world.meddle(LONG_AGO).await.unwrap();
    let server = two.world.server("vm1", 10).await;
    two.world.account(server, "shop.acme.ro").await;
    two.theirs("a.shop.acme.ro", Terminated).await;
    two.theirs("other.ro", Created).await;
    let claims = async |domain: &str| {
        let tx = two.world.store.begin().await.unwrap();
        let claims = tx.domain_claims(&name(domain), DAYS).await.unwrap();
        let claims = claims.into_iter();
        claims.map(|it| (it.tenant_name, it.domain, it.holds, it.account)).collect::<Vec<_>>()
    };
    let above = ("another".to_owned(), "acme.ro".to_owned(), false, None);
    let shop = ("test".to_owned(), "shop.acme.ro".to_owned(), true, Some(AccountStatus::Pending));
    assert_eq!(claims("acme.ro").await, [above.clone(), shop.clone()]);
    assert_eq!(claims("a.shop.acme.ro").await, [above.clone(), shop]);
    assert_eq!(claims("x.acme.ro").await, [above]);
}

#[tokio::test]
async fn the_database_refuses_impossible_proofs() {
    let world = World::new().await;
    let insert = |domain: &str, how: &str| {
        format!("INSERT INTO domain_proofs VALUES ('{domain}', '{}', '{how}')", world.tenant)
    };
    assert_eq!(
        world.refusal(&insert("Acme.ro", "txt")).await,
        checked("domain_proofs_domain_check")
    );
    assert_eq!(world.refusal(&insert("acme.ro", "luck")).await, checked("domain_proofs_how_check"));
}

#[tokio::test]
async fn a_domain_is_judged_by_one_at_a_time() {
    let two = Two::new().await;
    let first = two.world.store.begin().await.unwrap();
    first.lock_registered_domain("acme.ro").await.unwrap();
    let other = two.world.store.begin().await.unwrap();
    other.lock_registered_domain("b.ro").await.unwrap();
    let store = two.world.store.clone();
    let second = tokio::spawn(async move {
        let tx = store.begin().await.unwrap();
        tx.lock_registered_domain("acme.ro").await.unwrap();
    });
    testkit::eventually("the second to wait", async || {
        let waiting =
            "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND locktype = 'advisory')";
        let waiting: bool = sqlx::query_scalar(waiting).fetch_one(&two.world.pool).await.unwrap();
        waiting.then_some(())
    })
    .await;
    first.commit().await.unwrap();
    second.await.unwrap();
}
