//! The kit that proves a workflow: it injects crashes and faults at every step and moment, and checks the result.
//!
//! For each case it makes a new world, files one job there, and drives the job and its children to their end
//! without a broker or a clock: a job with a later retry is due at once, and a lost lease is taken back at
//! once. Then the judge asks the simulators what exists and how often it was made.

use chassis::Shutdown;
use model::{
    fault::{Effect, Fault, FaultKind},
    ids::JobId,
    job::{JobKind, JobStatus},
};
use store::{
    Store,
    claims::{Claim, Hold},
};

use crate::{Engine, Injected, Injection, Moment, Outcome, injection::Injections};

/// More turns than any job takes that ends.
const TURNS: usize = 400;

/// One way for a job to fail, or to run undisturbed.
#[derive(Debug)]
pub struct Case {
    /// The crashes and faults, in order.
    pub injections: Vec<Injection>,
    /// How it is to end.
    pub end: End,
}

/// How the job of a case is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Completed all the same.
    Completed,
    /// Undone.
    Undone,
    /// Stuck, because an undo failed for good; and undone once an operator has started it again.
    StuckThenUndone,
}

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.injections.is_empty() {
            return f.write_str("nothing happens to it");
        }
        for (at, injection) in self.injections.iter().enumerate() {
            write!(f, "{}{injection}", if at == 0 { "" } else { ", then " })?;
        }
        Ok(())
    }
}

/// Walks the workflow of `kind` through every case.
///
/// `operator` starts stuck jobs again, which an engine's own role in the database may not do.
/// `world` makes a new world with one job of that kind filed in it. `judge` gets the job's final status. It must
/// assert that the effects of a completed job exist and were each made once, and that an undone job left nothing.
///
/// # Panics
///
/// If a job does not end, ends in another status than its case expects, or an injection never happens.
pub async fn walk<W>(
    engine: &Engine,
    operator: &Store,
    kind: JobKind,
    world: impl AsyncFn() -> (W, JobId),
    judge: impl AsyncFn(&W, JobStatus, &Case),
) {
    for case in cases(engine, kind) {
        let (world, job) = world().await;
        let mut status = drive(engine, job, &case.injections).await;
        if case.end == End::StuckThenUndone {
            assert_eq!(status, JobStatus::Stuck, "{case}");
            restart(operator, job).await;
            status = drive(engine, job, &[]).await;
        }
        let expected = match case.end {
            End::Completed => &[JobStatus::Completed][..],
            End::Undone | End::StuckThenUndone => &UNDONE,
        };
        assert!(expected.contains(&status), "{case}: the job is {status:?}");
        judge(&world, status, &case).await;
    }
}

/// A workflow may have a step that cannot be undone: then its job sticks for good.
const UNDONE: [JobStatus; 3] = [JobStatus::Failed, JobStatus::Cancelled, JobStatus::Stuck];

/// Starts a stuck job again, as an operator does.
async fn restart(store: &Store, id: JobId) {
    let job = store.job_by_id(id).await.expect("the database answers").expect("filed");
    let tx = store.begin().await.expect("the database answers");
    tx.restart(&job).await.expect("a stuck job can be started again");
    tx.commit().await.expect("the database answers");
}

