//! The panel of one host: calls programs on it and reads their answers.
//!
//! A change is sent once: the job decides whether to retry. A call that reads is repeated as often as the settings say.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use egress::StatusCode;
use model::{
    fault::{Effect, Fault, FaultKind, FaultReason},
    ids::ServerId,
    secret::Secret,
};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::{
    breakers::Breakers,
    calls::Calls,
    connections::Connections,
    domains::{self, Domain, Listed},
    envelope::{self, Envelope},
    errand::Errand,
    errors::{self, Failure, scrub},
    faults::{Error, page, refused, unanswered, unknown, unreadable},
    gate::Gate,
    info::{self, Info},
    objects::{Name, Record},
    offers::{self, ListedFeature, ListedPhp},
    passwords::{self, Passwords},
    program_list::{self, ProgramList},
    programs,
    reason::Reason,
    redact,
    request::Request,
    shell::Shell,
    transport::{Answer, Transport},
    validation::{self, Problem},
};
use crate::settings::Live;

/// What a program told, without secrets.
#[derive(Debug)]
pub(crate) struct Told {
    /// The `data` of a program that lists.
    pub(crate) data: Option<Value>,
    pub(crate) output: String,
    /// The first step that failed inside a success.
    pub(crate) failed: Option<String>,
}

/// The panel of one host.
#[derive(Debug)]
pub(crate) struct Panel {
    server: ServerId,
    transport: Transport,
    /// The way to the host's shell, if a person allowed it when the host was last opened.
    shell: Mutex<Option<Arc<Shell>>>,
    gate: Gate,
    breakers: Breakers,
    connections: Connections,
    calls: Calls,
    settings: Live,
}

impl Panel {
    /// The panel behind `transport`.
    pub(crate) fn new(
        server: ServerId,
        transport: Transport,
        connections: Connections,
        calls: Calls,
        settings: Live,
    ) -> Self {
        let (gate, breakers) = (Gate::new(settings.clone()), Breakers::new(settings.clone()));
        let shell = Mutex::default();
        Self { server, transport, shell, gate, breakers, connections, calls, settings }
    }

    /// The gate before the host.
    pub(crate) fn gate(&self) -> &Gate {
        &self.gate
    }

    /// The breakers of single programs.
    pub(crate) fn breakers(&self) -> &Breakers {
        &self.breakers
    }

    /// Lets calls go to the host's shell while the panel is down, or no longer.
    pub(crate) fn allow(&self, shell: Option<Shell>) {
        *self.shell.lock().unwrap_or_else(PoisonError::into_inner) = shell.map(Arc::new);
    }

    fn shell(&self) -> Option<Arc<Shell>> {
        let shell = self.shell.lock().unwrap_or_else(PoisonError::into_inner);
        shell.clone().filter(|it| it.is_open())
    }

    /// Every virtual server, without its usage.
    pub(crate) async fn domains(&self, deadline: Instant) -> Result<Vec<Domain>, Error> {
        let request = Request::new(&programs::domains::LIST).switch("simple-multiline")?;
        self.list(request, deadline).await
    }

