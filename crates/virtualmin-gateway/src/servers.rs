//! Finds a host in the database, opens its credentials, and keeps its panel for the next call.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chassis::{seal::Keyring, tls};
use egress::Egress;
use model::{
    fault::{Effect, Fault, FaultKind, FaultReason},
    ids::ServerId,
    secret::Secret,
    server::{self, ServerStatus, Stops, Trust},
};
use opentelemetry::KeyValue;
use store::{Store, servers::ServerAccess};
use tokio::time::Instant;

use crate::{
    panel::{
        breakers::State,
        budget::Budget,
        calls::Calls,
        client::Panel,
        connections::{Connections, Gateways},
        shell::Shell,
        transport::{self, Transport},
    },
    settings::Live,
    turns::{Instruments, Turns},
};

/// Most hosts kept; beyond that, the least recently used one is dropped.
const MAX_KEPT: usize = 1024;

/// A host ready for calls.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) id: ServerId,
    pub(crate) panel: Panel,
    /// Changes of this process wait here, before they ask the database for one of the server's turns.
    pub(crate) turns: Arc<Turns>,
    /// The values that the panel was made from: other credentials need another panel.
    made_from: MadeFrom,
}

#[derive(PartialEq)]
struct MadeFrom {
    url: String,
    trust: Trust,
    username: Vec<u8>,
    password: Vec<u8>,
    /// In seconds, for a connection to open and for what is sent to be acknowledged.
    timeouts: (u64, u64),
}

impl fmt::Debug for MadeFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

/// A host that a call may go to, and what is known of it.
pub(crate) struct Opened {
    pub(crate) server: Arc<Server>,
    pub(crate) row: server::Server,
    /// The moment before the row was read.
    pub(crate) at: Instant,
    /// The call is a try of a server that is out of service, which stops such calls.
    pub(crate) tries: Option<Stops>,
}

impl Opened {
    /// The fault of a call, with what a person can do about it.
    pub(crate) fn explained(&self, fault: Fault) -> Fault {
        explained(&self.row, fault)
    }
}

fn explained(row: &server::Server, fault: Fault) -> Fault {
    if fault.reason != Some(FaultReason::PanelDown) {
        return fault;
    }
    let command = format!("praho servers break-glass {} --for 30m --reason ...", row.name);
    let message = format!("{}; to go over SSH meanwhile: {command}", fault.message);
    Fault { message, ..fault }
}

/// Why a host cannot be called.
pub(crate) enum Shut {
    /// As it is registered.
    Unusable(Box<server::Server>, Fault),
    /// For any other reason, which its row knows already.
    Fault(Fault),
}

impl From<Fault> for Shut {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<store::Error> for Shut {
    fn from(error: store::Error) -> Self {
        Self::Fault(error.into())
    }
}

/// What a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To look at the host itself, as a verification does, also while it is in maintenance.
    Inspect,
    Read,
    Change,
}

/// Opens and keeps hosts. Clones share the kept ones.
#[derive(Clone)]
pub(crate) struct Servers {
    store: Store,
    keyring: Arc<Keyring>,
    egress: Egress,
    /// The memory for answers that are being read.
    budget: Budget,
    settings: Live,
    gateways: Gateways,
    calls: Calls,
    instruments: Instruments,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    servers: HashMap<ServerId, (u64, Arc<Server>)>,
    uses: u64,
}

impl Servers {
    /// Opens hosts registered in `store`.
    pub(crate) fn new(
        store: Store,
        keyring: Arc<Keyring>,
        egress: Egress,
        settings: Live,
        gateways: Gateways,
    ) -> Self {
        let kept = Arc::<Mutex<Kept>>::default();
        watch_breakers(&kept);
        Self {
            store,
            keyring,
            egress,
            budget: Budget::new(),
            settings,
            gateways,
            calls: Calls::new(),
            instruments: Instruments::new(),
            kept,
        }
    }

