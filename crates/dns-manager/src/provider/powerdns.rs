//! A client of PowerDNS's HTTP API: reads, creates, changes and deletes zones.
//!
//! PowerDNS 4.7 answers 409 to the creation of a zone that exists, 404 to a call of a zone that does not exist, 422 with
//! the reason to a change that it refuses as a whole, and 500 to most of two concurrent writers.

mod call;
mod instruments;
mod zone;

use std::{collections::BTreeSet, net::SocketAddr, time::Duration};

use async_trait::async_trait;
use egress::{Egress, Method, RequestBuilder, StatusCode, header::HeaderValue};
use model::{dns::DnsServer, fault::Fault, secret::Secret};
use serde::{Serialize, de::DeserializeOwned};
use url::Url;

use call::{Access, Call};
use instruments::Instruments;
use zone::absolute;

use super::DnsProvider;
use crate::{
    apex::Apex,
    zone::{AUTHOR, Change, SeenZone},
};

/// How long a server may take to accept a connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(3);
/// How long a server may take over one call.
const CALL_LIMIT: Duration = Duration::from_secs(10);
/// The most octets of an answer; a zone of that length has about 100,000 records.
const MAX_ANSWER: usize = 16 << 20;

/// The connections that all clients share, and the instruments that count their calls. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Connections {
    http: egress::Client,
    instruments: Instruments,
}

/// Sets up connections with time limits, to servers that `egress` lets them reach.
///
/// # Errors
///
/// If TLS cannot be set up.
pub(super) fn connections(egress: &Egress) -> egress::Result<Connections> {
    connections_within(egress, CALL_LIMIT)
}

fn connections_within(egress: &Egress, limit: Duration) -> egress::Result<Connections> {
    chassis::tls::install_provider();
    let http = egress.client(|client| client.connect_timeout(CONNECT_LIMIT).timeout(limit))?;
    Ok(Connections { http, instruments: Instruments::new() })
}

/// One PowerDNS server, with the key to it.
#[derive(Clone, Debug)]
pub(super) struct Client {
    connections: Connections,
    server_name: String,
    zones_url: String,
    key: Secret,
    secondaries: Vec<SocketAddr>,
}

impl Client {
    /// A client of the server whose API listens at `api_url` (without `/api`).
    pub(super) fn new(connections: Connections, server: &DnsServer, key: Secret) -> Self {
        let api_url = server.api_url.trim_end_matches('/');
        let zones_url = format!("{api_url}/api/v1/servers/localhost/zones");
        let (server_name, secondaries) = (server.name.clone(), server.secondaries.clone());
        Self { connections, server_name, zones_url, key, secondaries }
    }

