//! The gRPC service `Certificates`: the certificates of virtual servers that are ours.

mod install;
mod look;
mod request;
mod sign;

use std::sync::Arc;

use contracts::gateway::v1::{self, certificates_server::Certificates};
use model::{domain::DomainName, fault::Fault};
use tonic::Request;

use self::look::Seen;
use super::{
    Call, Gateway,
    answers::{Answer, answer},
    requests,
};
use crate::servers::{Purpose, Server};

#[tonic::async_trait]
impl Certificates for Gateway {
    async fn get_certificate(
        &self,
        request: Request<v1::GetCertificateRequest>,
    ) -> Answer<v1::Certificate> {
        answer("GetCertificate", get(self, self.receive(request)).await)
    }

    async fn sign_certificate(
        &self,
        request: Request<v1::SignCertificateRequest>,
    ) -> Answer<v1::Certificate> {
        answer("SignCertificate", sign::serve(self, self.receive(request)).await)
    }

    async fn install_certificate(
        &self,
        request: Request<v1::InstallCertificateRequest>,
    ) -> Answer<v1::Certificate> {
        answer("InstallCertificate", install::serve(self, self.receive(request)).await)
    }

    async fn request_certificate(
        &self,
        request: Request<v1::RequestCertificateRequest>,
    ) -> Answer<v1::Certificate> {
        answer("RequestCertificate", request::serve(self, self.receive(request)).await)
    }
}

impl From<Seen> for v1::Certificate {
    fn from(Seen { facts, pem }: Seen) -> Self {
        Self {
            common_name: facts.common_name,
            names: facts.names,
            issuer: facts.issuer,
            self_signed: facts.self_signed,
            not_after_unix_seconds: facts.not_after_unix_seconds,
            key_type: facts.key_type,
            key_bits: facts.key_bits,
            pem,
        }
    }
}

async fn get(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::GetCertificateRequest>,
) -> Result<Seen, Fault> {
    let domain: DomainName = requests::parse("domain", &message.domain)?;
    let work = async move |server: Arc<Server>| {
        let seen = look::certificate(&server.panel, domain.as_str(), deadline).await?;
        seen.ok_or_else(|| Fault::not_found("certificate of the virtual server", &domain))
    };
    gateway.read(&message.server_id, Purpose::Read, deadline, work).await
}
