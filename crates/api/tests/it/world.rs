//! One API with its own database and queues, and helpers that create test data.

use std::collections::HashMap;

use api::Config;
use chassis::Shutdown;
use reqwest::{Client, Method, StatusCode, header::HeaderMap};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::PgPool;
use testkit::{eventually, free_port, postgres::Database, unique};
use tokio::task::JoinHandle;

use crate::openapi::objection;

/// 32 zero bytes, which no real installation would use.
pub(crate) const KEY: &str = "test:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// The networks of the servers of tests: this machine, and documentation's.
const NETWORKS: &str = "127.0.0.0/8,192.0.2.0/24,198.51.100.0/24,203.0.113.0/24,2001:db8::/32";

/// A running API.
pub(crate) struct World {
    pub(crate) token: String,
    pub(crate) rest_url: String,
    pub(crate) grpc_url: String,
    pub(crate) prefix: String,
    pub(crate) pool: PgPool,
    shutdown: Shutdown,
    api: JoinHandle<anyhow::Result<()>>,
    client: Client,
    database: Database,
}

/// An answer of REST.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// A header as text.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|it| it.to_str().unwrap()).unwrap_or_default()
    }

    /// The names of the wrong fields in a problem.
    pub(crate) fn wrong_fields(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().unwrap();
        errors.iter().map(|it| it["field"].as_str().unwrap()).collect()
    }
}

impl World {
    /// Starts an API without a broker. It is ready all the same: accepted work waits in the outbox.
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Starts an API without a broker and with more settings, such as `("RATE_LIMIT__REQUESTS", "5")`.
    pub(crate) async fn with(settings: &[(&str, &str)]) -> Self {
        Self::with_amqp(format!("amqp://127.0.0.1:{}", free_port()), settings).await
    }

    /// Starts an API with queues of its own.
    pub(crate) async fn with_broker() -> Self {
        Self::with_broker_and(&[]).await
    }

    /// Starts an API with queues of its own and with more settings.
    pub(crate) async fn with_broker_and(settings: &[(&str, &str)]) -> Self {
        Self::with_amqp(testkit::servers().amqp_url, settings).await
    }

    async fn with_amqp(amqp_url: String, settings: &[(&str, &str)]) -> Self {
        let template = format!("praho-{}", store::schema_name());
        let database = testkit::postgres::fresh(&template, store::migrate).await;
        Self::on(database, amqp_url, settings).await
    }

    /// Stops the API, and starts one on its database with these settings and without a broker.
    pub(crate) async fn again(self, settings: &[(&str, &str)]) -> Self {
        self.shutdown.request();
        self.api.await.unwrap().unwrap();
        Self::on(self.database, format!("amqp://127.0.0.1:{}", free_port()), settings).await
    }

    async fn on(database: Database, amqp_url: String, settings: &[(&str, &str)]) -> Self {
        let (rest, grpc, health) = (free_port(), free_port(), free_port());
        let token = format!("praho_{}", testkit::password());
        let prefix = format!("{}.", unique("api"));
        let mut variables = HashMap::from(
            [
                ("HTTP__LISTEN", format!("127.0.0.1:{rest}")),
                ("GRPC__LISTEN", format!("127.0.0.1:{grpc}")),
                ("HEALTH__LISTEN", format!("127.0.0.1:{health}")),
                ("DATABASE__URL", database.url_of("praho-api")),
                ("AMQP__URL", amqp_url),
                ("AMQP__PREFIX", prefix.clone()),
                ("SECRETS__KEYS", KEY.to_owned()),
                ("EGRESS__ALLOW", NETWORKS.to_owned()),
                ("EGRESS__ALLOW_PLAINTEXT", "true".to_owned()),
                ("BOOTSTRAP__TENANT", "demo".to_owned()),
                ("BOOTSTRAP__TOKEN", token.clone()),
            ]
            .map(|(name, value)| (format!("PRAHO__{name}"), value)),
        );
        let settings =
            settings.iter().map(|(name, value)| (format!("PRAHO__{name}"), (*value).to_owned()));
        variables.extend(settings);
        let config: Config = chassis::config::load_from(None, variables).unwrap();
        chassis::tls::install_provider();
        let shutdown = Shutdown::new();
        let api = tokio::spawn(api::run(config, shutdown.clone()));
        let mut world = Self {
            token,
            rest_url: format!("http://127.0.0.1:{rest}"),
            grpc_url: format!("http://127.0.0.1:{grpc}"),
            prefix,
            pool: PgPool::connect_lazy(&database.url).unwrap(),
            shutdown,
            api,
            client: testkit::http::client(),
            database,
        };
        let ready = format!("http://127.0.0.1:{health}/readyz");
        let ready = eventually("the API is ready", async || {
            world.client.get(&ready).send().await.ok().filter(|it| it.status().is_success())
        });
        tokio::select! {
            ended = &mut world.api => panic!("the API ended at its start: {ended:?}"),
            _ = ready => {}
        }
        world
    }