/// Every case of the workflow of `kind`.
///
/// # Panics
///
/// If the engine has no workflow for `kind`.
pub fn cases(engine: &Engine, kind: JobKind) -> Vec<Case> {
    let steps = engine.runner.registry.get(kind).expect("the engine knows the workflow");
    let acts: Vec<_> =
        (0..steps.len()).filter(|at| !steps.is_child(*at)).map(|at| steps.name(at)).collect();
    let mut cases = vec![Case { injections: Vec::new(), end: End::Completed }];
    for (at, step) in acts.iter().enumerate() {
        let inject = |moment, injected| Injection { step, moment, injected };
        let mut case = |injections, end| cases.push(Case { injections, end });
        // The worker dies before the effect, after it, or after its record; a look or a repeat completes the step.
        for moment in [Moment::BeforeEffect, Moment::AfterEffect, Moment::AfterRecord] {
            case(vec![inject(moment, Injected::Crash)], End::Completed);
        }
        // A transient fault before the effect, then a crash; and one after the effect, whose answer is lost.
        let refused = inject(Moment::BeforeEffect, passing(Effect::NotApplied));
        case(vec![refused, inject(Moment::BeforeEffect, Injected::Crash)], End::Completed);
        case(vec![inject(Moment::AfterEffect, passing(Effect::Unknown))], End::Completed);
        // A permanent fault, before the effect or after it.
        case(vec![inject(Moment::BeforeEffect, lasting())], End::Undone);
        case(vec![inject(Moment::AfterEffect, lasting())], End::Undone);
        // The worker dies after an undo, and before its repeat, so the undo starts three times.
        for undone in &acts[..=at] {
            let undo = |moment| Injection { step: undone, moment, injected: Injected::Crash };
            case(
                vec![
                    inject(Moment::AfterEffect, lasting()),
                    undo(Moment::AfterUndo),
                    undo(Moment::BeforeUndo),
                ],
                End::Undone,
            );
        }
        // Its undo fails for good, until an operator starts the job again.
        let refused = Injection { step, moment: Moment::BeforeUndo, injected: lasting() };
        case(vec![inject(Moment::AfterEffect, lasting()), refused], End::StuckThenUndone);
    }
    cases
}

fn passing(effect: Effect) -> Injected {
    Injected::Fault(Fault::new(FaultKind::Timeout, "injected: no answer").with_effect(effect))
}

fn lasting() -> Injected {
    Injected::Fault(
        Fault::new(FaultKind::Refused, "injected: refused").with_effect(Effect::Unknown),
    )
}

/// Claims a ready job and works it until it ends, waits or must be tried later.
///
/// # Panics
///
/// If the job is not ready, or the database fails.
pub async fn turn(engine: &Engine, job: JobId, injections: &[Injection]) -> Outcome {
    let claim = engine.runner.claim(job).await.expect("the database answers");
    let Claim::Taken(job) = claim else { panic!("job {job} is not ready: {claim:?}") };
    let injections = Injections::of(injections.to_vec());
    engine.runner.work(*job, &Shutdown::new(), &injections).await.expect("the lease is held")
}

/// Drives a job, and the children it waits for, until it ends or is stuck. `injections` apply to the job itself.
///
/// # Panics
///
/// If the job does not end within a bounded number of turns, an injection never happens, or the database fails.
pub async fn drive(engine: &Engine, root: JobId, injections: &[Injection]) -> JobStatus {
    let (runner, store) = (&engine.runner, &engine.runner.store);
    let (injections, none) = (Injections::of(injections.to_vec()), Injections::default());
    let running = Shutdown::new();
    for _ in 0..TURNS {
        let mut job = store.job_by_id(root).await.expect("the database answers").expect("filed");
        // A step that cannot be undone leaves its job stuck before the steps ahead of it are undone.
        if job.status == JobStatus::Stuck {
            return job.status;
        }
        if job.status.is_final() {
            assert_eq!(injections.left(), 0, "injections of {root} that never happened");
            return job.status;
        }
        while let Some(child) = job.waiting_on {
            job = store.job_by_id(child).await.expect("the database answers").expect("filed");
        }
        store.hurry(job.id).await.expect("the database answers");
        let Claim::Taken(job) = runner.claim(job.id).await.expect("the database answers") else {
            // A job or a lease before it blocks it; here only a lost lease can.
            store.take_back().await.expect("the database answers");
            continue;
        };
        let hold = Hold { job: job.id, epoch: job.epoch };
        let injections = if job.id == root { &injections } else { &none };
        let outcome = runner.work(*job, &running, injections).await.expect("the lease is held");
        if outcome == Outcome::Crashed {
            store.abandon(hold).await.expect("the database answers");
            store.take_back().await.expect("the database answers");
        }
    }
    panic!("job {root} does not end; {} injections never happened", injections.left());
}
