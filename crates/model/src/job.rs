//! Jobs, of which every change to the outside world is one, and the table of their transitions.
//!
//! ```text
//! pending ──claim──▶ running ──complete──▶ completed
//!    ▲ ▲               │ │ │
//!    │ └────retry──────┘ │ └──wait──▶ waiting ──wake──▶ pending
//!    │                 fail
//!    │                   ▼
//!    │               unwinding ──unwound──▶ failed | cancelled
//!    │                 │   ▲                   │
//!    │              give_up│resume             │
//!    │                 ▼   │                   │
//!    │                 stuck                   │
//!    └───────────────restart───────────────────┘
//! ```

mod queues;

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumString, IntoStaticStr, VariantArray};
use time::OffsetDateTime;

use crate::{
    fault::Fault,
    ids::{JobId, TenantId},
    words,
};

pub use queues::{Lane, Queue};

/// A job's place in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum JobStatus {
    /// Not started, or waiting for a retry when due.
    Pending,
    /// A worker holds its lease.
    Running,
    /// Waits for a child job to end.
    Waiting,
    /// A step failed for good, or the job was cancelled: the touched steps are being undone, last first.
    Unwinding,
    /// All steps are done.
    Completed,
    /// The job failed, and nothing of it is left outside.
    Failed,
    /// The job was cancelled by request, and nothing of it is left outside.
    Cancelled,
    /// An undo failed for good: a person has to look.
    Stuck,
}

/// An event in the life of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumCount, VariantArray)]
pub enum JobEvent {
    /// A worker takes the lease.
    Claim,
    /// A transient fault: the job is held, and retried later.
    Retry,
    /// The job filed a child job.
    Wait,
    /// The child job ended.
    Wake,
    /// The last step is done.
    Complete,
    /// A permanent fault, a transient one that lasted too long, or a cancellation.
    Fail,
    /// Everything is undone after a fault.
    UnwoundFailed,
    /// Everything is undone after a cancellation.
    UnwoundCancelled,
    /// An undo failed for good.
    GiveUp,
    /// A person allows another try of the undo.
    Resume,
    /// A person allows another try from the beginning.
    Restart,
}

/// The error of an event that is not allowed in this status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a job that is {} cannot {event:?}", from.as_str())]
pub struct InvalidTransition {
    /// The status of the job.
    pub from: JobStatus,
    /// The event that is not allowed.
    pub event: JobEvent,
}

impl JobStatus {
    /// Every status.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// The status after `event`: the only place with the transitions.
    ///
    /// The database has the same table (`job_transitions`), and a test compares the two.
    pub fn after(self, event: JobEvent) -> Result<Self, InvalidTransition> {
        use JobEvent as E;
        Ok(match (self, event) {
            (Self::Pending, E::Claim) => Self::Running,
            (Self::Running, E::Retry) | (Self::Waiting, E::Wake) => Self::Pending,
            (Self::Running, E::Wait) => Self::Waiting,
            (Self::Running, E::Complete) => Self::Completed,
            (Self::Running, E::Fail) | (Self::Stuck, E::Resume) => Self::Unwinding,
            (Self::Unwinding, E::UnwoundFailed) => Self::Failed,
            (Self::Unwinding, E::UnwoundCancelled) => Self::Cancelled,
            (Self::Unwinding, E::GiveUp) => Self::Stuck,
            (Self::Failed | Self::Cancelled, E::Restart) => Self::Pending,
            (from, event) => return Err(InvalidTransition { from, event }),
        })
    }

    /// Whether the job has ended: nothing more happens without a person, and its target is free for the next
    /// job.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }

    /// The stable name, as in the database and the API.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl JobEvent {
    /// Every event.
    pub const ALL: [Self; Self::COUNT] = words::all();
}

/// The kind of a job; its name is stable, because rows outlive releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
pub enum JobKind {
    /// Create the virtual server of an account, and its DNS.
    #[strum(serialize = "account.provision")]
    AccountProvision,
    /// Switch an account off.
    #[strum(serialize = "account.suspend")]
    AccountSuspend,
    /// Switch an account on again.
    #[strum(serialize = "account.unsuspend")]
    AccountUnsuspend,
    /// Delete an account's DNS and virtual server.
    #[strum(serialize = "account.terminate")]
    AccountTerminate,
    /// Bring an account's virtual server back to the state in its row.
    #[strum(serialize = "account.heal")]
    AccountHeal,
    /// Give an account's user another password.
    #[strum(serialize = "account.reset_password")]
    AccountResetPassword,
    /// Switch off a virtual server that no account claims.
    #[strum(serialize = "domain.quarantine")]
    DomainQuarantine,
    /// Make a zone on its DNS server equal to its rows.
    #[strum(serialize = "dns.apply")]
    DnsApply,
    /// Make every zone on a DNS server equal to its rows.
    #[strum(serialize = "dns_server.apply")]
    DnsServerApply,
    /// Bring the accounts of a plan to its quotas.
    #[strum(serialize = "plan.apply")]
    PlanApply,
    /// Check a new server's certificate, credentials and programs, and open it for accounts.
    #[strum(serialize = "server.verify")]
    ServerVerify,
    /// Call a program of a server's panel, as an operator asks.
    #[strum(serialize = "server.call")]
    ServerCall,
}

