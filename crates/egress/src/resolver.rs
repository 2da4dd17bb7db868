//! Resolves names for HTTP clients: a client gets, and so connects to, judged addresses only.

use std::{io, net::SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::lookup_host;

use crate::policy::{Egress, Refused};

/// The system's resolver with a judge after it.
#[derive(Clone, Debug)]
pub(crate) struct Resolver {
    pub(crate) egress: Egress,
    /// The client sends secrets without TLS.
    pub(crate) plaintext: bool,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let this = self.clone();
        Box::pin(async move {
            // The client replaces the port with that of the URL.
            let found = lookup_host((name.as_str(), 0)).await?;
            let judged = this.egress.judged(found, this.plaintext)?;
            Ok(Box::new(judged.into_iter()) as Addrs)
        })
    }
}

impl Egress {
    /// Those of the addresses that may be connected to.
    ///
    /// # Errors
    ///
    /// The first refusal if there are none.
    pub(crate) fn judged(
        &self,
        found: impl Iterator<Item = SocketAddr>,
        plaintext: bool,
    ) -> io::Result<Vec<SocketAddr>> {
        let judge = |it: &SocketAddr| match plaintext {
            true => self.judge_plaintext(it.ip()),
            false => self.judge(it.ip()),
        };
        let (mut judged, mut first) = (Vec::new(), None::<Refused>);
        for address in found {
            match judge(&address) {
                Ok(()) => judged.push(address),
                Err(refused) => first = first.or(Some(refused)),
            }
        }
        match first {
            Some(refused) if judged.is_empty() => {
                Err(io::Error::new(io::ErrorKind::PermissionDenied, refused))
            }
            _ => Ok(judged),
        }
    }
}
