//! The panel of one host: calls programs on it and reads their answers.
//!
//! A call is made once. The job decides whether to retry.

use std::{collections::BTreeSet, time::Duration};

use egress::StatusCode;
use model::{
    fault::{Fault, FaultKind},
    ids::ServerId,
    secret::Secret,
};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout_at},
};

use super::{
    calls::Calls,
    domains::{self, Domain, Listed},
    envelope::{self, Envelope},
    errors::{self, Failure},
    faults::{Error, refused, unanswered, unknown, unreadable},
    gate::Gate,
    info::{self, Info},
    objects::Record,
    offers::{self, ListedFeature, ListedPhp},
    passwords::{self, Kept},
    program_list::{self, ProgramList},
    programs,
    reason::Reason,
    redact,
    request::Request,
    transport::{Answer, Transport},
};

/// Most connections to one host at a time; miniserv takes 25 from one address.
const MAX_CONNECTIONS: usize = 8;

/// What a program told, without secrets.
#[derive(Debug)]
pub(crate) struct Told {
    /// The `data` of a program that lists.
    pub(crate) data: Option<Value>,
    pub(crate) output: String,
    /// The first step that failed inside a success.
    pub(crate) failed: Option<String>,
}

/// The most bytes of a listing of all virtual servers: some 15,000 of them.
const LONGEST_LISTING: usize = 64 << 20;
/// The most bytes of any other answer.
const LONGEST_ANSWER: usize = 4 << 20;

fn longest(request: &Request) -> usize {
    if request.is_listing() { LONGEST_LISTING } else { LONGEST_ANSWER }
}

/// Timeouts and pauses towards hosts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// How long a connection may take to open.
    pub(crate) connect_timeout: Duration,
    /// After this many calls in a row without an answer the host counts as out of service.
    pub(crate) breaker_failures: u32,
}

