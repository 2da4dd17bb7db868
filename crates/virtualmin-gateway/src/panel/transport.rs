//! Sends a form to `remote.cgi` and returns the answer: HTTPS only, one connection for each call.
//!
//! Miniserv answers in HTTP/1.0 and ends the body by closing the connection, so there is no connection to
//! keep alive and no length to check.

use std::{error::Error as _, fmt, time::Duration};

use egress::{
    Client, Egress, Method, Refused, Response, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER},
};
use model::secret::Secret;
use rustls::{CertificateError, ClientConfig};
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::{
    budget::{Budget, FREE, Held, PIECE},
    errand::Bounds,
};

/// The path of the remote API on every host.
const PATH: &str = "virtual-server/remote.cgi";
/// How long a large answer may pause at most, beyond what needs no budget.
const MAX_PAUSE: Duration = Duration::from_secs(15);
/// How long all of it may take from there.
const MAX_DURATION: Duration = Duration::from_secs(120);

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

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    /// The host was not reached: the form was not sent.
    #[error("no connection: {0}")]
    Connect(String),
    /// The host has no address that may be connected to: the form was not sent.
    #[error("the address {0}")]
    Refused(Refused),
    /// The host's certificate is not trusted: the form was not sent.
    #[error("the certificate is not trusted: {0}")]
    Certificate(String),
    /// The connection broke after the form may have been sent.
    #[error("the connection broke: {0}")]
    Cut(String),
    /// The deadline passed after the form may have been sent.
    #[error("no answer in time")]
    TimedOut,
    /// The body is larger than it may be.
    #[error("the answer is larger than {} MiB", .0 >> 20)]
    TooLarge(usize),
    /// The process reads too many large answers.
    #[error("too many large answers are being read")]
    Crowded,
}

/// Why a host cannot be called.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unusable {
    #[error("its URL is not https://host[:port]")]
    Url,
    #[error("no HTTP client: {0}")]
    Client(String),
}

impl Broken {
    /// Whether the form may have reached the host, so that its program may have run or may still run.
    pub(crate) fn may_have_arrived(&self) -> bool {
        match self {
            Self::Connect(_) | Self::Refused(_) | Self::Certificate(_) => false,
            Self::Cut(_) | Self::TimedOut | Self::TooLarge(_) | Self::Crowded => true,
        }
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
        let response = self
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
        let (body, held) = self.body(response, bounds).await?;
        let body = text(body);
        Ok(Answer { status, retry_after, body, _held: held })
    }

    /// Reads a body to its end, with memory of the budget for what is not small.
    async fn body(
        &self,
        mut response: Response,
        bounds: Bounds,
    ) -> Result<(Vec<u8>, Held), Broken> {
        let (mut body, mut held) = (Vec::new(), Held::default());
        let mut until = None;
        loop {
            let now = Instant::now();
            let pause = match until {
                None => now + bounds.pause,
                Some(until) => (now + bounds.pause.min(MAX_PAUSE)).min(until),
            };
            let chunk = timeout_at(pause, response.chunk()).await.map_err(|_| Broken::TimedOut)?;
            let Some(chunk) = chunk.map_err(|error| broken(&error))? else { break };
            let length = body.len() + chunk.len();
            if length > bounds.bytes {
                return Err(Broken::TooLarge(bounds.bytes));
            }
            if length > FREE {
                until = until.or_else(|| Some(Instant::now() + MAX_DURATION));
                while body.capacity() < length {
                    self.budget.grow(&mut held).await.map_err(|_| Broken::Crowded)?;
                    body.reserve_exact(body.capacity() + PIECE - body.len());
                }
            }
            body.extend_from_slice(&chunk);
        }
        Ok((body, held))
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").field("endpoint", &self.endpoint.as_str()).finish()
    }
}

/// A body as text, without a second copy of it: a question mark stands for each octet that is not UTF-8.
fn text(mut body: Vec<u8>) -> String {
    let mut from = 0;
    while let Err(error) = std::str::from_utf8(&body[from..]) {
        let wrong = from + error.valid_up_to();
        from = error.error_len().map_or(body.len(), |length| wrong + length);
        body[wrong..from].fill(b'?');
    }
    String::from_utf8(body).unwrap_or_default()
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

    #[test]
    fn octets_that_are_not_text_are_replaced_one_by_one() {
        assert_eq!(text("ș = 1".as_bytes().to_vec()), "ș = 1");
        assert_eq!(text(b"a\xffb\xc3(\xe2\x82".to_vec()), "a?b?(??");
        assert_eq!(text(vec![0xff; 1000]), "?".repeat(1000));
    }

    #[test]
    fn only_a_failure_before_the_form_was_sent_has_certainly_no_effect() {
        assert!(!Broken::Connect(String::new()).may_have_arrived());
        assert!(!Broken::Certificate(String::new()).may_have_arrived());
        for broken in
            [Broken::Cut(String::new()), Broken::TimedOut, Broken::TooLarge(0), Broken::Crowded]
        {
            assert!(broken.may_have_arrived(), "{broken:?}");
        }
    }
}