    /// The URL of its database.
    pub(crate) fn database_url(&self) -> String {
        self.database.url.clone()
    }

    /// Requests a stop, and returns the result of the API.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.shutdown.request();
        self.api.await.unwrap()
    }

    /// A request to REST, with the token.
    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.bare(method, path).bearer_auth(&self.token)
    }

    /// A POST without a body, under a new idempotency key.
    pub(crate) fn intent(&self, path: &str) -> reqwest::RequestBuilder {
        self.request(Method::POST, path).header("Idempotency-Key", unique("key"))
    }

    /// A request to REST, without a token.
    pub(crate) fn bare(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}/api/v1{path}", self.rest_url))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await
    }

    /// Posts a body under a new idempotency key.
    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.post_once(&unique("key"), path, body).await
    }

    /// Posts a body under a given idempotency key.
    pub(crate) async fn post_once(&self, key: &str, path: &str, body: Value) -> Answer {
        send(self.request(Method::POST, path).header("Idempotency-Key", key).json(&body)).await
    }

    /// Reads one number from the database.
    pub(crate) async fn number(&self, statement: &'static str) -> i64 {
        sqlx::query_scalar(statement).fetch_one(&self.pool).await.unwrap()
    }

    /// How many rows of the audit log do not follow from the row before.
    pub(crate) async fn audit_breaks(&self) -> i64 {
        self.number("SELECT cardinality(breaks)::bigint FROM audit_check_v1(0, 1000)").await
    }

    /// The number of rows in every table that a request could write to.
    pub(crate) async fn rows(&self) -> i64 {
        self.number(
            "SELECT (SELECT count(*) FROM plans) + (SELECT count(*) FROM servers)
                + (SELECT count(*) FROM dns_servers) + (SELECT count(*) FROM services)
                + (SELECT count(*) FROM accounts) + (SELECT count(*) FROM jobs)
                + (SELECT count(*) FROM resources) + (SELECT count(*) FROM audit_log)
                + (SELECT count(*) FROM idempotency_keys) + (SELECT count(*) FROM tenants)
                + (SELECT count(*) FROM api_tokens) + (SELECT count(*) FROM tenant_quotas)",
        )
        .await
    }

    /// The text of every row that must not hold a secret.
    pub(crate) async fn everything_written(&self) -> String {
        let tables = "SELECT string_agg(text, '') FROM (
            SELECT row_to_json(it)::text AS text FROM audit_log it
            UNION ALL SELECT row_to_json(it)::text FROM jobs it
            UNION ALL SELECT row_to_json(it)::text FROM outbox it
            UNION ALL SELECT row_to_json(it)::text FROM idempotency_keys it
            UNION ALL SELECT row_to_json(it)::text FROM tenants it
            UNION ALL SELECT row_to_json(it)::text FROM api_tokens it
            UNION ALL SELECT row_to_json(it)::text FROM dead_letters it
            UNION ALL SELECT row_to_json(it)::text FROM servers it
            UNION ALL SELECT row_to_json(it)::text FROM server_credentials it
            UNION ALL SELECT row_to_json(it)::text FROM server_shell_keys it
            UNION ALL SELECT row_to_json(it)::text FROM accounts it
            UNION ALL SELECT row_to_json(it)::text FROM account_passwords it
            UNION ALL SELECT row_to_json(it)::text FROM dns_servers it) rows";
        sqlx::query_scalar(tables).fetch_one(&self.pool).await.unwrap()
    }

    /// Changes one row as a worker would.
    pub(crate) async fn execute(&self, statement: &'static str, id: &str) {
        let id: uuid::Uuid = id.parse().unwrap();
        let done = sqlx::query(statement).bind(id).execute(&self.pool).await.unwrap();
        assert_eq!(done.rows_affected(), 1, "{statement}");
        // The store notifies watchers of a changed job, so this helper does so too.
        let tell = sqlx::query("SELECT pg_notify('praho_jobs', $1)").bind(id.to_string());
        tell.execute(&self.pool).await.unwrap();
    }

    /// A token of the first tenant with this role.
    pub(crate) async fn token(&self, role: &str) -> String {
        let tenant = "SELECT tenant_id FROM api_tokens WHERE name = 'bootstrap'";
        let tenant = sqlx::query_scalar(tenant).fetch_one(&self.pool).await.unwrap();
        self.token_of(tenant, role).await
    }

    /// An owner's token of another tenant.
    pub(crate) async fn foreign_token(&self) -> String {
        let insert = "INSERT INTO tenants (id, name) VALUES (gen_random_uuid(), $1) RETURNING id";
        let name = unique("stranger");
        let tenant = sqlx::query_scalar(insert).bind(name).fetch_one(&self.pool).await.unwrap();
        self.token_of(tenant, "owner").await
    }

    async fn token_of(&self, tenant: uuid::Uuid, role: &str) -> String {
        let token = format!("praho_{}", testkit::password());
        let sha256: [u8; 32] = Sha256::digest(&token).into();
        sqlx::query(
            "INSERT INTO api_tokens (id, tenant_id, name, sha256, role)
             VALUES (gen_random_uuid(), $1, $2, $3, $4)",
        )
        .bind(tenant)
        .bind(unique(role))
        .bind(sha256.to_vec())
        .bind(role)
        .execute(&self.pool)
        .await
        .unwrap();
        token
    }

    /// Creates a plan for any server; returns its id.
    pub(crate) async fn plan(&self) -> String {
        let body = json!({ "name": unique("plan"), "disk_mib": 1024, "features": ["web", "dns"] });
        id(&self.post("/plans", body).await)
    }

    /// Registers a DNS server; returns its id.
    pub(crate) async fn dns_server(&self) -> String {
        id(&self.post("/dns-servers", dns_server()).await)
    }

    /// Registers a server and makes it active; returns its id.
    pub(crate) async fn server(&self, capacity: u32) -> String {
        let server = id(&self.post("/servers", server(capacity)).await);
        self.execute(
            "UPDATE servers SET status = 'active', verified_at = now() WHERE id = $1",
            &server,
        )
        .await;
        server
    }

    /// Creates a service on a plan of its own; returns its id.
    pub(crate) async fn service(&self) -> String {
        let plan = self.plan().await;
        let body = json!({ "plan_id": plan, "domain": format!("{}.example", unique("site")) });
        id(&self.post("/services", body).await)
    }

    /// Activates a service and completes its job as a worker would; returns the service and the account.
    pub(crate) async fn active_service(&self) -> (String, String) {
        self.dns_server().await;
        self.server(10).await;
        let service = self.service().await;
        let answer = self.post(&format!("/services/{service}/activate"), json!({})).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
        let account = text(&answer.body["account"], "id");
        self.execute("UPDATE accounts SET status = 'active' WHERE id = $1", &account).await;
        finish_job(self, &text(&answer.body["job"], "id"), "completed").await;
        (service, account)
    }
}

