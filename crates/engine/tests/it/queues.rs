//! The engine with real queues: a lost or repeated wake-up changes nothing.

use std::{collections::BTreeMap, sync::atomic::Ordering, time::Duration};

use chassis::Shutdown;
use engine::Settings;
use messaging::Relay;
use model::{
    ids::TenantId,
    job::{JobStatus, NewJob, Queue, StepStatus},
};
use store::{
    claims::Claim,
    jobs::JobFilter,
    outbox::{self, NewMessage},
    page::Page,
};
use testkit::{eventually, rabbitmq::Management};
use tokio::task::JoinHandle;

use crate::world::World;

struct Running {
    shutdown: Shutdown,
    parts: Vec<JoinHandle<()>>,
}

impl Running {
    async fn start(world: &World) -> Self {
        world.broker.declare().await.unwrap();
        let shutdown = Shutdown::new();
        let (relay, stop) =
            (Relay::new(world.store.clone(), world.broker.clone()), shutdown.clone());
        let relay = tokio::spawn(async move { relay.run(stop.requested()).await.unwrap() });
        let (engine, stop) = (world.engine.clone(), shutdown.clone());
        let engine = tokio::spawn(async move {
            engine.run(&[Queue::Provisioning, Queue::Dns], stop).await.unwrap();
        });
        Self { shutdown, parts: vec![relay, engine] }
    }

    async fn stop(self) {
        self.shutdown.request();
        for part in self.parts {
            part.await.unwrap();
        }
    }
}

