//! The way to Virtualmin hosts: asks the gateway, and tells a sick server from a way to it that is broken.

use std::{collections::BTreeSet, error::Error, time::Duration};

use chassis::grpc::{self, Connection};
use contracts::{
    gateway::v1::{self, virtualmin_gateway_client::VirtualminGatewayClient},
    status,
};
use model::{
    drift::Seen,
    fault::{Fault, FaultKind},
    ids::ServerId,
    quota::Limit,
};
use tokio::time::timeout;
use tonic::{Request, Status};
use url::Url;

/// How long the question for a server's health may take at most, its wait for the server's pace counted.
const CHECK_LIMIT: Duration = Duration::from_secs(30);
/// How long a listing may take at most. A real host prints about a thousand virtual servers in ten seconds.
const LIST_LIMIT: Duration = Duration::from_secs(120);
/// Virtual servers on one host beyond which a listing is not read further: no host carries as many.
const MAX_DOMAINS: usize = 100_000;

/// A client of the gateway. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Gateway(VirtualminGatewayClient<Connection>);

/// Why a server was not read.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    /// The server does not answer as it should.
    Server(Fault),
    /// We could not ask, or not in our turn: it says nothing about the server.
    Ours(Fault),
}

impl Gateway {
    /// A client of the gateway at `url`, which is connected to when first called.
    ///
    /// # Errors
    ///
    /// A URL that cannot be an endpoint.
    pub fn connect(url: &Url) -> anyhow::Result<Self> {
        Ok(Self(VirtualminGatewayClient::new(grpc::connect(url, LIST_LIMIT)?)))
    }

    /// Whether a server answers, with the certificate that we trust, takes our credentials and has the
    /// programs that we need: the version of Virtualmin that it runs. Takes a quarter of `lease` at most.
    pub(crate) async fn check(&self, server: ServerId, lease: Duration) -> Result<String, Failure> {
        let request = v1::ServerInfoRequest { server_id: server.to_string() };
        let mut request = Request::new(request);
        request.set_timeout(CHECK_LIMIT.min(lease / 4));
        let answer = self.0.clone().server_info(request).await;
        answer.map(|it| it.into_inner().virtualmin_version).map_err(|status| failure(&status))
    }

    /// Every virtual server of a host, or a failure: never a part of them. Takes half of `lease` at most.
    pub(crate) async fn list(
        &self,
        server: ServerId,
        lease: Duration,
    ) -> Result<Vec<Seen>, Failure> {
        let limit = LIST_LIMIT.min(lease / 2);
        let late = || Failure::Ours(Fault::new(FaultKind::Timeout, "the listing took too long"));
        timeout(limit, self.read_list(server, limit)).await.map_err(|_| late())?
    }

    async fn read_list(&self, server: ServerId, limit: Duration) -> Result<Vec<Seen>, Failure> {
        let mut request = Request::new(v1::ListDomainsRequest { server_id: server.to_string() });
        request.set_timeout(limit);
        let answer = self.0.clone().list_domains(request).await;
        let mut stream = answer.map_err(|status| failure(&status))?.into_inner();
        let mut seen = Vec::new();
        // A stream that breaks ends with a status of its own, not with `None`.
        while let Some(domain) = stream.message().await.map_err(|status| failure(&status))? {
            if seen.len() >= MAX_DOMAINS {
                let message = format!("it lists more than {MAX_DOMAINS} virtual servers");
                return Err(Failure::Server(Fault::new(FaultKind::Protocol, message)));
            }
            seen.push(read(domain));
        }
        Ok(seen)
    }
}

impl Failure {
    pub(crate) fn fault(&self) -> &Fault {
        match self {
            Self::Server(fault) | Self::Ours(fault) => fault,
        }
    }
}

fn read(domain: v1::Domain) -> Seen {
    Seen {
        top_level: domain.r#type == "top-level",
        marker: domain.marker,
        username: domain.username,
        quota_kib: domain.server_quota_kib.map_or(Limit::Unlimited, Limit::AtMost),
        features: BTreeSet::from_iter(domain.features),
        disabled: domain.disabled.is_some(),
        domain: domain.name,
    }
}

/// What a failed call says about the server that it was for.
///
/// A status with a source was made on this side, because no answer of the gateway came.
fn failure(status: &Status) -> Failure {
    let fault = status::from_status(status);
    if let Some(source) = Error::source(status) {
        let fault = Fault::new(FaultKind::Unavailable, "the gateway does not answer");
        return Failure::Ours(fault.caused_by(source));
    }
    match fault.kind {
        FaultKind::Internal
        | FaultKind::Busy
        | FaultKind::RateLimited
        | FaultKind::Invalid
        | FaultKind::NotFound => Failure::Ours(fault),
        FaultKind::Unauthenticated
        | FaultKind::Denied
        | FaultKind::Conflict
        | FaultKind::Refused
        | FaultKind::Unavailable
        | FaultKind::Timeout
        | FaultKind::Protocol => Failure::Server(fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_gateway_that_is_not_there_says_nothing_about_the_server() {
        let url = format!("http://127.0.0.1:{}", testkit::free_port()).parse().unwrap();
        let gateway = Gateway::connect(&url).unwrap();
        let check = gateway.check(ServerId::generate(), LIST_LIMIT).await;
        assert!(matches!(check, Err(Failure::Ours(_))), "{check:?}");
        let list = gateway.list(ServerId::generate(), LIST_LIMIT).await;
        assert!(matches!(list, Err(Failure::Ours(_))), "{list:?}");
    }

    #[test]
    fn what_the_gateway_says_of_the_panel_is_the_servers_failure() {
        for (kind, of_server) in [
            (FaultKind::Unavailable, true),
            (FaultKind::Unauthenticated, true),
            (FaultKind::Refused, true),
            (FaultKind::Busy, false),
            (FaultKind::Internal, false),
        ] {
            let failure = failure(&status::to_status(&Fault::new(kind, "said")));
            assert_eq!(matches!(failure, Failure::Server(_)), of_server, "{failure:?}");
        }
    }
}
