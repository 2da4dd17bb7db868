//! `account.provision`: gives an account that has its place on a server a user, a virtual server, and DNS, and asks
//! its website.
//!
//! If the job fails, the account ends as failed and nothing of it is left outside. Its service can then be
//! activated again.

mod ask_site;
mod choose_identity;
mod create_virtual_server;
mod taken_meanwhile;

use ask_site::AskSite;
use choose_identity::ChooseIdentity;
use create_virtual_server::CreateVirtualServer;
use engine::{ChildStep, Context, Step, Workflow};
use model::{
    account::{AccountEvent, AccountStatus, ProvisionAccount},
    dns::{Zone, account_records},
    fault::{Fault, FaultKind},
    ids::{AccountId, ZoneId},
    job::NewJob,
};
use serde_json::json;

use super::zone;
use crate::access::{AboutAccount, Access};

impl AboutAccount for ProvisionAccount {
    fn account_id(&self) -> AccountId {
        self.account_id
    }
}

/// The steps in their order. The zone's row comes before the host, so that a domain that cannot be served
/// fails first.
pub(crate) fn workflow(access: &Access) -> Workflow<ProvisionAccount> {
    Workflow::new()
        .then(ChooseIdentity(access.clone()))
        .then(WantZone(access.clone()))
        .then(CreateVirtualServer(access.clone()))
        .then_child(PublishDns(access.clone()))
        .then(AskSite::new(access))
        .then(Activate(access.clone()))
}

/// Writes the wanted zone to the rows. This is a step of its own, so that after a failed publication, which
/// undoes itself, the zone is no longer wanted either.
struct WantZone(Access);

impl Step<ProvisionAccount> for WantZone {
    const NAME: &'static str = "want-zone";
    type Output = ();

    async fn run(&self, cx: &Context<'_, ProvisionAccount>) -> Result<(), Fault> {
        let account = self.0.account(cx).await?;
        let store = &self.0.store;
        let server = store.server_by_id(account.server_id).await?;
        let server = server.ok_or_else(|| Fault::not_found("server", account.server_id))?;
        let dns_server = store.default_dns_server(account.tenant_id).await?.ok_or_else(|| {
            let message = "there is no DNS server to publish the domain on: register one first";
            Fault::new(FaultKind::Refused, message)
        })?;
        let records = account_records(&account.domain, &server.addresses)
            .map_err(|error| Fault::invalid("domain", error))?;
        let zone = Zone {
            id: ZoneId::generate(),
            tenant_id: account.tenant_id,
            account_id: Some(account.id),
            dns_server_id: dns_server.id,
            records,
            name: account.domain,
            wanted: true,
        };
        let tx = store.begin().await?;
        tx.want_zone(&zone).await.map_err(|error| match error.is_taken("zones_wanted_name") {
            true => Fault::new(
                FaultKind::Conflict,
                format!("zone {} on {} is another account's", zone.name, dns_server.name),
            ),
            false => error.into(),
        })?;
        Ok(tx.commit().await?)
    }

    async fn look(&self, cx: &Context<'_, ProvisionAccount>) -> Result<Option<()>, Fault> {
        Ok(zone::is_wanted(&self.0.store, cx.order.account_id).await?.then_some(()))
    }

    async fn undo(&self, cx: &Context<'_, ProvisionAccount>) -> Result<(), Fault> {
        zone::unwant(&self.0.store, cx.order.account_id).await
    }
}

/// Files the DNS manager's job that publishes the zone.
struct PublishDns(Access);

impl ChildStep<ProvisionAccount> for PublishDns {
    const NAME: &'static str = "publish-dns";

    async fn job(&self, cx: &Context<'_, ProvisionAccount>) -> Result<Option<NewJob>, Fault> {
        zone::apply(&self.0.store, cx, cx.order.account_id).await
    }

    async fn undo_job(&self, cx: &Context<'_, ProvisionAccount>) -> Result<Option<NewJob>, Fault> {
        zone::unwant(&self.0.store, cx.order.account_id).await?;
        zone::apply(&self.0.store, cx, cx.order.account_id).await
    }
}

/// Makes the account active: from here on it is in service.
struct Activate(Access);

impl Step<ProvisionAccount> for Activate {
    const NAME: &'static str = "activate";
    type Output = ();

    async fn run(&self, cx: &Context<'_, ProvisionAccount>) -> Result<(), Fault> {
        let account = self.0.account(cx).await?;
        let detail = json!({ "server_id": account.server_id, "username": account.username });
        self.0.record(cx, AccountEvent::Provisioned, detail).await
    }

    async fn look(&self, cx: &Context<'_, ProvisionAccount>) -> Result<Option<()>, Fault> {
        Ok((self.0.account(cx).await?.status == AccountStatus::Active).then_some(()))
    }

    /// Back to pending; the undo of the first step then makes it failed.
    async fn undo(&self, cx: &Context<'_, ProvisionAccount>) -> Result<(), Fault> {
        self.0.record(cx, AccountEvent::Withdrawn, json!({})).await
    }
}
