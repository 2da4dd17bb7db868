//! Chooses the provider of a DNS server. A new provider adds a file beside this one and a line to `Providers::open`.

use anyhow::Context;
use egress::Egress;
use model::{
    dns::{DnsServer, DnsServerKind},
    secret::Secret,
};

use super::{DnsProvider, powerdns};

/// The resources that providers share in one process, such as connections. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Providers {
    powerdns: powerdns::Connections,
}

impl Providers {
    /// Sets up the connections of every provider, to servers that `egress` lets them reach.
    ///
    /// # Errors
    ///
    /// If TLS cannot be set up.
    pub fn new(egress: &Egress) -> anyhow::Result<Self> {
        let powerdns = powerdns::connections(egress).context("the HTTP client cannot be set up")?;
        Ok(Self { powerdns })
    }

    /// The provider of a DNS server, chosen by the `kind` of the server's row.
    pub fn open(&self, server: &DnsServer, key: Secret) -> Box<dyn DnsProvider> {
        match server.kind {
            DnsServerKind::PowerDns => {
                Box::new(powerdns::Client::new(self.powerdns.clone(), server, key))
            }
        }
    }
}
