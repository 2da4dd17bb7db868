//! The gRPC service `Drift`.

use contracts::provisioning::v1::{self, drift_server::Drift};
use tonic::{Request, Response, Status};

use super::Face;
use crate::handlers::drift;

#[tonic::async_trait]
impl Drift for Face {
    async fn get_finding(
        &self,
        request: Request<v1::GetFindingRequest>,
    ) -> Result<Response<v1::Finding>, Status> {
        self.call(request, drift::get).await
    }

    async fn list_findings(
        &self,
        request: Request<v1::ListFindingsRequest>,
    ) -> Result<Response<v1::ListFindingsResponse>, Status> {
        self.call(request, drift::list).await
    }

    async fn accept_finding(
        &self,
        request: Request<v1::AcceptFindingRequest>,
    ) -> Result<Response<v1::Finding>, Status> {
        self.call(request, drift::accept).await
    }

    async fn heal_finding(
        &self,
        request: Request<v1::HealFindingRequest>,
    ) -> Result<Response<v1::Job>, Status> {
        self.call(request, drift::heal).await
    }

    async fn get_server_drift(
        &self,
        request: Request<v1::GetServerDriftRequest>,
    ) -> Result<Response<v1::ServerDrift>, Status> {
        self.call(request, drift::of_server).await
    }

    async fn set_drift_policy(
        &self,
        request: Request<v1::SetDriftPolicyRequest>,
    ) -> Result<Response<v1::ServerDrift>, Status> {
        self.call(request, drift::set_policy).await
    }

    async fn scan_server(
        &self,
        request: Request<v1::ScanServerRequest>,
    ) -> Result<Response<v1::ServerDrift>, Status> {
        self.call(request, drift::scan).await
    }
}
