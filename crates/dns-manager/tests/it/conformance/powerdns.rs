//! PowerDNS under test, on a private server.

use async_trait::async_trait;
use fixtures::rows;
use model::{ids::TenantId, secret::Secret};
use testkit::{Scratch, powerdns::PowerDns};

use super::{Operator, Subject};
use crate::powerdns_api;

struct Server {
    powerdns: PowerDns,
    _scratch: Scratch,
}

pub(super) async fn start() -> Subject {
    let scratch = Scratch::new("conformance");
    let powerdns = PowerDns::start(&scratch.path().join("powerdns")).await.unwrap();
    let nameservers = vec![powerdns.dns_addr()];
    let server = rows::dns_server(TenantId::generate(), powerdns.api_url(), nameservers);
    let key = Secret::from(powerdns.api_key().to_owned());
    Subject { server, key, operator: Box::new(Server { powerdns, _scratch: scratch }) }
}

#[async_trait]
impl Operator for Server {
    async fn create_zone(&self, name: &str) {
        powerdns_api::create_foreign_zone(&self.powerdns, name).await;
    }
}