    /// Opens the host for a call. A server that is out of service opens for one try at a time, at a pace that all
    /// gateways share.
    ///
    /// # Errors
    /// `NotFound`; `OutOfService` for a server in maintenance, or one whose next try is not due; faults of the store.
    pub(crate) async fn open(&self, id: ServerId, purpose: Purpose) -> Result<Opened, Shut> {
        let at = Instant::now();
        let Some(access) = self.store.server_access(id).await? else {
            return Err(Shut::Fault(match self.store.server_by_id(id).await? {
                Some(_) => Fault::new(FaultKind::Refused, "the server has no panel to call"),
                None => Fault::not_found("server", id),
            }));
        };
        if access.server.status == ServerStatus::Maintenance && purpose != Purpose::Inspect {
            let message =
                "the server is in maintenance: its jobs go on when a person sets it active";
            return Err(Shut::Fault(Fault::new(FaultKind::OutOfService, message)));
        }
        if !access.server.verified {
            self.as_stranger(&access, purpose).await?;
        }
        let shell = self.shell(&access, at)?;
        let tries = match self.due_try(&access.server, purpose).await {
            Err(fault) if shell.is_some() && fault.reason == Some(FaultReason::PanelDown) => {
                Err(fault)
            }
            Err(fault) => return Err(explained(&access.server, fault).into()),
            Ok(tries) => Ok(tries),
        };
        let server = match self.server(&access) {
            Ok(server) => server,
            Err(fault) => return Err(Shut::Unusable(Box::new(access.server), fault)),
        };
        server.panel.allow(shell);
        let tries = match tries {
            Ok(tries) => tries,
            // The panel is not due for a try, so that the call goes over SSH at once.
            Err(down) => {
                server.panel.gate().heard(&down, at);
                return Ok(Opened { server, row: access.server, at, tries: None });
            }
        };
        match tries {
            Some(Stops::Calls) => server.panel.gate().reopen(),
            Some(Stops::Changes) | None => server.panel.gate().recovered_by(at),
        }
        Ok(Opened { server, row: access.server, at, tries })
    }

    /// The way to the host's shell, if a person allows it now.
    fn shell(&self, access: &ServerAccess, at: Instant) -> Result<Option<Shell>, Fault> {
        let (Some(way), Some(sealed)) = (&access.server.shell, &access.break_glass) else {
            return Ok(None);
        };
        let key = self.unseal(&access.server.id.shell_key_context(), &sealed.private_key)?;
        let (egress, budget) = (self.egress.clone(), self.budget.clone());
        let limit = Duration::from_secs(self.settings.now().connection_timeout);
        let until = at + sealed.left;
        Ok(Some(Shell::new(egress, budget, way, key, limit, until)))
    }

    /// Takes the right to call a panel at a URL where the server was not verified: nothing is changed there, and where
    /// another server was verified, the wrong passwords of others come one at a time.
    async fn as_stranger(&self, access: &ServerAccess, purpose: Purpose) -> Result<(), Fault> {
        if purpose == Purpose::Change {
            let message = "the server is not verified at its URL: its jobs go on once it is";
            return Err(Fault::new(FaultKind::OutOfService, message));
        }
        let row = &access.server;
        match self.store.take_stranger_call(row.id, &access.url, self.try_lease()).await? {
            None => Ok(()),
            // What it met last, so that the pause does not tell of the other server.
            Some(wait) => Err(match &row.fault {
                Some(known) => known.fault.clone().with_effect(Effect::NotApplied),
                None => Fault::new(
                    FaultKind::RateLimited,
                    "too many calls go to new servers; try again later",
                ),
            }
            .retry_after(wait)),
        }
    }

