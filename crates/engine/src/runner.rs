//! Runs one claimed job as far as possible: forward to its end, or back to its beginning.

use std::sync::Arc;

use chassis::Shutdown;
use model::{
    fault::{Fault, FaultKind},
    ids::JobId,
    job::{Job, JobEvent, JobStatus, StepRecord, StepStatus},
};
use serde_json::Value;
use store::{
    Result, Store,
    claims::{Claim, Claims, Hold},
    journal::StepName,
};

use crate::{
    Registry, Settings,
    context::Journal,
    dead_letter,
    injection::{Injected, Injections, Moment},
    lease,
    metrics::{Act, Metrics},
    outcome::{Halt, Outcome},
    workflow::Steps,
};

/// Claims jobs and runs them.
#[derive(Clone)]
pub(crate) struct Runner {
    pub(crate) store: Store,
    pub(crate) registry: Registry,
    pub(crate) settings: Settings,
    pub(crate) claims: Arc<Claims>,
    pub(crate) metrics: Metrics,
}

/// One claimed job that is running.
pub(crate) struct Run<'a> {
    pub(crate) store: &'a Store,
    pub(crate) settings: &'a Settings,
    pub(crate) metrics: &'a Metrics,
    pub(crate) steps: Arc<dyn Steps>,
    pub(crate) job: Job,
    pub(crate) hold: Hold,
    pub(crate) journal: Journal,
    /// An output that goes to the journal with the next write.
    pub(crate) unwritten: Option<(usize, Value)>,
    /// The claim journalled the start of the first step, and no worker has tried it.
    begun: bool,
    stop: &'a Shutdown,
    injections: &'a Injections,
}

impl Runner {
    pub(crate) async fn claim(&self, id: JobId) -> Result<Claim> {
        self.claims.take(id).await
    }

    /// Works a claimed job until it ends, waits or must be tried later.
    ///
    /// An error comes from the database or is [`store::Error::LeaseLost`]. The outcome is then undecided, and the
    /// sweeper takes the job back when its lease has expired.
    pub(crate) async fn work(
        &self,
        job: Job,
        stop: &Shutdown,
        injections: &Injections,
    ) -> Result<Outcome> {
        let hold = Hold { job: job.id, epoch: job.epoch };
        let Some(steps) = self.registry.get(job.kind) else {
            let fault = Fault::internal(format!("no workflow for {} here", job.kind.as_str()));
            let wait = self.settings.pace.wait(job.attempts, &fault);
            self.store.hold_job(hold, None, &fault, wait, None).await?;
            return Ok(Outcome::Later(wait));
        };
        let first = job.epoch == 1;
        let journal = match first {
            true => Vec::new(),
            false => self.store.steps(job.id).await?,
        };
        let journal = journal.into_iter().map(|it| (it.name.clone(), it)).collect();
        let mut run = Run {
            store: &self.store,
            settings: &self.settings,
            metrics: &self.metrics,
            steps,
            job,
            hold,
            journal,
            unwritten: None,
            begun: false,
            stop,
            injections,
        };
        if first && run.steps.len() > 0 && !run.steps.is_child(0) {
            run.remember(run.step_name(0), StepStatus::Started, None);
            run.begun = true;
        }
        if run.job.status == JobStatus::Running
            && let Some(outcome) = run.forward().await?
        {
            return Ok(outcome);
        }
        run.backward().await
    }
}

