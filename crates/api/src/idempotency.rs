//! Idempotency: the first answer to a key is kept, and a repeat gets the same answer.

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

/// Fields that do not distinguish two requests. Secrets are left out because a reader of the table could
/// guess a password from its hash.
const NOT_HASHED: [&str; 4] = ["request_id", "password", "api_key", "private_key"];

/// The pause before a caller should repeat a request that is still under way.
const PAUSE: Duration = Duration::from_secs(1);

/// A mutation: its operation, key and request.
pub(crate) struct Intent<'a, Q> {
    /// The operation, such as `service.activate`; also the action in the audit log.
    pub(crate) operation: &'static str,
    /// The key that the caller chose for this intent; empty if the caller does not need idempotency.
    pub(crate) key: &'a str,
    pub(crate) request: &'a Q,
}

/// Runs `work` and commits, unless an earlier request under the same key has done so.
///
/// A repeat waits a short time for a first request that is still under way. Faults are not kept: after a
/// fault, the same key starts again.
///
/// # Errors
///
/// The fault of `work`; [`FaultKind::Conflict`] if the key was used for another request; [`FaultKind::Busy`]
/// while the first request under the key is still under way.
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
    // A commit without an answer may have succeeded. A repeat under the same key finds out.
    tx.commit().await.map_err(|error| Fault::from(error).with_effect(Effect::Unknown))?;
    Ok(answer)
}

/// The field that faults about a key name. REST recognises such faults by this field.
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

/// The hash of a request. The operation is not in it: the store compares the operation separately.
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
    fn the_fingerprint_leaves_the_key_out() {
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
