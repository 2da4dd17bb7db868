//! The forms of fields in the document: words, patterns, lengths and ranges, from the rules that the server checks.

use std::ops::RangeInclusive;

use api::forms::{
    API_KEY, CAPACITY, CREDENTIAL, EXTERNAL_ID, LIMITS, MAX_TAGS, MUTATION_SLOTS, NAME, PAGE_SIZES,
    PASSWORD, QUEUE, QUOTA, QUOTA_OF_CALLS, READS_PER_SECOND, REASON, RESTARTED, SINCE_SECONDS,
    SSH_PORT, STATUSES_BY_HAND, THINGS, Text, USER_NAME,
};
use model::{
    account::AccountStatus,
    dead_letter::DeadLetterStatus,
    domain_claim::ProofKind,
    drift::{Field, FindingStatus, Severity, TermsPolicy, UnknownPolicy},
    fault::FaultKind,
    job::{JobKind, JobStatus, Lane, StepStatus},
    plan::Feature,
    quota::Limit,
    role::Role,
    server::{ServerStatus, Stops, WithoutQuotas},
    service::ServiceStatus,
    site::ToldBy,
    tenant_quota::TenantQuota,
};
use serde_json::{Value, json};

/// The ids in answers that may be empty.
const MAY_BE_EMPTY: [(&str, &str); 5] = [
    ("Service", "account_id"),
    ("Job", "parent_id"),
    ("Finding", "account_id"),
    ("Finding", "job_id"),
    ("DeadLetter", "job_id"),
];

/// The keywords that say more of a field than its type does.
pub(crate) fn form(message: &str, field: &str) -> Option<Value> {
    if message.ends_with("Request") { asked(message, field) } else { answered(message, field) }
}

/// The form of a request's field. An optional text may be empty, and a number 0, as if it were absent.
fn asked(message: &str, field: &str) -> Option<Value> {
    let changes = message.starts_with("Update");
    Some(match (message, field) {
        (_, "page_size") => json!({ "minimum": 0, "maximum": PAGE_SIZES.0 }),
        (list, "page_token") if list.starts_with("List") => optional_id(),
        ("CreatePublisherRequest", "role") => words(&["operator", "admin", "owner"]),
        (_, "user_name") => text(USER_NAME, false),
        ("CreateTokenRequest", "role") => words(&Role::ALL.map(Role::as_str)),
        ("SetServerStatusRequest", "status") => words(&STATUSES_BY_HAND.map(ServerStatus::as_str)),
        ("RetryJobsRequest", "status") => words(&RESTARTED.map(JobStatus::as_str)),
        ("ListAccountsRequest", "status") => {
            optional(&AccountStatus::ALL.map(AccountStatus::as_str))
        }
        ("ListJobsRequest", "status") => optional(&JobStatus::ALL.map(JobStatus::as_str)),
        ("ListJobsRequest" | "RetryJobsRequest", "kind") => {
            optional(&JobKind::ALL.map(JobKind::as_str))
        }
        ("RetryJobsRequest", "fault") => optional(&FaultKind::ALL.map(FaultKind::as_str)),
        ("RetryJobsRequest", "since_seconds") => range(&SINCE_SECONDS),
        ("ListFindingsRequest", "status") => {
            optional(&FindingStatus::ALL.map(FindingStatus::as_str))
        }
        ("ListDeadLettersRequest", "status") => {
            optional(&DeadLetterStatus::ALL.map(DeadLetterStatus::as_str))
        }
        (_, "terms_policy") => optional(&TermsPolicy::ALL.map(TermsPolicy::as_str)),
        (_, "unknown_policy") => optional(&UnknownPolicy::ALL.map(UnknownPolicy::as_str)),
        (_, "without_quotas") => optional(&WithoutQuotas::ALL.map(WithoutQuotas::as_str)),
        (_, "features") => json!({ "items": words(&Feature::ALL.map(Feature::as_str)) }),
        ("SetTenantQuotasRequest", "to_default") => {
            json!({ "items": words(&TenantQuota::ALL.map(TenantQuota::as_str)) })
        }
        ("SetTenantQuotasRequest", "requests") => range(&QUOTA_OF_CALLS),
        ("SetTenantQuotasRequest", name) if name.parse::<TenantQuota>().is_ok() => range(&QUOTA),
        (_, "unlimited") => json!({ "items": words(&LIMITS) }),
        (_, "tags" | "server_tags") => json!({ "items": text(NAME, false), "maxItems": MAX_TAGS }),
        (_, "disk_mib") => json!({ "minimum": 1, "maximum": largest(Limit::quota_argument) }),
        (_, "bandwidth_mib") => {
            json!({ "minimum": 1, "maximum": largest(Limit::bandwidth_argument) })
        }
        (_, "mailboxes" | "databases") => range(&THINGS),
        (_, "capacity") if changes => range(&(0..=*CAPACITY.end())),
        (_, "capacity") => range(&CAPACITY),
        (_, "mutation_slots") => range(&(0..=*MUTATION_SLOTS.end())),
        (_, "reads_per_second") => range(&(0..=*READS_PER_SECOND.end())),
        (_, "plan_id") => id_or_name(),
        ("AssignDomainRequest", "tenant_id") => text(NAME, false),
        ("SetServerShellRequest", "port") => range(&SSH_PORT),
        ("AllowBreakGlassRequest", "minutes") => range(&model::shell::MINUTES),
        (
            "AllowBreakGlassRequest"
            | "AssignDomainRequest"
            | "CallProgramRequest"
            | "ReleaseServerUrlRequest",
            "reason",
        ) => text(Text { least: 1, ..REASON }, false),
        (_, "server_id" | "tenant_id") => text(NAME, true),
        (_, "name") => text(NAME, changes),
        (_, "api_key") => text(API_KEY, changes),
        ("RegisterServerRequest" | "UpdateServerRequest", "username" | "password") => {
            text(CREDENTIAL, changes)
        }
        (_, "password") => text(PASSWORD, true),
        (_, "external_id") => text(EXTERNAL_ID, true),
        (_, "reason") => text(REASON, true),
        (_, "queue") => text(QUEUE, true),
        _ => return None,
    })
}

