//! The gateway's contract: reads each call, gives it its turn, and answers it.

mod answers;
mod domains;
mod hosts;
mod look;
mod requests;

use std::{sync::Arc, time::Duration};

use contracts::gateway::v1;
use model::{fault::Fault, ids::AccountId, secret::Secret};
use store::Store;
use tokio::time::Instant;
use tonic::Request;

use crate::{
    deadline,
    mutations::Mutations,
    pace,
    servers::{Server, Servers},
};

/// The gateway. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Gateway {
    /// The rows behind the pace of reads and the passwords of accounts.
    pub(crate) store: Store,
    pub(crate) servers: Servers,
    /// Runs changes of the hosts, one at a time for each.
    pub(crate) mutations: Mutations,
    /// How long a call may take if its caller's own deadline is not shorter.
    pub(crate) call_timeout: Duration,
}

/// A request with its deadline.
struct Call<M> {
    message: M,
    deadline: Instant,
}

impl Gateway {
    fn receive<M>(&self, request: Request<M>) -> Call<M> {
        let deadline = deadline::of(request.metadata(), self.call_timeout, Instant::now());
        Call { message: request.into_inner(), deadline }
    }

    /// Returns the host when a reading call may go to it.
    async fn to_read(&self, id: &str, deadline: Instant) -> Result<Arc<Server>, Fault> {
        let (server, reads_per_second) = self.servers.open(requests::server(id)?).await?;
        pace::wait(&self.store, server.id, reads_per_second, deadline).await?;
        Ok(server)
    }

    /// Makes a change in the server's turn.
    async fn change<T, W>(
        &self,
        server: &str,
        fence: Option<v1::Fence>,
        deadline: Instant,
        work: impl FnOnce(Arc<Server>) -> W + Send + 'static,
    ) -> Result<T, Fault>
    where
        T: Send + 'static,
        W: Future<Output = Result<T, Fault>> + Send,
    {
        let (fence, id) = (requests::fence(fence)?, requests::server(server)?);
        let (server, _) = self.servers.open(id).await?;
        self.mutations.run(server, fence, deadline, work).await
    }

    /// Opens the password in the account's row.
    async fn account_password(&self, field: &str, account: &str) -> Result<Secret, Fault> {
        let account: AccountId = requests::parse(field, account)?;
        let sealed = self.store.sealed_password(account).await?;
        let missing = || Fault::internal(format!("account {account} has no password"));
        self.servers.unseal(&account.password_context(), &sealed.ok_or_else(missing)?)
    }
}
