//! The panel of one host: calls programs on it and reads their answers.
//!
//! A call is made once. The job decides whether to retry.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use model::{
    fault::{Fault, FaultKind},
    ids::ServerId,
    secret::Secret,
};
use reqwest::StatusCode;
use serde::{Deserialize, de::IgnoredAny};
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout_at},
};

use super::{
    breaker::Breaker,
    calls::Calls,
    domains::{self, Domain, Listed},
    envelope::{self, Envelope},
    errors::{Failure, Reason},
    faults::{Error, refused, unanswered, unknown, unreadable},
    info::{self, Info},
    program::Program,
    program_list::{self, ProgramList},
    request::Request,
    transport::Transport,
};

/// Most connections to one host at a time; miniserv takes 25 from one address.
const MAX_CONNECTIONS: usize = 8;
/// How long the gateway does not call a host that refused our credentials. Miniserv blocks an address
/// for 60 s after five refusals, the right password included.
const REFUSED_PAUSE: Duration = Duration::from_secs(60);

/// Timeouts and pauses towards hosts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// How long a connection may take to open.
    pub(crate) connect_timeout: Duration,
    /// After this many calls in a row without an answer the breaker opens.
    pub(crate) breaker_failures: u32,
    /// How long the breaker stays open.
    pub(crate) breaker_pause: Duration,
}

/// The panel of one host.
#[derive(Debug)]
pub(crate) struct Panel {
    server: ServerId,
    transport: Transport,
    breaker: Breaker,
    connections: Semaphore,
    refused: Mutex<Option<(Instant, Fault)>>,
    calls: Calls,
}

impl Panel {
    /// The panel behind `transport`.
    pub(crate) fn new(
        server: ServerId,
        transport: Transport,
        patience: Patience,
        calls: Calls,
    ) -> Self {
        Self {
            server,
            transport,
            breaker: Breaker::new(patience.breaker_failures, patience.breaker_pause),
            connections: Semaphore::new(MAX_CONNECTIONS),
            refused: Mutex::default(),
            calls,
        }
    }

    /// Every virtual server, without its usage.
    pub(crate) async fn domains(&self, deadline: Instant) -> Result<Vec<Domain>, Error> {
        let request = Request::new(Program::ListDomains).switch("simple-multiline")?;
        self.list(request, deadline).await
    }

    /// The virtual server `name`; `None` only if the panel answered that it does not exist. With `usage` the
    /// call takes about four times as long.
    pub(crate) async fn domain(
        &self,
        name: &str,
        usage: bool,
        deadline: Instant,
    ) -> Result<Option<Domain>, Error> {
        let request = Request::on(Program::ListDomains, name)?;
        let request = if usage { request } else { request.switch("simple-multiline")? };
        let domains = match self.list(request, deadline).await {
            Err(error) if error.is(Reason::DoesNotExist) => return Ok(None),
            domains => domains?,
        };
        match <[Domain; 1]>::try_from(domains) {
            Ok([domain]) if domain.name == name => Ok(Some(domain)),
            _ => Err(unreadable("the listing is not of the virtual server asked for").into()),
        }
    }

    /// The host's name and versions.
    pub(crate) async fn info(&self, deadline: Instant) -> Result<Info, Error> {
        let request = Request::new(Program::Info).value("search", "host")?;
        let output = self.run(request, deadline).await?;
        info::read(&output).ok_or_else(|| unreadable("`info` names no versions").into())
    }

    /// The programs of the host that we can call.
    pub(crate) async fn programs(&self, deadline: Instant) -> Result<ProgramList, Error> {
        let request = Request::new(Program::ListCommands);
        let read = |body: &str| {
            let (data, _) = self.decode::<Vec<program_list::Listed<'_>>>(&request, body)?;
            let listed = data.ok_or_else(|| unreadable("a list without data"))?;
            Ok(ProgramList::new(&listed))
        };
        self.call(&request, deadline, read).await
    }

