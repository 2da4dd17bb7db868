//! The gRPC service `Plans`.

use contracts::provisioning::v1::{self, plans_server::Plans};
use tonic::{Request, Response, Status};

use super::Face;
use crate::handlers::plans;

#[tonic::async_trait]
impl Plans for Face {
    async fn create_plan(
        &self,
        request: Request<v1::CreatePlanRequest>,
    ) -> Result<Response<v1::Plan>, Status> {
        self.call(request, plans::create).await
    }

    async fn get_plan(
        &self,
        request: Request<v1::GetPlanRequest>,
    ) -> Result<Response<v1::Plan>, Status> {
        self.call(request, plans::get).await
    }

    async fn list_plans(
        &self,
        request: Request<v1::ListPlansRequest>,
    ) -> Result<Response<v1::ListPlansResponse>, Status> {
        self.call(request, plans::list).await
    }
}
