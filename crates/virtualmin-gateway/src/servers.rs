//! Finds a host in the database, opens its credentials, and keeps its panel for the next call.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use chassis::{seal::Keyring, tls};
use model::{
    fault::{Fault, FaultKind},
    ids::ServerId,
    secret::Secret,
    server::Trust,
};
use store::{Store, servers::ServerAccess};
use tokio::sync::Semaphore;

use crate::panel::{
    calls::Calls,
    client::{Panel, Patience},
    transport::{self, Transport},
};

/// Most hosts kept; beyond that, the least recently used one is dropped.
const MAX_KEPT: usize = 1024;

/// A host ready for calls.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) id: ServerId,
    pub(crate) panel: Panel,
    /// Changes of this process wait here in order, before they ask the database for the server's lock.
    pub(crate) turn: Semaphore,
    /// The values that the panel was made from: other credentials need another panel.
    made_from: MadeFrom,
}

#[derive(PartialEq)]
struct MadeFrom {
    url: String,
    trust: Trust,
    username: Vec<u8>,
    password: Vec<u8>,
}

impl fmt::Debug for MadeFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

/// Opens and keeps hosts. Clones share the kept ones.
#[derive(Clone)]
pub(crate) struct Servers {
    store: Store,
    keyring: Arc<Keyring>,
    patience: Patience,
    calls: Calls,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    servers: HashMap<ServerId, (u64, Arc<Server>)>,
    uses: u64,
}

impl Servers {
    /// Opens hosts registered in `store`.
    pub(crate) fn new(store: Store, keyring: Arc<Keyring>, patience: Patience) -> Self {
        Self { store, keyring, patience, calls: Calls::new(), kept: Arc::default() }
    }

    /// The host, with the number of reading calls a second that it takes.
    ///
    /// # Errors
    /// `NotFound`; `Refused` for a server that cannot be used as it is registered; faults of the store.
    pub(crate) async fn open(&self, id: ServerId) -> Result<(Arc<Server>, u32), Fault> {
        let Some(access) = self.store.server_access(id).await? else {
            return Err(match self.store.server_by_id(id).await? {
                Some(_) => Fault::new(FaultKind::Refused, "the server has no panel to call"),
                None => Fault::not_found("server", id),
            });
        };
        let reads_per_second = access.server.reads_per_second;
        let made_from = MadeFrom {
            url: access.url.clone(),
            trust: access.server.trust.clone(),
            username: access.credentials.username.clone(),
            password: access.credentials.password.clone(),
        };
        if let Some(server) = self.kept().find(id, &made_from) {
            return Ok((server, reads_per_second));
        }
        let panel = self.panel(&access)?;
        let server = Arc::new(Server { id, panel, turn: Semaphore::new(1), made_from });
        Ok((self.kept().keep(server), reads_per_second))
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
                FaultKind::Refused,
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
        let transport =
            Transport::new(endpoint, tls, (username, password), self.patience.connect_timeout)
                .map_err(Fault::internal)?;
        Ok(Panel::new(id, transport, self.patience, self.calls.clone()))
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn find(&mut self, id: ServerId, made_from: &MadeFrom) -> Option<Arc<Server>> {
        self.uses += 1;
        let (used, server) = self.servers.get_mut(&id)?;
        *used = self.uses;
        (server.made_from == *made_from).then(|| server.clone())
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
    use std::time::Duration;

    use super::*;

    fn server(id: ServerId, password: &[u8]) -> Arc<Server> {
        tls::install_provider();
        let patience = Patience {
            connect_timeout: Duration::from_secs(1),
            breaker_failures: 1,
            breaker_pause: Duration::from_secs(1),
        };
        let endpoint = transport::endpoint("https://127.0.0.1:1").unwrap();
        let tls = tls::client_config(tls::Trust::Pin([0; 32])).unwrap();
        let login = (Secret::from("u".to_owned()), Secret::from("p".to_owned()));
        let transport = Transport::new(endpoint, tls, login, patience.connect_timeout).unwrap();
        let panel = Panel::new(id, transport, patience, Calls::new());
        Arc::new(Server { id, panel, turn: Semaphore::new(1), made_from: made_from(password) })
    }

    fn made_from(password: &[u8]) -> MadeFrom {
        MadeFrom {
            url: "https://127.0.0.1:1".to_owned(),
            trust: Trust::Sha256Pin("00".repeat(32)),
            username: vec![1],
            password: password.to_vec(),
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
