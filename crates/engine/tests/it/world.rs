//! A database, an engine, and an outside world that records every change.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use engine::{ChildStep, Context, Engine, Pace, Registry, Settings, Step, Workflow};
use messaging::{Broker, BrokerConfig, topology::Owner};
use model::{
    account::UnsuspendAccount,
    dns::ApplyZone,
    fault::{Fault, FaultKind},
    ids::{AccountId, JobId, TenantId, ZoneId},
    job::{Job, NewJob, Origin},
};
use store::Store;

/// The things that exist outside, and each change in order.
#[derive(Clone, Default)]
pub(crate) struct Outside {
    standing: Arc<Mutex<Vec<String>>>,
    done: Arc<Mutex<Vec<String>>>,
    /// Fails undos for good while it is above zero.
    pub(crate) refuse_undos: Arc<AtomicUsize>,
    /// Fails the child for good while it is above zero.
    pub(crate) refuse_child: Arc<AtomicUsize>,
    busy: Arc<AtomicUsize>,
    pub(crate) busiest: Arc<AtomicUsize>,
}

impl Outside {
    fn make(&self, thing: &str) {
        let mut standing = self.standing.lock().unwrap();
        if !standing.iter().any(|it| it == thing) {
            standing.push(thing.to_owned());
            self.done.lock().unwrap().push(format!("+{thing}"));
        }
    }

    fn unmake(&self, thing: &str) {
        let mut standing = self.standing.lock().unwrap();
        if standing.iter().any(|it| it == thing) {
            standing.retain(|it| it != thing);
            self.done.lock().unwrap().push(format!("-{thing}"));
        }
    }

    fn stands(&self, thing: &str) -> bool {
        self.standing.lock().unwrap().iter().any(|it| it == thing)
    }

    pub(crate) fn standing_of(&self, target: &str) -> Vec<String> {
        let standing = self.standing.lock().unwrap();
        standing.iter().filter(|it| it.contains(target)).cloned().collect()
    }

    pub(crate) fn done(&self) -> Vec<String> {
        self.done.lock().unwrap().clone()
    }

    pub(crate) fn times(&self, what: &str) -> usize {
        self.done.lock().unwrap().iter().filter(|it| *it == what).count()
    }
}

pub(crate) struct Choose;

impl Step<UnsuspendAccount> for Choose {
    const NAME: &'static str = "choose";
    type Output = String;

    async fn run(&self, cx: &Context<'_, UnsuspendAccount>) -> Result<String, Fault> {
        Ok(format!("house {}", cx.order.account_id))
    }
}

pub(crate) struct Build(pub(crate) Outside);

impl Step<UnsuspendAccount> for Build {
    const NAME: &'static str = "build";
    type Output = ();

    async fn run(&self, cx: &Context<'_, UnsuspendAccount>) -> Result<(), Fault> {
        let busy = self.0.busy.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.busiest.fetch_max(busy, Ordering::SeqCst);
        // Other jobs could run now, unless something prevents it.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        self.0.make(&cx.output::<Choose>()?);
        self.0.busy.fetch_sub(1, Ordering::SeqCst);
        Ok(())
    }

    async fn look(&self, cx: &Context<'_, UnsuspendAccount>) -> Result<Option<()>, Fault> {
        Ok(self.0.stands(&cx.output::<Choose>()?).then_some(()))
    }

    async fn undo(&self, cx: &Context<'_, UnsuspendAccount>) -> Result<(), Fault> {
        if self.0.refuse_undos.load(Ordering::SeqCst) > 0 {
            return Err(Fault::new(FaultKind::Refused, "it cannot be pulled down"));
        }
        self.0.unmake(&cx.output::<Choose>()?);
        Ok(())
    }
}

/// A child job that builds a road, and a child job that removes it.
pub(crate) struct Road(pub(crate) TenantId);

impl Road {
    fn order(&self, cx: &Context<'_, UnsuspendAccount>) -> NewJob {
        let order = ApplyZone { zone_id: ZoneId::from(cx.order.account_id.uuid()) };
        NewJob::of(self.0, &order, cx.origin())
    }
}

impl ChildStep<UnsuspendAccount> for Road {
    const NAME: &'static str = "road";

    async fn job(&self, cx: &Context<'_, UnsuspendAccount>) -> Result<Option<NewJob>, Fault> {
        Ok(Some(self.order(cx)))
    }

