//! The gRPC service `Accounts`.

use contracts::provisioning::v1::{self, accounts_server::Accounts};
use tonic::{Request, Response, Status};

use super::Face;
use crate::handlers::accounts;

#[tonic::async_trait]
impl Accounts for Face {
    async fn get_account(
        &self,
        request: Request<v1::GetAccountRequest>,
    ) -> Result<Response<v1::Account>, Status> {
        self.call(request, accounts::get).await
    }

    async fn list_accounts(
        &self,
        request: Request<v1::ListAccountsRequest>,
    ) -> Result<Response<v1::ListAccountsResponse>, Status> {
        self.call(request, accounts::list).await
    }

    async fn set_account_protection(
        &self,
        request: Request<v1::SetAccountProtectionRequest>,
    ) -> Result<Response<v1::Account>, Status> {
        self.call(request, accounts::set_protection).await
    }
}
