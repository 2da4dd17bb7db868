//! A database, a PowerDNS and an engine of a test's own.

use std::{process::Command, sync::Arc};

use chassis::seal::Keyring;
use engine::{Engine, Registry, Settings, walk::drive};
use messaging::{Broker, BrokerConfig};
use model::{
    dns::{ApplyZone, DnsServer, RecordSet, Zone, account_records},
    domain::DomainName,
    ids::{AccountId, DnsServerId, JobId, TenantId, ZoneId},
    job::{Job, JobStatus, NewJob, Origin},
};
use reqwest::Method;
use serde_json::Value;
use store::Store;
use testkit::{Scratch, postgres::Database, powerdns::PowerDns};

use crate::hosting::Hosting;

/// One key, for tests.
pub(crate) const KEYS: &str = "test:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) engine: Engine,
    pub(crate) powerdns: PowerDns,
    pub(crate) server: DnsServer,
    pub(crate) database: Database,
    tenant: TenantId,
    hosting: Hosting,
    scratch: Scratch,
}

/// A zone of an account, and the rows behind it.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) account: AccountId,
    pub(crate) zone: ZoneId,
    pub(crate) name: DomainName,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with_name_servers(async |powerdns, _| vec![powerdns.dns_addr()]).await
    }

    /// One whose DNS server has the name servers that `choose` says, given a folder to start some in.
    pub(crate) async fn with_name_servers(
        choose: impl AsyncFnOnce(&PowerDns, &Scratch) -> Vec<String>,
    ) -> Self {
        let scratch = Scratch::new("dns-manager");
        let powerdns = PowerDns::start(&scratch.path().join("powerdns")).await.unwrap();
        let nameservers = choose(&powerdns, &scratch).await;
        let database = testkit::postgres::fresh(&store::schema_name(), store::migrate).await;
        let store = Store::connect(&database.url, 5).await.unwrap();
        let keyring = Keyring::parse(&chassis::SecretString::from(KEYS)).unwrap();
        let tx = store.begin().await.unwrap();
        let tenant = tx.ensure_tenant("dns-test").await.unwrap();
        let server = DnsServer {
            id: DnsServerId::generate(),
            tenant_id: tenant,
            name: "ns-lab".to_owned(),
            api_url: powerdns.api_url(),
            nameservers,
            ns_names: vec!["ns1.lab.test".to_owned(), "ns2.lab.test".to_owned()],
        };
        let context = format!("dns-server/{}/api-key", server.id);
        let sealed = keyring.seal(&context, powerdns.api_key().as_bytes());
        tx.insert_dns_server(&server, &sealed).await.unwrap();
        tx.commit().await.unwrap();
        let hosting = Hosting::new(&store, tenant).await;
        let registry = dns_manager::workflows(store.clone(), Arc::new(keyring)).unwrap();
        let engine = engine(&store, registry).await;
        Self { store, engine, powerdns, server, database, tenant, hosting, scratch }
    }

    /// Another DNS manager beside the world's own.
    pub(crate) async fn replica(&self) -> Engine {
        let store = Store::connect(&self.database.url, 5).await.unwrap();
        let keyring = Keyring::parse(&chassis::SecretString::from(KEYS)).unwrap();
        let registry = dns_manager::workflows(store.clone(), Arc::new(keyring)).unwrap();
        engine(&store, registry).await
    }

    /// A new account with a name of its own and the usual records, applied nowhere yet.
    pub(crate) async fn site(&self) -> Site {
        let name: DomainName = format!("{}.test", testkit::unique("site")).parse().unwrap();
        let account = self.hosting.account(&self.store, &name).await;
        let site = Site { account, zone: ZoneId::generate(), name };
        let records = account_records(&site.name, &["192.0.2.7".parse().unwrap()]);
        self.want(&site, records).await;
        site
    }

    /// Wants these records in the site's zone.
    pub(crate) async fn want(&self, site: &Site, records: Vec<RecordSet>) {
        let zone = Zone {
            id: site.zone,
            tenant_id: self.tenant,
            account_id: Some(site.account),
            dns_server_id: self.server.id,
            name: site.name.clone(),
            wanted: true,
            records,
        };
        let tx = self.store.begin().await.unwrap();
        assert_eq!(tx.want_zone(&zone).await.unwrap(), site.zone);
        tx.commit().await.unwrap();
    }

    /// Wants the site at this address.
    pub(crate) async fn move_to(&self, site: &Site, address: &str) {
        self.want(site, account_records(&site.name, &[address.parse().unwrap()])).await;
    }

    pub(crate) async fn unwant(&self, site: &Site) {
        let tx = self.store.begin().await.unwrap();
        assert!(tx.unwant_zone(site.account).await.unwrap().is_some());
        tx.commit().await.unwrap();
    }

    /// Files `dns.apply` as the provisioning worker does.
    pub(crate) async fn file(&self, site: &Site) -> JobId {
        let origin = Origin {
            actor: "test".to_owned(),
            correlation_id: "dns-test".to_owned(),
            traceparent: None,
        };
        let job = NewJob::of(self.tenant, &ApplyZone { zone_id: site.zone }, origin);
        let tx = self.store.begin().await.unwrap();
        tx.file_job(&job).await.unwrap();
        tx.commit().await.unwrap();
        job.id
    }

    /// Files and drives it to its end.
    pub(crate) async fn apply(&self, site: &Site) -> Job {
        let id = self.file(site).await;
        drive(&self.engine, id, &[]).await;
        self.job(id).await
    }

    /// As [`World::apply`], for what must succeed.
    pub(crate) async fn applied(&self, site: &Site) {
        let job = self.apply(site).await;
        assert_eq!(job.status, JobStatus::Completed, "{:?}", job.fault);
    }

    pub(crate) async fn job(&self, id: JobId) -> Job {
        self.store.job_by_id(id).await.unwrap().unwrap()
    }

    /// What `dig` gets from the name server: the short answer, its lines sorted.
    pub(crate) fn dig(&self, name: &str, kind: &str) -> Vec<String> {
        let server = self.powerdns.dns_addr();
        let (host, port) = server.split_once(':').unwrap();
        let output = Command::new("dig")
            .args([&format!("@{host}"), "-p", port, "+short", "+time=2", name, kind])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    }

    /// The zone as PowerDNS's API tells it, asked by other means than the product's.
    pub(crate) async fn zone(&self, name: &DomainName) -> Option<Value> {
        let (status, body) = self.call(Method::GET, &format!("/{name}."), None).await;
        match status {
            200 => Some(body),
            404 => None,
            _ => panic!("{status}: {body}"),
        }
    }

    /// Makes a zone that is not ours.
    pub(crate) async fn make_foreign_zone(&self, name: &DomainName) {
        let zone = serde_json::json!({
            "name": format!("{name}."), "kind": "Native", "nameservers": ["ns9.elsewhere.test."],
        });
        assert_eq!(self.call(Method::POST, "", Some(zone)).await.0, 201);
    }

    /// Writes a record set that is not ours.
    pub(crate) async fn write_foreign(
        &self,
        zone: &DomainName,
        name: &str,
        kind: &str,
        content: &str,
    ) {
        let set = serde_json::json!({ "rrsets": [{
            "name": format!("{name}."), "type": kind, "ttl": 300, "changetype": "REPLACE",
            "records": [{ "content": content, "disabled": false }],
        }]});
        assert_eq!(self.call(Method::PATCH, &format!("/{zone}."), Some(set)).await.0, 204);
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let url = format!("{}/api/v1/servers/localhost/zones{path}", self.powerdns.api_url());
        let request = testkit::http::client()
            .request(method, url)
            .header("X-API-Key", self.powerdns.api_key());
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    /// Leaves of a zone what PowerDNS has when it dies while making one: a zone without SOA.
    pub(crate) fn cut_off_making(&self, name: &DomainName) {
        let database = self.scratch.path().join("powerdns/pdns.sqlite3");
        let cut = format!(
            "delete from records where type in ('SOA', 'NS') and domain_id =
             (select id from domains where name = '{name}')"
        );
        assert!(Command::new("sqlite3").arg(database).arg(cut).status().unwrap().success());
    }

    /// How often an action on the site's zone was audited.
    pub(crate) async fn audited(&self, site: &Site, action: &str) -> i64 {
        let pool = sqlx::PgPool::connect(&self.database.url).await.unwrap();
        sqlx::query_scalar("SELECT count(*) FROM audit_log WHERE action = $1 AND target = $2")
            .bind(action)
            .bind(format!("zone/{}", site.zone))
            .fetch_one(&pool)
            .await
            .unwrap()
    }
}

async fn engine(store: &Store, registry: Registry) -> Engine {
    let config = BrokerConfig {
        url: &testkit::servers().amqp_url,
        prefix: &format!("{}.", testkit::unique("dns")),
        connection_name: "dns-test",
    };
    let broker = Broker::connect(config).await.unwrap();
    Engine::new(store.clone(), broker, registry, Settings::default())
}

/// The record sets of a zone, by name and type, without SOA and NS.
pub(crate) fn sets(zone: &Value) -> Vec<(String, String, Vec<String>)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let contents = |set: &Value| {
        let records = set["records"].as_array().unwrap().iter();
        let mut contents: Vec<_> = records.map(|it| text(&it["content"])).collect();
        contents.sort();
        contents
    };
    let mut sets: Vec<_> = zone["rrsets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (text(&it["name"]), text(&it["type"]), contents(it)))
        .filter(|(_, kind, _)| kind != "SOA" && kind != "NS")
        .collect();
    sets.sort();
    sets
}

/// How many changes a zone has seen today, its making counted: what PowerDNS's serial tells.
pub(crate) fn changes(zone: &Value) -> u64 {
    zone["serial"].as_u64().unwrap() % 100
}
