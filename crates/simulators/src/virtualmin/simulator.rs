//! The handle on a running simulated server.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::auth::Auth;
use super::backup::{BackupRun, BackupSchedule};
use super::certificate::Identity;
use super::dns_record::DnsRecord;
use super::effect::Effect;
use super::fault::{Armed, Fault};
use super::host::Host;
use super::journal::Journal;
use super::options::Options;
use super::plan::Plan;
use super::server;
use super::settings_template::Template;
use super::shared::Shared;
use super::sites;
use super::state::State;
use super::virtual_server::VirtualServer;
use super::world::{Machine, Passwords, World};
use super::zone;

/// A running simulated Virtualmin server. It stops when the handle is dropped.
pub struct Simulator {
    shared: Arc<Shared>,
    identity: Identity,
    address: SocketAddr,
    options: Options,
}

impl Simulator {
    /// Loads the state and the certificate, and listens.
    ///
    /// # Errors
    /// When the state directory cannot be used or the address is taken.
    pub async fn start(options: Options) -> Result<Self> {
        let directory = options.state_directory.as_deref();
        if let Some(directory) = directory {
            std::fs::create_dir_all(directory)
                .with_context(|| format!("creating {}", directory.display()))?;
        }
        let identity = Identity::load(directory)?;
        let (state, journal) = match directory {
            Some(directory) => {
                let (state, journal) = Journal::open(directory)?;
                (state, Some(journal))
            }
            None => (State::fresh(), None),
        };
        let machine = Machine::new(options.hostname.clone());
        let mut host = Host::new(World::new(state, machine, journal));
        host.latencies.insert("*".into(), options.latency);

        let listener = TcpListener::bind(options.listen)
            .await
            .with_context(|| format!("listening on {}", options.listen))?;
        let address = listener.local_addr()?;
        let tls = TlsAcceptor::from(identity.tls()?);
        let shared = Arc::new(Shared::new(host, Auth::new(&options), &options));
        shared.tasks.spawn(server::serve(Arc::clone(&shared), listener, tls));
        if let Some(addresses) = options.sites {
            sites::start(&shared, addresses).await?;
        }
        Ok(Self { shared, identity, address, options })
    }

    /// Stops and waits until the port is free and nothing runs any more.
    pub async fn stop(self) {
        self.shared.shutdown.cancel();
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }

    /// `https://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of its websites, if it serves them.
    #[must_use]
    pub fn site_address(&self) -> Option<IpAddr> {
        self.options.sites.map(|it| it.http.ip())
    }

    /// Its self-signed certificate.
    #[must_use]
    pub fn certificate_der(&self) -> &[u8] {
        &self.identity.certificate
    }

    /// The certificate's fingerprint: SHA-256 of its DER in lower-case hexadecimal.
    #[must_use]
    pub fn certificate_sha256(&self) -> String {
        self.identity.sha256()
    }

    /// The user who may run programs, as given at the start.
    #[must_use]
    pub fn username(&self) -> &str {
        &self.options.username
    }

    /// That user's password, as given at the start.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.options.password
    }

    /// Changes the password of the user who may run programs.
    pub fn set_password(&self, password: &str) {
        self.shared.auth().set_master(&self.options.username, password);
    }

    /// Every effect so far, oldest first, those before a restart included.
    #[must_use]
    pub fn effects(&self) -> Vec<Effect> {
        self.shared.host().world.state.effects.clone()
    }

    /// The effects on one domain.
    #[must_use]
    pub fn effects_on(&self, domain: &str) -> Vec<Effect> {
        self.effects().into_iter().filter(|effect| effect.domain == domain).collect()
    }

    /// How often a program has been called since the start, whatever became of the calls.
    #[must_use]
    pub fn calls(&self, program: &str) -> u64 {
        self.shared.host().calls.get(program).copied().unwrap_or_default()
    }

    /// The most mutations that were under way at the same time.
    #[must_use]
    pub fn mutations_at_once(&self) -> usize {
        self.shared.host().mutations.most()
    }

    /// All virtual servers, by domain.
    #[must_use]
    pub fn domains(&self) -> Vec<VirtualServer> {
        self.shared.host().world.state.servers.values().cloned().collect()
    }

    /// The virtual server with this domain.
    #[must_use]
    pub fn domain(&self, domain: &str) -> Option<VirtualServer> {
        self.shared.host().world.state.servers.get(domain).cloned()
    }

    /// The password of a virtual server's user, if it was set since the start.
    #[must_use]
    pub fn password_of(&self, domain: &str) -> Option<String> {
        self.shared.host().world.passwords.get(domain).map(str::to_owned)
    }

    /// The password of a mailbox user, if it was set since the start.
    #[must_use]
    pub fn mailbox_password(&self, domain: &str, name: &str) -> Option<String> {
        let key = Passwords::mailbox(domain, name);
        self.shared.host().world.passwords.get(&key).map(str::to_owned)
    }

    /// The password for MySQL of a top-level server, if it was set by itself since the start.
    #[must_use]
    pub fn database_password(&self, domain: &str) -> Option<String> {
        let key = Passwords::mysql(domain);
        self.shared.host().world.passwords.get(&key).map(str::to_owned)
    }

    /// The sessions of all login links since the start, oldest first.
    #[must_use]
    pub fn sessions(&self) -> Vec<String> {
        self.shared.host().world.sessions.clone()
    }

    /// The private key of a virtual server's certificate in PEM, if it was set since the start.
    #[must_use]
    pub fn private_key(&self, domain: &str) -> Option<String> {
        let key = Passwords::certificate(domain);
        self.shared.host().world.passwords.get(&key).map(str::to_owned)
    }

    /// The DNS zone of a virtual server; empty if there is none.
    #[must_use]
    pub fn zone(&self, domain: &str) -> Vec<DnsRecord> {
        let world = &self.shared.host().world;
        let server = world.state.servers.get(domain).filter(|server| server.has("dns"));
        server.map(|server| zone::of(&world.machine, server)).unwrap_or_default()
    }

    /// All account plans.
    #[must_use]
    pub fn plans(&self) -> Vec<Plan> {
        self.shared.host().world.state.plans.clone()
    }

    /// The backups that ran, the oldest first.
    #[must_use]
    pub fn backup_runs(&self) -> Vec<BackupRun> {
        self.shared.host().world.state.backups.runs.clone()
    }

    /// The backups that run on a schedule.
    #[must_use]
    pub fn backup_schedules(&self) -> Vec<BackupSchedule> {
        self.shared.host().world.state.backups.schedules.clone()
    }

    /// All templates of the panel.
    #[must_use]
    pub fn templates(&self) -> Vec<Template> {
        self.shared.host().world.state.templates.clone()
    }

    /// Makes calls of `program` (`*` for any) go wrong, after the faults already in force.
    pub fn inject(&self, program: &str, fault: Fault) {
        let armed = Armed { program: program.to_owned(), fault, seen: 0, hit: 0 };
        self.shared.host().faults.0.push(armed);
    }

    /// The faults in force, with how often each has hit.
    #[must_use]
    pub fn faults(&self) -> Vec<Armed> {
        self.shared.host().faults.0.clone()
    }

    /// Lets everything go well again. Calls that hang already keep hanging.
    pub fn clear_faults(&self) {
        self.shared.host().faults.0.clear();
    }

    /// How long `program` takes from now on; `*` is any that has no duration of its own.
    pub fn set_latency(&self, program: &str, latency: Duration) {
        self.shared.host().latencies.insert(program.to_owned(), latency);
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.shared.shutdown.cancel();
    }
}
