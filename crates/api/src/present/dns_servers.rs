//! Turns DNS servers into messages.

use contracts::{moment::to_timestamp, provisioning::v1};
use model::dns::DnsServer;

pub(crate) fn dns_server(server: &DnsServer) -> v1::DnsServer {
    v1::DnsServer {
        id: server.id.to_string(),
        name: server.name.clone(),
        api_url: server.api_url.clone(),
        nameservers: server.nameservers.clone(),
        ns_names: server.ns_names.clone(),
        created_at: Some(to_timestamp(server.id.created_at())),
    }
}