/// The form of an answer's field, also within another message.
fn answered(message: &str, field: &str) -> Option<Value> {
    let named = (message, field);
    Some(match named {
        _ if MAY_BE_EMPTY.contains(&named) => optional_id(),
        // A person names a key in the key file.
        ("Key", "id") | (_, "key_id") => return None,
        (_, "id") => id(),
        // The names of ids that other things gave themselves are no ids of ours.
        (_, "correlation_id" | "message_id" | "external_id") => return None,
        (_, name) if name.ends_with("_id") => id(),
        ("RetryJobsResponse", "next_page_token") => return None,
        (_, "next_page_token") => optional_id(),
        ("Publisher", "role") => words(&["operator", "admin", "owner"]),
        ("Token", "role") => words(&Role::ALL.map(Role::as_str)),
        ("Server", "status") => words(&ServerStatus::ALL.map(ServerStatus::as_str)),
        ("PlacementVerdict", "status") => optional(&ServerStatus::ALL.map(ServerStatus::as_str)),
        ("Server", "fault_stops") => optional(&Stops::ALL.map(Stops::as_str)),
        ("Server", "without_quotas") => words(&WithoutQuotas::ALL.map(WithoutQuotas::as_str)),
        ("Service", "status") => words(&ServiceStatus::ALL.map(ServiceStatus::as_str)),
        ("Domain", "proof") => optional(&ProofKind::ALL.map(ProofKind::as_str)),
        ("DomainClaim", "status") => words(&ServiceStatus::ALL.map(ServiceStatus::as_str)),
        ("DomainClaim", "account_status") => {
            optional(&AccountStatus::ALL.map(AccountStatus::as_str))
        }
        ("Account", "status") => words(&AccountStatus::ALL.map(AccountStatus::as_str)),
        ("Job", "status") => words(&JobStatus::ALL.map(JobStatus::as_str)),
        ("Job" | "RetriedJobs", "kind") => words(&JobKind::ALL.map(JobKind::as_str)),
        ("Job", "lane") => words(&Lane::ALL.map(Lane::as_str)),
        ("JobFault", "kind") => words(&FaultKind::ALL.map(FaultKind::as_str)),
        ("RetriedJobs", "fault") => optional(&FaultKind::ALL.map(FaultKind::as_str)),
        // A step that has not started is in no journal.
        ("JobStep", "status") => {
            words(&[&["pending"], &StepStatus::ALL.map(StepStatus::as_str)[..]].concat())
        }
        ("Finding", "field") => words(&Field::ALL.map(Field::as_str)),
        ("Finding", "severity") => words(&Severity::ALL.map(Severity::as_str)),
        ("Finding", "status") => words(&FindingStatus::ALL.map(FindingStatus::as_str)),
        ("ServerDrift", "terms_policy") => words(&TermsPolicy::ALL.map(TermsPolicy::as_str)),
        ("ServerDrift", "unknown_policy") => words(&UnknownPolicy::ALL.map(UnknownPolicy::as_str)),
        ("DeadLetter", "status") => words(&DeadLetterStatus::ALL.map(DeadLetterStatus::as_str)),
        ("SiteAnswer", "told_by") => words(&ToldBy::ALL.map(ToldBy::as_str)),
        ("Plan", "features") | ("PlacementVerdict", "missing_features") => {
            json!({ "items": words(&Feature::ALL.map(Feature::as_str)) })
        }
        _ => return None,
    })
}

fn words(words: &[&str]) -> Value {
    json!({ "type": "string", "enum": words })
}

fn optional(words: &[&str]) -> Value {
    let words = [words, &[""]].concat();
    json!({ "type": "string", "enum": words })
}

fn id() -> Value {
    json!({ "type": "string", "format": "uuid" })
}

fn optional_id() -> Value {
    json!({ "anyOf": [id(), { "const": "" }] })
}

/// The id of a publisher or its user. An id has the form of a user's name too.
pub(crate) fn id_or_user() -> Value {
    text(USER_NAME, false)
}

/// The id or the name of a thing. An id has the form of a name too.
pub(crate) fn id_or_name() -> Value {
    text(NAME, false)
}

/// A text, which may also be empty if it is optional.
fn text(form: Text, optional: bool) -> Value {
    let pattern = match form.pattern.strip_prefix('^').and_then(|it| it.strip_suffix('$')) {
        Some(inner) if optional => format!("^({inner})?$"),
        _ => form.pattern.to_owned(),
    };
    let least = if optional { 0 } else { form.least };
    // A text that is empty or long cannot be told by one pair of bounds.
    if optional && form.least > 1 {
        let given = text(form, false);
        return json!({ "anyOf": [given, { "const": "" }] });
    }
    json!({ "type": "string", "minLength": least, "maxLength": form.most, "pattern": pattern })
}

fn range(range: &RangeInclusive<u64>) -> Value {
    json!({ "minimum": range.start(), "maximum": range.end() })
}

/// The largest number of MiB that the panel takes.
fn largest<E>(argument: fn(Limit) -> Result<String, E>) -> u64 {
    let fits = |mib| argument(Limit::AtMost(mib)).is_ok();
    let (mut good, mut bad) = (1, u64::MAX);
    while bad - good > 1 {
        let middle = good + (bad - good) / 2;
        if fits(middle) { good = middle } else { bad = middle }
    }
    good
}
