//! Quotas of tenants, and the counts that they are compared with.

use model::{
    ids::{ApiTokenId, TenantId},
    role::Role,
    service::ServiceStatus,
    tenant::ApiToken,
    tenant_quota::{EachQuota, TenantQuota},
};
use sqlx::AssertSqlSafe;
use store::tenant_quotas::OwnQuotas;

use crate::world::World;

/// How much the company has, counted up to 100.
async fn used(world: &World, quota: TenantQuota) -> u32 {
    uses(world, world.tenant, 100).await.get(quota)
}

async fn uses(world: &World, tenant: TenantId, most: u32) -> EachQuota<u32> {
    world.store_of("praho-api").await.uses(tenant, &EachQuota::of(|_| most)).await.unwrap()
}

async fn set(world: &World, quotas: OwnQuotas) {
    let tx = world.store_of("praho-api").await.begin().await.unwrap();
    tx.lock_quotas(world.tenant).await.unwrap();
    tx.set_quotas(world.tenant, &quotas).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn each_quota_is_kept_and_can_be_the_default_again() {
    let world = World::new().await;
    let none = OwnQuotas::of(|_| None);
    assert_eq!(world.store.quotas(world.tenant).await.unwrap(), none);
    for quota in TenantQuota::ALL {
        let one = OwnQuotas::of(|it| (it == quota).then_some(7));
        set(&world, one).await;
        assert_eq!(world.store.quotas(world.tenant).await.unwrap(), one, "{quota:?}");
    }
    set(&world, none).await;
    assert_eq!(world.store.quotas(world.tenant).await.unwrap(), none);
}

#[tokio::test]
async fn the_database_refuses_a_quota_below_nothing_and_one_of_no_calls() {
    let world = World::new().await;
    for quota in TenantQuota::ALL {
        let least = i32::from(quota == TenantQuota::Requests);
        let insert = format!(
            "INSERT INTO tenant_quotas (tenant_id, {}) VALUES ('{}', {})",
            quota.as_str(),
            world.tenant,
            least - 1
        );
        assert!(world.meddle(&insert).await.is_err(), "{insert}");
    }
}

#[tokio::test]
async fn what_has_ended_does_not_count() {
    let world = World::new().await;
    let another = world.another_tenant().await;
    world.server("vm1", 10).await;
    world.server("vm2", 10).await;
    assert_eq!(used(&world, TenantQuota::Servers).await, 2);
    world.meddle("UPDATE servers SET deleted_at = now() WHERE name = 'vm1'").await.unwrap();
    assert_eq!(used(&world, TenantQuota::Servers).await, 1);
    assert_eq!(used(&world, TenantQuota::Plans).await, 1);

    let moment = |sql: &'static str| sqlx::query_scalar(sql).fetch_one(&world.pool);
    let later = moment("SELECT now() + interval '1 day'").await.unwrap();
    let tx = world.store.begin().await.unwrap();
    for (number, expires_at) in [(1, None), (2, None), (3, Some(later)), (4, Some(later))] {
        let token = ApiToken {
            id: ApiTokenId::generate(),
            tenant_id: world.tenant,
            name: "a".to_owned(),
            role: Role::Viewer,
            expires_at,
            revoked_at: None,
        };
        tx.insert_token(&token, [number; 32]).await.unwrap();
        if number == 2 {
            tx.revoke_token(token.id).await.unwrap();
        }
    }
    tx.commit().await.unwrap();
    assert_eq!(used(&world, TenantQuota::Tokens).await, 3);
    world
        .meddle(
            "UPDATE api_tokens SET created_at = now() - interval '2 days', expires_at = now() - interval '1 day'
             WHERE sha256 = sha256 AND get_byte(sha256, 0) = 4",
        )
        .await
        .unwrap();
    assert_eq!(used(&world, TenantQuota::Tokens).await, 2);

    let job = world.file(world.new_job()).await;
    assert_eq!(used(&world, TenantQuota::OpenJobs).await, 1);
    world
        .meddle("UPDATE jobs SET status = 'running', lease_owner = 'a', lease_until = now()")
        .await
        .unwrap();
    world
        .meddle(
            "UPDATE jobs SET status = 'completed', lease_owner = NULL, lease_until = NULL, finished_at = now()",
        )
        .await
        .unwrap();
    assert_eq!(used(&world, TenantQuota::OpenJobs).await, 0, "{job}");
    assert_eq!(uses(&world, another, 100).await, EachQuota::of(|_| 0), "another tenant's");
}

#[tokio::test]
async fn a_count_goes_no_further_than_asked() {
    let world = World::new().await;
    for number in 0..4 {
        world.server(&format!("vm{number}"), 10).await;
        world.service(&format!("site{number}.test")).await;
        world.file(world.new_job()).await;
    }
    for most in 0..6 {
        let uses = uses(&world, world.tenant, most).await;
        for quota in [TenantQuota::Servers, TenantQuota::Services, TenantQuota::OpenJobs] {
            assert_eq!(uses.get(quota), most.min(4), "{quota:?}");
        }
    }
}

#[tokio::test]
async fn the_number_of_services_follows_the_rows_however_they_change() {
    let world = World::new().await;
    let (one, other, plan) = (world.tenant, world.another_tenant().await, world.plan);
    let rows = |numbers: &str, status: &str| {
        format!(
            "INSERT INTO services (id, tenant_id, plan_id, domain, status)
             SELECT gen_random_uuid(), CASE WHEN number % 3 = 0 THEN '{other}'::uuid ELSE '{one}' END, '{plan}',
                number || '.test', '{status}' FROM generate_series({numbers}) number"
        )
    };
    let changes = [
        rows("1, 20", "created"),
        rows("21, 25", "terminated"),
        "UPDATE services SET status = 'active'  WHERE status = 'created' AND length(domain) = 6".to_owned(),
        "UPDATE services SET status = 'terminated' WHERE status = 'active'".to_owned(),
        "UPDATE services SET status = 'terminated' WHERE domain IN ('11.test', '12.test', '21.test')".to_owned(),
        "UPDATE services SET status = 'created' WHERE domain = '22.test'".to_owned(),
        "DELETE FROM services WHERE domain IN ('13.test', '14.test', '23.test')".to_owned(),
        "DELETE FROM services WHERE false".to_owned(),
    ];
    for change in changes {
        world.meddle(&change).await.unwrap();
        for tenant in [one, other] {
            let counted = format!(
                "SELECT count(*) FROM services WHERE tenant_id = '{tenant}' AND status <> 'terminated'"
            );
            let counted: i64 =
                sqlx::query_scalar(AssertSqlSafe(counted)).fetch_one(&world.pool).await.unwrap();
            let kept = uses(&world, tenant, 100).await.get(TenantQuota::Services);
            assert_eq!(i64::from(kept), counted, "{change}");
        }
    }
}

#[tokio::test]
async fn services_that_are_added_at_once_are_counted_one_after_another() {
    let world = World::new().await;
    let (first, second) = (world.new_service("one.test"), world.new_service("two.test"));
    let tx = world.store.begin().await.unwrap();
    tx.insert_service(&first).await.unwrap();
    let later = async {
        let tx = world.store.begin().await.unwrap();
        tx.insert_service(&second).await.unwrap();
        let seen = tx.use_of(world.tenant, TenantQuota::Services, 100).await.unwrap();
        tx.commit().await.unwrap();
        seen
    };
    let earlier = async {
        let seen = tx.use_of(world.tenant, TenantQuota::Services, 100).await.unwrap();
        tx.commit().await.unwrap();
        seen
    };
    let (later, earlier) = tokio::join!(later, earlier);
    assert_eq!((earlier, later), (1, 2));
}

#[tokio::test]
async fn who_works_on_jobs_files_them_whatever_the_quota_is() {
    let world = World::new().await;
    set(&world, OwnQuotas::of(|_| Some(1))).await;
    set(&world, OwnQuotas::of(|it| (it == TenantQuota::OpenJobs).then_some(0))).await;
    for service in ["praho-provisioning-worker", "praho-dns-manager", "praho-drift-reconciler"] {
        let tx = world.store_of(service).await.begin().await.unwrap();
        tx.file_job(&world.new_job()).await.unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!(used(&world, TenantQuota::OpenJobs).await, 3);
}

#[tokio::test]
async fn a_service_that_ends_is_counted_with_the_rights_of_the_api() {
    let world = World::new().await;
    let service = world.service("site.test").await;
    let tx = world.store_of("praho-api").await.begin().await.unwrap();
    let (from, to) = (ServiceStatus::Active, ServiceStatus::Terminated);
    assert!(tx.set_service_status(service, from, to).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(used(&world, TenantQuota::Services).await, 0);
}