    async fn undo_job(&self, cx: &Context<'_, UnsuspendAccount>) -> Result<Option<NewJob>, Fault> {
        Ok(Some(self.order(cx)))
    }
}

/// The child's only step: builds the road, or removes it if it exists.
pub(crate) struct Toggle(pub(crate) Outside);

impl Step<ApplyZone> for Toggle {
    const NAME: &'static str = "toggle";
    type Output = ();

    async fn run(&self, cx: &Context<'_, ApplyZone>) -> Result<(), Fault> {
        if self.0.refuse_child.load(Ordering::SeqCst) > 0 {
            return Err(Fault::new(FaultKind::Refused, "there is a river"));
        }
        let road = format!("road {}", cx.order.zone_id);
        if self.0.stands(&road) {
            self.0.unmake(&road)
        } else {
            self.0.make(&road)
        }
        Ok(())
    }
}

pub(crate) struct Paint(pub(crate) Outside);

impl Step<UnsuspendAccount> for Paint {
    const NAME: &'static str = "paint";
    type Output = ();

    async fn run(&self, cx: &Context<'_, UnsuspendAccount>) -> Result<(), Fault> {
        self.0.make(&format!("paint {}", cx.order.account_id));
        Ok(())
    }

    async fn undo(&self, cx: &Context<'_, UnsuspendAccount>) -> Result<(), Fault> {
        self.0.unmake(&format!("paint {}", cx.order.account_id));
        Ok(())
    }
}

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) tenant: TenantId,
    pub(crate) outside: Outside,
    pub(crate) engine: Engine,
    pub(crate) broker: Broker,
    pub(crate) prefix: String,
    pub(crate) database: testkit::postgres::Database,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|_| ()).await
    }

    /// A world with other settings of its engine.
    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::by(&testkit::servers().amqp_url, change).await
    }

    /// A world whose engine looks for its broker at `url`.
    pub(crate) async fn by(url: &str, change: impl FnOnce(&mut Settings)) -> Self {
        let database = testkit::postgres::fresh(&store::schema_name(), store::migrate).await;
        let store = Store::connect(&database.url, 10).await.unwrap();
        let tx = store.begin().await.unwrap();
        let tenant = tx.ensure_tenant("engine-test").await.unwrap();
        tx.commit().await.unwrap();
        let prefix = format!("{}.", testkit::unique("engine"));
        let config = BrokerConfig {
            url,
            prefix: &prefix,
            connection_name: "engine-test",
            owner: Owner::Administrator,
        };
        let broker = Broker::connect(config).await.unwrap();
        let outside = Outside::default();
        let registry = Registry::default()
            .with(
                Workflow::new()
                    .then(Choose)
                    .then(Build(outside.clone()))
                    .then_child(Road(tenant))
                    .then(Paint(outside.clone())),
            )
            .with(Workflow::new().then(Toggle(outside.clone())));
        let mut settings = Settings {
            pace: Pace { first: Duration::from_millis(20), longest: Duration::from_millis(200) },
            lease: Duration::from_secs(10),
            sweep_every: Duration::from_millis(100),
            overdue_after: Duration::from_millis(300),
            ..Settings::default()
        };
        change(&mut settings);
        let engine = Engine::new(store.clone(), broker.clone(), registry, settings);
        Self { store, tenant, outside, engine, broker, prefix, database }
    }

    /// A job that builds a house, not yet filed.
    pub(crate) fn order(&self) -> NewJob {
        self.order_for(AccountId::generate())
    }

    pub(crate) fn order_for(&self, account_id: AccountId) -> NewJob {
        let origin = Origin {
            actor: "test".to_owned(),
            correlation_id: "engine-test".to_owned(),
            traceparent: None,
            client_address: None,
        };
        NewJob::of(self.tenant, &UnsuspendAccount { account_id }, origin)
    }

    pub(crate) async fn file(&self, job: &NewJob) -> JobId {
        let tx = self.store.begin().await.unwrap();
        tx.file_job(job).await.unwrap();
        tx.commit().await.unwrap();
        job.id
    }

    pub(crate) async fn job(&self, id: JobId) -> Job {
        self.store.job_by_id(id).await.unwrap().unwrap()
    }
}
