//! The client of the gateway to Virtualmin hosts.

mod change;
mod read;

use std::time::Duration;

use chassis::{
    config::Peer,
    grpc::{self, Connection},
};
use contracts::gateway::v1::{
    domains_client::DomainsClient, hosts_client::HostsClient, programs_client::ProgramsClient,
};
use tonic::Request;

/// How long a change may take, including the wait for the server's turn. A real host creates a virtual server
/// with every feature in about ten seconds, and deletes a large one in minutes.
const CHANGE_LIMIT: Duration = Duration::from_secs(300);

/// A client of the gateway. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Virtualmin {
    domains: DomainsClient<Connection>,
    hosts: HostsClient<Connection>,
    programs: ProgramsClient<Connection>,
}

impl Virtualmin {
    /// A client of the gateway at `peer`. It connects with its first call.
    ///
    /// # Errors
    ///
    /// A URL that cannot be an endpoint, or a certificate that cannot be used.
    pub fn connect(peer: &Peer) -> anyhow::Result<Self> {
        let connection = grpc::connect(peer, CHANGE_LIMIT)?;
        Ok(Self {
            domains: DomainsClient::new(connection.clone()),
            hosts: HostsClient::new(connection.clone()),
            programs: ProgramsClient::new(connection),
        })
    }
}

/// A request with its deadline, which is sent along. The gateway answers a little before it.
fn within<T>(limit: Duration, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(limit);
    request
}
