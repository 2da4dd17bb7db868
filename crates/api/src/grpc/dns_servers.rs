//! The gRPC service `DnsServers`.

use contracts::provisioning::v1::{self, dns_servers_server::DnsServers};
use tonic::{Request, Response, Status};

use super::Face;
use crate::handlers::dns_servers;

#[tonic::async_trait]
impl DnsServers for Face {
    async fn register_dns_server(
        &self,
        request: Request<v1::RegisterDnsServerRequest>,
    ) -> Result<Response<v1::DnsServer>, Status> {
        self.call(request, dns_servers::register).await
    }

    async fn get_dns_server(
        &self,
        request: Request<v1::GetDnsServerRequest>,
    ) -> Result<Response<v1::DnsServer>, Status> {
        self.call(request, dns_servers::get).await
    }

    async fn list_dns_servers(
        &self,
        request: Request<v1::ListDnsServersRequest>,
    ) -> Result<Response<v1::ListDnsServersResponse>, Status> {
        self.call(request, dns_servers::list).await
    }
}
