//! Whether a tenant may have a domain that others want too, and the proof of control.

use model::{
    domain_claim::{Challenge, Verdict},
    fault::{Fault, FaultKind, FaultReason, Violation},
    service::Service,
};
use serde_json::json;
use store::Tx;

use crate::{
    caller::{Api, Caller},
    handlers::conflict,
};

/// Judges the domain of a service that is about to be activated. Nobody else judges or proves a domain of the same
/// registration before the transaction ends.
///
/// # Errors
///
/// [`FaultReason::DomainUnproven`] with the record that proves control, [`FaultReason::DomainInUse`] for a tenant that
/// has proven it, or the conflict with an account of the tenant's own. None of them tells what another tenant has.
pub(super) async fn judge(api: &Api, tx: &Tx, service: &Service) -> Result<(), Fault> {
    tx.lock_registered_domain(api.suffixes.registered(&service.domain)).await?;
    match tx.domain_standing(service, api.hold_days).await?.verdict() {
        Verdict::Free => Ok(()),
        Verdict::StillHere => {
            let problem =
                "another account of yours still holds this domain; wait until it is removed";
            Err(conflict("domain", problem))
        }
        Verdict::Unproven => {
            let [challenge, ..] = &*challenges(api, service) else {
                return Err(Fault::internal("no key derives a challenge"));
            };
            Err(unproven(challenge))
        }
        Verdict::InUse => Err(in_use()),
    }
}

/// Looks the record up that the fault asks for, and keeps the proof if it is there.
///
/// # Errors
///
/// The fault itself if there is no such record; `Unavailable` if that cannot be found out; [`FaultReason::DomainInUse`]
/// if the platform's owner has decided otherwise.
pub(super) async fn prove(
    api: &Api,
    caller: &Caller,
    service: &Service,
    fault: Fault,
) -> Result<(), Fault> {
    let challenges = challenges(api, service);
    let Some(first) = challenges.first() else { return Err(fault) };
    let texts = api.resolvers.texts(&first.name).await.map_err(|error| {
        let message = format!(
            "whether {} has its TXT record cannot be looked up now; {}",
            first.name,
            remedy(first)
        );
        Fault::new(FaultKind::Unavailable, message).caused_by(error)
    })?;
    if !challenges.iter().any(|it| texts.contains(&it.text)) {
        return Err(fault);
    }
    let domain = &service.domain;
    let tx = api.store.begin().await?;
    tx.lock_registered_domain(api.suffixes.registered(domain)).await?;
    if !tx.prove_domain(caller.tenant_id, domain, api.hold_days).await? {
        return Err(in_use());
    }
    let detail = json!({ "how": "txt", "record": first.name });
    tx.audit(caller.tenant_id, &caller.origin(), "domain.prove", &domain.target(), detail).await?;
    Ok(tx.commit().await?)
}

/// The records of which one proves control; the first is the one to publish.
fn challenges(api: &Api, service: &Service) -> Vec<Challenge> {
    let context = Challenge::context(service.tenant_id, &service.domain);
    let tokens = api.keyring.challenges(&context);
    tokens.iter().map(|it| Challenge::new(&service.domain, it)).collect()
}

fn remedy(challenge: &Challenge) -> String {
    let Challenge { name, text } = challenge;
    format!("publish the TXT record {name} with the text {text}, then activate the service again")
}

fn unproven(challenge: &Challenge) -> Fault {
    let problem = format!(
        "needs a proof that you control it; {}, a few minutes later if it was asked for before it was there",
        remedy(challenge)
    );
    refused(problem).with_reason(FaultReason::DomainUnproven)
}

fn in_use() -> Fault {
    let problem = "is in use on this platform, and a proof of control does not end that; ask the \
                   platform's owner, who decides, and activate the service again when the domain is free";
    refused(problem.to_owned()).with_reason(FaultReason::DomainInUse)
}

/// The refusal for a domain, with the field.
fn refused(problem: String) -> Fault {
    let message = format!("domain: {problem}");
    let violations = vec![Violation { field: "domain".to_owned(), message: problem }];
    Fault { violations, ..Fault::new(FaultKind::Refused, message) }
}
