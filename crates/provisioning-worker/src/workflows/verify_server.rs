//! `server.verify`: opens a registered server for accounts once it answers with good credentials.

use std::{collections::BTreeSet, time::Duration};

use engine::{Context, Step, Workflow};
use model::{
    drift,
    fault::{Fault, FaultKind},
    server::{HostFacts, Server, ServerKind, ServerStatus, VerifyServer},
};
use panels::{Host, Unread};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{access::Access, events};

/// How long the server may take to answer.
const ASK_LIMIT: Duration = Duration::from_secs(60);

/// The steps in their order.
pub(crate) fn workflow(access: &Access) -> Workflow<VerifyServer> {
    Workflow::new().then(AskServer(access.clone())).then(OpenServer(access.clone()))
}

/// Reads the server's versions, programs and abilities; changes nothing there.
struct AskServer(Access);

/// The server's answer, and its status before.
#[derive(Debug, Serialize, Deserialize)]
struct Answer {
    version: String,
    hostname: String,
    programs: BTreeSet<String>,
    features: Option<BTreeSet<String>>,
    php_versions: Option<BTreeSet<String>>,
    keeps_quotas: Option<bool>,
    before: ServerStatus,
    /// The URL at which it answered, and whether it was verified there before.
    url: String,
    was_verified: bool,
}

impl Step<VerifyServer> for AskServer {
    const NAME: &'static str = "ask-server";
    type Output = Answer;

    async fn run(&self, cx: &Context<'_, VerifyServer>) -> Result<Answer, Fault> {
        let server = server(&self.0, cx).await?;
        let host = match server.kind {
            ServerKind::Virtualmin => {
                self.0.gateway.inspect(server.id, ASK_LIMIT).await.map_err(verdict)?
            }
            kind @ (ServerKind::Bare | ServerKind::Bench) => return Err(cannot_verify(kind)),
        };
        let keeps_quotas = match server.status {
            // A server in maintenance is inspected and not listed; the sweep after it tells.
            ServerStatus::Maintenance => server.keeps_quotas,
            _ => {
                let listing = self.0.gateway.list(server.id, ASK_LIMIT).await;
                drift::keeps_quotas(&listing.map_err(verdict)?)
            }
        };
        let Host { version, hostname, programs, features, php_versions } = host;
        Ok(Answer {
            version,
            hostname,
            programs,
            features,
            php_versions,
            keeps_quotas,
            before: server.status,
            url: server.url.unwrap_or_default(),
            was_verified: server.verified,
        })
    }

    /// Keeps the reason of the failure in the server's row, for the person who registered it.
    async fn undo(&self, cx: &Context<'_, VerifyServer>) -> Result<(), Fault> {
        let reason = cx.job.fault.as_ref().map(|it| it.message.as_str());
        let unverified = ServerStatus::Unverified;
        let tx = self.0.store.begin().await?;
        tx.set_server_status(cx.order.server_id, unverified, unverified, reason).await?;
        Ok(tx.commit().await?)
    }
}

/// Marks a server as verified at its URL, and opens it for accounts. A server in another status keeps it, because a
/// person or a check has set it.
struct OpenServer(Access);

impl Step<VerifyServer> for OpenServer {
    const NAME: &'static str = "open-server";
    type Output = ();

    async fn run(&self, cx: &Context<'_, VerifyServer>) -> Result<(), Fault> {
        let answer = cx.output::<AskServer>()?;
        let Answer {
            version,
            programs,
            features,
            php_versions,
            keeps_quotas,
            url,
            was_verified,
            ..
        } = answer;
        let facts = HostFacts { version, programs, features, php_versions, keeps_quotas };
        let server = server(&self.0, cx).await?;
        let (from, to) = (ServerStatus::Unverified, ServerStatus::Active);
        let tx = self.0.store.begin().await?;
        if !tx.set_server_verified(server.id, &url).await.map_err(taken)? {
            return Err(Fault::new(
                FaultKind::Refused,
                "the server got another URL meanwhile, which is verified next",
            ));
        }
        if !was_verified {
            // Changes have waited for this. More of them than one statement wakes go on at their own pace.
            tx.wake_held_jobs(server.id).await?;
        }
        tx.set_server_facts(server.id, &facts).await?;
        if tx.set_server_status(server.id, from, to, None).await? {
            let server = Server { status: to, ..server.with_facts(facts) };
            events::tell_of_verified_server(&tx, &cx.origin(), &server).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn look(&self, cx: &Context<'_, VerifyServer>) -> Result<Option<()>, Fault> {
        let server = server(&self.0, cx).await?;
        Ok((server.verified && server.status != ServerStatus::Unverified).then_some(()))
    }

    async fn undo(&self, cx: &Context<'_, VerifyServer>) -> Result<(), Fault> {
        let (from, to) = (ServerStatus::Active, ServerStatus::Unverified);
        let answer = cx.output::<AskServer>()?;
        let (id, tx) = (cx.order.server_id, self.0.store.begin().await?);
        if !answer.was_verified {
            tx.set_server_not_verified(id).await?;
        }
        if answer.before == to && tx.set_server_status(id, from, to, None).await? {
            let detail = json!({ "reason": "its verification was undone" });
            let (tenant, target) = (cx.job.tenant_id, id.target());
            tx.audit(tenant, &cx.origin(), "server.unverified", &target, detail).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// The fault of a panel that another tenant's verified server has: both have shown that they hold its credentials.
fn taken(error: store::Error) -> Fault {
    if !error.is_taken("servers_url_key") {
        return error.into();
    }
    let message = "this panel serves the platform under another registration already, which goes on; the platform's owner \
                   can decide which of them stays";
    Fault::new(FaultKind::Refused, message).caused_by(error)
}

/// What is wrong with the server is the answer to the order here, so it is not waited for.
fn verdict(unread: Unread) -> Fault {
    match Fault::from(unread) {
        fault if fault.kind == FaultKind::OutOfService => {
            Fault { kind: FaultKind::Refused, retry_after_seconds: None, ..fault }
        }
        fault => fault,
    }
}

fn cannot_verify(kind: ServerKind) -> Fault {
    let message = format!(
        "the server is of kind {}, which cannot be verified yet: only virtualmin servers can",
        kind.as_str()
    );
    Fault::new(FaultKind::Refused, message)
}

/// The server of the job.
async fn server(access: &Access, cx: &Context<'_, VerifyServer>) -> Result<Server, Fault> {
    let id = cx.order.server_id;
    let server = access.store.server(cx.job.tenant_id, id).await?;
    server.ok_or_else(|| Fault::not_found("server", id))
}
