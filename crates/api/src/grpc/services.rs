//! The gRPC service `Services`.

use contracts::provisioning::v1::{self, services_server::Services};
use tonic::{Request, Response, Status};

use super::Face;
use crate::handlers::services;

#[tonic::async_trait]
impl Services for Face {
    async fn create_service(
        &self,
        request: Request<v1::CreateServiceRequest>,
    ) -> Result<Response<v1::Service>, Status> {
        self.call(request, services::create).await
    }

    async fn get_service(
        &self,
        request: Request<v1::GetServiceRequest>,
    ) -> Result<Response<v1::Service>, Status> {
        self.call(request, services::get).await
    }

    async fn list_services(
        &self,
        request: Request<v1::ListServicesRequest>,
    ) -> Result<Response<v1::ListServicesResponse>, Status> {
        self.call(request, services::list).await
    }

    async fn activate_service(
        &self,
        request: Request<v1::ActivateServiceRequest>,
    ) -> Result<Response<v1::ServiceOperation>, Status> {
        self.call(request, services::activate).await
    }

    async fn suspend_service(
        &self,
        request: Request<v1::SuspendServiceRequest>,
    ) -> Result<Response<v1::ServiceOperation>, Status> {
        self.call(request, services::suspend).await
    }

    async fn unsuspend_service(
        &self,
        request: Request<v1::UnsuspendServiceRequest>,
    ) -> Result<Response<v1::ServiceOperation>, Status> {
        self.call(request, services::unsuspend).await
    }

    async fn terminate_service(
        &self,
        request: Request<v1::TerminateServiceRequest>,
    ) -> Result<Response<v1::ServiceOperation>, Status> {
        self.call(request, services::terminate).await
    }
}