impl JobKind {
    /// Every kind.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// The stable name, as in job rows.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The queue whose workers run jobs of this kind.
    pub fn queue(self) -> Queue {
        match self {
            Self::DnsApply | Self::DnsServerApply => Queue::Dns,
            Self::PlanApply => Queue::Bulk,
            Self::AccountProvision
            | Self::AccountSuspend
            | Self::AccountUnsuspend
            | Self::AccountTerminate
            | Self::AccountHeal
            | Self::AccountResetPassword
            | Self::DomainQuarantine
            | Self::ServerVerify
            | Self::ServerCall => Queue::Provisioning,
        }
    }

    /// The lane of a job of this kind that is filed alone and is no part of another.
    pub fn lane(self) -> Lane {
        match self {
            Self::AccountSuspend | Self::AccountUnsuspend => Lane::Urgent,
            Self::AccountProvision
            | Self::AccountResetPassword
            | Self::ServerVerify
            | Self::ServerCall
            | Self::DnsApply => Lane::Interactive,
            Self::AccountTerminate | Self::DnsServerApply | Self::PlanApply => Lane::Bulk,
            Self::AccountHeal | Self::DomainQuarantine => Lane::Reconciling,
        }
    }
}

impl TryFrom<String> for JobKind {
    type Error = strum::ParseError;

    fn try_from(word: String) -> Result<Self, Self::Error> {
        word.parse()
    }
}

/// The payload of a job of one kind, which the workflow of that kind reads.
pub trait Order: Serialize + serde::de::DeserializeOwned + Send + Sync + 'static {
    /// The kind of job with this payload.
    const KIND: JobKind;

    /// The target that the job changes. Jobs on one target run one at a time, in order.
    fn target(&self) -> String;
}

/// A job to be filed; see [`Job`] for one that is.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// The job's id. The caller chooses it, so that filing twice is noticed.
    pub id: JobId,
    /// The tenant of the target.
    pub tenant_id: TenantId,
    /// The kind, which decides about the workflow and the queue.
    pub kind: JobKind,
    /// The target that the job changes.
    pub target: String,
    /// The lane in which it waits for its resource.
    pub lane: Lane,
    /// The [`Order`] as JSON; never contains a secret.
    pub payload: serde_json::Value,
    /// The resource that the job must hold while it runs, such as a server's mutation slot.
    pub resource: Option<String>,
    /// The job that waits for this one.
    pub parent_id: Option<JobId>,
    /// The actor that asked for the job, and its trace.
    pub origin: Origin,
}

/// The actor that asked for something, with the ids that find it in logs and traces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The actor, such as `token:0190…`, `amqp:billing` or `job:0190…`.
    pub actor: String,
    /// The caller's id, or one generated where the request came in; every later log line has it.
    pub correlation_id: String,
    /// The W3C trace context of the request.
    pub traceparent: Option<String>,
    /// The address that the request came from, for the audit log.
    pub client_address: Option<IpAddr>,
}

impl NewJob {
    /// A job with the payload `order`, for `tenant_id`.
    pub fn of<O: Order>(tenant_id: TenantId, order: &O, origin: Origin) -> Self {
        Self {
            id: JobId::generate(),
            tenant_id,
            kind: O::KIND,
            target: order.target(),
            lane: O::KIND.lane(),
            payload: serde_json::to_value(order).expect("an order is plain data"),
            resource: None,
            parent_id: None,
            origin,
        }
    }

    /// Makes the job run only while it holds a unit of `resource`.
    pub fn holding(self, resource: String) -> Self {
        Self { resource: Some(resource), ..self }
    }

    /// Makes the job wait in another lane than that of its kind.
    pub fn in_lane(self, lane: Lane) -> Self {
        Self { lane, ..self }
    }