    /// Takes the right to try a server whose fault stops calls of this purpose; `None` if no fault does.
    async fn due_try(
        &self,
        row: &server::Server,
        purpose: Purpose,
    ) -> Result<Option<Stops>, Fault> {
        let Some(known) = &row.fault else { return Ok(None) };
        if known.stops == Stops::Changes && purpose != Purpose::Change {
            return Ok(None);
        }
        match self.store.take_server_try(row.id, self.try_lease()).await? {
            None => Ok(Some(known.stops)),
            Some(wait) => {
                Err(known.fault.clone().with_effect(Effect::NotApplied).retry_after(wait))
            }
        }
    }

    /// The host, if it was called of late.
    pub(crate) fn known(&self, id: ServerId) -> Option<Arc<Server>> {
        self.kept().servers.get(&id).map(|(_, server)| server.clone())
    }

    /// How long no other call may try a server while one does.
    fn try_lease(&self) -> Duration {
        Duration::from_secs(self.settings.now().breaker_pause_seconds)
    }

    /// The kept host, or a new one.
    fn server(&self, access: &ServerAccess) -> Result<Arc<Server>, Fault> {
        let (id, settings) = (access.server.id, self.settings.now());
        let made_from = MadeFrom {
            url: access.url.clone(),
            trust: access.server.trust.clone(),
            username: access.credentials.username.clone(),
            password: access.credentials.password.clone(),
            timeouts: (settings.connection_timeout, settings.write_timeout),
        };
        if let Some(server) = self.kept().find(id, &made_from) {
            return Ok(server);
        }
        let panel = self.panel(access)?;
        let mut kept = self.kept();
        // Changes of the server go on in the same queue, whatever the panel was made from.
        let turns = kept.turns(id).unwrap_or_else(|| Turns::new(self.instruments.clone()));
        Ok(kept.keep(Arc::new(Server { id, panel, turns, made_from })))
    }

    /// Opens what was sealed for `context`.
    ///
    /// # Errors
    /// `Internal` for a wrong key or a value moved from another row. The message names the context, never the
    /// content.
    pub(crate) fn unseal(&self, context: &str, sealed: &[u8]) -> Result<Secret, Fault> {
        let mut opened = self
            .keyring
            .open(context, sealed)
            .map_err(|problem| Fault::internal(format!("{context}: {problem}")))?;
        match String::from_utf8(std::mem::take(&mut *opened)) {
            Ok(text) if text.is_empty() => Err(Fault::internal(format!("{context}: empty"))),
            Ok(text) => Ok(Secret::from(text)),
            Err(_) => Err(Fault::internal(format!("{context}: not text"))),
        }
    }

