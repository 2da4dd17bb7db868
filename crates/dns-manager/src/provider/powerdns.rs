//! A client of PowerDNS's HTTP API: reads, makes, changes and deletes zones.
//!
//! PowerDNS 4.7 answers 409 to a zone that exists, 404 to one that does not, 422 with its reasons to a
//! change that it refuses (and then applies nothing of it), and 500 to most of two concurrent writers.

mod answer;
mod calls;
mod zone;

use std::time::Duration;

use async_trait::async_trait;
use model::{fault::Fault, secret::Secret};
use reqwest::{Method, RequestBuilder, StatusCode, header::HeaderValue, redirect};
use serde::{Serialize, de::DeserializeOwned};

use calls::Calls;
use zone::absolute;

use super::{AUTHOR, DnsProvider};
use crate::zone::{Change, SeenZone};

/// How long a server may take to accept a connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(3);
/// How long a server may take over one call.
const CALL_LIMIT: Duration = Duration::from_secs(10);
/// The most octets of a zone that we read; about 100,000 records.
const MAX_ZONE: usize = 16 << 20;

/// The connections that all clients share, and the count of their calls. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Connections {
    http: reqwest::Client,
    calls: Calls,
}

/// Makes the connections that all clients share: bounded in time, without proxy or redirections,
/// which would carry the key elsewhere.
///
/// # Errors
///
/// When TLS cannot be set up.
pub(crate) fn connections() -> reqwest::Result<Connections> {
    connections_within(CALL_LIMIT)
}

fn connections_within(limit: Duration) -> reqwest::Result<Connections> {
    chassis::tls::install_provider();
    let http = reqwest::Client::builder()
        .connect_timeout(CONNECT_LIMIT)
        .timeout(limit)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .build()?;
    Ok(Connections { http, calls: Calls::new() })
}

/// One PowerDNS server, with the key to it.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    connections: Connections,
    /// Its name, for messages.
    name: String,
    zones_url: String,
    key: Secret,
}

/// Whether a call may change anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Read,
    Write,
}

/// One call as messages name it.
#[derive(Debug)]
struct Call<'a> {
    method: Method,
    zone: &'a str,
    what: &'static str,
    act: Act,
}

impl Client {
    /// A client of the server called `name` whose API listens at `url` (without `/api`).
    pub(crate) fn new(connections: Connections, name: &str, url: &str, key: Secret) -> Self {
        let zones_url = format!("{}/api/v1/servers/localhost/zones", url.trim_end_matches('/'));
        Self { connections, name: name.to_owned(), zones_url, key }
    }

    async fn send(
        &self,
        call: &Call<'_>,
        body: Option<&impl Serialize>,
    ) -> Result<(StatusCode, Vec<u8>), Fault> {
        let url = match call.method {
            Method::POST => self.zones_url.clone(),
            _ => format!("{}/{}", self.zones_url, absolute(call.zone)),
        };
        let request = self.with_key(self.connections.http.request(call.method.clone(), url))?;
        let request = body.iter().fold(request, |request, body| request.json(body));
        let answer = self.connections.calls.observe(call.what, &self.name, self.ask(call, request));
        answer.await
    }

    async fn ask(
        &self,
        call: &Call<'_>,
        request: RequestBuilder,
    ) -> Result<(StatusCode, Vec<u8>), Fault> {
        let mut answer = request.send().await.map_err(|it| self.silence(call, it))?;
        let status = answer.status();
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|it| self.silence(call, it))? {
            if body.len() + chunk.len() > MAX_ZONE {
                return Err(self.unreadable(call, "the answer is longer than 16 MiB"));
            }
            body.extend_from_slice(&chunk);
        }
        Ok((status, body))
    }

    fn with_key(&self, request: RequestBuilder) -> Result<RequestBuilder, Fault> {
        let mut key = HeaderValue::from_str(self.key.expose()).map_err(|_| {
            Fault::internal(format!("the API key of DNS server {} has odd characters", self.name))
        })?;
        key.set_sensitive(true);
        Ok(request.header("X-API-Key", key))
    }

    fn read<T: DeserializeOwned>(&self, call: &Call<'_>, body: &[u8]) -> Result<T, Fault> {
        serde_json::from_slice(body).map_err(|error| self.unreadable(call, error))
    }
}

#[async_trait]
impl DnsProvider for Client {
    /// PowerDNS 4.7 answers 500 to most of two concurrent writers.
    fn has_one_writer(&self) -> bool {
        true
    }

    async fn zone(&self, zone: &str) -> Result<Option<SeenZone>, Fault> {
        let call = Call { method: Method::GET, zone, what: "reading", act: Act::Read };
        let (status, body) = self.send(&call, None::<&()>).await?;
        match status {
            StatusCode::OK => {
                let zone: zone::Zone = self.read(&call, &body)?;
                Ok(Some(zone.into()))
            }
            StatusCode::NOT_FOUND => Ok(None),
            _ => Err(self.refusal(&call, status, &body)),
        }
    }

    async fn create(&self, zone: &str, ns_names: &[String]) -> Result<bool, Fault> {
        let call = Call { method: Method::POST, zone, what: "creating", act: Act::Write };
        let nameservers: Vec<_> = ns_names.iter().map(|it| absolute(it)).collect();
        let body = zone::NewZone {
            name: absolute(zone),
            kind: "Native",
            account: AUTHOR,
            soa_edit_api: "DEFAULT",
            nameservers: &nameservers,
        };
        let (status, body) = self.send(&call, Some(&body)).await?;
        match status {
            StatusCode::CREATED => Ok(true),
            StatusCode::CONFLICT => Ok(false),
            _ => Err(self.refusal(&call, status, &body)),
        }
    }

    async fn change(&self, zone: &str, changes: &[Change]) -> Result<bool, Fault> {
        let call = Call { method: Method::PATCH, zone, what: "changing", act: Act::Write };
        let changes: Vec<zone::Change> = changes.iter().map(zone::Change::from).collect();
        let body = serde_json::json!({ "rrsets": changes });
        let (status, body) = self.send(&call, Some(&body)).await?;
        match status {
            StatusCode::NO_CONTENT => Ok(true),
            StatusCode::NOT_FOUND => Ok(false),
            _ => Err(self.refusal(&call, status, &body)),
        }
    }

    async fn delete(&self, zone: &str) -> Result<bool, Fault> {
        let call = Call { method: Method::DELETE, zone, what: "deleting", act: Act::Write };
        let (status, body) = self.send(&call, None::<&()>).await?;
        match status {
            StatusCode::NO_CONTENT => Ok(true),
            StatusCode::NOT_FOUND => Ok(false),
            _ => Err(self.refusal(&call, status, &body)),
        }
    }
}

#[cfg(test)]
mod tests;