    /// Makes the job a part of `parent`, which waits for it: it is as urgent as that.
    pub fn part_of(self, parent: &Job) -> Self {
        Self { parent_id: Some(parent.id), lane: parent.lane, ..self }
    }
}

/// A filed job.
#[derive(Clone, Debug)]
pub struct Job {
    /// The job's id, which is also the content of its wake-up.
    pub id: JobId,
    /// The tenant of the target.
    pub tenant_id: TenantId,
    /// The kind, which decides about the workflow and the queue.
    pub kind: JobKind,
    /// The target that the job changes.
    pub target: String,
    /// The lane in which it waits for its resource.
    pub lane: Lane,
    /// The [`Order`] as JSON.
    pub payload: serde_json::Value,
    /// The resource that the job holds while it runs.
    pub resource: Option<String>,
    /// The job's place in its life.
    pub status: JobStatus,
    /// The tries in a row: the number of claims since the job was filed or restarted, or since a held step was done.
    pub attempts: u32,
    /// The number of claims in a row whose worker died or lost the job.
    pub lost_leases: u32,
    /// The wait for a dependency, if the step under way has failed for a reason that may pass.
    pub held: Option<Held>,
    /// The number of all claims ever. A worker with an older epoch may neither write nor act.
    pub epoch: i64,
    /// Whether somebody has asked for the job's cancellation.
    pub cancel_requested: bool,
    /// The job that waits for this one.
    pub parent_id: Option<JobId>,
    /// The child job that this one waits for.
    pub waiting_on: Option<JobId>,
    /// The last fault, or the fault that made the job fail.
    pub fault: Option<Fault>,
    /// The actor that asked for the job, and its trace.
    pub origin: Origin,
    /// The earliest time of the next claim.
    pub due_at: OffsetDateTime,
    /// The time of filing.
    pub created_at: OffsetDateTime,
    /// The time of the first claim.
    pub started_at: Option<OffsetDateTime>,
    /// The time of the final status.
    pub finished_at: Option<OffsetDateTime>,
}

/// The wait of a job for the end of a dependency's outage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// The time of the first failed try of the step, or of its undo.
    pub since: OffsetDateTime,
    /// The time after which the next failed try fails the job.
    pub until: OffsetDateTime,
}

/// A step of a job in the journal.
#[derive(Clone, Debug)]
pub struct StepRecord {
    /// The place in the workflow, from 0.
    pub position: u16,
    /// The stable name of the step.
    pub name: String,
    /// The progress of the step.
    pub status: StepStatus,
    /// The number of times that the step was started.
    pub attempts: u32,
    /// The result of the step, which later steps read; never contains a secret.
    pub output: Option<serde_json::Value>,
    /// The last fault.
    pub fault: Option<Fault>,
    /// The time of the first start.
    pub started_at: OffsetDateTime,
    /// The time at which the result was recorded.
    pub finished_at: Option<OffsetDateTime>,
}

/// The progress of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum StepStatus {
    /// The step has started; its effect may or may not exist.
    Started,
    /// The result of the step is recorded.
    Done,
    /// The step failed for good.
    Failed,
    /// The undo has started; the effect may or may not be gone.
    Undoing,
    /// The effect is gone.
    Undone,
}

impl StepStatus {
    /// Every status.
    pub const ALL: [Self; Self::COUNT] = words::all();

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::pinned::are_stored;

    #[test]
    fn the_words_are_stored() {
        are_stored::<JobStatus>(
            "pending running waiting unwinding completed failed cancelled stuck",
        );
        are_stored::<StepStatus>("started done failed undoing undone");
        are_stored::<Queue>("provisioning bulk sync monitoring dns");
        are_stored::<JobKind>(
            "account.provision account.suspend account.unsuspend account.terminate account.heal account.reset_password \
             domain.quarantine dns.apply dns_server.apply \
             plan.apply server.verify server.call",
        );
    }

    #[test]
    fn only_a_person_brings_a_final_job_back() {
        for status in JobStatus::ALL.into_iter().filter(|it| it.is_final()) {
            for event in JobEvent::ALL.into_iter().filter(|it| *it != JobEvent::Restart) {
                assert!(status.after(event).is_err(), "{status:?} {event:?}");
            }
        }
        assert!(JobStatus::Completed.after(JobEvent::Restart).is_err());
    }

    #[test]
    fn every_unfinished_job_has_a_way_out() {
        for status in JobStatus::ALL.into_iter().filter(|it| !it.is_final()) {
            assert!(JobEvent::ALL.into_iter().any(|it| status.after(it).is_ok()), "{status:?}");
        }
    }
}
