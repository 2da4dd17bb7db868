//! The gRPC service `DeadLetters`.

use contracts::provisioning::v1::{self, dead_letters_server::DeadLetters};
use tonic::{Request, Response, Status};

use super::Face;
use crate::handlers::dead_letters;

#[tonic::async_trait]
impl DeadLetters for Face {
    async fn get_dead_letter(
        &self,
        request: Request<v1::GetDeadLetterRequest>,
    ) -> Result<Response<v1::DeadLetter>, Status> {
        self.call(request, dead_letters::get).await
    }

    async fn list_dead_letters(
        &self,
        request: Request<v1::ListDeadLettersRequest>,
    ) -> Result<Response<v1::ListDeadLettersResponse>, Status> {
        self.call(request, dead_letters::list).await
    }

    async fn redrive_dead_letter(
        &self,
        request: Request<v1::RedriveDeadLetterRequest>,
    ) -> Result<Response<v1::RedrivenDeadLetter>, Status> {
        self.call(request, dead_letters::redrive).await
    }

    async fn discard_dead_letter(
        &self,
        request: Request<v1::DiscardDeadLetterRequest>,
    ) -> Result<Response<v1::DeadLetter>, Status> {
        self.call(request, dead_letters::discard).await
    }
}
