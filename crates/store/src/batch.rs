//! Carries out in one statement what many ask for at the same time.

use std::time::Duration;

use tokio::{
    sync::{mpsc, oneshot},
    time::{interval, timeout},
};

use crate::{Error, Result};

/// Requests in one statement, at most. Twice as many may wait for the next; who asks more waits for room.
const LIMIT: usize = 64;
/// Under load, from one statement to the next: half of what a statement costs is the same for one request and for many.
const COMPANY: Duration = Duration::from_millis(2);
/// How long a statement may take: longer than somebody who stands still in a transaction can withhold a lock. One whose
/// connection died without a word would keep all others waiting.
const ANSWER: Duration = Duration::from_secs(15);

/// A statement that serves many requests.
pub(crate) trait Statement: Send + Sync + 'static {
    /// What one asks for.
    type Request: Send + Sync;
    /// What one gets.
    type Answer: Send;

    /// Serves all, or none and says why. One answer for each request, in order.
    fn serve(
        &self,
        requests: &[Self::Request],
    ) -> impl Future<Output = Result<Vec<Self::Answer>>> + Send;
}

/// Where to ask. One who asks alone is served at once.
pub(crate) struct Batches<S: Statement>(mpsc::Sender<Asked<S>>);

struct Asked<S: Statement> {
    request: S::Request,
    answer: oneshot::Sender<Result<S::Answer>>,
}

impl<S: Statement> std::fmt::Debug for Batches<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batches").finish_non_exhaustive()
    }
}

impl<S: Statement> Batches<S> {
    /// Served for as long as somebody has it. Needs a runtime.
    pub(crate) fn new(statement: S) -> Self {
        let (sender, receiver) = mpsc::channel(2 * LIMIT);
        tokio::spawn(serve(statement, receiver));
        Self(sender)
    }

    /// The answer to one request. It may be carried out also where nobody waits for the answer any more.
    pub(crate) async fn ask(&self, request: S::Request) -> Result<S::Answer> {
        let ended = || Error::Internal("nobody serves requests any more".to_owned());
        let (answer, answered) = oneshot::channel();
        self.0.send(Asked { request, answer }).await.map_err(|_| ended())?;
        answered.await.unwrap_or_else(|_| Err(ended()))
    }
}

async fn serve<S: Statement>(statement: S, mut asked: mpsc::Receiver<Asked<S>>) {
    let (mut batch, mut company) = (Vec::with_capacity(LIMIT), interval(COMPANY));
    while asked.recv_many(&mut batch, LIMIT).await > 0 {
        let (requests, waiting): (Vec<_>, Vec<_>) =
            batch.drain(..).map(|it: Asked<S>| (it.request, it.answer)).unzip();
        let answers = each(&statement, &requests).await;
        for (waiting, answer) in waiting.into_iter().zip(answers) {
            // Who does not wait any more has let go of it.
            let _ = waiting.send(answer);
        }
        if requests.len() > 1 {
            company.reset();
            company.tick().await;
        }
    }
}

/// What one does wrong is not the others' fault: if all together are refused, each is asked for alone.
async fn each<S: Statement>(statement: &S, requests: &[S::Request]) -> Vec<Result<S::Answer>> {
    match within(statement.serve(requests)).await {
        Ok(answers) => answers.into_iter().map(Ok).collect(),
        Err(error @ Error::Unavailable(_)) => requests.iter().map(|_| Err(error.clone())).collect(),
        Err(error) if requests.len() == 1 => vec![Err(error)],
        Err(_) => {
            let mut answers = Vec::with_capacity(requests.len());
            for request in requests.chunks(1) {
                answers.push(within(statement.serve(request)).await.map(|mut it| it.remove(0)));
            }
            answers
        }
    }
}

async fn within<T>(serving: impl Future<Output = Result<T>>) -> Result<T> {
    let late = |_| Err(Error::Unavailable(format!("no answer in {ANSWER:?}")));
    timeout(ANSWER, serving).await.unwrap_or_else(late)
}
