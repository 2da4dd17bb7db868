//! Batches: requests made at the same time share one statement.

use std::time::Duration;

use tokio::{
    sync::{mpsc, oneshot},
    time::{interval, timeout},
};

use crate::{Error, Result};

/// The most requests in one statement. Twice as many may wait for the next; further ones wait for room.
const LIMIT: usize = 64;
/// The pause between statements under load. Half of a statement's cost is the same for one request and for many.
const GATHER: Duration = Duration::from_millis(2);
/// The longest time for a statement: longer than an idle transaction can hold a lock. Without it, a statement whose
/// connection died silently would block all later ones.
const ANSWER: Duration = Duration::from_secs(15);

/// A statement that serves many requests.
pub(crate) trait Batched: Send + Sync + 'static {
    /// A caller's request.
    type Request: Send + Sync;
    /// The answer to a request.
    type Answer: Send;

    /// Serves all requests, with one answer for each, in order; or serves none and returns the error.
    fn serve(
        &self,
        requests: &[Self::Request],
    ) -> impl Future<Output = Result<Vec<Self::Answer>>> + Send;
}

/// The queue for callers' requests. A single request is served at once.
pub(crate) struct Batches<S: Batched>(mpsc::Sender<Asked<S>>);

struct Asked<S: Batched> {
    request: S::Request,
    answer: oneshot::Sender<Result<S::Answer>>,
}

impl<S: Batched> std::fmt::Debug for Batches<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batches").finish_non_exhaustive()
    }
}

impl<S: Batched> Batches<S> {
    /// Serves requests for as long as this value lives. Needs a runtime.
    pub(crate) fn new(statement: S) -> Self {
        let (sender, receiver) = mpsc::channel(2 * LIMIT);
        tokio::spawn(serve(statement, receiver));
        Self(sender)
    }

    /// The answer to one request. The request may be carried out even if the caller stops waiting.
    pub(crate) async fn ask(&self, request: S::Request) -> Result<S::Answer> {
        let ended = || Error::Internal("the batch no longer serves requests".to_owned());
        let (answer, answered) = oneshot::channel();
        self.0.send(Asked { request, answer }).await.map_err(|_| ended())?;
        answered.await.unwrap_or_else(|_| Err(ended()))
    }
}

async fn serve<S: Batched>(statement: S, mut asked: mpsc::Receiver<Asked<S>>) {
    let (mut batch, mut gathering) = (Vec::with_capacity(LIMIT), interval(GATHER));
    while asked.recv_many(&mut batch, LIMIT).await > 0 {
        let (requests, waiting): (Vec<_>, Vec<_>) =
            batch.drain(..).map(|asked: Asked<S>| (asked.request, asked.answer)).unzip();
        let answers = each(&statement, &requests).await;
        for (waiting, answer) in waiting.into_iter().zip(answers) {
            // The caller may have stopped waiting.
            let _ = waiting.send(answer);
        }
        if requests.len() > 1 {
            gathering.reset();
            gathering.tick().await;
        }
    }
}

/// If the statement is refused, each request is tried alone, so that a mistake hits only the request that made it.
async fn each<S: Batched>(statement: &S, requests: &[S::Request]) -> Vec<Result<S::Answer>> {
    match within(statement.serve(requests)).await {
        Ok(answers) => answers.into_iter().map(Ok).collect(),
        // A fault that stops all requests would stop each of them too.
        Err(error @ (Error::Unavailable(_) | Error::Held(_))) => {
            requests.iter().map(|_| Err(error.clone())).collect()
        }
        Err(error) if requests.len() == 1 => vec![Err(error)],
        Err(_) => {
            let mut answers = Vec::with_capacity(requests.len());
            for request in requests.chunks(1) {
                let answer = within(statement.serve(request)).await;
                answers.push(answer.map(|mut answers| answers.remove(0)));
            }
            answers
        }
    }
}

async fn within<T>(serving: impl Future<Output = Result<T>>) -> Result<T> {
    let late = |_| Err(Error::Unavailable(format!("no answer in {ANSWER:?}")));
    timeout(ANSWER, serving).await.unwrap_or_else(late)
}
