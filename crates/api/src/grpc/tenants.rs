//! The gRPC service `Tenants`.

use contracts::provisioning::v1::{self, tenants_server::Tenants};
use tonic::{Request, Response, Status};

use super::Face;
use crate::handlers::tenants;

#[tonic::async_trait]
impl Tenants for Face {
    async fn create_tenant(
        &self,
        request: Request<v1::CreateTenantRequest>,
    ) -> Result<Response<v1::Tenant>, Status> {
        self.call(request, tenants::create).await
    }

    async fn get_tenant(
        &self,
        request: Request<v1::GetTenantRequest>,
    ) -> Result<Response<v1::Tenant>, Status> {
        self.call(request, tenants::get).await
    }

    async fn list_tenants(
        &self,
        request: Request<v1::ListTenantsRequest>,
    ) -> Result<Response<v1::ListTenantsResponse>, Status> {
        self.call(request, tenants::list).await
    }
}
