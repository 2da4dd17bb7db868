//! Virtual servers that no row claims: looked at, and switched, but never more than that.

use contracts::gateway::v1;
use model::{
    account::Account,
    domain::DomainName,
    fault::{Fault, FaultKind},
    ids::ServerId,
    job::Job,
};

use super::{Gateway, changing, fence, reading, unanswered, unread};

/// How a domain that no row claims stands on a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stranger {
    /// There is none of that domain.
    Absent,
    /// It carries a mark of ours, so it is no stranger.
    Marked,
    /// It is switched on.
    On,
    /// It is switched off.
    Off,
}

impl Gateway {
    /// Looks how the virtual server of a domain stands.
    pub(crate) async fn find_stranger(
        &self,
        server: ServerId,
        domain: &DomainName,
    ) -> Result<Stranger, Fault> {
        let request =
            v1::GetDomainRequest { server_id: server.to_string(), domain: domain.to_string() };
        match self.0.clone().get_domain(reading(request)).await {
            Ok(answer) => Ok(match answer.get_ref() {
                it if Account::is_marker(&it.marker) => Stranger::Marked,
                it if it.disabled.is_some() => Stranger::Off,
                _ => Stranger::On,
            }),
            Err(status) => match unread(&status) {
                fault if fault.kind == FaultKind::NotFound => Ok(Stranger::Absent),
                fault => Err(fault),
            },
        }
    }

    /// Switches a stranger off; one that is off already is success.
    pub(crate) async fn disable_stranger(
        &self,
        job: &Job,
        server: ServerId,
        domain: &DomainName,
        reason: &str,
    ) -> Result<(), Fault> {
        let request = v1::DisableDomainRequest {
            server_id: server.to_string(),
            fence: fence(job),
            domain: domain.to_string(),
            marker: String::new(),
            reason: reason.to_owned(),
            stranger: true,
        };
        let answer = self.0.clone().disable_domain(changing(request)).await;
        answer.map(drop).map_err(|it| unanswered(&it))
    }

    /// Switches a stranger on; one that is on already is success.
    pub(crate) async fn enable_stranger(
        &self,
        job: &Job,
        server: ServerId,
        domain: &DomainName,
    ) -> Result<(), Fault> {
        let request = v1::EnableDomainRequest {
            server_id: server.to_string(),
            fence: fence(job),
            domain: domain.to_string(),
            marker: String::new(),
            stranger: true,
        };
        let answer = self.0.clone().enable_domain(changing(request)).await;
        answer.map(drop).map_err(|it| unanswered(&it))
    }
}
