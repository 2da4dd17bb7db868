//! The services that `up` and `bench` start, with their ports and settings.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::Client;
use serde_json::Value;
use testkit::environment::write_private;
use testkit::program::Program;
use testkit::{Authority, Servers, free_port, http, password, random_bytes};

use crate::broker::{Broker, PUBLISHER};
use crate::cargo::workspace;
use crate::database::{Database, MIGRATE};
use crate::stack::Service;

/// The folder of the certificates, one of each service.
const CERTIFICATES: &str = "tls";
/// The tenant that owns all data of the demonstration.
const TENANT: &str = "demo";

/// The settings that the services and their users share. Each stack has new ones.
pub(crate) struct Settings {
    /// The folder of keys, logs and the simulators' states.
    directory: PathBuf,
    pub(crate) servers: Servers,
    database: Database,
    broker: Broker,
    pub(crate) token: String,
    pub(crate) panels: Vec<Panel>,
    /// The ports of HTTP and HTTPS of the websites, at the address of each panel.
    pub(crate) site_ports: (u16, u16),
    authority: Authority,
    api: u16,
    api_grpc: u16,
    api_health: u16,
    gateway: u16,
    gateway_grpc: u16,
    worker: u16,
    dns_manager: u16,
    drift_reconciler: u16,
}

/// A simulated Virtualmin server.
pub(crate) struct Panel {
    pub(crate) name: String,
    pub(crate) password: String,
    /// The address of the customers' websites.
    pub(crate) ip_address: String,
    directory: PathBuf,
    listen: u16,
    control: u16,
    site_ports: (u16, u16),
}

impl Panel {
    pub(crate) const USERNAME: &str = "praho";

    pub(crate) fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.listen)
    }

    pub(crate) fn control_url(&self) -> String {
        local(self.control)
    }

    /// The fingerprint of the certificate, read from the simulator's log.
    pub(crate) fn certificate_sha256(&self) -> Result<String> {
        let log = self.program().log;
        let text =
            fs::read_to_string(&log).with_context(|| format!("cannot read {}", log.display()))?;
        text.lines()
            .rev()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .find_map(|line| line["certificate_sha256"].as_str().map(str::to_owned))
            .with_context(|| format!("{} tells no certificate_sha256", log.display()))
    }

    fn program(&self) -> Program {
        let logs = self.directory.join("logs");
        let mut program = Program::new("praho-virtualmin-simulator", &logs);
        program.name = format!("praho-virtualmin-simulator-{}", self.name);
        program.log = logs.join(format!("{}.log", program.name));
        program
            .arg(format!("--listen=127.0.0.1:{}", self.listen))
            .arg(format!("--control=127.0.0.1:{}", self.control))
            .arg(format!("--sites-http={}:{}", self.ip_address, self.site_ports.0))
            .arg(format!("--sites-https={}:{}", self.ip_address, self.site_ports.1))
            .arg(format!("--username={}", Self::USERNAME))
            .arg(format!("--hostname={}.test", self.name))
            .arg(format!("--state-dir={}", self.directory.join(&self.name).display()))
            .env("SIMULATOR_PASSWORD", &self.password)
    }
}

impl Settings {
    /// Chooses ports, passwords and the token, and writes the key file that seals secrets.
    pub(crate) fn new(
        directory: &Path,
        servers: Servers,
        database: Database,
        broker: Broker,
        panels: usize,
    ) -> Result<Self> {
        let key = STANDARD.encode(random_bytes::<32>());
        write_private(&directory.join("keys"), &format!("development:{key}\n"))
            .context("cannot write the key file")?;
        let site_ports = (free_port(), free_port());
        let panel = |number: usize| Panel {
            name: format!("vm{number}"),
            password: password(),
            ip_address: format!("127.0.0.{}", 10 + number),
            directory: directory.to_owned(),
            listen: free_port(),
            control: free_port(),
            site_ports,
        };
        Ok(Self {
            directory: directory.to_owned(),
            servers,
            database,
            broker,
            token: format!("praho_{}", URL_SAFE_NO_PAD.encode(random_bytes::<32>())),
            panels: (1..=panels).map(panel).collect(),
            site_ports,
            authority: authority(directory)?,
            api: free_port(),
            api_grpc: free_port(),
            api_health: free_port(),
            gateway: free_port(),
            gateway_grpc: free_port(),
            worker: free_port(),
            dns_manager: free_port(),
            drift_reconciler: free_port(),
        })
    }

