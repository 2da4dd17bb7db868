//! The simulated machine behind the web server: it counts calls, injects faults, and lets one program at a time
//! change the state.

use std::collections::BTreeMap;
use std::time::Duration;

use super::clock;
use super::effect::EffectKind;
use super::fault::{FaultKind, Faults};
use super::mutations::Mutations;
use super::outcome::{Failure, Outcome};
use super::programs::Program;
use super::request::Command;
use super::virtual_server::VirtualServer;
use super::world::{Origin, World};

/// The machine. A lock guards it, so no function here waits.
#[derive(Debug)]
pub(super) struct Host {
    /// The state.
    pub(super) world: World,
    /// The armed faults.
    pub(super) faults: Faults,
    /// The duration of each program; `*` is any program.
    pub(super) latencies: BTreeMap<String, Duration>,
    /// The number of calls of each program.
    pub(super) calls: BTreeMap<String, u64>,
    /// The mutations under way.
    pub(super) mutations: Mutations,
}

/// A call that has begun and has had no effect yet.
#[derive(Debug)]
pub(super) struct Call {
    /// The program.
    pub(super) program: &'static Program,
    /// The fault that hits the call.
    pub(super) fault: Option<FaultKind>,
    /// The duration of the call.
    pub(super) latency: Duration,
    arguments: Vec<String>,
    scrubbed: Vec<String>,
    domains: Vec<String>,
    mutation: Option<u64>,
}

impl Host {
    /// A machine with this state and without faults.
    pub(super) fn new(world: World) -> Self {
        Self {
            world,
            faults: Faults::default(),
            latencies: BTreeMap::new(),
            calls: BTreeMap::new(),
            mutations: Mutations::default(),
        }
    }

    /// Counts the call, picks its fault, and registers a mutation as under way.
    pub(super) fn begin(&mut self, program: &'static Program, command: &Command) -> Call {
        *self.calls.entry(program.name.to_owned()).or_default() += 1;
        let domains = command.domains();
        let fault = self.faults.take(program.name, &domains);
        let runs = !matches!(
            fault,
            Some(
                FaultKind::Hang
                    | FaultKind::Stall
                    | FaultKind::Flood { .. }
                    | FaultKind::Status { .. }
                    | FaultKind::HtmlPage
                    | FaultKind::LostBeforeEffect
            )
        );
        let mutation = (program.mutates && runs).then(|| self.mutations.enter());
        if mutation.is_some()
            && self.mutations.under_way() > 1
            && self.faults.take_overlap(program.name, &domains)
        {
            self.mutations.mark_all();
        }
        let latency = [program.name, "*"].iter().find_map(|name| self.latencies.get(*name));
        Call {
            program,
            fault,
            latency: latency.copied().unwrap_or_default(),
            arguments: command.arguments.clone(),
            scrubbed: command.scrubbed(),
            domains,
            mutation,
        }
    }

    /// Runs the program and writes its changes to disk.
    pub(super) fn finish(&mut self, call: Call) -> Outcome {
        let damaged = call.mutation.is_some_and(|number| self.mutations.leave(number));
        if let Some(FaultKind::Failure { error }) = call.fault {
            return Failure::Usage(error).outcome(call.program.usage);
        }
        let origin = Origin {
            program: call.program.name.to_owned(),
            arguments: call.scrubbed,
            now: clock::now(),
        };
        if call.fault == Some(FaultKind::SuccessWithoutEffect) {
            return call.program.run(&mut self.world.rehearsal(), &origin, call.arguments);
        }
        let first_new = self.world.state.effects.len();
        let outcome = call.program.run(&mut self.world, &origin, call.arguments);
        if damaged {
            self.corrupt(&origin, first_new, &call.domains);
        }
        match self.world.commit() {
            Ok(()) => outcome,
            Err(error) => Outcome { exit_code: 1, output: format!("Error\n-----\n{error}\n") },
        }
    }

    /// Damages the virtual servers that this call named or changed.
    fn corrupt(&mut self, origin: &Origin, first_new: usize, named: &[String]) {
        let changed = self.world.state.effects[first_new..].iter().map(|e| e.domain.clone());
        let mut domains: Vec<String> = changed.chain(named.iter().cloned()).collect();
        domains.sort();
        domains.dedup();
        for domain in domains {
            if let Some(server) = self.world.state.servers.get(&domain).cloned() {
                self.world.put(VirtualServer { disabled: None, corrupt: true, ..server });
                self.world.effect(origin, EffectKind::Corrupted, &domain);
            }
        }
    }
}