/// Brings a pending job to its final status, through the transitions that the database allows.
pub(crate) async fn finish_job(world: &World, job: &str, status: &str) {
    world
        .execute(
            "UPDATE jobs SET status = 'running', lease_owner = 'test', lease_until = now() + interval '1 minute',
                slot = CASE WHEN resource IS NOT NULL THEN 1 END
             WHERE id = $1",
            job,
        )
        .await;
    if status == "completed" {
        world
            .execute(
                "UPDATE jobs SET status = 'completed', lease_owner = NULL, lease_until = NULL, slot = NULL, finished_at = now()
                 WHERE id = $1",
                job,
            )
            .await;
        return;
    }
    world.execute("UPDATE jobs SET status = 'unwinding' WHERE id = $1", job).await;
    world
        .execute(
            "UPDATE jobs SET status = 'failed', lease_owner = NULL, lease_until = NULL, slot = NULL, finished_at = now()
             WHERE id = $1",
            job,
        )
        .await;
}

/// The request that registers a server, with a unique name and URL.
pub(crate) fn server(capacity: u32) -> Value {
    let name = unique("vm");
    json!({
        "name": name, "url": format!("https://{name}.example.net:10000"), "username": "praho",
        "password": "panel-password-7", "certificate_sha256": "0F:".repeat(31) + "0F",
        "ip_address": "192.0.2.7", "capacity": capacity,
    })
}

/// The request that registers a DNS server, with a unique name.
pub(crate) fn dns_server() -> Value {
    json!({
        "name": unique("ns"), "api_url": "http://127.0.0.1:8081", "api_key": "powerdns-key-7",
        "nameservers": ["127.0.0.1:5300"], "ns_names": ["ns1.example.net", "ns2.example.net"],
    })
}

/// Sends a request and reads its answer, which must match the OpenAPI document.
pub(crate) async fn send(request: reqwest::RequestBuilder) -> Answer {
    let (client, request) = request.build_split();
    let request = request.unwrap();
    let (method, path) = (request.method().clone(), request.url().path().to_owned());
    let response = client.execute(request).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    if let Some(path) = path.strip_prefix("/api/v1") {
        let objection = objection(&method, path, status.as_u16(), &body);
        assert_eq!(objection, None, "{method} {path}: {status} {body}");
    }
    Answer { status, headers, body }
}

/// The id of a created resource.
pub(crate) fn id(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    text(&answer.body, "id")
}

/// A text field.
pub(crate) fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("no text {field}: {value}")).to_owned()
}
