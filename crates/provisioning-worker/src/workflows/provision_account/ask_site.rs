//! The step that asks the account's website, because a panel's success is no proof that the web server serves it.
//!
//! A web server that does not serve the site is ill, and not the order: the fault holds this job, which goes on by itself
//! once the server is mended. It is not written to the server's row, since the panel works, and other accounts of the
//! server may do well: a restart that failed leaves the sites that were there before.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use engine::{Context, Step};
use model::{
    account::ProvisionAccount,
    fault::{Fault, FaultKind},
    ids::ServerId,
    plan::Feature,
    server::Server,
    site::SiteProof,
};
use tokio::time::Instant;

use crate::{access::Access, sites::Failure};

/// The panel's program that tests the configuration of a host. A host may lack it.
const CHECK: &str = "check-config";
/// How long a host's answer to [`CHECK`] is told to other jobs too. The program takes the host's turn for changes.
const FRESH: Duration = Duration::from_secs(60);

/// Asks the website of a plan that has one, and keeps the proof with the account.
pub(super) struct AskSite {
    access: Access,
    checks: Mutex<Checks>,
}

/// The last results of [`CHECK`]; `None` stands for a panel that finds nothing wrong or does not say.
type Checks = HashMap<ServerId, (Instant, Option<String>)>;

impl AskSite {
    pub(super) fn new(access: &Access) -> Self {
        Self { access: access.clone(), checks: Mutex::default() }
    }

    /// What the panel finds wrong with its host, if it is asked and says so.
    async fn complaint(
        &self,
        cx: &Context<'_, ProvisionAccount>,
        server: &Server,
    ) -> Option<String> {
        if !server.programs.contains(CHECK) {
            return None;
        }
        let known = self.checks().get(&server.id).cloned();
        if let Some((_, complaint)) = known.filter(|(at, _)| at.elapsed() < FRESH) {
            return complaint;
        }
        let complaint = match self.access.gateway.check_config(cx.job, server.id).await {
            Ok(complaint) => complaint,
            Err(fault) => {
                tracing::info!(server.id = %server.id, "the panel's {CHECK} failed: {fault}");
                None
            }
        };
        self.checks().insert(server.id, (Instant::now(), complaint.clone()));
        complaint
    }

    fn checks(&self) -> MutexGuard<'_, Checks> {
        self.checks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Step<ProvisionAccount> for AskSite {
    const NAME: &'static str = "ask-site";
    /// `None` for a plan without a website.
    type Output = Option<SiteProof>;

    async fn run(&self, cx: &Context<'_, ProvisionAccount>) -> Result<Option<SiteProof>, Fault> {
        let account = self.access.account(cx).await?;
        let features = &account.terms.features;
        if !features.contains(&Feature::Web) {
            return Ok(None);
        }
        let store = &self.access.store;
        let server = store.server_by_id(account.server_id).await?;
        let server = server.ok_or_else(|| Fault::not_found("server", account.server_id))?;
        let with_tls = features.contains(&Feature::Ssl);
        let proof = self.access.sites.prove(&server, &account.domain, with_tls).await;
        let proof = match proof {
            Ok(proof) => proof,
            Err(failure) => {
                let complaint = self.complaint(cx, &server).await;
                return Err(not_served(&server, &failure, complaint.as_deref()));
            }
        };
        let tx = store.begin().await?;
        tx.set_site_proof(account.id, Some(&proof)).await?;
        tx.commit().await?;
        Ok(Some(proof))
    }

    async fn undo(&self, cx: &Context<'_, ProvisionAccount>) -> Result<(), Fault> {
        let tx = self.access.store.begin().await?;
        tx.set_site_proof(cx.order.account_id, None).await?;
        Ok(tx.commit().await?)
    }
}

/// The fault of a server whose web server does not serve the account's site.
fn not_served(server: &Server, failure: &Failure, complaint: Option<&str>) -> Fault {
    let (Failure::Unreached(why) | Failure::Wrong(why) | Failure::Stranger(why)) = failure;
    let more = match (complaint, failure) {
        (Some(complaint), _) => format!("; {CHECK} of its panel says: {complaint}"),
        // A site may be served whose answers are those of all others.
        (None, Failure::Stranger(_)) => {
            ", so it has not loaded the site; if it has, let the first page of new websites \
             name their domain, or switch on Virtualmin's redirects of admin and webmail names"
                .to_owned()
        }
        (None, _) => String::new(),
    };
    let message = format!(
        "the web server of {} does not serve the site: {why}{more}. Mend the web server: the job goes on by itself",
        server.name
    );
    Fault::new(FaultKind::OutOfService, message)
}
