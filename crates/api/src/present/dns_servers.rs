//! Turns DNS servers into messages.

use std::net::IpAddr;

use contracts::{moment::to_timestamp, provisioning::v1};
use model::{dns::DnsServer, domain::DomainName};

pub(crate) fn dns_server(server: &DnsServer) -> v1::DnsServer {
    v1::DnsServer {
        id: server.id.to_string(),
        name: server.name.clone(),
        api_url: server.api_url.clone(),
        nameservers: server.nameservers.clone(),
        ns_names: server.authority.ns_names.iter().map(ToString::to_string).collect(),
        hostmaster: server.authority.hostmaster.to_string(),
        secondaries: server.secondaries.iter().map(ToString::to_string).collect(),
        glue: server.authority.glue.iter().map(glue).collect(),
        created_at: Some(to_timestamp(server.id.created_at())),
    }
}

fn glue((name, addresses): (&DomainName, &Vec<IpAddr>)) -> v1::Glue {
    v1::Glue {
        name: name.to_string(),
        addresses: addresses.iter().map(ToString::to_string).collect(),
    }
}
