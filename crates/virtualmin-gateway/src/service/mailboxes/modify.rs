//! Changes a mailbox of a virtual server that is ours.

use std::sync::Arc;

use contracts::gateway::v1::{self, Forwarding};
use model::{fault::Fault, fence, secret::Secret};

use super::find::{blocks, find, keeps};
use crate::{
    panel::{
        domains::Domain,
        faults::Error,
        mailboxes::Mailbox,
        programs,
        request::{Refusal, Request},
    },
    servers::Server,
    service::{
        Asked, Call, Gateway,
        proof::{Change, prove},
        requests,
    },
};

/// What is to be changed; what is absent stays.
struct Wanted {
    /// Cannot be read back: the listing has a hash of it alone.
    password: Option<Secret>,
    real_name: Option<String>,
    quota: Option<v1::Quota>,
    enabled: Option<bool>,
    forwarding: Option<Forwarding>,
}

impl Wanted {
    /// The request that makes the mailbox so. Addresses are added and removed, as `modify-user` has it.
    fn request(&self, domain: &str, mailbox: &Mailbox) -> Result<Request, Refusal> {
        let mut request =
            Request::on(&programs::mailboxes::MODIFY, domain)?.value("user", &mailbox.user)?;
        if let Some(password) = &self.password {
            request = request.secret("pass", password)?;
        }
        if let Some(name) = self.real_name.as_deref().filter(|it| !it.is_empty()) {
            request = request.value("real", name)?;
        }
        if let Some(quota) = &self.quota {
            request = request.value("quota", &blocks(quota.limit_kib))?;
        }
        match self.enabled {
            // `modify-user` refuses to enable what is enabled.
            Some(wanted) if wanted != mailbox.enabled => {
                request = request.switch(if wanted { "enable" } else { "disable" })?;
            }
            Some(_) | None => {}
        }
        let Some(forwarding) = &self.forwarding else { return Ok(request) };
        let (has, wants) = (&mailbox.forwards, &forwarding.addresses);
        let added = wants.iter().filter(|it| !has.contains(it)).map(String::as_str);
        let removed = has.iter().filter(|it| !wants.contains(it)).map(String::as_str);
        request = request
            .values("add-forward", added)?
            .values("del-forward", removed)?
            .switch(if forwarding.keeps_mail { "local" } else { "no-local" })?;
        match forwarding.autoreply.as_str() {
            "" if mailbox.autoreply.is_empty() => Ok(request),
            "" => request.switch("no-autoreply"),
            text => request.value("autoreply", text),
        }
    }

    /// Whether the mailbox is so.
    fn is_met(&self, mailbox: &Mailbox) -> bool {
        let forwards = |wanted: &Forwarding| {
            let (mut one, mut other) = (wanted.addresses.clone(), mailbox.forwards.clone());
            one.sort_unstable();
            other.sort_unstable();
            one == other
                && wanted.keeps_mail == mailbox.keeps_mail
                && wanted.autoreply == mailbox.autoreply
        };
        self.real_name.as_ref().is_none_or(|it| it.is_empty() || *it == mailbox.real_name)
            && self.quota.as_ref().is_none_or(|it| keeps(mailbox, it.limit_kib))
            && self.enabled.is_none_or(|it| it == mailbox.enabled)
            && self.forwarding.as_ref().is_none_or(forwards)
    }
}

/// Serves `ModifyMailbox`.
///
/// # Errors
/// `Invalid` with the field; `NotFound` if there is no such mailbox; faults of the panel.
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::ModifyMailboxRequest>,
) -> Result<Mailbox, Fault> {
    let target = requests::target(&message.domain, &message.marker)?;
    let v1::ModifyMailboxRequest {
        server_id,
        fence,
        user,
        password,
        real_name,
        quota,
        enabled,
        forwarding,
        ..
    } = message;
    let password = Some(password).filter(|it| !it.is_empty()).map(Secret::from);
    let wanted = Wanted { password, real_name, quota, enabled, forwarding };
    let asked = Asked { server: &server_id, fence, change: fence::Change::Mail, target };
    let work = async move |server: Arc<Server>, seen: Domain| {
        let (panel, domain) = (&server.panel, seen.name.as_str());
        let missing = || Fault::not_found("mailbox", format!("{user}@{domain}"));
        let mailbox = find(panel, domain, &user, deadline).await?.ok_or_else(missing)?;
        let request = wanted.request(domain, &mailbox).map_err(Error::from)?;
        let otherwise = "the mailbox is not as it should be";
        let change = Change { request, there_already: None, otherwise };
        let look = async || {
            let seen = find(panel, domain, &user, deadline).await?;
            Ok(seen.filter(|it| wanted.is_met(it)))
        };
        prove(panel, change, deadline, look).await
    };
    gateway.change_ours(asked, deadline, work).await
}

#[cfg(test)]
mod tests {
    use model::quota::Limit;

    use super::*;

    fn mailbox() -> Mailbox {
        Mailbox {
            user: "bob".to_owned(),
            login: "bob.beta".to_owned(),
            address: "bob@beta.test".to_owned(),
            real_name: "Bob".to_owned(),
            enabled: true,
            quota: Some(Limit::Unlimited),
            used_bytes: None,
            extra_addresses: Vec::new(),
            forwards: vec!["old@x.test".to_owned()],
            keeps_mail: true,
            autoreply: String::new(),
        }
    }

    fn nothing() -> Wanted {
        Wanted { password: None, real_name: None, quota: None, enabled: None, forwarding: None }
    }

    #[test]
    fn only_what_differs_is_sent() {
        let forwarding = Forwarding {
            addresses: vec!["new@x.test".to_owned()],
            keeps_mail: false,
            autoreply: String::new(),
        };
        let wanted = Wanted { enabled: Some(true), forwarding: Some(forwarding), ..nothing() };
        let form = wanted.request("beta.test", &mailbox()).unwrap().form();
        let sent = "program=modify-user&json=1&domain=beta.test&user=bob\
            &add-forward=new%40x.test&del-forward=old%40x.test&no-local=";
        assert_eq!(form, sent);
    }

    #[test]
    fn what_was_asked_for_must_be_there_afterwards() {
        let quota = Some(v1::Quota { limit_kib: Some(1024) });
        let wanted = Wanted { quota, enabled: Some(false), ..nothing() };
        assert!(!wanted.is_met(&mailbox()));
        let changed = Mailbox { quota: Some(Limit::AtMost(1024)), enabled: false, ..mailbox() };
        assert!(wanted.is_met(&changed));
        assert!(nothing().is_met(&mailbox()));
    }
}
