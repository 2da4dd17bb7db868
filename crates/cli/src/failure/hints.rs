//! Hints after a failure.

use contracts::provisioning::v1::Job;
use model::fault::{Effect, Fault, FaultKind, FaultReason};

use super::Failure;

impl Failure {
    /// The hints, one line each.
    pub(super) fn hints(&self) -> Vec<String> {
        match self {
            Self::Usage(_) => vec!["praho --help shows the usage".to_owned()],
            Self::NoUrl => vec![
                "give --url, set PRAHO_GRPC_URL, or write it into ~/.config/praho/config.toml (see praho --help)".to_owned(),
            ],
            Self::NoToken => vec![
                "give --token-file, set PRAHO_API_TOKEN, or write it into ~/.config/praho/config.toml (see praho --help)".to_owned(),
            ],
            Self::Fault { fault, request_id } => of_fault(fault, request_id.as_deref()),
            Self::NotGrpc { .. } => vec![
                "is it the gRPC address? REST has another, and a proxy before the API must pass HTTP/2 on".to_owned(),
            ],
            Self::Protected { account } => {
                vec![format!("praho accounts unprotect {account}, then repeat the command")]
            }
            Self::Job(job) => of_job(job),
            Self::Unended { awaited, .. } | Self::Interrupted(awaited) => vec![awaited.next()],
            Self::Unseen { server, .. } => vec![format!(
                "praho drift status {server} shows the failed checks and the next sweep"
            )],
            Self::AuditBroken { .. } => vec![
                "somebody changed the database past the API: keep a copy of it, and look at who can reach it".to_owned(),
            ],
            Self::Unopened { .. } => vec![
                "the logs of praho-api, praho-virtualmin-gateway and praho-dns-manager name each: set them anew, then rotate again".to_owned(),
            ],
            Self::Local { .. } => Vec::new(),
        }
    }
}

fn of_fault(fault: &Fault, request_id: Option<&str>) -> Vec<String> {
    let mut hints = Vec::new();
    match fault.kind {
        FaultKind::Unauthenticated => hints.push(
            "is the token right, and does it belong to this API? it comes from --token-file, PRAHO_API_TOKEN or the profile's token_file".to_owned(),
        ),
        FaultKind::Denied => hints.push(
            "an owner can create a token with that role: praho tokens create NAME --role ROLE".to_owned(),
        ),
        FaultKind::Unavailable if fault.message.contains("invalid peer certificate") => hints.push(
            "does the CA of the API's certificate stand in --ca-file, PRAHO_CA_FILE or the profile's ca_file, and is the address one of its names?".to_owned(),
        ),
        FaultKind::Unavailable | FaultKind::Timeout => hints.push(
            "is the API up, and is its address (--url, PRAHO_GRPC_URL or the profile) right, with https or http? --timeout gives a slow API more time".to_owned(),
        ),
        FaultKind::Refused if fault.message.contains("ResetAccountPassword") => hints.push(
            "praho accounts password reset ACCOUNT gives its user another one".to_owned(),
        ),
        FaultKind::Refused if fault.reason == Some(FaultReason::DomainInUse) => hints.push(
            "an owner of the platform's tenant: praho domains assign DOMAIN --tenant TENANT --reason WHY".to_owned(),
        ),
        FaultKind::NotFound => hints.push(format!(
            "{} shows the ones that exist",
            list_command(&fault.message).unwrap_or("the group's list command")
        )),
        _ => {}
    }
    if let Some(seconds) = fault.retry_after_seconds {
        hints.push(format!("try again in {seconds} s"));
    }
    let may_pass = fault.kind.is_transient() || fault.effect == Effect::Unknown;
    if let Some(id) = request_id
        && may_pass
    {
        hints.push(format!(
            "repeat the command with --request-id {id}, so that it is executed only once"
        ));
    }
    hints
}

/// The command that lists the things of the missing kind.
fn list_command(message: &str) -> Option<&'static str> {
    let thing = message.strip_prefix("there is no ")?;
    let lists = [
        ("plan ", "praho plans list"),
        ("server ", "praho servers list"),
        ("DNS server ", "praho dns-servers list"),
        ("service ", "praho services list"),
        ("account ", "praho accounts list"),
        ("job ", "praho jobs list"),
        ("dead letter ", "praho dead-letters list"),
        ("finding ", "praho drift list"),
        ("tenant ", "praho tenants list"),
        ("token ", "praho tokens list"),
    ];
    lists.into_iter().find(|(what, _)| thing.starts_with(what)).map(|(_, command)| command)
}

fn of_job(job: &Job) -> Vec<String> {
    let show = format!("praho jobs show {} shows every step", job.id);
    let retry = match job.status.as_str() {
        "stuck" => {
            format!("remove the cause of the fault, then: praho jobs retry {} --wait", job.id)
        }
        "failed" | "cancelled" => format!("to retry it: praho jobs retry {} --wait", job.id),
        _ => return vec![show],
    };
    vec![show, retry]
}
