//! One intent, one effect: the first answer to a key is kept, and a repeat gets it again.

use std::time::Duration;

use model::fault::{Effect, Fault, FaultKind, Violation};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use sha2::{Digest, Sha256};
use store::{Tx, idempotency::Replay};

use crate::{
    caller::{Api, Caller},
    validation,
};

/// What does not make a request another one. Secrets are left out because a hash of a password, in a
/// table, would let whoever reads the table guess it.
const NOT_HASHED: [&str; 3] = ["request_id", "password", "api_key"];

/// How long to leave a request alone that is under way.
const PAUSE: Duration = Duration::from_secs(1);

/// A mutation: what it is called, and what was asked.
pub(crate) struct Intent<'a, Q> {
    /// Such as `service.activate`; also the action in the audit log.
    pub(crate) operation: &'static str,
    /// Chosen by the caller, one for each intent; empty where the caller takes no interest.
    pub(crate) key: &'a str,
    /// The request's message.
    pub(crate) request: &'a Q,
}

/// Runs `work` and commits, unless the same was done under the same key before.
///
/// A repeat that comes while the first is under way waits for it, but not for long. Faults are not kept: after one,
/// the same key starts anew.
///
/// # Errors
///
/// What `work` fails with; [`FaultKind::Conflict`] if the key was used for something else;
/// [`FaultKind::Busy`] while the first request under it is still under way.
pub(crate) async fn once<Q, A>(
    api: &Api,
    caller: &Caller,
    intent: Intent<'_, Q>,
    work: impl AsyncFnOnce(&Tx) -> Result<A, Fault>,
) -> Result<A, Fault>
where
    Q: Serialize,
    A: Serialize + DeserializeOwned,
{
    let key = validation::request_id(intent.key)?;
    let tx = api.store.begin().await?;
    if let Some(key) = key {
        let sha256 = fingerprint(intent.request)?;
        match tx.begin_idempotent(caller.tenant_id, key, intent.operation, sha256).await? {
            Replay::First => {}
            Replay::Same(answer) => return serde_json::from_value(answer).map_err(Fault::internal),
            Replay::Other => return Err(reused()),
            Replay::InProgress => return Err(in_progress()),
        }
    }
    let answer = work(&tx).await?;
    if let Some(key) = key {
        let kept = serde_json::to_value(&answer).map_err(Fault::internal)?;
        tx.remember(caller.tenant_id, key, &kept).await?;
    }
    // If the answer to the commit was lost, it may have taken place: the same key will tell.
    tx.commit().await.map_err(|error| Fault::from(error).with_effect(Effect::Unknown))?;
    Ok(answer)
}

/// The field that a key came in, by which the faces know a key that was used for something else.
pub(crate) const KEY_FIELD: &str = "request_id";

fn reused() -> Fault {
    let problem = "was used for another request before; choose a new one for each intent (in REST it \
                   is the header Idempotency-Key, in a command idempotency_key)";
    about_the_key(FaultKind::Conflict, problem)
}

fn in_progress() -> Fault {
    let problem = "is that of a request that is still under way; ask again with it for the answer";
    about_the_key(FaultKind::Busy, problem).retry_after(PAUSE)
}

fn about_the_key(kind: FaultKind, problem: &str) -> Fault {
    Fault {
        violations: vec![Violation { field: KEY_FIELD.to_owned(), message: problem.to_owned() }],
        ..Fault::new(kind, format!("{KEY_FIELD}: {problem}"))
    }
}

/// The request as a hash; the operation is compared beside it.
fn fingerprint<Q: Serialize>(request: &Q) -> Result<[u8; 32], Fault> {
    let mut request = serde_json::to_value(request).map_err(Fault::internal)?;
    if let Value::Object(fields) = &mut request {
        fields.retain(|name, _| !NOT_HASHED.contains(&name.as_str()));
    }
    Ok(Sha256::digest(request.to_string()).into())
}

#[cfg(test)]
mod tests {
    use contracts::provisioning::v1::{CreatePlanRequest, RegisterServerRequest};

    use super::*;

    #[test]
    fn the_key_is_no_part_of_what_was_asked() {
        let one = CreatePlanRequest { request_id: "1".to_owned(), ..CreatePlanRequest::default() };
        let two = CreatePlanRequest { request_id: "2".to_owned(), ..one.clone() };
        let other = CreatePlanRequest { name: "other".to_owned(), ..one.clone() };
        assert_eq!(fingerprint(&one).unwrap(), fingerprint(&two).unwrap());
        assert_ne!(fingerprint(&one).unwrap(), fingerprint(&other).unwrap());
    }

    #[test]
    fn no_password_can_be_guessed_from_a_hash() {
        let one = RegisterServerRequest::default();
        let two = RegisterServerRequest { password: "hunter2".to_owned(), ..one.clone() };
        assert_eq!(fingerprint(&one).unwrap(), fingerprint(&two).unwrap());
    }
}