    /// The names of all virtual servers.
    pub(crate) async fn names(&self, deadline: Instant) -> Result<Vec<String>, Error> {
        let request = Request::new(&programs::domains::LIST).switch("name-only")?;
        let names = self.records::<Name>(&request, deadline).await?;
        Ok(names.into_iter().map(|Name(name)| name).collect())
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

    /// The passwords of the virtual server `name`, as its listing shows them.
    pub(crate) async fn passwords(
        &self,
        name: &str,
        deadline: Instant,
    ) -> Result<Passwords, Error> {
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

    /// Runs a program whose output is a secret.
    pub(crate) async fn run_secretly(
        &self,
        request: Request,
        deadline: Instant,
    ) -> Result<Secret, Error> {
        self.run(request, deadline).await.map(Secret::from)
    }

    /// What is wrong with the virtual server `name`.
    pub(crate) async fn validate(
        &self,
        name: &str,
        deadline: Instant,
    ) -> Result<Vec<Problem>, Error> {
        let request = Request::on(&programs::domains::VALIDATE, name)?.switch("all-features")?;
        let read = |body: &str| {
            if let Ok(Envelope::Failure { full_error, .. }) =
                envelope::decode::<IgnoredAny>(request.program(), body)
                && let Some(problems) = validation::problems(&full_error, name)
            {
                let secrets = self.secrets(&request);
                let scrubbed = |it: Problem| Problem { text: scrub(&it.text, &secrets), ..it };
                return Ok(problems.into_iter().map(scrubbed).collect());
            }
            self.decode::<IgnoredAny>(&request, body).map(|_| Vec::new())
        };
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
            let fault = match self.patiently(request, deadline).await {
                Ok(answer) => {
                    let result = read(&answer.body);
                    self.learn(request, &result);
                    return result;
                }
                Err(fault) => fault,
            };
            // Only while nothing says that the panel has run the program.
            let is_down =
                fault.reason == Some(FaultReason::PanelDown) && fault.effect == Effect::NotApplied;
            let Some(shell) = self.shell().filter(|_| is_down) else { return Err(fault.into()) };
            tracing::warn!("the panel is down: the call goes over SSH");
            // What the host does proves nothing of its panel, so the gate learns nothing.
            let bounds = self.settings.now().bounds(Errand::of(request));
            let answer = shell.call(request, bounds, deadline).await;
            answer.map_err(Error::from).and_then(|it| read(&it.body))
        };
        self.calls.observe(self.server, request, call).await
    }

    /// Tells the gate and the program's breaker what an answer with status 200 proves.
    fn learn<T>(&self, request: &Request, result: &Result<T, Error>) {
        let program = request.program().name;
        self.breakers.note(program, result.as_ref().err().and_then(Error::fault), Instant::now());
        match result {
            Ok(_) => self.gate.ran(request.program().mutates(), Instant::now()),
            Err(Error::Program(_)) => self.gate.ran(false, Instant::now()),
            Err(Error::Fault(fault)) if fault.kind == FaultKind::OutOfService => {
                self.gate.refused(fault);
            }
            Err(Error::Fault(_)) => {}
        }
    }

    /// Sends the request, and once more if it only reads and the panel does not answer, as often as the settings say.
    async fn patiently(&self, request: &Request, deadline: Instant) -> Result<Answer, Fault> {
        let mut tries = 0;
        loop {
            let fault = match self.tried(request, deadline).await {
                Err(fault) if fault.kind == FaultKind::Unavailable => fault,
                other => return other,
            };
            let settings = self.settings.now();
            let again = Instant::now() + Duration::from_secs(settings.retry_delay);
            let is_last = request.program().mutates() || tries >= settings.max_retries;
            // While there is another way, nothing waits for the panel.
            if is_last || again >= deadline || self.shell().is_some() {
                return Err(fault);
            }
            tries += 1;
            sleep_until(again).await;
        }
    }

    /// As [`exchange`](Self::exchange), unless the program's breaker is open.
    async fn tried(&self, request: &Request, deadline: Instant) -> Result<Answer, Fault> {
        if deadline <= Instant::now() {
            return Err(Fault::new(FaultKind::Timeout, "no time was left to call the panel"));
        }
        let program = request.program().name;
        self.gate.admit()?;
        self.breakers.admit(program, Instant::now())?;
        let result = self.exchange(request, deadline).await;
        if let Err(fault) = &result {
            self.breakers.note(program, Some(fault), Instant::now());
        }
        result
    }

    /// Sends the request and returns an answer with status 200.
    async fn exchange(&self, request: &Request, deadline: Instant) -> Result<Answer, Fault> {
        let most = self.settings.now().connection_pool_size;
        let connection = timeout_at(deadline, self.connections.one_of(most)).await;
        let _connection = connection.map_err(|_| {
            Fault::new(FaultKind::Busy, "too many calls to this server are under way")
                .retry_after(Duration::from_secs(5))
        })?;
        self.gate.admit()?;
        let mutates = request.program().mutates();
        let bounds = self.settings.now().bounds(Errand::of(request));
        match self.transport.post(request.form(), bounds, deadline).await {
            Err(broken) => {
                let fault = unanswered(broken, mutates);
                match fault.kind {
                    FaultKind::OutOfService => self.gate.refused(&fault),
                    _ => self.gate.unanswered(&fault),
                }
                Err(fault)
            }
            Ok(answer) if answer.status == StatusCode::OK && envelope::is_page(&answer.body) => {
                let fault = page(mutates);
                self.gate.unanswered(&fault);
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