async fn completed(world: &World, jobs: &[NewJob]) {
    for job in jobs {
        eventually("the job completes", async || {
            (world.job(job.id).await.status == JobStatus::Completed).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn filed_jobs_complete_each_effect_once() {
    let world = World::new().await;
    let running = Running::start(&world).await;
    let jobs: Vec<_> = (0..30).map(|_| world.order()).collect();
    for job in &jobs {
        world.file(job).await;
    }
    completed(&world, &jobs).await;
    running.stop().await;
    assert_eq!(world.outside.done().len(), 90);
}

#[tokio::test]
async fn purged_queues_only_delay_the_work() {
    let world = World::new().await;
    let jobs: Vec<_> = (0..10).map(|_| world.order()).collect();
    for job in &jobs {
        world.file(job).await;
    }
    // Every wake-up is lost before a consumer gets it.
    let rows = world.store.lease_outbox(100, Duration::from_secs(60), &[]).await.unwrap();
    let ids: Vec<_> = rows.iter().map(|it| it.id).collect();
    assert_eq!(ids.len(), 10);
    world.store.outbox_published(&ids).await.unwrap();
    let running = Running::start(&world).await;
    completed(&world, &jobs).await;
    running.stop().await;
}

#[tokio::test]
async fn without_a_broker_jobs_are_taken_from_the_rows() {
    let nobody = format!("amqp://127.0.0.1:{}", testkit::free_port());
    let soon = |settings: &mut Settings| settings.overdue_after = settings.sweep_every / 5;
    let world = World::by(&nobody, soon).await;
    let shutdown = Shutdown::new();
    let (engine, stop) = (world.engine.clone(), shutdown.clone());
    let running =
        tokio::spawn(async move { engine.run(&[Queue::Provisioning, Queue::Dns], stop).await });
    let jobs: Vec<_> = (0..10).map(|_| world.order()).collect();
    for job in &jobs {
        world.file(job).await;
    }
    completed(&world, &jobs).await;
    shutdown.request();
    running.await.unwrap().unwrap();
    assert_eq!(world.outside.done().len(), 30);
    assert!(world.broker.ping().await.is_err());
}

#[tokio::test]
async fn a_resource_is_held_by_one_and_the_urgent_go_first() {
    let world = World::new().await;
    let tx = world.store.begin().await.unwrap();
    tx.ensure_resource("site", 1).await.unwrap();
    tx.commit().await.unwrap();
    let jobs: Vec<_> = (0..12).map(|_| world.order().holding("site".to_owned())).collect();
    for job in &jobs {
        world.file(job).await;
    }
    let last = world.store.queue_place(jobs[11].id).await.unwrap().unwrap();
    assert_eq!(last.position, 12);
    let running = Running::start(&world).await;
    completed(&world, &jobs).await;
    running.stop().await;
    assert_eq!(world.outside.busiest.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_second_tenant_does_not_wait_for_the_backlog_of_the_first() {
    let world = World::new().await;
    let tx = world.store.begin().await.unwrap();
    tx.ensure_resource("site", 1).await.unwrap();
    tx.commit().await.unwrap();
    let backlog = 300;
    for _ in 0..backlog {
        world.file(&world.order().holding("site".to_owned())).await;
    }
    let other = NewJob { tenant_id: TenantId::generate(), ..world.order() };
    let other = other.holding("site".to_owned());
    world.file(&other).await;
    let running = Running::start(&world).await;
    completed(&world, &[other]).await;
    let filter = JobFilter { status: Some(JobStatus::Completed), ..JobFilter::default() };
    let done =
        world.store.jobs(world.tenant, &filter, Page { size: backlog, after: None }).await.unwrap();
    running.stop().await;
    assert!(done.len() < 100, "{} jobs came before it", done.len());
}

#[tokio::test]
async fn an_unusable_message_is_kept_with_its_reason() {
    let world = World::new().await;
    let running = Running::start(&world).await;
    let tx = world.store.begin().await.unwrap();
    let unknown = serde_json::json!({ "job_id": uuid::Uuid::now_v7() });
    for body in [serde_json::json!({ "job": 1 }), unknown] {
        tx.publish(&NewMessage {
            exchange: outbox::JOBS,
            routing_key: "provisioning".to_owned(),
            message_type: "job.wake_up".to_owned(),
            content_type: "application/json",
            body,
            headers: BTreeMap::new(),
            correlation_id: "engine-test".to_owned(),
            traceparent: None,
            delay: Duration::ZERO,
        })
        .await
        .unwrap();
    }
    tx.commit().await.unwrap();
    let management = Management::new(&testkit::servers().management_url);
    let dead = format!("{}praho.jobs.provisioning.dead", world.prefix);
    eventually("both are in the dead-letter queue", async || {
        (management.depth(&dead).await.ok()?? == 2).then_some(())
    })
    .await;
    let letters = world.store.dead_letters(10).await.unwrap();
    assert_eq!(letters.len(), 2, "{letters:?}");
    assert!(letters.iter().any(|it| it.reason.starts_with("not a wake-up")), "{letters:?}");
    assert!(letters.iter().any(|it| it.reason.starts_with("there is no job")), "{letters:?}");
    running.stop().await;
}

#[tokio::test]
async fn a_stop_gives_jobs_back_and_costs_no_attempt() {
    let world = World::new().await;
    let running = Running::start(&world).await;
    running.stop().await;
    let jobs: Vec<_> = (0..5).map(|_| world.order()).collect();
    for job in &jobs {
        world.file(job).await;
    }
    let stopping = Shutdown::new();
    stopping.request();
    world.engine.run(&[Queue::Provisioning], stopping).await.unwrap();
    for job in &jobs {
        let job = world.job(job.id).await;
        assert_eq!((job.status, job.attempts), (JobStatus::Pending, 0));
    }
}

#[tokio::test]
async fn a_job_that_its_worker_cannot_record_is_soon_in_other_hands() {
    let world = World::with(|it| {
        it.lease = Duration::from_secs(3600);
        it.most_lost_leases = u32::MAX;
    })
    .await;
    let admin = sqlx::PgPool::connect(&world.database.url).await.unwrap();
    let execute = async |statement| sqlx::query(statement).execute(&admin).await.unwrap();
    execute("ALTER TABLE job_steps ADD CONSTRAINT no_results CHECK (status = 'started')").await;
    let running = Running::start(&world).await;
    let job = world.order();
    world.file(&job).await;
    eventually("it was claimed again", async || {
        (world.job(job.id).await.attempts > 1).then_some(())
    })
    .await;
    execute("ALTER TABLE job_steps DROP CONSTRAINT no_results").await;
    completed(&world, &[job]).await;
    running.stop().await;
}

#[tokio::test]
async fn a_job_given_back_before_its_first_step_begins_with_that_step() {
    let world = World::new().await;
    let job = world.order();
    world.file(&job).await;
    // The claim journals the start of the first step; its worker dies at once.
    let (first, lease) = ([(job.kind, "choose")], Duration::from_millis(1));
    let claim = world.store.claims("dead", lease, &first).take(job.id).await.unwrap();
    assert!(matches!(claim, Claim::Taken(_)));
    let steps = world.store.steps(job.id).await.unwrap();
    assert_eq!((steps.len(), steps[0].status), (1, StepStatus::Started));
    let running = Running::start(&world).await;
    completed(&world, &[job]).await;
    running.stop().await;
    assert_eq!(world.outside.done().len(), 3, "each effect once");
}