    pub(crate) fn api_url(&self) -> String {
        closed(self.api)
    }

    /// A client of the API, which trusts the stack's own CA.
    pub(crate) fn client(&self) -> Result<Client> {
        http::client_of(&self.authority.ca_file())
    }

    pub(crate) fn simulators(&self) -> Vec<Service> {
        let service =
            |panel: &Panel| Service::new(panel.program(), panel.control_url() + "/readyz");
        self.panels.iter().map(service).collect()
    }

    /// The program that brings the schema up to date, and ends.
    pub(crate) fn migration(&self) -> Result<Program> {
        self.on_database(MIGRATE)
    }

    pub(crate) fn api(&self) -> Result<Service> {
        let program = self
            .program("praho-api", self.api)?
            .env("PRAHO__GRPC__LISTEN", address(self.api_grpc))
            .env("PRAHO__HEALTH__LISTEN", address(self.api_health))
            .env("PRAHO__AMQP__URL", self.broker.url("praho-api")?)
            .env("PRAHO__BOOTSTRAP__TENANT", TENANT)
            .env("PRAHO__BOOTSTRAP__TOKEN", &self.token);
        let program = self.shows(program, "HTTP", "api")?;
        let program = self.shows(program, "GRPC", "api")?;
        Ok(Service::new(program, ready(self.api_health)))
    }

    /// The services that carry out the jobs, with the gateway and the reconciler.
    pub(crate) fn workers(&self) -> Result<Vec<Service>> {
        let ca = self.authority.ca_file().display().to_string();
        let gateway = self
            .program("praho-virtualmin-gateway", self.gateway)?
            .env("PRAHO__GRPC__LISTEN", address(self.gateway_grpc))
            .env("PRAHO__GRPC__TLS__CLIENT_CA", &ca);
        let gateway = self.shows(gateway, "GRPC", "virtualmin-gateway")?;
        let worker = self
            .program("praho-provisioning-worker", self.worker)?
            .env("PRAHO__AMQP__URL", self.broker.url("praho-provisioning-worker")?)
            .env("PRAHO__GATEWAY__URL", closed(self.gateway_grpc))
            .env("PRAHO__GATEWAY__TLS__CA", &ca)
            .env("PRAHO__SITE__HTTP_PORT", self.site_ports.0.to_string())
            .env("PRAHO__SITE__HTTPS_PORT", self.site_ports.1.to_string());
        let dns_manager = self
            .program("praho-dns-manager", self.dns_manager)?
            .env("PRAHO__AMQP__URL", self.broker.url("praho-dns-manager")?);
        let drift_reconciler = self
            .keyless("praho-drift-reconciler", self.drift_reconciler)?
            .env("PRAHO__AMQP__URL", self.broker.url("praho-drift-reconciler")?)
            .env("PRAHO__GATEWAY__URL", closed(self.gateway_grpc))
            .env("PRAHO__GATEWAY__TLS__CA", &ca)
            // Ten seconds, so that a person who tries drift does not wait for minutes.
            .env("PRAHO__SWEEP__PERIOD_SECONDS", "10");
        let worker = self.shows(worker, "GATEWAY", "provisioning-worker")?;
        let drift_reconciler = self.shows(drift_reconciler, "GATEWAY", "drift-reconciler")?;
        Ok(vec![
            Service::new(gateway, ready(self.gateway)),
            Service::new(worker, ready(self.worker)),
            Service::new(dns_manager, ready(self.dns_manager)),
            Service::new(drift_reconciler, ready(self.drift_reconciler)),
        ])
    }

