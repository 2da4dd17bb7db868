//! The state of a site from outside: the host and its log, the name server, the rows, and the events.

use fixtures::Site;
use model::{
    account::{Account, AccountStatus},
    password::Place,
    service::ServiceStatus,
};
use serde_json::Value;
use simulators::virtualmin::EffectKind;
use sqlx::PgPool;

use crate::world::World;

impl World {
    pub(crate) async fn account(&self, site: &Site) -> Account {
        self.store.account_by_id(site.account).await.unwrap().unwrap()
    }

    pub(crate) async fn status(&self, site: &Site) -> AccountStatus {
        self.account(site).await.status
    }

    pub(crate) async fn service_status(&self, site: &Site) -> ServiceStatus {
        self.store.service(self.tenant, site.service).await.unwrap().unwrap().service.status
    }

    /// The number of times that the host had this effect on the site's virtual server.
    pub(crate) fn times(&self, site: &Site, kind: EffectKind) -> usize {
        let effects = self.host.effects_on(site.domain.as_str());
        effects.iter().filter(|it| it.kind == kind).count()
    }

    /// Whether the site's virtual server exists as in its rows, ours, protected and switched on.
    pub(crate) async fn is_hosted(&self, site: &Site) -> bool {
        let account = self.account(site).await;
        self.host.domain(site.domain.as_str()).is_some_and(|it| {
            it.description == Account::marker(site.account)
                && Some(it.username.as_str()) == account.username.as_ref().map(|it| it.as_str())
                && ["unix", "dir", "web", "mail"].iter().all(|feature| it.has(feature))
                && it.limits.quota_blocks == 1024 * 1024
                && it.limits.mailboxes == Some(5)
                && it.password_set
                && it.protected
                && it.disabled.is_none()
        })
    }

    /// Whether the site's virtual server exists, ours, protected and switched off.
    pub(crate) fn is_switched_off(&self, site: &Site) -> bool {
        self.host.domain(site.domain.as_str()).is_some_and(|it| {
            it.description == Account::marker(site.account) && it.protected && it.disabled.is_some()
        })
    }

    /// The account's current password.
    pub(crate) async fn password(&self, site: &Site) -> String {
        let sealed = self.store.sealed_password(site.account, Place::Current).await;
        let sealed = sealed.unwrap().unwrap();
        let context = site.account.password_context();
        String::from_utf8(self.keyring.open(&context, &sealed).unwrap().to_vec()).unwrap()
    }

    /// The password on the host, which must be the one of the rows.
    pub(crate) async fn password_on_both_sides(&self, site: &Site) -> String {
        let password = self.password(site).await;
        let on_host = self.host.password_of(site.domain.as_str());
        assert_eq!(on_host.as_deref(), Some(password.as_str()), "host and rows differ");
        password
    }

    pub(crate) fn is_hosted_nowhere(&self, site: &Site) -> bool {
        self.host.domain(site.domain.as_str()).is_none()
    }

    /// The site's zone as PowerDNS has it.
    pub(crate) async fn zone(&self, site: &Site) -> Option<Value> {
        let path = format!("/api/v1/servers/localhost/zones/{}.", site.domain);
        let request = testkit::http::client()
            .get(self.powerdns.api_url() + &path)
            .header("X-API-Key", self.powerdns.api_key());
        let answer = request.send().await.unwrap();
        match answer.status().as_u16() {
            200 => Some(answer.json().await.unwrap()),
            404 => None,
            status => panic!("PowerDNS answers {status}"),
        }
    }

    /// Creates a foreign zone of the site's name, with another address.
    pub(crate) async fn make_foreign_zone(&self, site: &Site) {
        let name = format!("{}.", site.domain);
        let zone = serde_json::json!({
            "name": name, "kind": "Native", "nameservers": ["ns9.elsewhere.test."],
            "rrsets": [{
                "name": name, "type": "A", "ttl": 300,
                "records": [{ "content": "198.51.100.9", "disabled": false }],
            }],
        });
        let request = testkit::http::client()
            .post(self.powerdns.api_url() + "/api/v1/servers/localhost/zones")
            .header("X-API-Key", self.powerdns.api_key());
        assert_eq!(request.json(&zone).send().await.unwrap().status(), 201);
    }

    /// Whether the name server has the address of the site's host at the apex and at `www`.
    pub(crate) async fn is_served(&self, site: &Site) -> bool {
        let Some(zone) = self.zone(site).await else { return false };
        let account = self.account(site).await;
        let server = self.store.server_by_id(account.server_id).await.unwrap().unwrap();
        let address = server.addresses[0].to_string();
        ["", "www."].iter().all(|label| {
            let name = format!("{label}{}.", site.domain);
            let sets = zone["rrsets"].as_array().unwrap();
            sets.iter().any(|it| {
                it["name"] == name.as_str()
                    && it["type"] == "A"
                    && it["records"][0]["content"] == address.as_str()
            })
        })
    }

    /// Whether our rows want the site's zone.
    pub(crate) async fn wants_zone(&self, site: &Site) -> bool {
        self.store.zone_of(site.account).await.unwrap().is_some_and(|it| it.wanted)
    }

    /// The number of times that the event was published for the site's account, which must equal its audit
    /// rows.
    pub(crate) async fn told(&self, site: &Site, event: &str) -> i64 {
        let target = format!("account/{}", site.account);
        let events = self.count(
            "SELECT count(*) FROM outbox WHERE exchange = 'praho.events' AND body ->> 'type' = $1
                AND body ->> 'subject' = $2 AND body #>> '{data,account_id}' = split_part($2, '/', 2)",
            event,
            &target,
        );
        let audited = self.audited(event, &target);
        let (events, audited) = (events.await, audited.await);
        assert_eq!(events, audited, "{event} of {target}");
        events
    }

    /// The number of audit rows with this action and target.
    pub(crate) async fn audited(&self, action: &str, target: &str) -> i64 {
        let query = "SELECT count(*) FROM audit_log WHERE action = $1 AND target = $2";
        self.count(query, action, target).await
    }

    async fn count(&self, query: &'static str, first: &str, second: &str) -> i64 {
        let query = sqlx::query_scalar(query).bind(first).bind(second);
        query.fetch_one(&self.rows().await).await.unwrap()
    }

    /// A connection to the rows that does not use the product's code.
    pub(crate) async fn rows(&self) -> PgPool {
        PgPool::connect(&self.database.url).await.unwrap()
    }
}