    /// Runs a program and returns its output.
    pub(crate) async fn run(&self, request: Request, deadline: Instant) -> Result<String, Error> {
        let read = |body: &str| Ok(self.decode::<IgnoredAny>(&request, body)?.1);
        self.call(&request, deadline, read).await
    }

    async fn list(&self, request: Request, deadline: Instant) -> Result<Vec<Domain>, Error> {
        let read = |body: &str| {
            let (data, _) = self.decode::<Vec<Listed<'_>>>(&request, body)?;
            let listed = data.ok_or_else(|| unreadable("a list without data"))?;
            domains::records(listed).map_err(|error| unreadable(error).into())
        };
        self.call(&request, deadline, read).await
    }

    /// Makes one call in its span, counted and timed.
    async fn call<T>(
        &self,
        request: &Request,
        deadline: Instant,
        read: impl FnOnce(&str) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let call = async {
            match self.exchange(request, deadline).await {
                Ok(body) => read(&body),
                Err(fault) => Err(fault.into()),
            }
        };
        self.calls.observe(self.server, request, call).await
    }

    /// Sends the request and returns the body of an answer with status 200.
    async fn exchange(&self, request: &Request, deadline: Instant) -> Result<String, Fault> {
        if deadline <= Instant::now() {
            return Err(Fault::new(FaultKind::Timeout, "no time was left to call the panel"));
        }
        self.hold()?;
        let permit = timeout_at(deadline, self.connections.acquire()).await;
        let _permit = permit.map_err(|_| {
            Fault::new(FaultKind::Busy, "too many calls to this server are under way")
                .retry_after(Duration::from_secs(5))
        })?;
        self.hold()?;
        self.breaker.admit(Instant::now()).map_err(|wait| {
            Fault::new(FaultKind::Unavailable, "the server did not answer lately: breaker open")
                .retry_after(wait)
        })?;
        let mutates = request.program().mutates();
        match self.transport.post(request.form(), deadline).await {
            Err(broken) => {
                self.breaker.failed(Instant::now());
                Err(unanswered(broken, mutates))
            }
            Ok(answer) if answer.status.is_server_error() => {
                self.breaker.failed(Instant::now());
                Err(refused(&answer, mutates))
            }
            Ok(answer) => {
                self.breaker.answered();
                if answer.status == StatusCode::OK {
                    return Ok(answer.body);
                }
                let fault = refused(&answer, mutates);
                if matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
                    let until = Instant::now() + REFUSED_PAUSE;
                    *self.refused.lock().unwrap_or_else(PoisonError::into_inner) =
                        Some((until, fault.clone()));
                }
                Err(fault)
            }
        }
    }

    /// Fails while a host has lately refused our credentials. Other credentials make another [`Panel`].
    fn hold(&self) -> Result<(), Fault> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        match &*refused {
            Some((until, fault)) if *until > Instant::now() => Err(fault.clone()),
            _ => Ok(()),
        }
    }

    /// Reads an envelope into its data and its output.
    fn decode<'a, D: Deserialize<'a>>(
        &self,
        request: &Request,
        body: &'a str,
    ) -> Result<(Option<D>, String), Error> {
        let program = request.program();
        let secrets: Vec<&Secret> =
            request.secrets().iter().chain([self.transport.password()]).collect();
        match envelope::decode::<D>(program, body) {
            Ok(Envelope::Success { data, output }) => Ok((data, output)),
            Ok(Envelope::Failure { error, full_error }) => {
                Err(Error::Program(Failure::read(&error, &full_error, &secrets)))
            }
            Ok(Envelope::Rejected { error }) => {
                Err(Error::Program(Failure::rejected(&error, &secrets)))
            }
            Ok(Envelope::Denied) => Err(Fault::new(
                FaultKind::Denied,
                "the panel does not let this account run remote commands: it must be master of the \
                 virtual-server module",
            )
            .into()),
            Err(problem) => {
                let fault = unreadable(problem);
                Err(if program.mutates() { unknown(fault) } else { fault }.into())
            }
        }
    }
}
