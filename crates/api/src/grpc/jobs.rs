//! The gRPC service `Jobs`, with changes of one as a stream.

use contracts::provisioning::v1::{self, jobs_server::Jobs};
use futures_util::{StreamExt, stream::BoxStream};
use tonic::{Request, Response, Status};

use super::{Face, status};
use crate::{handlers::jobs, validation, watch::watch};

#[tonic::async_trait]
impl Jobs for Face {
    type WatchJobStream = BoxStream<'static, Result<v1::Job, Status>>;

    async fn watch_job(
        &self,
        request: Request<v1::WatchJobRequest>,
    ) -> Result<Response<Self::WatchJobStream>, Status> {
        self.call(request, |api, caller, request| async move {
            let changes = watch(api, caller, validation::id(&request.id)?).await?;
            Ok(changes.map(|change| change.map_err(|fault| status(&fault))).boxed())
        })
        .await
    }

    async fn get_job(
        &self,
        request: Request<v1::GetJobRequest>,
    ) -> Result<Response<v1::Job>, Status> {
        self.call(request, jobs::get).await
    }

    async fn list_jobs(
        &self,
        request: Request<v1::ListJobsRequest>,
    ) -> Result<Response<v1::ListJobsResponse>, Status> {
        self.call(request, jobs::list).await
    }

    async fn retry_job(
        &self,
        request: Request<v1::RetryJobRequest>,
    ) -> Result<Response<v1::Job>, Status> {
        self.call(request, jobs::retry).await
    }

    async fn cancel_job(
        &self,
        request: Request<v1::CancelJobRequest>,
    ) -> Result<Response<v1::Job>, Status> {
        self.call(request, jobs::cancel).await
    }
}