    fn call<'a>(
        &'a self,
        method: Method,
        operation: &'static str,
        zone: &'a str,
        access: Access,
    ) -> Call<'a> {
        Call { method, operation, zone, access, server: &self.server_name, key: &self.key }
    }

    async fn send(
        &self,
        call: &Call<'_>,
        body: Option<&impl Serialize>,
    ) -> Result<(StatusCode, Vec<u8>), Fault> {
        self.send_to("", call, body).await
    }

    /// Calls what lies at `path` below the zone.
    async fn send_to(
        &self,
        path: &str,
        call: &Call<'_>,
        body: Option<&impl Serialize>,
    ) -> Result<(StatusCode, Vec<u8>), Fault> {
        let url = match call.method {
            Method::POST => self.zones_url.clone(),
            _ => format!("{}/{}{path}", self.zones_url, absolute(call.zone)),
        };
        let url = Url::parse(&url).map_err(|error| call.unusable(error))?;
        let request = self.connections.http.request(call.method.clone(), &url);
        let request = self.with_key(request.map_err(|refused| call.refused(refused))?)?;
        let request = body.iter().fold(request, |request, body| request.json(body));
        let exchange = exchange(call, request);
        self.connections.instruments.observe(call.operation, &self.server_name, exchange).await
    }

    /// The kind of our zones: PowerDNS notifies secondaries of zones of kind `Primary` alone.
    fn kind(&self) -> &'static str {
        if self.secondaries.is_empty() { "Native" } else { "Primary" }
    }

    /// The metadata of a zone with secondaries: who is notified, and who may fetch the zone
    /// (<https://doc.powerdns.com/authoritative/domainmetadata.html>).
    fn metadata(&self) -> [(&'static str, BTreeSet<String>); 2] {
        let notified = self.secondaries.iter().map(ToString::to_string).collect();
        let fetching = self.secondaries.iter().map(|it| it.ip().to_string()).collect();
        [("ALSO-NOTIFY", notified), ("ALLOW-AXFR-FROM", fetching)]
    }

    /// Whether the secondaries of a zone of this kind are as wanted.
    async fn has_secondaries(&self, zone: &str, kind: &str) -> Result<bool, Fault> {
        if self.secondaries.is_empty() || kind != self.kind() {
            return Ok(kind == self.kind());
        }
        for (name, wanted) in self.metadata() {
            let call = self.call(Method::GET, "reading", zone, Access::Read);
            let path = format!("/metadata/{name}");
            let (status, body) = self.send_to(&path, &call, None::<&()>).await?;
            if status != StatusCode::OK {
                return Err(call.refusal(status, &body));
            }
            if parse::<zone::Metadata>(&call, &body)?.metadata != wanted {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn with_key(&self, request: RequestBuilder) -> Result<RequestBuilder, Fault> {
        let mut key = HeaderValue::from_str(self.key.expose()).map_err(|_| {
            let server = &self.server_name;
            Fault::internal(format!(
                "the API key of DNS server {server} has characters that no HTTP header holds"
            ))
        })?;
        key.set_sensitive(true);
        Ok(request.header("X-API-Key", key))
    }
}

/// Sends a request and reads its whole answer.
async fn exchange(
    call: &Call<'_>,
    request: RequestBuilder,
) -> Result<(StatusCode, Vec<u8>), Fault> {
    let mut answer = request.send().await.map_err(|error| call.no_answer(error))?;
    let status = answer.status();
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| call.no_answer(error))? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(call.unreadable("the answer is longer than 16 MiB"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((status, body))
}

fn parse<T: DeserializeOwned>(call: &Call<'_>, body: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(body).map_err(|error| call.unreadable(error))
}

#[async_trait]
impl DnsProvider for Client {
    fn has_one_writer(&self) -> bool {
        true
    }

    async fn zone(&self, zone: &str) -> Result<Option<SeenZone>, Fault> {
        let call = self.call(Method::GET, "reading", zone, Access::Read);
        let (status, body) = self.send(&call, None::<&()>).await?;
        match status {
            StatusCode::OK => {
                let seen = parse::<zone::Zone>(&call, &body)?;
                let secondaries_as_wanted = self.has_secondaries(zone, &seen.kind).await?;
                Ok(Some(SeenZone { secondaries_as_wanted, ..seen.into() }))
            }
            StatusCode::NOT_FOUND => Ok(None),
            _ => Err(call.refusal(status, &body)),
        }
    }

    async fn create(&self, zone: &str, apex: &Apex) -> Result<bool, Fault> {
        let call = self.call(Method::POST, "creating", zone, Access::Write);
        let body = zone::NewZone {
            name: absolute(zone),
            kind: self.kind(),
            account: AUTHOR,
            soa_edit_api: "DEFAULT",
            rrsets: zone::apex_sets(zone, apex),
        };
        let (status, body) = self.send(&call, Some(&body)).await?;
        match status {
            StatusCode::CREATED => Ok(true),
            StatusCode::CONFLICT => Ok(false),
            _ => Err(call.refusal(status, &body)),
        }
    }

    async fn change(&self, zone: &str, changes: &[Change]) -> Result<bool, Fault> {
        let call = self.call(Method::PATCH, "changing", zone, Access::Write);
        let changes: Vec<zone::Change> = changes.iter().map(zone::Change::from).collect();
        let body = serde_json::json!({ "rrsets": changes });
        let (status, body) = self.send(&call, Some(&body)).await?;
        match status {
            StatusCode::NO_CONTENT => Ok(true),
            StatusCode::NOT_FOUND => Ok(false),
            _ => Err(call.refusal(status, &body)),
        }
    }

    async fn set_secondaries(&self, zone: &str) -> Result<(), Fault> {
        let call = || self.call(Method::PUT, "changing", zone, Access::Write);
        for (name, metadata) in self.metadata() {
            let body = serde_json::json!({ "kind": name, "metadata": metadata });
            let (status, answer) =
                self.send_to(&format!("/metadata/{name}"), &call(), Some(&body)).await?;
            if !status.is_success() {
                return Err(call().refusal(status, &answer));
            }
        }
        let body = serde_json::json!({ "kind": self.kind() });
        let (status, answer) = self.send(&call(), Some(&body)).await?;
        if status.is_success() { Ok(()) } else { Err(call().refusal(status, &answer)) }
    }

    async fn notify(&self, zone: &str) -> Result<(), Fault> {
        if self.secondaries.is_empty() {
            return Ok(());
        }
        let call = self.call(Method::PUT, "notifying", zone, Access::Read);
        let (status, body) = self.send_to("/notify", &call, None::<&()>).await?;
        if status.is_success() { Ok(()) } else { Err(call.refusal(status, &body)) }
    }

    async fn delete(&self, zone: &str) -> Result<bool, Fault> {
        let call = self.call(Method::DELETE, "deleting", zone, Access::Write);
        let (status, body) = self.send(&call, None::<&()>).await?;
        match status {
            StatusCode::NO_CONTENT => Ok(true),
            StatusCode::NOT_FOUND => Ok(false),
            _ => Err(call.refusal(status, &body)),
        }
    }
}

#[cfg(test)]
mod tests;
