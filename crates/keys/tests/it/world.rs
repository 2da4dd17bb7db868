//! A company whose secrets are sealed with the key `test`, and services that have other keys too.

use std::{ops::Deref, sync::Arc};

use chassis::{SecretString, Shutdown, health::Health, seal::Keyring};
use fixtures::{Company, KEYS, rows};
use keys::{
    Keeper, Part,
    parts::{API, DNS_MANAGER, GATEWAY},
};
use model::{
    dns::DnsServer,
    ids::{AccountId, DnsServerId, JobId, ServerId},
    keys::SealedColumn,
    password::{Place, Source},
};
use sqlx::PgPool;

/// The services that seal values anew.
pub(crate) const PARTS: [Part; 3] = [API, GATEWAY, DNS_MANAGER];

/// A key that no service had before.
pub(crate) const NEW: &str = "new:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

/// The ring of these keys.
pub(crate) fn ring(keys: &[&str]) -> Arc<Keyring> {
    Arc::new(Keyring::parse(&SecretString::from(keys.join("\n"))).unwrap())
}

/// The ring of a service that has the new key in front, and opens what the old one sealed.
pub(crate) fn both() -> Arc<Keyring> {
    ring(&[NEW, KEYS])
}

pub(crate) struct World {
    company: Company,
    /// Connections that bypass the store.
    pub(crate) pool: PgPool,
}

impl Deref for World {
    type Target = Company;

    fn deref(&self) -> &Company {
        &self.company
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        let company = Company::new(12).await;
        let pool = PgPool::connect_lazy(&company.database.url).unwrap();
        Self { company, pool }
    }

    /// Stores a server with its credentials.
    pub(crate) async fn host(&self, name: &str) -> ServerId {
        let server = model::server::Server {
            name: name.to_owned(),
            url: Some(format!("https://{name}.example.net:10000")),
            ..rows::server(self.tenant)
        };
        self.insert_server(&server, "root", "pa55").await
    }

    /// Stores an account that has two passwords.
    pub(crate) async fn account(&self, server: ServerId) -> AccountId {
        let site = self.site(server).await;
        self.activate(&site).await;
        let sealed = self.keyring.seal(&site.account.password_context(), b"pending");
        let tx = self.store.begin().await.unwrap();
        let job = JobId::generate();
        tx.set_pending_password(site.account, job, &sealed, Source::Generated).await.unwrap();
        tx.commit().await.unwrap();
        site.account
    }

    /// Stores a DNS server whose key is sealed by `ring`.
    pub(crate) async fn dns_server_under(&self, ring: &Keyring, name: &str) -> DnsServerId {
        let server = DnsServer {
            name: name.to_owned(),
            ..rows::dns_server(
                self.tenant,
                "https://dns.example.net".to_owned(),
                vec!["192.0.2.53".to_owned()],
            )
        };
        let sealed = ring.seal(&server.id.api_key_context(), name.as_bytes());
        let tx = self.store.begin().await.unwrap();
        tx.insert_dns_server(&server, &sealed).await.unwrap();
        tx.commit().await.unwrap();
        server.id
    }

    pub(crate) async fn dns_server(&self, name: &str) -> DnsServerId {
        self.dns_server_under(&self.keyring, name).await
    }

    /// Asks for a rotation to the key `new`.
    pub(crate) async fn rotate(&self) {
        let tx = self.store.begin().await.unwrap();
        assert!(tx.open_key_rotation("new", "token:test").await.unwrap());
        tx.commit().await.unwrap();
    }

    /// Starts what a service does about its keys.
    pub(crate) async fn start(&self, part: Part, ring: &Arc<Keyring>) -> anyhow::Result<Keeper> {
        Keeper::start(part, &self.store, ring, &Health::new(&Shutdown::new())).await
    }

    /// Each key in use with its values and those that were passed over, over all columns.
    pub(crate) async fn uses(&self) -> Vec<(String, u32, u32)> {
        let mut uses: Vec<(String, u32, u32)> = Vec::new();
        for column in SealedColumn::ALL {
            for found in self.store.key_uses(column).await.unwrap() {
                match uses.iter_mut().find(|it| it.0 == found.key_id) {
                    Some(known) => {
                        known.1 += found.values;
                        known.2 += found.unopened;
                    }
                    None => uses.push((found.key_id, found.values, found.unopened)),
                }
            }
        }
        uses.sort();
        uses
    }

    /// Opens a password of an account.
    pub(crate) async fn password(
        &self,
        ring: &Keyring,
        account: AccountId,
        place: Place,
    ) -> String {
        let sealed = self.store.sealed_password(account, place).await.unwrap().unwrap();
        let opened = ring.open(&account.password_context(), &sealed).unwrap();
        String::from_utf8(opened.to_vec()).unwrap()
    }

    pub(crate) async fn resealed(&self) -> u64 {
        self.store.key_rotation().await.unwrap().unwrap().resealed
    }

    pub(crate) async fn sql(&self, statement: &'static str) {
        sqlx::query(statement).execute(&self.pool).await.unwrap();
    }
}
