//! All services as processes of their own, with two simulated Virtualmin hosts, for one test.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use testkit::{
    Scratch, Servers, eventually_within, free_port,
    postgres::Database,
    program::{Program, Running},
    random_bytes, unique,
    virtualmin::{EffectKind, Options, Simulator},
};

/// A service compiled for debugging, on a machine that runs other tests as well.
const READY: Duration = Duration::from_secs(60);
/// The mission: an account works within a minute.
const ACTIVE: Duration = Duration::from_secs(60);

pub(crate) struct System {
    pub(crate) panels: Vec<Simulator>,
    pub(crate) grpc_url: String,
    pub(crate) token: String,
    pub(crate) plan: String,
    pub(crate) prefix: String,
    pub(crate) servers: Servers,
    api_url: String,
    client: Client,
    // In this order they go: the services, then what they stood on.
    _services: Vec<Running>,
    _database: Database,
    _scratch: Scratch,
}

/// A server of our own shared ones, or another broker.
pub(crate) struct Broker {
    pub(crate) amqp_url: String,
}

impl System {
    pub(crate) async fn start() -> Self {
        let amqp_url = testkit::servers().amqp_url;
        Self::start_on(Broker { amqp_url }).await
    }

    pub(crate) async fn start_on(broker: Broker) -> Self {
        let scratch = Scratch::new("system");
        let servers = testkit::servers();
        let database = testkit::postgres::fresh("empty", async |_| Ok::<_, String>(())).await;
        let prefix = format!("{}.", unique("system"));
        let token = format!("praho_{}", STANDARD.encode(random_bytes::<32>()));
        let keys = scratch.path().join("keys");
        std::fs::write(&keys, format!("test:{}\n", STANDARD.encode(random_bytes::<32>()))).unwrap();

        let program = |name: &str, port: u16| {
            Program::new(name, scratch.path())
                .env("PRAHO__HTTP__LISTEN", format!("127.0.0.1:{port}"))
                .env("PRAHO__DATABASE__URL", &database.url)
                .env("PRAHO__SECRETS__KEY_FILE", keys.display().to_string())
        };
        // The gateway has no business with the broker, and refuses its settings.
        let on_broker = |program: Program| {
            program.env("PRAHO__AMQP__URL", &broker.amqp_url).env("PRAHO__AMQP__PREFIX", &prefix)
        };
        let [api_port, grpc_port, gateway_port, gateway_grpc, worker_port, dns_port] =
            std::array::from_fn(|_| free_port());
        let api = on_broker(program("praho-api", api_port))
            .env("PRAHO__GRPC__LISTEN", format!("127.0.0.1:{grpc_port}"))
            .env("PRAHO__BOOTSTRAP__TENANT", "demo")
            .env("PRAHO__BOOTSTRAP__TOKEN", &token);
        let gateway = program("praho-virtualmin-gateway", gateway_port)
            .env("PRAHO__GRPC__LISTEN", format!("127.0.0.1:{gateway_grpc}"));
        let worker = on_broker(program("praho-provisioning-worker", worker_port))
            .env("PRAHO__GATEWAY__URL", format!("http://127.0.0.1:{gateway_grpc}"));
        let dns = on_broker(program("praho-dns-manager", dns_port));
        let mut services = Vec::new();
        for (program, port) in
            [(api, api_port), (gateway, gateway_port), (worker, worker_port), (dns, dns_port)]
        {
            let running = program.start().unwrap();
            running.ready(&format!("http://127.0.0.1:{port}/readyz"), READY).await.unwrap();
            services.push(running);
        }
        let mut system = Self {
            panels: Vec::new(),
            grpc_url: format!("http://127.0.0.1:{grpc_port}"),
            token,
            plan: String::new(),
            prefix,
            servers,
            api_url: format!("http://127.0.0.1:{api_port}/api/v1"),
            client: testkit::http::client(),
            _services: services,
            _database: database,
            _scratch: scratch,
        };
        system.furnish().await;
        system
    }

    /// A plan, a DNS server and two hosts.
    async fn furnish(&mut self) {
        let plan = json!({ "name": "starter", "disk_mib": 1024, "bandwidth_mib": 10240, "features": ["web", "mail"] });
        self.plan = id(&self.post("/plans", plan).await);
        let dns = json!({
            "name": "ns", "api_url": self.servers.powerdns_url,
            "api_key": self.servers.powerdns_api_key, "nameservers": [self.servers.dns_addr],
        });
        self.post("/dns-servers", dns).await;
        for number in [1, 2] {
            let panel = Simulator::start(Options::default()).await.unwrap();
            let server = json!({
                "name": format!("vm{number}"), "url": panel.url(),
                "username": panel.username(), "password": panel.password(),
                "certificate_sha256": panel.certificate_sha256(),
                "ip_address": format!("127.0.0.{}", 10 + number),
                "capacity": 1000, "reads_per_second": 1000,
            });
            let server = id(&self.post("/servers", server).await);
            self.until("the server is verified", &format!("/servers/{server}"), "active").await;
            self.panels.push(panel);
        }
    }

    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> (StatusCode, Value) {
        let url = format!("{}{path}", self.api_url);
        let mut request = self.client.request(method, url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.header("idempotency-key", unique("key")).json(&body);
        }
        let response = request.send().await.unwrap();
        let status = response.status();
        (status, response.json().await.unwrap_or_default())
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call(Method::GET, path, None).await;
        assert!(status.is_success(), "GET {path}: {status} {body}");
        body
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.call(Method::POST, path, Some(body)).await;
        assert!(status.is_success(), "POST {path}: {status} {answer}");
        answer
    }

    /// A new service for a domain that nobody else has.
    pub(crate) async fn service(&self) -> (String, String) {
        let domain = format!("{}.test", unique("site").to_lowercase());
        let body = json!({ "plan_id": self.plan, "domain": domain });
        (id(&self.post("/services", body).await), domain)
    }

    /// Waits until what is at `path` has this status.
    pub(crate) async fn until(&self, what: &str, path: &str, status: &str) -> Value {
        eventually_within(ACTIVE, what, async || {
            let seen = self.get(path).await;
            if seen["status"] == status { Ok(seen) } else { Err(seen) }
        })
        .await
    }

    /// How often each domain was created, over both panels.
    pub(crate) fn creations(&self, domain: &str) -> usize {
        let effects = self.panels.iter().flat_map(|it| it.effects_on(domain));
        effects.filter(|it| it.kind == EffectKind::Created).count()
    }

    /// What the name server answers for the A record of `name`.
    pub(crate) fn dig(&self, name: &str) -> String {
        let (host, port) = self.servers.dns_addr.rsplit_once(':').unwrap();
        let output = std::process::Command::new("dig")
            .args([&format!("@{host}"), "-p", port, name, "A", "+short", "+tries=1", "+time=2"])
            .output()
            .expect("dig is installed by cargo xtask");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

pub(crate) fn id(value: &Value) -> String {
    value["id"].as_str().unwrap_or_else(|| panic!("no id in {value}")).to_owned()
}
