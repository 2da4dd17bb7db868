//! The addresses that this installation connects to, as its operator has set them.

use std::{error::Error, net::IpAddr, sync::Arc};

use chassis::config::{Keys, Section};
use ipnet::IpNet;
use url::{Host, Url};

use crate::networks::{meant, special};

/// The addresses that may be connected to: public hosts, and what the operator's `[egress]` allows. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Egress {
    /// Networks that may be connected to although they are no public hosts.
    allow: Arc<[IpNet]>,
    /// Whether a secret may go there without TLS.
    allow_plaintext: bool,
}

/// Why an address is not connected to. It never shows the address, which a name may have hidden from its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The address is no public host's, and the operator has not allowed it.
    #[error(
        "is an address of {0}; give that of a public host, or let the operator add its network to [egress] allow"
    )]
    Address(&'static str),
    /// A secret would go to it without TLS.
    #[error(
        "begins with http://, so that the key would travel in the clear; use https://, or let the operator add its \
         network to [egress] allow and set allow_plaintext"
    )]
    Plaintext,
}

impl Refused {
    /// The refusal behind a failed call.
    pub fn behind(error: &(dyn Error + 'static)) -> Option<Self> {
        let mut next = Some(error);
        while let Some(cause) = next {
            if let Some(refused) = cause.downcast_ref::<Self>() {
                return Some(*refused);
            }
            // The source of an `io::Error` is the source of its inner error; following it would skip the inner error itself.
            let inner = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
            next = match inner {
                Some(inner) => Some(inner),
                None => cause.source(),
            };
        }
        None
    }
}

impl Egress {
    /// Public hosts and these networks; `allow_plaintext` lets secrets go to the networks without TLS.
    pub fn new(allow: impl IntoIterator<Item = IpNet>, allow_plaintext: bool) -> Self {
        Self { allow: allow.into_iter().collect(), allow_plaintext }
    }

    /// Judges an address.
    ///
    /// # Errors
    ///
    /// [`Refused::Address`].
    pub fn judge(&self, address: IpAddr) -> Result<(), Refused> {
        match special(meant(address)) {
            Some(what) if !self.names(address) => Err(Refused::Address(what)),
            _ => Ok(()),
        }
    }

    /// Judges an address that a secret is to be sent to without TLS.
    ///
    /// # Errors
    ///
    /// [`Refused`].
    pub fn judge_plaintext(&self, address: IpAddr) -> Result<(), Refused> {
        self.judge(address)?;
        let allowed = self.allow_plaintext && self.names(address);
        if allowed { Ok(()) } else { Err(Refused::Plaintext) }
    }

    /// Judges what a URL that goes with a secret says by itself. An address is judged here, in each form that the rules of
    /// URLs read as one (`2130706433`, `0x7f.1`, `[::ffff:127.0.0.1]`); a name is judged when it is resolved.
    ///
    /// # Errors
    ///
    /// [`Refused`].
    pub fn judge_url(&self, url: &Url) -> Result<(), Refused> {
        let in_the_clear = url.scheme() == "http";
        match literal(url) {
            Some(address) if in_the_clear => self.judge_plaintext(address),
            Some(address) => self.judge(address),
            None if in_the_clear && !self.allow_plaintext => Err(Refused::Plaintext),
            None => Ok(()),
        }
    }

    /// Whether the operator has named the network of this address, in this form or as what it means.
    fn names(&self, address: IpAddr) -> bool {
        let meant = meant(address);
        self.allow.iter().any(|it| it.contains(&address) || it.contains(&meant))
    }
}

/// The address that is the host of a URL; `None` for a name.
pub(crate) fn literal(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Domain(_) => None,
        Host::Ipv4(it) => Some(it.into()),
        Host::Ipv6(it) => Some(it.into()),
    }
}

impl Section for Egress {
    fn read(keys: &mut Keys<'_>) -> Self {
        let allow = keys.networks("allow");
        Self::new(allow, keys.or("allow_plaintext", false))
    }
}

#[cfg(test)]
mod tests;
