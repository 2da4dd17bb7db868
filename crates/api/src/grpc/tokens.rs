//! The gRPC service `Tokens`.

use contracts::provisioning::v1::{self, tokens_server::Tokens};
use tonic::{Request, Response, Status};

use super::Face;
use crate::handlers::tokens;

#[tonic::async_trait]
impl Tokens for Face {
    async fn create_token(
        &self,
        request: Request<v1::CreateTokenRequest>,
    ) -> Result<Response<v1::CreatedToken>, Status> {
        self.call(request, tokens::create).await
    }

    async fn get_token(
        &self,
        request: Request<v1::GetTokenRequest>,
    ) -> Result<Response<v1::Token>, Status> {
        self.call(request, tokens::get).await
    }

    async fn list_tokens(
        &self,
        request: Request<v1::ListTokensRequest>,
    ) -> Result<Response<v1::ListTokensResponse>, Status> {
        self.call(request, tokens::list).await
    }

    async fn revoke_token(
        &self,
        request: Request<v1::RevokeTokenRequest>,
    ) -> Result<Response<v1::Token>, Status> {
        self.call(request, tokens::revoke).await
    }
}
