//! Fair turns: no tenant and no lane waits for the backlog of another, and a backlog waits in the rows alone.

use model::{
    ids::{JobId, TenantId},
    job::{Lane, NewJob},
};

use crate::world::World;

/// Files a job of a tenant in a lane, for the resource `pool`.
async fn file(world: &World, tenant: TenantId, lane: Lane) -> JobId {
    let job = world.new_job().holding("pool".to_owned()).in_lane(lane);
    world.file(NewJob { tenant_id: tenant, ..job }).await
}

async fn ensure_pool(world: &World) {
    let tx = world.store.begin().await.unwrap();
    tx.ensure_resource("pool", 1).await.unwrap();
    tx.commit().await.unwrap();
}

/// Claims and completes the jobs of the queue, one after another, and returns them in the order of their turns.
async fn carry_out(world: &World, jobs: usize) -> Vec<JobId> {
    let mut done = Vec::new();
    for _ in 0..jobs {
        let next = sqlx::query_scalar("SELECT job_id FROM resources_next WHERE name = 'pool'");
        let next: uuid::Uuid = next.fetch_one(&world.pool).await.unwrap();
        let hold = world.claim(next.into()).await;
        world.store.complete(hold, None).await.unwrap();
        done.push(next.into());
    }
    done
}

async fn number(world: &World, statement: &'static str) -> i64 {
    sqlx::query_scalar(statement).fetch_one(&world.pool).await.unwrap()
}

#[tokio::test]
async fn the_strides_in_the_database_are_the_weights_of_the_model() {
    let world = World::new().await;
    for lane in Lane::ALL {
        let stride: i64 = sqlx::query_scalar("SELECT lane_stride($1)")
            .bind(lane.as_str())
            .fetch_one(&world.pool)
            .await
            .unwrap();
        assert_eq!(stride * i64::from(lane.weight()), 64, "{lane:?}");
    }
}

#[tokio::test]
async fn a_second_tenant_does_not_wait_for_the_backlog_of_the_first() {
    let world = World::new().await;
    ensure_pool(&world).await;
    let mut first = Vec::new();
    for _ in 0..20 {
        first.push(file(&world, world.tenant, Lane::Interactive).await);
    }
    let begun = carry_out(&world, 5).await;
    assert_eq!(begun, first[..5], "a tenant alone gets its turns in the order of filing");

    let other = TenantId::generate();
    let second = [
        file(&world, other, Lane::Interactive).await,
        file(&world, other, Lane::Interactive).await,
    ];
    let place = world.store.queue_place(second[0]).await.unwrap().unwrap();
    assert_eq!(place.position, 2);
    let next = carry_out(&world, 4).await;
    assert_eq!(next, [first[5], second[0], first[6], second[1]]);
}

#[tokio::test]
async fn lanes_share_a_resource_by_their_weights() {
    let world = World::new().await;
    ensure_pool(&world).await;
    let lanes = [Lane::Reconciling, Lane::Bulk, Lane::Interactive, Lane::Urgent];
    let mut of_lane = std::collections::HashMap::new();
    for lane in lanes {
        for _ in 0..2 * lane.weight() {
            of_lane.insert(file(&world, world.tenant, lane).await, lane);
        }
    }
    let total: u8 = lanes.iter().map(|lane| lane.weight()).sum();
    let done = carry_out(&world, total.into()).await;
    for lane in lanes {
        let share = done.iter().filter(|job| of_lane[job] == lane).count();
        let weight = usize::from(lane.weight());
        assert!(share.abs_diff(weight) <= 1, "{lane:?} got {share} turns");
    }
}

#[tokio::test]
async fn a_suspension_overtakes_the_activations_of_its_tenant() {
    let world = World::new().await;
    ensure_pool(&world).await;
    for _ in 0..10 {
        file(&world, world.tenant, Lane::Interactive).await;
    }
    let suspension = file(&world, world.tenant, Lane::Urgent).await;
    let place = world.store.queue_place(suspension).await.unwrap().unwrap();
    assert_eq!(place.position, 2, "behind the one that is next");
}

#[tokio::test]
async fn a_storm_wakes_only_the_jobs_that_can_be_next() {
    let world = World::new().await;
    ensure_pool(&world).await;
    for _ in 0..50 {
        file(&world, world.tenant, Lane::Interactive).await;
    }
    let woken = "SELECT count(*) FROM outbox";
    assert_eq!(number(&world, woken).await, 9, "one unit, and eight more");
    // Each end wakes the next, so none is forgotten.
    let done = carry_out(&world, 50).await;
    let forgotten = "SELECT count(*) FROM finished_jobs
        WHERE NOT EXISTS (SELECT FROM outbox WHERE body ->> 'job_id' = finished_jobs.id::text)";
    assert_eq!((done.len(), number(&world, forgotten).await), (50, 0));
}

#[tokio::test]
async fn jobs_restarted_together_follow_each_other_as_bulk_work() {
    let world = World::new().await;
    ensure_pool(&world).await;
    let mut failed = Vec::new();
    for _ in 0..30 {
        failed.push(file(&world, world.tenant, Lane::Interactive).await);
    }
    let fail = "UPDATE jobs SET status = 'running', lease_owner = 'x', lease_until = now(), started_at = now()";
    // One unit holds one job: each becomes running and fails before the next.
    for job in &failed {
        let of = format!(" WHERE id = '{job}'");
        world.meddle(&format!("{fail}, slot = 1{of}")).await.unwrap();
        world.meddle(&format!("UPDATE jobs SET status = 'unwinding'{of}")).await.unwrap();
        let end = "UPDATE jobs SET status = 'failed', finished_at = now(), lease_owner = NULL,
            lease_until = NULL, slot = NULL";
        world.meddle(&format!("{end}{of}")).await.unwrap();
    }
    world.meddle("DELETE FROM outbox").await.unwrap();
    let tx = world.store.begin().await.unwrap();
    let again = tx.restart_ended(&failed, model::job::JobStatus::Failed, "test").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(again.len(), 30);
    assert_eq!(number(&world, "SELECT count(*) FROM outbox").await, 8);
    let new = file(&world, world.tenant, Lane::Interactive).await;
    let place = world.store.queue_place(new).await.unwrap().unwrap();
    assert_eq!(place.position, 2, "ahead of all but the first");
}

#[tokio::test]
async fn a_job_that_was_behind_another_is_not_late_when_its_queue_began_again() {
    let world = World::new().await;
    ensure_pool(&world).await;
    let first = world.new_job().holding("pool".to_owned());
    let behind = NewJob { id: JobId::generate(), ..first.clone() };
    let first = world.file(first).await;
    for _ in 0..10 {
        file(&world, world.tenant, Lane::Interactive).await;
    }
    let behind = world.file(behind).await;
    // The first holds its target without the resource, while the others end and the queue empties.
    let child = world.file(world.new_job()).await;
    let hold = world.claim(first).await;
    let tx = world.store.begin().await.unwrap();
    assert!(tx.wait_for_filed(hold, child).await.unwrap());
    tx.commit().await.unwrap();
    world.store.claim(behind, "test", crate::world::LEASE).await.unwrap();
    carry_out(&world, 10).await;

    let other = TenantId::generate();
    for _ in 0..10 {
        file(&world, other, Lane::Interactive).await;
    }
    let child = world.claim(child).await;
    world.store.complete(child, None).await.unwrap();
    let hold = world.claim(first).await;
    world.store.complete(hold, None).await.unwrap();
    let place = world.store.queue_place(behind).await.unwrap().unwrap();
    assert_eq!(place.position, 2, "as if it were filed now");
}
