//! Sends a form to `remote.cgi` and returns the answer: HTTPS only, one connection for each call.
//!
//! Miniserv answers in HTTP/1.0 and ends the body by closing the connection, so there is no connection to
//! keep alive and no length to check.

use std::{error::Error as _, fmt, time::Duration};

use egress::{
    Client, Egress, Method, Refused, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER},
};
use model::secret::Secret;
use rustls::{CertificateError, ClientConfig};
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::{
    body::Body,
    broken::Broken,
    budget::{Budget, Held},
    errand::Bounds,
};

/// The path of the remote API on every host.
const PATH: &str = "virtual-server/remote.cgi";
/// The HTTP client of one host, with the account to log in with.
pub(crate) struct Transport {
    client: Client,
    budget: Budget,
    endpoint: Url,
    username: Secret,
    password: Secret,
}

/// An HTTP answer.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The HTTP status; 200 tells nothing about the program's outcome.
    pub(crate) status: StatusCode,
    /// The seconds to wait before the next call, if the host sent them.
    pub(crate) retry_after: Option<u64>,
    /// The body, with octets that are not UTF-8 replaced.
    pub(crate) body: String,
    /// What the body has of the budget, for as long as it is there.
    _held: Held,
}

/// Why a host cannot be called.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unusable {
    #[error("its URL is not https://host[:port]")]
    Url,
    #[error("no HTTP client: {0}")]
    Client(String),
}

impl Answer {
    /// The answer that a program of the host gave at its command line.
    pub(super) fn of_command((body, held): (String, Held)) -> Self {
        Self { status: StatusCode::OK, retry_after: None, body, _held: held }
    }
}

/// The URL of a host's remote API.
///
/// # Errors
/// [`Unusable::Url`] unless `url` is HTTPS and has a host, at most a port, and nothing else.
pub(crate) fn endpoint(url: &str) -> Result<Url, Unusable> {
    let base = Url::parse(url).map_err(|_| Unusable::Url)?;
    let bare = base.username().is_empty() && base.password().is_none() && base.path() == "/";
    let usable = base.scheme() == "https" && base.has_host() && bare;
    let usable = usable && base.query().is_none() && base.fragment().is_none();
    if usable { base.join(PATH).map_err(|_| Unusable::Url) } else { Err(Unusable::Url) }
}

impl Transport {
    /// A client of `endpoint`. A connection must open within the first of `limits`, and what is sent must be acknowledged
    /// within the second.
    ///
    /// # Errors
    /// [`Unusable::Client`].
    pub(crate) fn new(
        egress: &Egress,
        budget: Budget,
        endpoint: Url,
        tls: ClientConfig,
        (username, password): (Secret, Secret),
        (connect, write): (Duration, Duration),
    ) -> Result<Self, Unusable> {
        let configured = egress.client(|client| {
            client
                .tls_backend_preconfigured(tls.clone())
                .https_only(true)
                .http1_only()
                .pool_max_idle_per_host(0)
                .connect_timeout(connect)
                .tcp_user_timeout(write)
                .user_agent(concat!("praho-virtualmin-gateway/", env!("CARGO_PKG_VERSION")))
        });
        let client = configured.map_err(|error| Unusable::Client(innermost(&error)))?;
        Ok(Self { client, budget, endpoint, username, password })
    }

    /// The password of each call, which is removed from answers.
    pub(crate) fn password(&self) -> &Secret {
        &self.password
    }

    /// Posts `form` and reads the answer to its end, all within its bounds and before `deadline`.
    ///
    /// # Errors
    /// [`Broken`], whose variant tells whether the form may have arrived.
    pub(crate) async fn post(
        &self,
        form: String,
        bounds: Bounds,
        deadline: Instant,
    ) -> Result<Answer, Broken> {
        let exchange = self.exchange(form, bounds);
        timeout_at(deadline.min(Instant::now() + bounds.total), exchange)
            .await
            .unwrap_or(Err(Broken::TimedOut))
    }

    async fn exchange(&self, form: String, bounds: Bounds) -> Result<Answer, Broken> {
        let mut response = self
            .client
            .request(Method::POST, &self.endpoint)
            .map_err(Broken::Refused)?
            .basic_auth(self.username.expose(), Some(self.password.expose()))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form)
            .send()
            .await
            .map_err(|error| broken(&error))?;
        let status = response.status();
        let retry_after = response.headers().get(RETRY_AFTER);
        let retry_after = retry_after.and_then(|it| it.to_str().ok()?.parse().ok());
        let mut body = Body::new(&self.budget, bounds);
        while let Some(chunk) =
            body.wait(response.chunk()).await?.map_err(|error| broken(&error))?
        {
            body.push(&chunk).await?;
        }
        let (body, held) = body.end();
        Ok(Answer { status, retry_after, body, _held: held })
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").field("endpoint", &self.endpoint.as_str()).finish()
    }
}

fn broken(error: &egress::Error) -> Broken {
    if let Some(refused) = Refused::behind(error) {
        Broken::Refused(refused)
    } else if let Some(reason) = certificate_problem(error) {
        Broken::Certificate(reason)
    } else if error.is_connect() {
        Broken::Connect(innermost(error))
    } else if error.is_timeout() {
        Broken::TimedOut
    } else {
        Broken::Cut(innermost(error))
    }
}

/// TLS's reason against the host's certificate, if that is the cause of `error`.
fn certificate_problem(error: &egress::Error) -> Option<String> {
    let mut next: Option<&(dyn std::error::Error + 'static)> = error.source();
    while let Some(cause) = next {
        match cause.downcast_ref::<rustls::Error>() {
            Some(rustls::Error::InvalidCertificate(problem)) => {
                return Some(match problem {
                    CertificateError::ApplicationVerificationFailure => {
                        "it is not the pinned one".to_owned()
                    }
                    other => format!("{other:?}"),
                });
            }
            Some(_) => return None,
            None => {}
        }
        // The source of an `io::Error` is the source of its inner error; following it would skip the inner
        // error itself.
        let inner = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        next = match inner {
            Some(inner) => Some(inner),
            None => cause.source(),
        };
    }
    None
}

/// The message of the deepest cause; the outer ones only repeat the URL.
fn innermost(error: &egress::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_endpoint_is_https_and_nothing_but_host_and_port() {
        let url = endpoint("https://vm1.example.net:10000").unwrap();
        assert_eq!(url.as_str(), "https://vm1.example.net:10000/virtual-server/remote.cgi");
        assert!(endpoint("https://[2001:db8::1]:10000/").is_ok());
        for url in [
            "http://vm1.example.net:10000",
            "https://root:pw@vm1.example.net:10000",
            "https://vm1.example.net:10000/elsewhere/",
            "https://vm1.example.net/?a=b",
            "https://vm1.example.net/#a",
            "ftp://vm1.example.net",
            "vm1.example.net:10000",
            "https://",
            "",
        ] {
            assert_eq!(endpoint(url), Err(Unusable::Url), "{url}");
        }
    }
}
