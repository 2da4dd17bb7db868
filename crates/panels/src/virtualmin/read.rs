//! Calls that only read.

use std::time::Duration;

use contracts::gateway::v1;
use model::{
    account::Account,
    domain::DomainName,
    drift::Seen,
    fault::{Fault, FaultKind},
    ids::ServerId,
    plan::Feature,
};
use tokio::time::timeout;

use super::{Virtualmin, within};
use crate::{Host, Presence, UnclaimedPresence, Unread, answer::unread, virtual_server::seen};

/// How long a look at one virtual server or at a host may take, including the wait for the server's pace.
const LOOK_LIMIT: Duration = Duration::from_secs(60);
/// How long a listing may take. A real host prints about a thousand virtual servers in ten seconds.
const LIST_LIMIT: Duration = Duration::from_secs(120);
/// The longest listing accepted, in virtual servers. No host has that many.
const MAX_LISTED: usize = 100_000;

impl Virtualmin {
    /// The state of an account's virtual server.
    ///
    /// # Errors
    ///
    /// The fault of the host or of the gateway.
    pub async fn find(&self, account: &Account) -> Result<Presence, Unread> {
        let found = self.look(account.server_id, &account.domain).await?;
        Ok(match found {
            None => Presence::Absent,
            Some(domain) if domain.marker == Account::marker(account.id) => Presence::Ours,
            Some(_) => Presence::Foreign,
        })
    }

    /// Whether an account's virtual server exists, is switched off, and has databases.
    ///
    /// # Errors
    ///
    /// As [`find`](Self::find).
    pub async fn is_off_with_databases(&self, account: &Account) -> Result<bool, Unread> {
        let found = self.look(account.server_id, &account.domain).await?;
        let has_databases =
            |it: &v1::Domain| it.features.iter().any(|name| name == Feature::Mysql.as_str());
        Ok(found.is_some_and(|it| it.disabled.is_some() && has_databases(&it)))
    }

    /// The state of a domain's virtual server that no account claims.
    ///
    /// # Errors
    ///
    /// As [`find`](Self::find).
    pub async fn find_unclaimed(
        &self,
        server: ServerId,
        domain: &DomainName,
    ) -> Result<UnclaimedPresence, Unread> {
        Ok(match self.look(server, domain).await? {
            None => UnclaimedPresence::Absent,
            Some(domain) if Account::is_marker(&domain.marker) => UnclaimedPresence::Marked,
            Some(domain) if domain.disabled.is_some() => UnclaimedPresence::Disabled,
            Some(_) => UnclaimedPresence::Enabled,
        })
    }

    /// Reads the versions and programs of a host, within `limit` and a minute at most. An answer proves that
    /// the host has the trusted certificate, accepts our credentials, and has every required program.
    ///
    /// # Errors
    ///
    /// As [`find`](Self::find).
    pub async fn inspect(&self, server: ServerId, limit: Duration) -> Result<Host, Unread> {
        let request = v1::InspectHostRequest { server_id: server.to_string(), no_cache: true };
        let request = within(LOOK_LIMIT.min(limit), request);
        let answer = self.hosts.clone().inspect_host(request).await;
        answer.map(|host| host.into_inner().into()).map_err(|status| unread(&status))
    }

    /// Reads all virtual servers of a host, never a part of them, within `limit` and two minutes at most.
    ///
    /// # Errors
    ///
    /// As [`find`](Self::find).
    pub async fn list(&self, server: ServerId, limit: Duration) -> Result<Vec<Seen>, Unread> {
        let limit = LIST_LIMIT.min(limit);
        let late = || Unread::Gateway(Fault::new(FaultKind::Timeout, "the listing took too long"));
        timeout(limit, self.read_listing(server, limit)).await.map_err(|_| late())?
    }

    async fn read_listing(&self, server: ServerId, limit: Duration) -> Result<Vec<Seen>, Unread> {
        let request = v1::ListDomainsRequest { server_id: server.to_string() };
        let answer = self.domains.clone().list_domains(within(limit, request)).await;
        let mut stream = answer.map_err(|status| unread(&status))?.into_inner();
        let mut listed = Vec::new();
        // A broken stream ends with an error status, not with `None`.
        while let Some(domain) = stream.message().await.map_err(|status| unread(&status))? {
            if listed.len() >= MAX_LISTED {
                let message = format!("the host lists more than {MAX_LISTED} virtual servers");
                return Err(Unread::Host(Fault::new(FaultKind::Protocol, message)));
            }
            listed.push(seen(domain));
        }
        Ok(listed)
    }

    async fn look(
        &self,
        server: ServerId,
        domain: &DomainName,
    ) -> Result<Option<v1::Domain>, Unread> {
        let request = v1::GetDomainRequest {
            server_id: server.to_string(),
            domain: domain.to_string(),
            no_cache: true,
        };
        let answer = self.domains.clone().get_domain(within(LOOK_LIMIT, request)).await;
        match answer.map_err(|status| unread(&status)) {
            Ok(domain) => Ok(Some(domain.into_inner())),
            Err(unread) if unread.fault().kind == FaultKind::NotFound => Ok(None),
            Err(unread) => Err(unread),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_unreachable_gateway_is_no_fault_of_the_host() {
        let url = format!("http://127.0.0.1:{}", testkit::free_port()).parse().unwrap();
        let gateway = Virtualmin::connect(&url).unwrap();
        let host = gateway.inspect(ServerId::generate(), LOOK_LIMIT).await;
        assert!(matches!(host, Err(Unread::Gateway(_))), "{host:?}");
        let list = gateway.list(ServerId::generate(), LIST_LIMIT).await;
        assert!(matches!(list, Err(Unread::Gateway(_))), "{list:?}");
    }
}
