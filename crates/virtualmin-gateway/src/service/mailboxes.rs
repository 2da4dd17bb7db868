//! The gRPC service `Mailboxes`: the mailboxes of virtual servers that are ours.

mod create;
mod delete;
mod find;
mod modify;

use std::sync::Arc;

use contracts::gateway::v1::{self, mailboxes_server::Mailboxes};
use model::{domain::DomainName, fault::Fault, quota::Limit};
use tonic::Request;

use super::{
    Call, Gateway,
    answers::{Answer, answer},
    requests,
};
use crate::{
    panel::{
        faults::Error,
        mailboxes::{self, Mailbox},
    },
    servers::{Purpose, Server},
};

#[tonic::async_trait]
impl Mailboxes for Gateway {
    async fn list_mailboxes(
        &self,
        request: Request<v1::ListMailboxesRequest>,
    ) -> Answer<v1::ListMailboxesResponse> {
        answer("ListMailboxes", list(self, self.receive(request)).await)
    }

    async fn create_mailbox(
        &self,
        request: Request<v1::CreateMailboxRequest>,
    ) -> Answer<v1::Mailbox> {
        answer("CreateMailbox", create::serve(self, self.receive(request)).await)
    }

    async fn modify_mailbox(
        &self,
        request: Request<v1::ModifyMailboxRequest>,
    ) -> Answer<v1::Mailbox> {
        answer("ModifyMailbox", modify::serve(self, self.receive(request)).await)
    }

    async fn delete_mailbox(
        &self,
        request: Request<v1::DeleteMailboxRequest>,
    ) -> Answer<v1::DeleteMailboxResponse> {
        let existed = delete::serve(self, self.receive(request)).await;
        answer("DeleteMailbox", existed.map(|existed| v1::DeleteMailboxResponse { existed }))
    }
}

impl From<Mailbox> for v1::Mailbox {
    fn from(mailbox: Mailbox) -> Self {
        let quota = |limit| match limit {
            Limit::AtMost(blocks) => v1::Quota { limit_kib: Some(blocks) },
            Limit::Unlimited => v1::Quota { limit_kib: None },
        };
        Self {
            user: mailbox.user,
            login: mailbox.login,
            address: mailbox.address,
            real_name: mailbox.real_name,
            enabled: mailbox.enabled,
            quota: mailbox.quota.map(quota),
            used_bytes: mailbox.used_bytes,
            extra_addresses: mailbox.extra_addresses,
            forwarding: Some(v1::Forwarding {
                addresses: mailbox.forwards,
                keeps_mail: mailbox.keeps_mail,
                autoreply: mailbox.autoreply,
            }),
        }
    }
}

async fn list(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::ListMailboxesRequest>,
) -> Result<v1::ListMailboxesResponse, Fault> {
    let domain: DomainName = requests::parse("domain", &message.domain)?;
    let listing = mailboxes::listing(domain.as_str()).map_err(Error::from)?;
    let work = async move |server: Arc<Server>| {
        Ok(server.panel.records::<Mailbox>(&listing, deadline).await?)
    };
    let mailboxes = gateway.read(&message.server_id, Purpose::Read, deadline, work).await?;
    Ok(v1::ListMailboxesResponse { mailboxes: mailboxes.into_iter().map(Into::into).collect() })
}
