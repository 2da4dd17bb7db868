//! The company, PowerDNS server and engine of one test.

use std::{ops::Deref, process::Command, sync::Arc};

use dns_manager::VerifySettings;
use engine::{Engine, walk::drive};
use fixtures::Company;
use model::{
    authority::Authority,
    dns::{ApplyDnsServer, ApplyZone, DnsServer, RecordSet, Zone, account_records},
    domain::DomainName,
    ids::{AccountId, JobId, ServerId, ZoneId},
    job::{Job, JobStatus},
};
use serde_json::Value;
use testkit::{Scratch, powerdns::PowerDns};

use crate::powerdns_api;

/// Name servers of tests are local and answer as wanted at once.
const VERIFY: VerifySettings = VerifySettings { interval_ms: 25 };
const PROGRAM: &str = "praho-dns-manager";

/// The company of one test, and its servers and engine.
pub(crate) struct World {
    company: Company,
    pub(crate) engine: Engine,
    pub(crate) powerdns: PowerDns,
    /// The row of `powerdns`.
    pub(crate) server: DnsServer,
    /// The server of the accounts, which is never called.
    host: ServerId,
    scratch: Scratch,
}

/// An account and its zone.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) account: AccountId,
    pub(crate) zone: ZoneId,
    pub(crate) name: DomainName,
}

impl Deref for World {
    type Target = Company;

    fn deref(&self) -> &Company {
        &self.company
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with_name_servers(async |powerdns, _| vec![powerdns.dns_addr()]).await
    }

    /// A world whose DNS server has the name servers that `choose` returns. They may be started in its folder.
    pub(crate) async fn with_name_servers(
        choose: impl AsyncFnOnce(&PowerDns, &Scratch) -> Vec<String>,
    ) -> Self {
        let scratch = Scratch::new("dns-manager");
        let powerdns = PowerDns::start(&scratch.path().join("powerdns")).await.unwrap();
        let nameservers = choose(&powerdns, &scratch).await;
        let company = Company::new(5).await;
        let server = company.register_dns_server(&powerdns, nameservers).await;
        let host = fixtures::rows::server(company.tenant);
        let host = company.insert_server(&host, "praho", "none").await;
        let (store, keyring) = (company.store_of(PROGRAM).await, company.keyring.clone());
        let registry = dns_manager::workflows(store, keyring, fixtures::egress(), VERIFY).unwrap();
        let engine = company.engine(PROGRAM, registry).await;
        Self { company, engine, powerdns, server, host, scratch }
    }

    /// The engine of another DNS manager.
    pub(crate) async fn replica(&self) -> Engine {
        let store = self.store_of(PROGRAM).await;
        let keyring = Arc::clone(&self.keyring);
        let egress = fixtures::egress();
        let registry = dns_manager::workflows(store.clone(), keyring, egress, VERIFY).unwrap();
        fixtures::engine(&store, registry).await
    }

    /// A new account with a unique name and the usual records. No server has them yet.
    pub(crate) async fn site(&self) -> Site {
        let placed = self.company.site(self.host).await;
        let site = Site { account: placed.account, zone: ZoneId::generate(), name: placed.domain };
        let records = account_records(&site.name, &["192.0.2.7".parse().unwrap()]).unwrap();
        self.want(&site, records).await;
        site
    }

    /// Stores these records as the wanted ones of the site's zone.
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

    /// Stores this address as the wanted one of the site.
    pub(crate) async fn move_to(&self, site: &Site, address: &str) {
        self.want(site, account_records(&site.name, &[address.parse().unwrap()]).unwrap()).await;
    }

    pub(crate) async fn unwant(&self, site: &Site) {
        let tx = self.store.begin().await.unwrap();
        assert!(tx.unwant_zone(site.account).await.unwrap().is_some());
        tx.commit().await.unwrap();
    }

    /// Files `dns.apply` as the provisioning worker does.
    pub(crate) async fn file(&self, site: &Site) -> JobId {
        self.file_job(&self.job_of(&ApplyZone { zone_id: site.zone })).await
    }

    /// Files `dns.apply` and drives the job to its end.
    pub(crate) async fn apply(&self, site: &Site) -> Job {
        let id = self.file(site).await;
        drive(&self.engine, id, &[]).await;
        self.job(id).await
    }