/// The panel of one host.
#[derive(Debug)]
pub(crate) struct Panel {
    server: ServerId,
    transport: Transport,
    gate: Gate,
    connections: Semaphore,
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
            gate: Gate::new(patience.breaker_failures),
            connections: Semaphore::new(MAX_CONNECTIONS),
            calls,
        }
    }

    /// The gate before the host.
    pub(crate) fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Every virtual server, without its usage.
    pub(crate) async fn domains(&self, deadline: Instant) -> Result<Vec<Domain>, Error> {
        let request = Request::new(&programs::domains::LIST).switch("simple-multiline")?;
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
        let request = Request::on(&programs::domains::LIST, name)?;
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

    /// How the virtual server `name` keeps the password of its administrator; `None` if the listing does not show it.
    pub(crate) async fn password(
        &self,
        name: &str,
        deadline: Instant,
    ) -> Result<Option<Kept>, Error> {
        let request = Request::on(&programs::domains::LIST, name)?.switch("simple-multiline")?;
        let read = |body: &str| {
            let (data, _) = self.decode::<Vec<passwords::Listed<'_>>>(&request, body)?;
            let listed = data.ok_or_else(|| unreadable("a list without data"))?;
            passwords::read(listed, name).map_err(|error| unreadable(error).into())
        };
        self.call(&request, deadline, read).await
    }

    /// The host's name and versions.
    pub(crate) async fn info(&self, deadline: Instant) -> Result<Info, Error> {
        let request = Request::new(&programs::hosts::INFO).value("search", "host")?;
        let output = self.run(request, deadline).await?;
        info::read(&output).ok_or_else(|| unreadable("`info` names no versions").into())
    }

    /// The programs of the host that we can call.
    pub(crate) async fn programs(&self, deadline: Instant) -> Result<ProgramList, Error> {
        let request = Request::new(&programs::hosts::LIST_COMMANDS);
        let read = |body: &str| {
            let (data, _) = self.decode::<Vec<program_list::Listed<'_>>>(&request, body)?;
            let listed = data.ok_or_else(|| unreadable("a list without data"))?;
            Ok(ProgramList::new(&listed))
        };
        self.call(&request, deadline, read).await
    }

    /// The features that are switched on; `None` if the answer does not say so of each.
    pub(crate) async fn features(
        &self,
        deadline: Instant,
    ) -> Result<Option<BTreeSet<String>>, Error> {
        let request = Request::new(&programs::domains::LIST_FEATURES);
        let read = |body: &str| {
            let (data, _) = self.decode::<Vec<ListedFeature<'_>>>(&request, body)?;
            let listed = data.ok_or_else(|| unreadable("a list without data"))?;
            Ok(offers::features(listed))
        };
        self.call(&request, deadline, read).await
    }

    /// The versions of PHP that sites can run.
    pub(crate) async fn php_versions(&self, deadline: Instant) -> Result<BTreeSet<String>, Error> {
        let request = Request::new(&programs::php::LIST_VERSIONS);
        let read = |body: &str| {
            let (data, _) = self.decode::<Vec<ListedPhp<'_>>>(&request, body)?;
            let listed = data.ok_or_else(|| unreadable("a list without data"))?;
            Ok(offers::php_versions(listed))
        };
        self.call(&request, deadline, read).await
    }

    /// Runs a program and returns its output.
    pub(crate) async fn run(&self, request: Request, deadline: Instant) -> Result<String, Error> {
        let read = |body: &str| Ok(self.decode::<IgnoredAny>(&request, body)?.1);
        self.call(&request, deadline, read).await
    }

    /// Runs any program, and returns its answer without secrets.
    pub(crate) async fn ask(&self, request: &Request, deadline: Instant) -> Result<Told, Error> {
        let secrets = self.secrets(request);
        let read = |body: &str| {
            let (data, output) = self.decode::<Value>(request, body)?;
            let data = data.map(|mut data| {
                redact::data(&mut data);
                data
            });
            let failed = errors::failed_steps(&output, &secrets);
            Ok(Told { data, output: redact::text(&errors::mask(&output, &secrets)), failed })
        };
        self.call(request, deadline, read).await
    }

    /// Runs a program that lists, and reads each of its objects.
    pub(crate) async fn records<R: Record>(
        &self,
        request: &Request,
        deadline: Instant,
    ) -> Result<Vec<R>, Error> {
        let read = |body: &str| {
            let (data, _) = self.decode::<Vec<R::Object<'_>>>(request, body)?;
            let listed = data.ok_or_else(|| unreadable("a list without data"))?;
            let records = listed.into_iter().map(R::read).collect::<Result<_, _>>();
            records.map_err(|error| unreadable(error).into())
        };
        self.call(request, deadline, read).await
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
                Ok(answer) => {
                    let result = read(&answer.body);
                    self.learn(request, &result);
                    result
                }
                Err(fault) => Err(fault.into()),
            }
        };
        self.calls.observe(self.server, request, call).await
    }

    /// Tells the gate what an answer with status 200 proves.
    fn learn<T>(&self, request: &Request, result: &Result<T, Error>) {
        match result {
            Ok(_) => self.gate.ran(request.program().mutates(), Instant::now()),
            Err(Error::Program(_)) => self.gate.ran(false, Instant::now()),
            Err(Error::Fault(fault)) if fault.kind == FaultKind::OutOfService => {
                self.gate.refused(fault);
            }
            Err(Error::Fault(_)) => {}
        }
    }

    /// Sends the request and returns an answer with status 200.
    async fn exchange(&self, request: &Request, deadline: Instant) -> Result<Answer, Fault> {
        if deadline <= Instant::now() {
            return Err(Fault::new(FaultKind::Timeout, "no time was left to call the panel"));
        }
        self.gate.admit()?;
        let permit = timeout_at(deadline, self.connections.acquire()).await;
        let _permit = permit.map_err(|_| {
            Fault::new(FaultKind::Busy, "too many calls to this server are under way")
                .retry_after(Duration::from_secs(5))
        })?;
        self.gate.admit()?;
        let mutates = request.program().mutates();
        match self.transport.post(request.form(), longest(request), deadline).await {
            Err(broken) => {
                let fault = unanswered(broken, mutates);
                match fault.kind {
                    FaultKind::OutOfService => self.gate.refused(&fault),
                    _ => self.gate.unanswered(&fault),
                }
                Err(fault)
            }
            Ok(answer) if answer.status == StatusCode::OK => {
                self.gate.answered();
                Ok(answer)
            }
            Ok(answer) => {
                let secrets = self.secrets(request);
                let fault = refused(&answer, &secrets, mutates);
                match fault.kind {
                    FaultKind::OutOfService => self.gate.refused(&fault),
                    FaultKind::Unavailable => self.gate.unanswered(&fault),
                    _ => self.gate.answered(),
                }
                Err(fault)
            }
        }
    }

    /// What is taken out of every text of the panel.
    fn secrets<'a>(&'a self, request: &'a Request) -> Vec<&'a Secret> {
        request.secrets().iter().chain([self.transport.password()]).collect()
    }

    /// Reads an envelope into its data and its output.
    fn decode<'a, D: Deserialize<'a>>(
        &self,
        request: &Request,
        body: &'a str,
    ) -> Result<(Option<D>, String), Error> {
        let program = request.program();
        let secrets = self.secrets(request);
        match envelope::decode::<D>(program, body) {
            Ok(Envelope::Success { data, output }) => Ok((data, output)),
            Ok(Envelope::Failure { error, full_error }) => {
                let is_check = *program == programs::hosts::CHECK_CONFIG;
                let read = if is_check { Failure::read_check } else { Failure::read };
                Err(Error::Program(read(program, &error, &full_error, &secrets)))
            }
            Ok(Envelope::Rejected { error }) => {
                Err(Error::Program(Failure::rejected(&error, &secrets)))
            }
            Ok(Envelope::Denied) => Err(Fault::new(
                FaultKind::OutOfService,
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
