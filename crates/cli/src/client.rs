//! Calls to the API, each with the token and a deadline; faults become failures.

use std::{fs, future::Future, path::Path, time::Duration};

use contracts::provisioning::v1::{
    accounts_client::AccountsClient, audit_client::AuditClient,
    dead_letters_client::DeadLettersClient, dns_servers_client::DnsServersClient,
    domains_client::DomainsClient, drift_client::DriftClient, jobs_client::JobsClient,
    keys_client::KeysClient, plans_client::PlansClient, programs_client::ProgramsClient,
    publishers_client::PublishersClient, servers_client::ServersClient,
    services_client::ServicesClient, tenants_client::TenantsClient, tokens_client::TokensClient,
};
use model::fault::{Effect, Fault, FaultKind};
use tokio::time::timeout;
use tonic::{
    Request, Response, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint},
};

use crate::{failure::Failure, settings::Settings};

/// The largest answer: a page of a thousand items with their reasons may be large.
const MAX_ANSWER: usize = 64 * 1024 * 1024;
/// The pause before a silent connection is checked, and the time allowed for the reply.
const KEEP_ALIVE: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(10));

/// A channel that sends the token.
pub(crate) type Connection = InterceptedService<Channel, Token>;

/// The API. The first call connects.
#[derive(Debug)]
pub(crate) struct Client {
    connection: Connection,
    url: String,
    limit: Duration,
}

impl Client {
    /// Makes a client with the deadline `limit` for each call.
    ///
    /// # Errors
    /// If the URL is malformed, or the token has characters that no token has.
    pub(crate) fn new(settings: &Settings, limit: Duration) -> Result<Self, Failure> {
        let url = &settings.url;
        let wrong = |problem: String| {
            Failure::Usage(format!("the API's URL {url:?} cannot be used: {problem}"))
        };
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(wrong("give http://host:port or https://host:port".to_owned()));
        }
        let mut endpoint = Endpoint::from_shared(url.clone())
            .map_err(|error| wrong(error.to_string()))?
            .connect_timeout(limit)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(KEEP_ALIVE.0)
            .keep_alive_timeout(KEEP_ALIVE.1);
        if url.starts_with("https://") {
            let tls = match &settings.ca_file {
                Some(file) => ClientTlsConfig::new().ca_certificate(roots(file)?),
                None => ClientTlsConfig::new().with_native_roots(),
            };
            endpoint = endpoint.tls_config(tls).map_err(|error| wrong(error.to_string()))?;
        }
        let bearer = format!("Bearer {}", settings.token.expose());
        let mut bearer: MetadataValue<Ascii> = bearer.parse().map_err(|_| {
            Failure::Usage("the token holds characters that no token has".to_owned())
        })?;
        bearer.set_sensitive(true);
        let connection = InterceptedService::new(endpoint.connect_lazy(), Token(bearer));
        Ok(Self { connection, url: url.clone(), limit })
    }

    pub(crate) fn plans(&self) -> PlansClient<Connection> {
        PlansClient::new(self.connection.clone())
    }

    pub(crate) fn servers(&self) -> ServersClient<Connection> {
        ServersClient::new(self.connection.clone())
    }

    pub(crate) fn programs(&self) -> ProgramsClient<Connection> {
        ProgramsClient::new(self.connection.clone())
    }

    pub(crate) fn dns_servers(&self) -> DnsServersClient<Connection> {
        DnsServersClient::new(self.connection.clone())
    }

    pub(crate) fn services(&self) -> ServicesClient<Connection> {
        ServicesClient::new(self.connection.clone())
    }

    pub(crate) fn accounts(&self) -> AccountsClient<Connection> {
        AccountsClient::new(self.connection.clone()).max_decoding_message_size(MAX_ANSWER)
    }

    pub(crate) fn audit(&self) -> AuditClient<Connection> {
        AuditClient::new(self.connection.clone()).max_decoding_message_size(MAX_ANSWER)
    }

    pub(crate) fn keys(&self) -> KeysClient<Connection> {
        KeysClient::new(self.connection.clone())
    }

    pub(crate) fn jobs(&self) -> JobsClient<Connection> {
        JobsClient::new(self.connection.clone()).max_decoding_message_size(MAX_ANSWER)
    }

    pub(crate) fn dead_letters(&self) -> DeadLettersClient<Connection> {
        DeadLettersClient::new(self.connection.clone()).max_decoding_message_size(MAX_ANSWER)
    }

    pub(crate) fn drift(&self) -> DriftClient<Connection> {
        DriftClient::new(self.connection.clone()).max_decoding_message_size(MAX_ANSWER)
    }

    pub(crate) fn domains(&self) -> DomainsClient<Connection> {
        DomainsClient::new(self.connection.clone()).max_decoding_message_size(MAX_ANSWER)
    }

    pub(crate) fn tenants(&self) -> TenantsClient<Connection> {
        TenantsClient::new(self.connection.clone())
    }

    pub(crate) fn publishers(&self) -> PublishersClient<Connection> {
        PublishersClient::new(self.connection.clone())
    }

    pub(crate) fn tokens(&self) -> TokensClient<Connection> {
        TokensClient::new(self.connection.clone())
    }

    /// The answer to a call that changes nothing; for a stream, the start of the stream.
    pub(crate) async fn read<A>(
        &self,
        call: impl Future<Output = Result<Response<A>, Status>>,
    ) -> Result<A, Failure> {
        match timeout(self.limit, call).await {
            Ok(Ok(answer)) => Ok(answer.into_inner()),
            Ok(Err(status)) => Err(Failure::of_call(&status, &self.url)),
            Err(_) => {
                let message =
                    format!("no answer from {} within {} s", self.url, self.limit.as_secs());
                Err(Fault::new(FaultKind::Timeout, message).with_effect(Effect::Unknown).into())
            }
        }
    }

    /// The answer to a change with this request id. A failure names the id for a repeat.
    pub(crate) async fn change<A>(
        &self,
        request_id: &str,
        call: impl Future<Output = Result<Response<A>, Status>>,
    ) -> Result<A, Failure> {
        self.read(call).await.map_err(|failure| failure.repeatable(request_id))
    }
}

/// The root certificates in a file.
fn roots(file: &Path) -> Result<Certificate, Failure> {
    let wrong = |problem: String| {
        Failure::Usage(format!("the CA file {} cannot be used: {problem}", file.display()))
    };
    let pem = fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    if !pem.contains("-----BEGIN CERTIFICATE-----") {
        return Err(wrong("it holds no certificate in PEM".to_owned()));
    }
    Ok(Certificate::from_pem(pem))
}

/// Adds the token to every call.
#[derive(Clone, Debug)]
pub(crate) struct Token(MetadataValue<Ascii>);

impl Interceptor for Token {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}