    /// The database's URL for a program: by TLS if the servers take TLS.
    fn database(&self, program: &str) -> Result<String> {
        let (url, ca) = (self.database.url(program)?, self.authority.ca_file());
        Ok(match self.servers.amqps_url {
            Some(_) => format!("{url}?sslmode=verify-full&sslrootcert={}", ca.display()),
            None => url.to_owned(),
        })
    }

    /// Gives a program the certificate of the service `name`, for its port or its calls in `section`.
    fn shows(&self, program: Program, section: &str, name: &str) -> Result<Program> {
        let issued = self.authority.issue(name)?;
        Ok(program
            .env(
                &format!("PRAHO__{section}__TLS__CERTIFICATE"),
                issued.certificate.display().to_string(),
            )
            .env(&format!("PRAHO__{section}__TLS__KEY"), issued.key.display().to_string()))
    }

    /// The variables that a shell or a test needs to use the stack.
    pub(crate) fn environment(&self) -> Result<Vec<(&'static str, String)>> {
        let joined =
            |url: fn(&Panel) -> String| self.panels.iter().map(url).collect::<Vec<_>>().join(",");
        Ok(vec![
            ("PRAHO_API_URL", self.api_url()),
            ("PRAHO_GRPC_URL", closed(self.api_grpc)),
            ("PRAHO_CA_FILE", self.authority.ca_file().display().to_string()),
            ("PRAHO_API_TOKEN", self.token.clone()),
            ("PRAHO_DATABASE_URL", self.database.url(MIGRATE)?.to_owned()),
            ("PRAHO_AMQP_URL", self.broker.url(PUBLISHER)?.to_owned()),
            ("PRAHO_RABBITMQ_MANAGEMENT_URL", self.servers.management_url.clone()),
            ("PRAHO_POWERDNS_URL", self.servers.powerdns_url.clone()),
            ("PRAHO_POWERDNS_API_KEY", self.servers.powerdns_api_key.clone()),
            ("PRAHO_DNS_ADDR", self.servers.dns_addr.clone()),
            ("PRAHO_VIRTUALMIN_URLS", joined(Panel::url)),
            ("PRAHO_VIRTUALMIN_CONTROL_URLS", joined(Panel::control_url)),
        ])
    }

    /// A service with the key file. It may connect to this machine, where the panels and the DNS server of a stack are.
    fn program(&self, name: &str, http: u16) -> Result<Program> {
        let keys = self.directory.join("keys").display().to_string();
        Ok(self
            .keyless(name, http)?
            .env("PRAHO__SECRETS__KEY_FILE", keys)
            .env("PRAHO__EGRESS__ALLOW", "127.0.0.0/8,::1/128")
            .env("PRAHO__EGRESS__ALLOW_PLAINTEXT", "true"))
    }

    /// A service with the settings that all services share.
    fn keyless(&self, name: &str, http: u16) -> Result<Program> {
        Ok(self.on_database(name)?.env("PRAHO__HTTP__LISTEN", address(http)))
    }

    /// A program that uses the database. It runs in the workspace's root, where it finds its file in `deploy/config`.
    fn on_database(&self, name: &str) -> Result<Program> {
        let mut program = Program::new(name, &self.directory.join("logs"));
        program.directory = Some(workspace());
        Ok(program
            .env("PRAHO__TELEMETRY__FORMAT", "human")
            // The logs are files, so they need no colours.
            .env("NO_COLOR", "1")
            .env("PRAHO__DATABASE__URL", self.database(name)?))
    }
}

/// The authority of the stack in `directory`, with the certificates of the services: those that are old are made again, and
/// running services take them.
pub(crate) fn authority(directory: &Path) -> Result<Authority> {
    let authority = Authority::open(&directory.join(CERTIFICATES))?;
    for name in ["api", "virtualmin-gateway", "provisioning-worker", "drift-reconciler"] {
        authority.issue(name)?;
    }
    Ok(authority)
}

fn address(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

fn local(port: u16) -> String {
    format!("http://{}", address(port))
}

fn closed(port: u16) -> String {
    format!("https://{}", address(port))
}

fn ready(port: u16) -> String {
    format!("{}/readyz", local(port))
}