impl Run<'_> {
    /// Runs the steps from the first one without an output. `None` means that the job must be undone.
    async fn forward(&mut self) -> Result<Option<Outcome>> {
        if let Some(fault) = self.lost_too_often() {
            return self.fail(fault).await.map(|()| None);
        }
        for at in 0..self.steps.len() {
            let name = self.steps.name(at);
            if self.journal.get(name).is_some_and(|it| it.status == StepStatus::Done) {
                continue;
            }
            if self.job.cancel_requested {
                let fault = Fault::new(FaultKind::Refused, "cancelled on request");
                return self.fail(fault).await.map(|()| None);
            }
            if self.stop.is_requested() {
                self.write(None).await?;
                self.store.give_back(self.hold).await?;
                return Ok(Some(Outcome::GivenBack));
            }
            let done = match self.steps.is_child(at) {
                true => self.await_child(at).await?,
                false => self.act(at).await?,
            };
            match done {
                Ok(output) => {
                    self.done(at, output).await?;
                    if self.crashes_after_record(name).await? {
                        return Ok(Some(Outcome::Crashed));
                    }
                }
                Err(Halt::Stop(outcome)) => return Ok(Some(outcome)),
                Err(Halt::Fault(fault)) => {
                    tracing::info!(step = name, kind = fault.kind.as_str(), cause = fault.cause,
                        effect = ?fault.effect, "the step failed: {fault}");
                    if let Some(outcome) = self.hold(name, &fault).await? {
                        return Ok(Some(outcome));
                    }
                    let failed = StepStatus::Failed;
                    self.store.journal_status(self.hold, name, failed, Some(&fault)).await?;
                    return self.fail(fault).await.map(|()| None);
                }
            }
        }
        let done = self.unwritten.take();
        let done = done.as_ref().map(|(at, output)| (self.steps.name(*at), output));
        let age = self.store.complete(self.hold, done).await?;
        self.metrics.ended(self.job.kind, JobStatus::Completed, age);
        Ok(Some(Outcome::Ended(JobStatus::Completed)))
    }

    /// Makes one step's effect, unless an earlier try has made it already.
    async fn act(&mut self, at: usize) -> Result<std::result::Result<Value, Halt>> {
        let name = self.steps.name(at);
        let begun = std::mem::take(&mut self.begun);
        let tried = !begun && self.journal.contains_key(name);
        if !begun {
            self.write(Some(self.step_name(at))).await?;
        }
        let (steps, job, journal) = (&self.steps, &self.job, &self.journal);
        let work = async {
            if tried && let Some(output) = steps.look(at, job, journal).await? {
                return Ok(output);
            }
            self.inject(name, Moment::BeforeEffect)?;
            let output = steps.run(at, job, journal).await?;
            self.inject(name, Moment::AfterEffect)?;
            Ok(output)
        };
        let work = self.metrics.step(job.kind, name, Act::Run, work);
        let kept = lease::keep(self.store, self.hold, self.settings.lease, work).await?;
        self.job.cancel_requested |= kept.cancel_requested;
        Ok(kept.result)
    }

    /// Undoes every touched step, in reverse order.
    async fn backward(&mut self) -> Result<Outcome> {
        if let Some(fault) = self.lost_too_often() {
            let reason = "its undo was given up, a person has to look";
            return self.finish(JobEvent::GiveUp, Some((&fault, reason))).await;
        }
        for at in (0..self.steps.len()).rev() {
            let name = self.steps.name(at);
            let Some(record) = self.journal.get(name) else { continue };
            if record.status == StepStatus::Undone {
                continue;
            }
            if self.stop.is_requested() {
                self.store.give_back(self.hold).await?;
                return Ok(Outcome::GivenBack);
            }
            let undone = match self.steps.is_child(at) {
                true => self.undo_child(at).await?,
                false => self.undo(at).await?,
            };
            match undone {
                Ok(()) => self.undone(name).await?,
                Err(Halt::Stop(outcome)) => return Ok(outcome),
                Err(Halt::Fault(fault)) => {
                    tracing::warn!(
                        step = name,
                        kind = fault.kind.as_str(),
                        cause = fault.cause,
                        "the undo failed: {fault}"
                    );
                    if let Some(outcome) = self.hold(name, &fault).await? {
                        return Ok(outcome);
                    }
                    let reason = format!("undoing {name} failed, a person has to look");
                    return self.finish(JobEvent::GiveUp, Some((&fault, &reason))).await;
                }
            }
        }
        if self.job.cancel_requested {
            return self.finish(JobEvent::UnwoundCancelled, None).await;
        }
        let fault = self.job.fault.clone().unwrap_or_else(|| Fault::internal("no fault recorded"));
        self.finish(JobEvent::UnwoundFailed, Some((&fault, "the job failed and was undone"))).await
    }

    async fn undo(&mut self, at: usize) -> Result<std::result::Result<(), Halt>> {
        let name = self.steps.name(at);
        self.store.journal_status(self.hold, name, StepStatus::Undoing, None).await?;
        let (steps, job, journal) = (&self.steps, &self.job, &self.journal);
        let work = async {
            self.inject(name, Moment::BeforeUndo)?;
            steps.undo(at, job, journal).await?;
            self.inject(name, Moment::AfterUndo)
        };
        let work = self.metrics.step(job.kind, name, Act::Undo, work);
        Ok(lease::keep(self.store, self.hold, self.settings.lease, work).await?.result)
    }

    /// Ends the unwinding. A job that failed or is stuck gets a dead letter.
    async fn finish(&self, event: JobEvent, dead: Option<(&Fault, &str)>) -> Result<Outcome> {
        let tx = self.store.begin().await?;
        if let Some((fault, reason)) = dead {
            dead_letter::write(&tx, &self.job, fault, reason).await?;
        }
        let age = tx.end(self.hold, JobStatus::Unwinding, event).await?;
        tx.commit().await?;
        let ended = JobStatus::Unwinding.after(event).unwrap_or(JobStatus::Stuck);
        self.metrics.ended(self.job.kind, ended, age);
        Ok(Outcome::Ended(ended))
    }

    /// Marks the job as failed; this worker undoes it under the same claim.
    async fn fail(&mut self, fault: Fault) -> Result<()> {
        // The request that filed the job may have reserved something for it. The first step's undo gives that back,
        // so the first step is journalled even if no step has run.
        let first = self.journal.is_empty().then(|| self.step_name(0));
        self.write(first).await?;
        self.store.fail(self.hold, &fault).await?;
        self.job.status = JobStatus::Unwinding;
        self.job.attempts = 0;
        self.job.lost_leases = 0;
        self.job.held = None;
        self.job.fault = Some(fault);
        Ok(())
    }

    /// Holds the job until the fault may have passed. `None` if the fault does not pass, or has not in all the time that
    /// the job's kind waits for.
    async fn hold(&mut self, step: &str, fault: &Fault) -> Result<Option<Outcome>> {
        if !fault.kind.is_transient() {
            return Ok(None);
        }
        self.write(None).await?;
        let attempts = if fault.is_out_of_turn() { 1 } else { self.job.attempts };
        let wait = self.settings.pace.wait(attempts, fault);
        let patience = self.settings.patience.of(self.job.kind);
        let held = self.store.hold_job(self.hold, Some(step), fault, wait, Some(patience)).await?;
        Ok(held.then_some(Outcome::Later(wait)))
    }

    /// The fault of a job that kills its workers: no outage, so counted and not waited for.
    fn lost_too_often(&self) -> Option<Fault> {
        let most = self.settings.most_lost_leases;
        (self.job.lost_leases >= most).then(|| {
            Fault::internal(format!("gave up: {most} workers in a row died or lost the job"))
        })
    }

    /// Journals the unwritten output, and the start of `next`.
    async fn write(&mut self, next: Option<StepName>) -> Result<()> {
        let done = self.unwritten.take();
        if done.is_none() && next.is_none() {
            return Ok(());
        }
        let done = done.as_ref().map(|(at, output)| (self.steps.name(*at), output));
        self.store.journal(self.hold, done, next).await?;
        if let Some(step) = next {
            self.remember(step, StepStatus::Started, None);
        }
        Ok(())
    }

    /// Notes the output of a step. It goes to the journal with the next write, but at once if the job was held here.
    async fn done(&mut self, at: usize, output: Value) -> Result<()> {
        self.remember(self.step_name(at), StepStatus::Done, Some(output.clone()));
        if self.job.held.take().is_some() {
            self.job.attempts = 1;
            return self.store.held_step_done(self.hold, self.steps.name(at), Some(&output)).await;
        }
        self.unwritten = Some((at, output));
        Ok(())
    }

    async fn undone(&mut self, name: &str) -> Result<()> {
        if self.job.held.take().is_some() {
            self.job.attempts = 1;
            return self.store.held_step_done(self.hold, name, None).await;
        }
        self.store.journal_status(self.hold, name, StepStatus::Undone, None).await
    }

    /// Changes the local copy of the journal as the table will have it.
    pub(crate) fn remember(&mut self, step: StepName, status: StepStatus, output: Option<Value>) {
        let entry = self.journal.entry(step.name.to_owned()).or_insert_with(|| StepRecord {
            position: step.position,
            name: step.name.to_owned(),
            status,
            attempts: 0,
            output: None,
            fault: None,
            started_at: self.job.due_at,
            finished_at: None,
        });
        entry.status = status;
        entry.output = output.or(entry.output.take());
    }

    pub(crate) fn step_name(&self, at: usize) -> StepName {
        StepName { position: u16::try_from(at).unwrap_or(u16::MAX), name: self.steps.name(at) }
    }

    fn inject(&self, step: &str, moment: Moment) -> std::result::Result<(), Halt> {
        match self.injections.take(step, moment) {
            None => Ok(()),
            Some(Injected::Crash) => Err(Halt::Stop(Outcome::Crashed)),
            Some(Injected::Fault(fault)) => Err(Halt::Fault(fault)),
        }
    }

    async fn crashes_after_record(&mut self, step: &str) -> Result<bool> {
        match self.inject(step, Moment::AfterRecord) {
            Ok(()) => Ok(false),
            Err(_) => self.write(None).await.map(|()| true),
        }
    }
}
