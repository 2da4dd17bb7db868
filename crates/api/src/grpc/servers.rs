//! The gRPC service `Servers`.

use contracts::provisioning::v1::{self, servers_server::Servers};
use tonic::{Request, Response, Status};

use super::Face;
use crate::handlers::servers;

#[tonic::async_trait]
impl Servers for Face {
    async fn register_server(
        &self,
        request: Request<v1::RegisterServerRequest>,
    ) -> Result<Response<v1::Server>, Status> {
        self.call(request, servers::register).await
    }

    async fn get_server(
        &self,
        request: Request<v1::GetServerRequest>,
    ) -> Result<Response<v1::Server>, Status> {
        self.call(request, servers::get).await
    }

    async fn list_servers(
        &self,
        request: Request<v1::ListServersRequest>,
    ) -> Result<Response<v1::ListServersResponse>, Status> {
        self.call(request, servers::list).await
    }

    async fn verify_server(
        &self,
        request: Request<v1::VerifyServerRequest>,
    ) -> Result<Response<v1::Job>, Status> {
        self.call(request, servers::verify).await
    }

    async fn set_server_status(
        &self,
        request: Request<v1::SetServerStatusRequest>,
    ) -> Result<Response<v1::Server>, Status> {
        self.call(request, servers::set_status).await
    }
}
