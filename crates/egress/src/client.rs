//! HTTP clients whose every connection goes to a judged address.

use std::net::SocketAddr;

use reqwest::{ClientBuilder, Method, RequestBuilder, redirect};
use url::Url;

use crate::{
    policy::{Egress, Refused, literal},
    resolver::Resolver,
};

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum NoClient {
    /// The address is not connected to.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// TLS cannot be set up.
    #[error(transparent)]
    Setup(#[from] reqwest::Error),
}

/// An HTTP client. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub struct Client {
    egress: Egress,
    http: reqwest::Client,
    /// For `http://`, if the requests carry secrets.
    plain: Option<reqwest::Client>,
}

impl Egress {
    /// A client for requests that carry secrets. `configure` sets time limits, TLS and the like.
    ///
    /// # Errors
    ///
    /// If TLS cannot be set up.
    pub fn client(
        &self,
        configure: impl Fn(ClientBuilder) -> ClientBuilder,
    ) -> reqwest::Result<Client> {
        let plain = self.build(configure(ClientBuilder::new()), true)?;
        let http = self.build(configure(ClientBuilder::new()), false)?;
        Ok(Client { egress: self.clone(), http, plain: Some(plain) })
    }

    /// A client for requests without secrets that takes `at` for the address of the host `name`, whatever DNS says.
    ///
    /// # Errors
    ///
    /// [`NoClient`].
    pub fn client_at(
        &self,
        name: &str,
        at: SocketAddr,
        configure: impl FnOnce(ClientBuilder) -> ClientBuilder,
    ) -> Result<Client, NoClient> {
        self.judge(at.ip())?;
        let http = self.build(configure(ClientBuilder::new()).resolve(name, at), false)?;
        Ok(Client { egress: self.clone(), http, plain: None })
    }

    /// The last words about where a client connects are these.
    fn build(&self, builder: ClientBuilder, plaintext: bool) -> reqwest::Result<reqwest::Client> {
        builder
            .redirect(redirect::Policy::none())
            .no_proxy()
            .dns_resolver(Resolver { egress: self.clone(), plaintext })
            .build()
    }
}

impl Client {
    /// A request for `url`. An address in it is judged now; a name is judged when it is resolved.
    ///
    /// # Errors
    ///
    /// [`Refused`].
    pub fn request(&self, method: Method, url: &Url) -> Result<RequestBuilder, Refused> {
        let http = match &self.plain {
            Some(plain) => {
                self.egress.judge_url(url)?;
                if url.scheme() == "http" { plain } else { &self.http }
            }
            None => {
                // No resolver is asked for an address.
                if let Some(address) = literal(url) {
                    self.egress.judge(address)?;
                }
                &self.http
            }
        };
        Ok(http.request(method, url.clone()))
    }
}