    /// Makes a panel. The URL and the trust are checked before a credential is opened.
    fn panel(&self, access: &ServerAccess) -> Result<Panel, Fault> {
        let unusable = |problem: &dyn fmt::Display| {
            Fault::new(
                FaultKind::OutOfService,
                format!("the server cannot be used as registered: {problem}"),
            )
        };
        let server = &access.server;
        let endpoint = transport::endpoint(&access.url).map_err(|it| unusable(&it))?;
        let trust = match &server.trust {
            Trust::SystemAuthorities => tls::Trust::NativeRoots,
            Trust::Sha256Pin(pin) => {
                tls::Trust::Pin(tls::parse_pin(pin).map_err(|it| unusable(&it))?)
            }
        };
        let tls = tls::client_config(trust).map_err(|it| unusable(&it))?;
        let id = server.id;
        let username = self.unseal(&id.username_context(), &access.credentials.username)?;
        let password = self.unseal(&id.password_context(), &access.credentials.password)?;
        let settings = self.settings.now();
        let limits = (settings.connection_timeout, settings.write_timeout);
        let limits = (Duration::from_secs(limits.0), Duration::from_secs(limits.1));
        let (budget, login) = (self.budget.clone(), (username, password));
        let transport = Transport::new(&self.egress, budget, endpoint, tls, login, limits)
            .map_err(Fault::internal)?;
        let connections = Connections::new(self.gateways.clone());
        let settings = self.settings.clone();
        Ok(Panel::new(id, transport, connections, self.calls.clone(), settings))
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts the hosts in each state of a breaker, whenever metrics are read.
fn watch_breakers(kept: &Arc<Mutex<Kept>>) {
    let kept = Arc::downgrade(kept);
    chassis::telemetry::meter("virtualmin-gateway")
        .u64_observable_gauge("virtualmin.circuit_breaker.state")
        .with_description("Hosts in each state of their breaker, of those that were called of late")
        .with_callback(move |gauge| {
            let Some(kept) = kept.upgrade() else { return };
            let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            for state in State::ALL {
                let hosts = kept.servers.values().map(|(_, server)| server.panel.gate().state());
                let number = hosts.filter(|it| *it == state).count() as u64;
                gauge.observe(number, &[KeyValue::new("state", state.as_str())]);
            }
        })
        .build();
}

impl Kept {
    fn find(&mut self, id: ServerId, made_from: &MadeFrom) -> Option<Arc<Server>> {
        self.uses += 1;
        let (used, server) = self.servers.get_mut(&id)?;
        *used = self.uses;
        (server.made_from == *made_from).then(|| server.clone())
    }

    fn turns(&self, id: ServerId) -> Option<Arc<Turns>> {
        self.servers.get(&id).map(|(_, server)| server.turns.clone())
    }

    /// Keeps `server`, unless another call has just kept an equal one.
    fn keep(&mut self, server: Arc<Server>) -> Arc<Server> {
        if let Some(same) = self.find(server.id, &server.made_from) {
            return same;
        }
        if self.servers.len() >= MAX_KEPT && !self.servers.contains_key(&server.id) {
            let oldest = self.servers.iter().min_by_key(|(_, (used, _))| *used).map(|(id, _)| *id);
            oldest.and_then(|id| self.servers.remove(&id));
        }
        self.servers.insert(server.id, (self.uses, server.clone()));
        server
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    fn server(id: ServerId, password: &[u8]) -> Arc<Server> {
        tls::install_provider();
        let endpoint = transport::endpoint("https://127.0.0.1:1").unwrap();
        let tls = tls::client_config(tls::Trust::Pin([0; 32])).unwrap();
        let login = (Secret::from("u".to_owned()), Secret::from("p".to_owned()));
        let (egress, limit) = (Egress::default(), Duration::from_secs(1));
        let budget = Budget::new();
        let transport = Transport::new(&egress, budget, endpoint, tls, login, (limit, limit));
        let connections = Connections::new(Gateways::alone());
        let (_, settings) = Live::new(Settings::default());
        let panel = Panel::new(id, transport.unwrap(), connections, Calls::new(), settings);
        let turns = Turns::new(Instruments::new());
        Arc::new(Server { id, panel, turns, made_from: made_from(password) })
    }

    fn made_from(password: &[u8]) -> MadeFrom {
        MadeFrom {
            url: "https://127.0.0.1:1".to_owned(),
            trust: Trust::Sha256Pin("00".repeat(32)),
            username: vec![1],
            password: password.to_vec(),
            timeouts: (1, 1),
        }
    }

    #[test]
    fn new_credentials_make_a_new_panel_without_the_refusal_of_the_old_ones() {
        let (id, mut kept) = (ServerId::generate(), Kept::default());
        let first = kept.keep(server(id, b"old"));
        assert!(kept.find(id, &made_from(b"old")).is_some_and(|it| Arc::ptr_eq(&it, &first)));
        assert!(kept.find(id, &made_from(b"new")).is_none());
        kept.keep(server(id, b"new"));
        assert!(kept.find(id, &made_from(b"old")).is_none());
        assert_eq!(kept.servers.len(), 1);
    }

    #[test]
    fn the_second_caller_with_equal_credentials_gets_the_first_panel() {
        let (id, mut kept) = (ServerId::generate(), Kept::default());
        let first = kept.keep(server(id, b"p"));
        assert!(Arc::ptr_eq(&kept.keep(server(id, b"p")), &first));
    }
}
