//! The gRPC service `Dns`: the zones that hosts serve themselves, of virtual servers that are ours.

mod add;
mod change;
mod fields;
mod kind;
mod present;
mod remove;
mod replace;
mod wish;

use std::sync::Arc;

use contracts::gateway::v1::{self, dns_server::Dns};
use model::{domain::DomainName, fault::Fault};
use tonic::Request;

use self::present::presented;
use super::{
    Call, Gateway,
    answers::{Answer, answer},
    requests,
};
use crate::{
    panel::{
        dns::{self, DnsRecord},
        faults::Error,
    },
    servers::{Purpose, Server},
};

#[tonic::async_trait]
impl Dns for Gateway {
    async fn list_dns_records(
        &self,
        request: Request<v1::ListDnsRecordsRequest>,
    ) -> Answer<v1::ListDnsRecordsResponse> {
        answer("ListDnsRecords", list(self, self.receive(request)).await)
    }

    async fn add_dns_record(
        &self,
        request: Request<v1::AddDnsRecordRequest>,
    ) -> Answer<v1::DnsRecordSet> {
        answer("AddDnsRecord", add::serve(self, self.receive(request)).await)
    }

    async fn remove_dns_records(
        &self,
        request: Request<v1::RemoveDnsRecordsRequest>,
    ) -> Answer<v1::RemoveDnsRecordsResponse> {
        let existed = remove::serve(self, self.receive(request)).await;
        answer("RemoveDnsRecords", existed.map(|existed| v1::RemoveDnsRecordsResponse { existed }))
    }

    async fn replace_dns_records(
        &self,
        request: Request<v1::ReplaceDnsRecordsRequest>,
    ) -> Answer<v1::DnsRecordSet> {
        answer("ReplaceDnsRecords", replace::serve(self, self.receive(request)).await)
    }
}

async fn list(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::ListDnsRecordsRequest>,
) -> Result<v1::ListDnsRecordsResponse, Fault> {
    let domain: DomainName = requests::parse("domain", &message.domain)?;
    let listing = dns::listing(domain.as_str()).map_err(Error::from)?;
    let work = async move |server: Arc<Server>| {
        Ok(server.panel.records::<DnsRecord>(&listing, deadline).await?)
    };
    let records = gateway.read(&message.server_id, Purpose::Read, deadline, work).await?;
    Ok(v1::ListDnsRecordsResponse { records: presented(records) })
}
