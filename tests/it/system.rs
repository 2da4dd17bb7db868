//! Starts all services as processes, with two simulated Virtualmin hosts, for one test.

use std::{
    net::Ipv4Addr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use simulators::virtualmin::{Effect, EffectKind, Options, Simulator, SiteAddresses};
use testkit::{
    Authority, Scratch, Servers, eventually_within, free_port,
    postgres::{Database, with_role},
    program::{Program, Running},
    proxy::Proxy,
    rabbitmq::{self, Management, with_user},
    random_bytes, unique,
};
use tonic::transport::{Certificate, Channel, ClientTlsConfig};
use url::Url;

/// Time for a debug build to start on a machine that runs other tests too.
const READY: Duration = Duration::from_secs(60);
/// The product's goal: an account works within a minute.
pub(crate) const ACTIVE: Duration = Duration::from_secs(60);

pub(crate) struct System {
    pub(crate) panels: Vec<Arc<Simulator>>,
    /// The ports of HTTP and HTTPS at which the worker asks for websites.
    site_ports: (u16, u16),
    /// The network between the gateway and each panel.
    pub(crate) lines: Vec<Proxy>,
    pub(crate) grpc_url: String,
    pub(crate) token: String,
    pub(crate) plan: String,
    pub(crate) prefix: String,
    pub(crate) servers: Servers,
    pub(crate) api_url: String,
    /// The CA of the services' certificates, which also has those of strangers.
    pub(crate) authority: Authority,
    /// The gateway's address, which only two services may call.
    pub(crate) gateway_url: String,
    /// A client of REST.
    pub(crate) client: Client,
    /// The key file of all services, and the line of the key that it begins with.
    key_file: PathBuf,
    pub(crate) first_key: String,
    // Fields are dropped in this order: the services first, then the parts that they use.
    services: Vec<Service>,
    _database: Option<Database>,
    _scratch: Scratch,
}

/// The environment and the settings of the services.
pub(crate) struct Ground {
    /// The broker, as its administrator.
    pub(crate) amqp_url: String,
    /// The broker's management API.
    pub(crate) management_url: String,
    /// An empty database; `None` for a fresh one on the shared server.
    pub(crate) database_url: Option<String>,
    /// The number of provisioning workers.
    pub(crate) workers: usize,
    /// Seconds after which the job of a dead worker continues elsewhere.
    pub(crate) lease_seconds: u64,
    /// Seconds that a panel has for an answer, and to come to rest after a missing answer.
    pub(crate) panel_seconds: u64,
    /// Seconds between two sweeps of a host.
    pub(crate) sweep_seconds: u64,
    /// The collector of the traces.
    pub(crate) otlp_endpoint: Option<String>,
    /// The servers; of these, only PowerDNS is used as it stands here.
    pub(crate) servers: Servers,
}

impl Default for Ground {
    fn default() -> Self {
        let servers = testkit::servers();
        Self {
            amqp_url: servers.amqp_url.clone(),
            management_url: servers.management_url.clone(),
            database_url: None,
            workers: 1,
            lease_seconds: 30,
            panel_seconds: 30,
            sweep_seconds: 300,
            otlp_endpoint: None,
            servers,
        }
    }
}

/// A service that runs as a process.
pub(crate) struct Service {
    program: Program,
    ready_url: String,
    running: Mutex<Running>,
}

impl Service {
    async fn start(program: Program, port: u16) -> Self {
        let running = Mutex::new(program.start().unwrap());
        let service =
            Self { program, ready_url: format!("http://127.0.0.1:{port}/readyz"), running };
        service.ready().await;
        service
    }

    /// Calls `act` with the running process.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&Running) -> T) -> T {
        act(&self.running.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Kills the process as a power cut would.
    pub(crate) async fn kill(&self) {
        let process = self.with(|running| *running.process());
        process.kill();
        assert!(process.gone(READY).await, "{} does not die", self.program.name);
    }

    /// Asks the process to stop, and waits until it has ended.
    pub(crate) async fn stop(&self) {
        let process = self.with(|running| *running.process());
        assert!(process.stop(READY).await, "{} does not stop", self.program.name);
    }

    /// Starts the service, which must refuse to run; returns what it has written since.
    pub(crate) async fn refuses_to_start(&self) -> String {
        let before = self.log().len();
        let running = self.program.start().unwrap();
        assert!(running.process().gone(READY).await, "{} runs", self.program.name);
        self.log().split_off(before)
    }

    /// Starts the service again, and waits until it is ready.
    pub(crate) async fn start_again(&self) {
        let running = self.program.start().unwrap();
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = running;
        self.ready().await;
    }

    /// Waits until the service is ready.
    pub(crate) async fn ready(&self) {
        eventually_within(READY, &format!("{} is ready", self.program.name), async || {
            match self.readiness().await {
                Some(StatusCode::OK) => Ok(()),
                other => Err((other, testkit::log_tail(&self.program.log))),
            }
        })
        .await;
    }

    /// Waits until the service reports that it is not ready.
    pub(crate) async fn not_ready(&self) {
        eventually_within(
            READY,
            &format!("{} is not ready", self.program.name),
            async || match self.readiness().await {
                Some(StatusCode::OK) => Err(()),
                _ => Ok(()),
            },
        )
        .await;
    }

    /// A path of the port for health and metrics.
    pub(crate) fn url(&self, path: &str) -> String {
        self.ready_url.replace("/readyz", path)
    }

    /// The service's metrics for Prometheus.
    pub(crate) async fn metrics(&self) -> String {
        let answer = testkit::http::client().get(self.url("/metrics")).send().await.unwrap();
        answer.text().await.unwrap()
    }

    /// All that the process has written.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.program.log).unwrap()
    }

    /// The program's name; a worker has the name `worker` with its number.
    pub(crate) fn name(&self) -> &str {
        &self.program.name
    }

    async fn readiness(&self) -> Option<StatusCode> {
        let answer = testkit::http::client().get(&self.ready_url).send().await;
        answer.ok().map(|answer| answer.status())
    }
}

/// Makes the services' users in a broker, each with the rights of its own names behind any prefix.
pub(crate) async fn make_broker_users(amqp_url: &str, management_url: &str) {
    let password = rabbitmq::password(amqp_url);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/broker.json");
    let management = Management::new(management_url);
    management.put_users(&file, r"(.*\.)?", |_| password.clone()).await.unwrap();
}

/// The line of a new key in the key file.
pub(crate) fn new_key(id: &str) -> String {
    format!("{id}:{}\n", STANDARD.encode(random_bytes::<32>()))
}

impl System {
    pub(crate) async fn start() -> Self {
        Self::start_on(Ground::default()).await
    }

    pub(crate) async fn start_on(ground: Ground) -> Self {
        let scratch = Scratch::new("system");
        let (database, database_url) = match ground.database_url {
            Some(url) => (None, url),
            None => {
                let database =
                    testkit::postgres::fresh("empty", async |_| Ok::<_, String>(())).await;
                let url = database.url.clone();
                (Some(database), url)
            }
        };
        let prefix = format!("{}.", unique("system"));
        let token = format!("praho_{}", STANDARD.encode(random_bytes::<32>()));
        let keys = scratch.path().join("keys");
        let first_key = new_key("test");
        testkit::environment::write_private(&keys, &first_key).unwrap();

        make_broker_users(&ground.amqp_url, &ground.management_url).await;
        let migration = Program::new("praho-migrate", scratch.path());
        migration.env("PRAHO__DATABASE__URL", &database_url).run().await.unwrap();

        let keyless = |name: &str| {
            let port = free_port();
            let mut program = Program::new(name, scratch.path())
                .env("PRAHO__HTTP__LISTEN", format!("127.0.0.1:{port}"))
                .env("PRAHO__DATABASE__URL", with_role(&database_url, name));
            if let Some(endpoint) = &ground.otlp_endpoint {
                program = program.env("PRAHO__TELEMETRY__OTLP_ENDPOINT", endpoint);
            }
            (program, port)
        };
        let program = |name: &str| {
            let (program, port) = keyless(name);
            let program = program
                .env("PRAHO__SECRETS__KEY_FILE", keys.display().to_string())
                .env("PRAHO__EGRESS__ALLOW", "127.0.0.0/8,::1/128")
                .env("PRAHO__EGRESS__ALLOW_PLAINTEXT", "true");
            (program, port)
        };
        // The gateway does not use the broker and refuses its settings.
        let on_broker = |name: &str| {
            let (program, port) = program(name);
            let program = program
                .env("PRAHO__AMQP__URL", with_user(&ground.amqp_url, name))
                .env("PRAHO__AMQP__PREFIX", &prefix);
            (program, port)
        };
        let worker = |name: &str| {
            let (program, port) = on_broker(name);
            (program.env("PRAHO__ENGINE__LEASE_SECONDS", ground.lease_seconds.to_string()), port)
        };
        let authority = Authority::open(&scratch.path().join("tls")).unwrap();
        let ca = authority.ca_file().display().to_string();
        let shows = |program: Program, section: &str, name: &str| {
            let issued = authority.issue(name).unwrap();
            let tls = format!("PRAHO__{section}__TLS__");
            program
                .env(&format!("{tls}CERTIFICATE"), issued.certificate.display().to_string())
                .env(&format!("{tls}KEY"), issued.key.display().to_string())
        };
        let (api_http, api_grpc, gateway_grpc) = (free_port(), free_port(), free_port());
        let site_ports = (free_port(), free_port());
        let gateway_url = format!("https://127.0.0.1:{gateway_grpc}");

        let (api, api_health) = on_broker("praho-api");
        let api = shows(shows(api, "HTTP", "api"), "GRPC", "api")
            .env("PRAHO__HTTP__LISTEN", format!("127.0.0.1:{api_http}"))
            .env("PRAHO__HEALTH__LISTEN", format!("127.0.0.1:{api_health}"))
            .env("PRAHO__GRPC__LISTEN", format!("127.0.0.1:{api_grpc}"))
            .env("PRAHO__DOMAINS__RESOLVERS", &testkit::servers().dns_addr)
            .env("PRAHO__BOOTSTRAP__TENANT", "demo")
            .env("PRAHO__BOOTSTRAP__TOKEN", &token);
        let (gateway, gateway_port) = program("praho-virtualmin-gateway");
        let mut gateway = shows(gateway, "GRPC", "virtualmin-gateway")
            .env("PRAHO__GRPC__TLS__CLIENT_CA", &ca)
            .env("PRAHO__GRPC__LISTEN", format!("127.0.0.1:{gateway_grpc}"));
        for patience in [
            "API_REQUEST_TIMEOUT",
            "PROVISIONING_TIMEOUT",
            "DOMAIN_SYNC_TIMEOUT",
            "SETTLE_SECONDS",
            "BREAKER_PAUSE_SECONDS",
            "FAULT_PAUSE_SECONDS",
        ] {
            let name = format!("PRAHO__VIRTUALMIN__{patience}");
            gateway = gateway.env(&name, ground.panel_seconds.to_string());
        }
        let mut programs =
            vec![(api, api_health), (gateway, gateway_port), worker("praho-dns-manager")];
        for number in 1..=ground.workers {
            let (mut worker, port) = worker("praho-provisioning-worker");
            worker.name = format!("worker {number}");
            let worker = shows(worker, "GATEWAY", "provisioning-worker")
                .env("PRAHO__GATEWAY__TLS__CA", &ca)
                .env("PRAHO__SITE__HTTP_PORT", site_ports.0.to_string())
                .env("PRAHO__SITE__HTTPS_PORT", site_ports.1.to_string());
            programs.push((worker.env("PRAHO__GATEWAY__URL", &gateway_url), port));
        }
        let (reconciler, port) = keyless("praho-drift-reconciler");
        let reconciler = shows(reconciler, "GATEWAY", "drift-reconciler")
            .env("PRAHO__GATEWAY__TLS__CA", &ca)
            .env("PRAHO__AMQP__URL", with_user(&ground.amqp_url, "praho-drift-reconciler"))
            .env("PRAHO__AMQP__PREFIX", &prefix)
            .env("PRAHO__GATEWAY__URL", &gateway_url)
            .env("PRAHO__SWEEP__PERIOD_SECONDS", ground.sweep_seconds.to_string());
        programs.push((reconciler, port));
        let mut services = Vec::new();
        for (program, port) in programs {
            services.push(Service::start(program, port).await);
        }
        let mut system = Self {
            panels: Vec::new(),
            site_ports,
            lines: Vec::new(),
            grpc_url: format!("https://127.0.0.1:{api_grpc}"),
            token,
            plan: String::new(),
            prefix,
            servers: ground.servers,
            api_url: format!("https://127.0.0.1:{api_http}/api/v1"),
            client: testkit::http::client_of(&authority.ca_file()).unwrap(),
            gateway_url,
            authority,
            key_file: keys,
            first_key,
            services,
            _database: database,
            _scratch: scratch,
        };
        system.furnish().await;
        system
    }

    /// Writes the key file anew; services read it when they start.
    pub(crate) fn write_keys(&self, lines: &[&str]) {
        std::fs::remove_file(&self.key_file).unwrap();
        testkit::environment::write_private(&self.key_file, &lines.concat()).unwrap();
    }

    /// A connection to the gRPC API.
    pub(crate) async fn channel(&self) -> Channel {
        let roots = std::fs::read(self.authority.ca_file()).unwrap();
        let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(roots));
        let endpoint = Channel::from_shared(self.grpc_url.clone()).unwrap();
        endpoint.tls_config(tls).unwrap().connect().await.unwrap()
    }

    /// Creates a plan, a DNS server and two hosts, and lets the broker's administrator publish commands.
    async fn furnish(&mut self) {
        let user: Url = self.servers.amqp_url.parse().unwrap();
        let publisher = json!({ "user_name": user.username(), "role": "operator" });
        self.post("/publishers", publisher).await;
        let plan = json!({ "name": "starter", "disk_mib": 1024, "bandwidth_mib": 10240, "features": ["web", "mail"] });
        self.plan = id(&self.post("/plans", plan).await);
        let dns = json!({
            "name": "ns", "api_url": self.servers.powerdns_url,
            "api_key": self.servers.powerdns_api_key, "nameservers": [self.servers.dns_addr],
            "ns_names": ["ns1.lab.test", "ns2.lab.test"],
        });
        self.post("/dns-servers", dns).await;
        for number in [1, 2] {
            let panel = Arc::new(Simulator::start(self.host_options(number)).await.unwrap());
            let line = Proxy::start(panel.address()).await.unwrap();
            let url = format!("https://{}", line.address());
            let name = format!("vm{number}");
            self.register(&panel, json!({ "name": name, "url": url, "reads_per_second": 1000 }))
                .await;
            self.panels.push(panel);
            self.lines.push(line);
        }
    }

    /// Registers a simulated host with `more` settings; returns its id once it is verified.
    pub(crate) async fn register(&self, panel: &Simulator, more: Value) -> String {
        let mut server = json!({
            "url": panel.url(), "username": panel.username(), "password": panel.password(),
            "certificate_sha256": panel.certificate_sha256(),
            "ip_address": panel.site_address(), "capacity": 1000,
        });
        server.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let server = id(&self.post("/servers", server).await);
        self.until("the server is verified", &format!("/servers/{server}"), "active").await;
        server
    }

    /// The options of a simulated host that serves websites at an address of its own: `127.0.0.11` is the first.
    pub(crate) fn host_options(&self, number: u8) -> Options {
        let (http, https) = self.site_ports;
        let address = Ipv4Addr::new(127, 0, 0, 10 + number).into();
        let sites = Some(SiteAddresses::new(address, http, https));
        Options { sites, ..Options::default() }
    }

    /// The service whose program has this name; workers are named `worker 1`, `worker 2`.
    pub(crate) fn service_named(&self, name: &str) -> &Service {
        self.services.iter().find(|it| it.program.name == name).unwrap()
    }

    pub(crate) fn services(&self) -> &[Service] {
        &self.services
    }

    /// Makes one REST call, under `key` if it has a body; returns `None` without an answer.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        key: &str,
        body: Option<&Value>,
    ) -> Option<(StatusCode, Value)> {
        let url = format!("{}{path}", self.api_url);
        let mut request = self.client.request(method, url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.header("idempotency-key", key).json(body);
        }
        let response = request.send().await.ok()?;
        let status = response.status();
        Some((status, response.json().await.unwrap_or_default()))
    }

    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> (StatusCode, Value) {
        self.send(method, path, &unique("key"), body.as_ref()).await.expect("an answer of the API")
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

    /// Creates a service with a unique domain; returns its id and the domain.
    pub(crate) async fn service(&self) -> (String, String) {
        let domain = format!("{}.test", unique("site").to_lowercase());
        let body = json!({ "plan_id": self.plan, "domain": domain });
        (id(&self.post("/services", body).await), domain)
    }

    /// Waits until the resource at `path` has this status.
    pub(crate) async fn until(&self, what: &str, path: &str, status: &str) -> Value {
        eventually_within(ACTIVE, what, async || {
            let seen = self.get(path).await;
            if seen["status"] == status { Ok(seen) } else { Err(seen) }
        })
        .await
    }

    /// All changes made to the panels so far.
    pub(crate) fn effects(&self) -> Vec<Effect> {
        self.panels.iter().flat_map(|it| it.effects()).collect()
    }

    /// The number of creations of a domain, on both panels.
    pub(crate) fn creations(&self, domain: &str) -> usize {
        let effects = self.panels.iter().flat_map(|it| it.effects_on(domain));
        effects.filter(|it| it.kind == EffectKind::Created).count()
    }

    /// The name server's answer for the A record of `name`.
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
