//! The gateway's contract: reads each call, gives it its turn, and answers it.

mod aliases;
mod answers;
mod backups;
mod certificates;
mod databases;
mod dns;
mod domains;
mod features;
mod hosts;
mod kept;
mod look;
mod mailboxes;
mod php;
mod plans;
mod programs;
mod proof;
mod redirects;
mod requests;
mod templates;

use std::{sync::Arc, time::Duration};

use contracts::gateway::v1;
use model::{
    fault::{Effect, Fault},
    fence::{Change, Object},
    ids::{AccountId, ServerId},
    job::Lane,
    password::Place,
    secret::Secret,
};
use store::Store;
use tokio::time::Instant;
use tonic::Request;
use tracing::Instrument;

use self::{kept::Question, look::Target};

pub(crate) use self::kept::Kept;

use crate::{
    deadline,
    fence::{Fence, Fences},
    mutations::{Mutations, Queued},
    pace,
    panel::domains::Domain,
    servers::{Opened, Purpose, Server, Servers, Shut},
    settings::Live,
    standing::Standing,
};

/// The gateway. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Gateway {
    /// The rows behind the pace of reads and the passwords of accounts.
    pub(crate) store: Store,
    pub(crate) servers: Servers,
    /// Judges whether a job may make a change.
    pub(crate) fences: Fences,
    /// Runs changes of the hosts, each in its turn.
    pub(crate) mutations: Mutations,
    /// Records what calls tell about hosts.
    pub(crate) standing: Standing,
    /// The settings of calls.
    pub(crate) settings: Live,
    /// What hosts have said about themselves.
    pub(crate) hosts: Kept<v1::Host>,
    /// What hosts have said about virtual servers.
    pub(crate) domains: Kept<Domain>,
}

/// A change of a virtual server that is ours, as a job asks for it.
struct Asked<'a> {
    server: &'a str,
    fence: Option<v1::Fence>,
    change: Change,
    target: Target,
}

/// A change that its job may make, and the lane in which it waits.
struct Admitted {
    fence: Fence,
    lane: Lane,
}

/// A request with its deadline.
struct Call<M> {
    message: M,
    deadline: Instant,
}

impl Gateway {
    fn receive<M>(&self, request: Request<M>) -> Call<M> {
        let deadline =
            deadline::of(request.metadata(), self.settings.now().longest_call(), Instant::now());
        Call { message: request.into_inner(), deadline }
    }

    /// Makes a reading call, as soon as the server's pace allows it. It runs to its end if the caller disconnects, so
    /// that what it tells about the server is noted.
    async fn read<T, W>(
        &self,
        server: &str,
        purpose: Purpose,
        deadline: Instant,
        work: impl FnOnce(Arc<Server>) -> W + Send + 'static,
    ) -> Result<T, Fault>
    where
        T: Send + 'static,
        W: Future<Output = Result<T, Fault>> + Send,
    {
        let (this, id) = (self.clone(), requests::server(server)?);
        let call = async move {
            let opened = this.open(id, purpose).await?;
            let result = async {
                let pace = this.settings.now().pace(opened.row.reads_per_second);
                pace::wait(&this.store, id, pace, deadline).await?;
                work(opened.server.clone()).await
            }
            .await;
            this.standing.note(&opened, result.as_ref().err()).await;
            result.map_err(|fault| opened.explained(fault))
        };
        spawned(call).await
    }

    /// An answer that is kept for `lifetime` seconds, or else the one of `ask`.
    async fn kept<T: Clone + Send + Sync + 'static>(
        &self,
        answers: &Kept<T>,
        server: &str,
        about: String,
        lifetime: u64,
        ask: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Fault> {
        let server = requests::server(server)?;
        let Some(changes) = self.store.changes_of(server).await? else { return ask.await };
        let question = Question { server, changes, about };
        answers.get(question, Duration::from_secs(lifetime), ask).await
    }

    /// Lets a job that may make a change pass, before a credential is opened for it or a try of the server is used up.
    ///
    /// # Errors
    /// `Invalid`; those of [`Fences::check`].
    async fn admit(
        &self,
        server: &str,
        fence: Option<v1::Fence>,
        change: Change,
        object: Object,
    ) -> Result<Admitted, Fault> {
        let fence = requests::fence(server, fence, change, object)?;
        let lane = self.fences.check(&fence).await?;
        Ok(Admitted { fence, lane })
    }

    /// Makes a change in the server's turn, where the fence is judged once more. It runs to its end if the caller
    /// disconnects.
    async fn change<T, W>(
        &self,
        Admitted { fence, lane }: Admitted,
        deadline: Instant,
        work: impl FnOnce(Arc<Server>) -> W + Send + 'static,
    ) -> Result<T, Fault>
    where
        T: Send + 'static,
        W: Future<Output = Result<T, Fault>> + Send,
    {
        let this = self.clone();
        let call = async move {
            let opened = this.open(fence.asked.server, Purpose::Change).await?;
            let queued = Queued { fence, lane, slots: opened.row.mutation_slots };
            let result = this.mutations.run(opened.server.clone(), queued, deadline, work).await;
            this.standing.note(&opened, result.as_ref().err()).await;
            result.map_err(|fault| opened.explained(fault))
        };
        spawned(call).await
    }

    /// Makes a change of a virtual server that is ours and exists; `work` gets it as it is before the change.
    ///
    /// # Errors
    /// `Conflict` if it is not ours, `NotFound` if it does not exist; those of [`admit`](Self::admit) and of `work`.
    async fn change_ours<T, W>(
        &self,
        Asked { server, fence, change, target }: Asked<'_>,
        deadline: Instant,
        work: impl FnOnce(Arc<Server>, Domain) -> W + Send + 'static,
    ) -> Result<T, Fault>
    where
        T: Send + 'static,
        W: Future<Output = Result<T, Fault>> + Send,
    {
        let fence = self.admit(server, fence, change, target.object()).await?;
        let work = async move |server: Arc<Server>| {
            let seen = look::present(&server.panel, &target, deadline).await?;
            work(server, seen).await
        };
        self.change(fence, deadline, work).await
    }

    async fn open(&self, id: ServerId, purpose: Purpose) -> Result<Opened, Fault> {
        match self.servers.open(id, purpose).await {
            Ok(opened) => Ok(opened),
            Err(Shut::Fault(fault)) => Err(fault),
            Err(Shut::Unusable(row, fault)) => {
                self.standing.unusable(&row, &fault).await;
                Err(fault)
            }
        }
    }

    /// Opens the password at this place of the account's rows.
    async fn account_password(&self, account: AccountId, place: Place) -> Result<Secret, Fault> {
        let sealed = self.store.sealed_password(account, place).await?;
        let name = place.as_str();
        let missing = || Fault::internal(format!("account {account} has no {name} password"));
        self.servers.unseal(&account.password_context(), &sealed.ok_or_else(missing)?)
    }
}

/// Runs a call in a task of its own.
async fn spawned<T: Send + 'static>(
    call: impl Future<Output = Result<T, Fault>> + Send + 'static,
) -> Result<T, Fault> {
    tokio::spawn(call.in_current_span()).await.unwrap_or_else(|error| {
        Err(Fault::internal(format!("a call panicked: {error}")).with_effect(Effect::Unknown))
    })
}