    /// Gives the DNS server other name servers and another contact.
    pub(crate) async fn serve_by(&self, authority: &Authority) {
        self.change(DnsServer { authority: authority.clone(), ..self.server.clone() }).await;
    }

    /// Changes the row of the DNS server.
    pub(crate) async fn change(&self, server: DnsServer) {
        let tx = self.store.begin().await.unwrap();
        tx.update_dns_server(&server, None).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Files `dns_server.apply` as the API does.
    pub(crate) async fn file_server(&self) -> JobId {
        self.file_job(&self.job_of(&ApplyDnsServer { dns_server_id: self.server.id })).await
    }

    /// As [`World::apply`], for a job that must succeed.
    pub(crate) async fn applied(&self, site: &Site) {
        let job = self.apply(site).await;
        assert_eq!(job.status, JobStatus::Completed, "{:?}", job.fault);
    }

    /// The short answer of the name server to `dig`, its lines sorted.
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

    /// The records of a zone as the name server transfers them to `source`; none if it refuses.
    pub(crate) fn fetch_from(&self, source: &str, zone: &str) -> Vec<String> {
        let server = self.powerdns.dns_addr();
        let (host, port) = server.split_once(':').unwrap();
        let output = Command::new("dig")
            .args([
                &format!("@{host}"),
                "-p",
                port,
                "-b",
                source,
                "+noall",
                "+answer",
                zone,
                "AXFR",
            ])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let records = text.lines().filter(|it| !it.is_empty() && !it.starts_with(';'));
        records.map(str::to_owned).collect()
    }

    /// The zone in PowerDNS's own form, read without this product's client.
    pub(crate) async fn zone(&self, name: &DomainName) -> Option<Value> {
        powerdns_api::zone(&self.powerdns, name.as_str()).await
    }

    /// Creates a zone without our mark.
    pub(crate) async fn create_foreign_zone(&self, name: &DomainName) {
        powerdns_api::create_foreign_zone(&self.powerdns, name.as_str()).await;
    }

    /// Writes a record set as an operator does, and leaves the comments on it as they are.
    pub(crate) async fn write_set(&self, zone: &DomainName, name: &str, kind: &str, content: &str) {
        powerdns_api::write_set(&self.powerdns, zone.as_str(), name, kind, content).await;
    }

    /// Deletes the SOA and NS sets, as if PowerDNS had died while it created the zone.
    pub(crate) fn cut_off_creation(&self, name: &DomainName) {
        let database = self.scratch.path().join("powerdns/pdns.sqlite3");
        let cut = format!(
            "delete from records where type in ('SOA', 'NS') and domain_id =
             (select id from domains where name = '{name}')"
        );
        assert!(Command::new("sqlite3").arg(database).arg(cut).status().unwrap().success());
    }

    /// The number of audit rows for an action on the site's zone.
    pub(crate) async fn audited(&self, site: &Site, action: &str) -> i64 {
        let pool = sqlx::PgPool::connect(&self.database.url).await.unwrap();
        sqlx::query_scalar("SELECT count(*) FROM audit_log WHERE action = $1 AND target = $2")
            .bind(action)
            .bind(site.zone.target())
            .fetch_one(&pool)
            .await
            .unwrap()
    }
}

/// The record sets of a zone, by name and type, without SOA and NS.
pub(crate) fn sets(zone: &Value) -> Vec<(String, String, Vec<String>)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let contents = |set: &Value| {
        let records = set["records"].as_array().unwrap().iter();
        let mut contents: Vec<_> = records.map(|record| text(&record["content"])).collect();
        contents.sort();
        contents
    };
    let mut sets: Vec<_> = zone["rrsets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|set| (text(&set["name"]), text(&set["type"]), contents(set)))
        .filter(|(_, kind, _)| kind != "SOA" && kind != "NS")
        .collect();
    sets.sort();
    sets
}

/// The number of changes to a zone today, with its creation, read from PowerDNS's serial.
pub(crate) fn changes(zone: &Value) -> u64 {
    zone["serial"].as_u64().unwrap() % 100
}
