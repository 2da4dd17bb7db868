//! Asks web servers for the websites of accounts, and judges by their answers whether a website is served.
//!
//! The only program that could put a token into a site would be a command that runs as root on the host
//! (`create-domain --post-command`), which nobody wants. Nor does the panel's listing prove anything: it tells what the
//! configuration says (`default_website_for_ip`), and not what the web server has loaded. So the site is told from the
//! server's default site by its answers alone; [`model::site`] has the rule. Names that nobody has are asked before and
//! after the domain. If the domain's first page tells nothing, because all first pages of the server are alike, the
//! redirects count that Virtualmin configures for `admin.` and `webmail.` of each domain (8.1.0, `config`: `web_admin`,
//! `web_webmail`; `feature-web.pl`: `add_webmail_redirect_directives`).

mod ask;

use std::{net::SocketAddr, time::Duration};

use anyhow::Context;
use chassis::tls::{Trust, client_config};
use egress::Egress;
use model::{
    domain::DomainName,
    server::Server,
    site::{SiteAnswer, SiteProof, Stranger, told_by},
};
use tokio::time::timeout;

use crate::config::Site;
pub(crate) use ask::Failure;
use ask::{Asked, Scheme, Way};

/// How long all questions about one website may take.
const LIMIT: Duration = Duration::from_secs(120);
/// What stands before the domain in the names whose answers are compared, in this order. Each is a name of the
/// domain's own site, and the sites of other domains have none of them.
const LABELS: [&str; 3] = ["", "admin.", "webmail."];

/// Asks for websites. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Sites {
    ports: Site,
    way: Way,
}

impl Sites {
    /// Asks at these ports, and at addresses that `egress` lets it reach.
    ///
    /// # Errors
    ///
    /// If the TLS library refuses its configuration.
    pub(crate) fn new(egress: Egress, ports: Site) -> anyhow::Result<Self> {
        // A new site has a certificate that it signed itself. Nothing secret is sent, and the certificate is kept as proof.
        let tls = client_config(Trust::Anyone).context("TLS towards websites")?;
        Ok(Self { ports, way: Way { egress, tls } })
    }

    /// Proves that `server` serves the website of `domain`, `with_tls` by HTTPS too.
    ///
    /// It asks at the addresses that DNS names, IPv4 first: the next one only where there is no connection to the one
    /// before, because this machine may lack one of the families.
    ///
    /// # Errors
    ///
    /// Why the website counts as not served.
    pub(crate) async fn prove(
        &self,
        server: &Server,
        domain: &DomainName,
        with_tls: bool,
    ) -> Result<SiteProof, Failure> {
        let proof = timeout(LIMIT, self.at_any_address(server, domain, with_tls)).await;
        let late = || Failure::Wrong(format!("no proof within {} seconds", LIMIT.as_secs()));
        proof.unwrap_or_else(|_| Err(late()))
    }

    async fn at_any_address(
        &self,
        server: &Server,
        domain: &DomainName,
        with_tls: bool,
    ) -> Result<SiteProof, Failure> {
        let mut unreached = Vec::new();
        for address in server.published_addresses() {
            let http = (Scheme::Http, SocketAddr::new(address, self.ports.http_port));
            let https = (Scheme::Https, SocketAddr::new(address, self.ports.https_port));
            let mut answers = Vec::new();
            for (scheme, at) in [Some(http), with_tls.then_some(https)].into_iter().flatten() {
                match self.answer(scheme, at, domain).await {
                    Ok(answer) => answers.push(answer),
                    Err(Failure::Unreached(why)) if answers.is_empty() => {
                        unreached.push(why);
                        break;
                    }
                    Err(failure) => return Err(failure),
                }
            }
            if !answers.is_empty() {
                return Ok(SiteProof { address, answers });
            }
        }
        Err(Failure::Unreached(unreached.join("; ")))
    }

    /// The domain's own answer at an address.
    async fn answer(
        &self,
        scheme: Scheme,
        at: SocketAddr,
        domain: &DomainName,
    ) -> Result<SiteAnswer, Failure> {
        let url = scheme.url(domain.as_str(), at.port());
        let mut status: Option<u16> = None;
        let mut certificate_sha256: Option<String> = None;
        for label in LABELS {
            let before = self.stranger(scheme, at, label).await;
            let asked = Asked { scheme, at, name: &format!("{label}{domain}") };
            let own = match asked.answer(&self.way).await {
                Ok(own) => own,
                Err(failure) if label.is_empty() => return Err(failure),
                // Only the domain itself must answer.
                Err(_) => continue,
            };
            if label.is_empty() {
                certificate_sha256.clone_from(&own.certificate_sha256);
                status = own.status;
            }
            if let Some(failing) = status.filter(|it| *it >= 500) {
                return Err(Failure::Wrong(format!("{url} at {at} answers {failing}")));
            }
            let strangers = [before, self.stranger(scheme, at, label).await];
            if let (Some(status), Some(told_by)) = (status, told_by(domain, &own, &strangers)) {
                let told_for = asked.name.to_owned();
                return Ok(SiteAnswer { url, status, told_by, told_for, certificate_sha256 });
            }
        }
        Err(Failure::Stranger(format!(
            "{url} at {at} gets the answer of the default site, as names that nobody has"
        )))
    }

    /// A name that nobody has, below `label`, with its answer. RFC 6761 keeps `.invalid` free.
    async fn stranger(&self, scheme: Scheme, at: SocketAddr, label: &str) -> Stranger {
        let name = format!("{}.invalid", random());
        let asked = Asked { scheme, at, name: &format!("{label}{name}") };
        // A server may refuse names that it does not know.
        let answer = asked.answer(&self.way).await.unwrap_or_default();
        Stranger { name, answer }
    }
}

/// A label of 32 random hexadecimal digits.
fn random() -> String {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).expect("Linux always has random bytes once it has started");
    hex::encode(bytes)
}
