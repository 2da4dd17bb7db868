//! One question to a web server: `GET /` for a host name at an address, over a connection of its own.

use std::{error::Error, net::SocketAddr, time::Duration};

use chassis::tls::fingerprint;
use egress::{
    Egress, Method, NoClient, Response,
    header::{ETAG, LAST_MODIFIED, LOCATION},
    tls::TlsInfo,
};
use model::site::Answer;
use rustls::ClientConfig;
use url::Url;

/// How long a connection may take to open.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// How long an answer may take, with its connection.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// The largest page that is read. Virtualmin's first page has 30 KiB.
const MAX_PAGE: usize = 256 << 10;

/// The protocol of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    Http,
    Https,
}

/// Why a website counts as not served, in words for people.
#[derive(Debug)]
pub(crate) enum Failure {
    /// There was no connection.
    Unreached(String),
    /// There was no answer over a connection, or a bad one.
    Wrong(String),
    /// The answer cannot be told from the default site's.
    Stranger(String),
}

impl Scheme {
    /// The URL of a website. The usual port is left out, as in the `Host` header.
    pub(super) fn url(self, name: &str, port: u16) -> String {
        match (self, port) {
            (Self::Http, 80) => format!("http://{name}/"),
            (Self::Http, _) => format!("http://{name}:{port}/"),
            (Self::Https, 443) => format!("https://{name}/"),
            (Self::Https, _) => format!("https://{name}:{port}/"),
        }
    }
}

/// How web servers are reached.
#[derive(Clone, Debug)]
pub(super) struct Way {
    pub(super) egress: Egress,
    pub(super) tls: ClientConfig,
}

/// A question.
pub(super) struct Asked<'a> {
    pub(super) scheme: Scheme,
    pub(super) at: SocketAddr,
    /// The host name, for the header and for SNI.
    pub(super) name: &'a str,
}

impl Asked<'_> {
    /// Asks, and reads the answer up to [`MAX_PAGE`]. Redirects are not followed, and no DNS is asked.
    pub(super) async fn answer(&self, way: &Way) -> Result<Answer, Failure> {
        let url = self.scheme.url(self.name, self.at.port());
        let client = way.egress.client_at(self.name, self.at, |client| {
            client
                .tls_backend_preconfigured(way.tls.clone())
                .tls_info(true)
                .http1_only()
                .pool_max_idle_per_host(0)
                .connect_timeout(CONNECT_LIMIT)
                .timeout(ANSWER_LIMIT)
                .user_agent(concat!("praho-provisioning-worker/", env!("CARGO_PKG_VERSION")))
        });
        let client = client.map_err(|error| match error {
            NoClient::Refused(refused) => Failure::Unreached(format!("{} {refused}", self.at.ip())),
            NoClient::Setup(error) => Failure::Wrong(innermost(&error)),
        })?;
        let failed = |error: egress::Error| {
            let why =
                if error.is_timeout() { "no answer in time".to_owned() } else { innermost(&error) };
            let why = format!("{url} at {} does not answer: {why}", self.at);
            if error.is_connect() { Failure::Unreached(why) } else { Failure::Wrong(why) }
        };
        let wrong = |error: &dyn Error| Failure::Wrong(format!("{url}: {error}"));
        let place = Url::parse(&url).map_err(|error| wrong(&error))?;
        let request = client.request(Method::GET, &place).map_err(|error| wrong(&error))?;
        let response = request.send().await.map_err(failed)?;
        let header = |name| {
            let value = response.headers().get(name)?;
            Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let validators = [header(ETAG), header(LAST_MODIFIED)].map(Option::unwrap_or_default);
        let certificate = response.extensions().get::<TlsInfo>();
        let certificate = certificate.and_then(TlsInfo::peer_certificate);
        Ok(Answer {
            status: Some(response.status().as_u16()),
            location: header(LOCATION),
            certificate_sha256: certificate.map(fingerprint),
            page: body(response)
                .await
                .map_err(failed)?
                .map(|body| format!("{validators:?} {body}")),
        })
    }
}

/// The body of an answer; `None` if it is larger than [`MAX_PAGE`].
async fn body(mut response: Response) -> Result<Option<String>, egress::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MAX_PAGE {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(String::from_utf8_lossy(&body).into_owned()))
}

/// The message of the deepest cause; the outer ones only repeat the URL.
fn innermost(error: &egress::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_leaves_its_usual_port_out() {
        assert_eq!(Scheme::Http.url("a.ro", 80), "http://a.ro/");
        assert_eq!(Scheme::Https.url("a.ro", 443), "https://a.ro/");
        assert_eq!(Scheme::Http.url("a.ro", 443), "http://a.ro:443/");
        assert_eq!(Scheme::Https.url("a.ro", 8443), "https://a.ro:8443/");
    }
}
