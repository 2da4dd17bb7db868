//! Steps that are jobs themselves: the journal entry files the job, the parent waits, another job undoes it.

use model::{
    fault::{Fault, FaultKind},
    ids::JobId,
    job::{Job, JobStatus, NewJob, StepStatus},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::Result;

use crate::{
    metrics::Act,
    outcome::{Halt, Outcome},
    runner::Run,
    workflow::Direction,
};

/// The journalled output of a child step, written before its jobs start.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Children {
    child: Option<JobId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    undo: Option<JobId>,
}

type Step<T> = Result<std::result::Result<T, Halt>>;

impl Run<'_> {
    /// Files the child job, or reads how it ended.
    pub(crate) async fn await_child(&mut self, at: usize) -> Step<Value> {
        let children = self.children(at);
        if let Some(id) = children.child {
            let Some(child) = self.store.job_by_id(id).await? else {
                return Ok(Err(Fault::internal(format!("child job {id} is gone")).into()));
            };
            return match child.status {
                JobStatus::Completed => Ok(Ok(value(&children))),
                JobStatus::Failed | JobStatus::Cancelled => Ok(Err(failure(&child).into())),
                _ => Ok(Err(self.wait_for_filed(id).await?)),
            };
        }
        let child = match self.child(at, Direction::Forward).await {
            Ok(Some(child)) => child,
            Ok(None) => {
                self.write_step_started(at).await?;
                return Ok(Ok(value(&children)));
            }
            Err(halt) => {
                self.write_step_started(at).await?;
                return Ok(Err(halt));
            }
        };
        let output = value(&Children { child: Some(child.id), undo: None });
        let tx = self.store.begin().await?;
        if let Some((at, output)) = self.unwritten.take() {
            tx.step_done(self.hold, self.steps.name(at), &output).await?;
        }
        tx.step_started(self.hold, self.step_name(at), Some(&output)).await?;
        tx.wait_for(self.hold, &child).await?;
        tx.commit().await?;
        Ok(Err(Halt::Stop(Outcome::Waiting)))
    }

    /// Undoes the child job; cancels it first if it has not ended.
    pub(crate) async fn undo_child(&mut self, at: usize) -> Step<()> {
        let children = self.children(at);
        let Some(id) = children.undo.or(children.child) else { return Ok(Ok(())) };
        let Some(filed) = self.store.job_by_id(id).await? else {
            return Ok(Err(Fault::internal(format!("child job {id} is gone")).into()));
        };
        let undoing = children.undo.is_some();
        match filed.status {
            JobStatus::Completed if undoing => return Ok(Ok(())),
            JobStatus::Failed | JobStatus::Cancelled if undoing => {
                return Ok(Err(failure(&filed).into()));
            }
            JobStatus::Failed | JobStatus::Cancelled => return Ok(Ok(())),
            JobStatus::Completed => {}
            _ => {
                if !undoing {
                    let tx = self.store.begin().await?;
                    tx.request_cancel(id).await?;
                    tx.commit().await?;
                }
                return Ok(Err(self.wait_for_filed(id).await?));
            }
        }
        let undo = match self.child(at, Direction::Back).await {
            Ok(Some(undo)) => undo,
            Ok(None) => return Ok(Ok(())),
            Err(halt) => return Ok(Err(halt)),
        };
        let output = value(&Children { undo: Some(undo.id), ..children });
        let tx = self.store.begin().await?;
        tx.step_undoing(self.hold, self.steps.name(at), Some(&output)).await?;
        tx.wait_for(self.hold, &undo).await?;
        tx.commit().await?;
        Ok(Err(Halt::Stop(Outcome::Waiting)))
    }

    /// The job to file, if any, made inside the step's span.
    async fn child(
        &self,
        at: usize,
        direction: Direction,
    ) -> std::result::Result<Option<NewJob>, Halt> {
        let act = match direction {
            Direction::Forward => Act::Run,
            Direction::Back => Act::Undo,
        };
        let child = self.steps.child(at, &self.job, &self.journal, direction);
        let work = async { Ok(child.await?) };
        self.metrics.step(self.job.kind, self.steps.name(at), act, work).await
    }

    /// Waits for a child job that is already filed. If it has just ended, the parent is given back and claimed again.
    async fn wait_for_filed(&self, child: JobId) -> Result<Halt> {
        let tx = self.store.begin().await?;
        if tx.wait_for_filed(self.hold, child).await? {
            tx.commit().await?;
            return Ok(Halt::Stop(Outcome::Waiting));
        }
        drop(tx);
        self.store.give_back(self.hold).await?;
        Ok(Halt::Stop(Outcome::GivenBack))
    }

    async fn write_step_started(&mut self, at: usize) -> Result<()> {
        let tx = self.store.begin().await?;
        if let Some((at, output)) = self.unwritten.take() {
            tx.step_done(self.hold, self.steps.name(at), &output).await?;
        }
        tx.step_started(self.hold, self.step_name(at), None).await?;
        tx.commit().await?;
        self.remember(self.step_name(at), StepStatus::Started, None);
        Ok(())
    }

    fn children(&self, at: usize) -> Children {
        let output = self.journal.get(self.steps.name(at)).and_then(|it| it.output.clone());
        output.and_then(|it| serde_json::from_value(it).ok()).unwrap_or_default()
    }
}

fn value(children: &Children) -> Value {
    serde_json::to_value(children).expect("ids are plain data")
}

/// The child's failure as the parent's fault. It is permanent, because the child has had a patience of its own.
fn failure(child: &Job) -> Fault {
    let why = child.fault.as_ref().map_or("no reason recorded", |it| it.message.as_str());
    let kind = child.kind.as_str();
    let ended = child.status.as_str();
    Fault::new(FaultKind::Refused, format!("its job {kind} {} {ended}: {why}", child.id))
}
