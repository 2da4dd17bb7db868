//! An ordered list of steps for one kind of job, with the types of their outputs erased.

use std::pin::Pin;

use model::{
    fault::Fault,
    job::{Job, NewJob, Order},
};
use serde_json::Value;

use crate::{ChildStep, Context, Step, context::Journal};

pub(crate) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, Fault>> + Send + 'a>>;

/// The steps of jobs of one kind.
pub struct Workflow<O> {
    nodes: Vec<Node<O>>,
}

enum Node<O> {
    Act(Box<dyn ErasedStep<O>>),
    Child(Box<dyn ErasedChild<O>>),
}

impl<O: Order> Workflow<O> {
    /// A workflow without steps.
    pub fn new() -> Self {
        Self { nodes: Vec::new() }
    }

    /// Adds a step that acts.
    #[must_use]
    pub fn then(mut self, step: impl Step<O>) -> Self {
        self.nodes.push(Node::Act(Box::new(step)));
        self
    }

    /// Adds a step that is a job to wait for.
    #[must_use]
    pub fn then_child(mut self, step: impl ChildStep<O>) -> Self {
        self.nodes.push(Node::Child(Box::new(step)));
        self
    }
}

impl<O: Order> Default for Workflow<O> {
    fn default() -> Self {
        Self::new()
    }
}

/// A workflow as the runner uses it: each step by its position.
pub(crate) trait Steps: Send + Sync {
    fn len(&self) -> usize;
    fn name(&self, at: usize) -> &'static str;
    fn is_child(&self, at: usize) -> bool;
    fn run<'a>(&'a self, at: usize, job: &'a Job, journal: &'a Journal) -> BoxFuture<'a, Value>;
    fn look<'a>(
        &'a self,
        at: usize,
        job: &'a Job,
        journal: &'a Journal,
    ) -> BoxFuture<'a, Option<Value>>;
    fn undo<'a>(&'a self, at: usize, job: &'a Job, journal: &'a Journal) -> BoxFuture<'a, ()>;
    fn child<'a>(
        &'a self,
        at: usize,
        job: &'a Job,
        journal: &'a Journal,
        direction: Direction,
    ) -> BoxFuture<'a, Option<NewJob>>;
}

/// Selects the child step's job or the job that undoes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Forward,
    Back,
}

impl<O: Order> Steps for Workflow<O> {
    fn len(&self) -> usize {
        self.nodes.len()
    }

    fn name(&self, at: usize) -> &'static str {
        match &self.nodes[at] {
            Node::Act(step) => step.name(),
            Node::Child(step) => step.name(),
        }
    }

    fn is_child(&self, at: usize) -> bool {
        matches!(self.nodes[at], Node::Child(_))
    }

    fn run<'a>(&'a self, at: usize, job: &'a Job, journal: &'a Journal) -> BoxFuture<'a, Value> {
        Box::pin(async move {
            let order = read(job)?;
            match &self.nodes[at] {
                Node::Act(step) => step.run(&Context { order: &order, job, journal }).await,
                Node::Child(_) => Err(misused(self.name(at))),
            }
        })
    }

    fn look<'a>(
        &'a self,
        at: usize,
        job: &'a Job,
        journal: &'a Journal,
    ) -> BoxFuture<'a, Option<Value>> {
        Box::pin(async move {
            let order = read(job)?;
            match &self.nodes[at] {
                Node::Act(step) => step.look(&Context { order: &order, job, journal }).await,
                Node::Child(_) => Err(misused(self.name(at))),
            }
        })
    }

    fn undo<'a>(&'a self, at: usize, job: &'a Job, journal: &'a Journal) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let order = read(job)?;
            match &self.nodes[at] {
                Node::Act(step) => step.undo(&Context { order: &order, job, journal }).await,
                Node::Child(_) => Err(misused(self.name(at))),
            }
        })
    }

    fn child<'a>(
        &'a self,
        at: usize,
        job: &'a Job,
        journal: &'a Journal,
        direction: Direction,
    ) -> BoxFuture<'a, Option<NewJob>> {
        Box::pin(async move {
            let order = read(job)?;
            match &self.nodes[at] {
                Node::Act(_) => Err(misused(self.name(at))),
                Node::Child(step) => {
                    let cx = Context { order: &order, job, journal };
                    let child = step.job(&cx, direction).await?;
                    Ok(child.map(|it| it.part_of(job)))
                }
            }
        })
    }
}

fn read<O: Order>(job: &Job) -> Result<O, Fault> {
    serde_json::from_value(job.payload.clone()).map_err(|error| {
        Fault::internal(format!("the payload of a {} job is unreadable: {error}", O::KIND.as_str()))
    })
}

fn misused(name: &str) -> Fault {
    Fault::internal(format!("step {name} was taken for the other sort of step"))
}

trait ErasedStep<O>: Send + Sync {
    fn name(&self) -> &'static str;
    fn run<'a>(&'a self, cx: &'a Context<'a, O>) -> BoxFuture<'a, Value>;
    fn look<'a>(&'a self, cx: &'a Context<'a, O>) -> BoxFuture<'a, Option<Value>>;
    fn undo<'a>(&'a self, cx: &'a Context<'a, O>) -> BoxFuture<'a, ()>;
}

trait ErasedChild<O>: Send + Sync {
    fn name(&self) -> &'static str;
    fn job<'a>(
        &'a self,
        cx: &'a Context<'a, O>,
        direction: Direction,
    ) -> BoxFuture<'a, Option<NewJob>>;
}

impl<O: Order, S: Step<O>> ErasedStep<O> for S {
    fn name(&self) -> &'static str {
        S::NAME
    }

    fn run<'a>(&'a self, cx: &'a Context<'a, O>) -> BoxFuture<'a, Value> {
        Box::pin(async move { to_value(Step::run(self, cx).await?) })
    }

    fn look<'a>(&'a self, cx: &'a Context<'a, O>) -> BoxFuture<'a, Option<Value>> {
        Box::pin(async move { Step::look(self, cx).await?.map(to_value).transpose() })
    }

    fn undo<'a>(&'a self, cx: &'a Context<'a, O>) -> BoxFuture<'a, ()> {
        Box::pin(Step::undo(self, cx))
    }
}

impl<O: Order, S: ChildStep<O>> ErasedChild<O> for S {
    fn name(&self) -> &'static str {
        S::NAME
    }

    fn job<'a>(
        &'a self,
        cx: &'a Context<'a, O>,
        direction: Direction,
    ) -> BoxFuture<'a, Option<NewJob>> {
        match direction {
            Direction::Forward => Box::pin(ChildStep::job(self, cx)),
            Direction::Back => Box::pin(ChildStep::undo_job(self, cx)),
        }
    }
}

fn to_value(output: impl serde::Serialize) -> Result<Value, Fault> {
    serde_json::to_value(output).map_err(Fault::internal)
}
