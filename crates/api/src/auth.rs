//! Authentication and authorisation: a bearer token, found by its SHA-256, and its role.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::Instant,
};

use chassis::propagation::{self, Correlation};
use http::{Extensions, HeaderMap, HeaderValue, header::AUTHORIZATION};
use model::{
    fault::{Fault, FaultKind},
    ids::ApiTokenId,
    role::Role,
    tenant_quota::TenantQuota,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::tokens;

use crate::{
    address::Client,
    caller::{Api, Caller},
    limit::Quota,
    lookup::Found,
    operations::Operation,
    refusal::Refusal,
    shares::Holder,
};

/// Characters of a token; our own tokens have about 50.
const MAX_TOKEN: usize = 512;
/// The message of a call with a token that does not exist or has ended, which are not told apart.
const NOT_GOOD: &str = "the API token is not known, was revoked or has expired";
/// The challenge of a 401 answer (RFC 6750 section 3).
pub(crate) const CHALLENGE: HeaderValue = HeaderValue::from_static("Bearer realm=\"praho\"");

/// The form in which the database keeps a token.
pub(crate) fn token_sha256(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

/// A caller whose token is good and whose right is not checked yet.
pub(crate) struct Known {
    caller: Caller,
    /// By whom the caller's places are counted.
    pub(crate) holder: Holder,
    role: Role,
    /// The calls that the token has left, after this one; or its tenant, if that has none left.
    pub(crate) quota: Quota,
    /// The refusal of a call too many.
    allowed: Result<(), Fault>,
}

/// Finds the caller of a request that has passed `RequestLayer`. The audit log records a token that was
/// revoked or has expired.
///
/// # Errors
///
/// [`FaultKind::Unauthenticated`] without a good token; [`FaultKind::RateLimited`] after too many wrong ones;
/// [`FaultKind::Unavailable`] without the database.
pub(crate) async fn identify(
    api: &Api,
    headers: &HeaderMap,
    extensions: &Extensions,
    operation: &Operation,
) -> Result<Known, Refusal> {
    let unknown = |why| Fault::new(FaultKind::Unauthenticated, why);
    let token = bearer(headers)
        .ok_or_else(|| unknown("send the header `authorization: Bearer <API token>`"))?;
    let sha256 = token_sha256(token);
    let client_address = extensions.get::<Client>().map(|it| it.0);
    let caller = |tenant_id, platform, token_id| Caller {
        tenant_id,
        platform,
        actor: actor(token_id),
        holder: Some(Holder { tenant: tenant_id, token: token_id }),
        client_address,
        correlation_id: extensions
            .get::<Correlation>()
            .cloned()
            .unwrap_or_else(Correlation::generate)
            .to_string(),
        traceparent: propagation::current_traceparent(),
    };
    let address = client_address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let known = match api.lookup.find(sha256, address).await? {
        Found::Caller(known) => known,
        Found::Ended(tenant_id, token_id) => {
            let detail = json!({ "reason": "the token was revoked or has expired" });
            deny(api, &caller(tenant_id, false, token_id), operation, detail).await?;
            return Err(unknown(NOT_GOOD).into());
        }
        Found::Nobody => return Err(unknown(NOT_GOOD).into()),
    };
    let (quota, allowed) = count(api, &known);
    Ok(Known {
        caller: caller(known.tenant_id, known.platform, known.token_id),
        holder: Holder { tenant: known.tenant_id, token: known.token_id },
        role: known.role,
        quota,
        allowed,
    })
}

/// Counts a call of a token, and one of its tenant unless it is refused for the token's sake: a program that calls too often
/// takes no calls from the tenant's others.
fn count(api: &Api, known: &tokens::Caller) -> (Quota, Result<(), Fault>) {
    let now = Instant::now();
    let of_token = api.limiter.count(known.token_id, now);
    if let Err(fault) = of_token.check("calls with this token") {
        return (of_token, Err(fault));
    }
    let what = TenantQuota::Requests;
    let quota = known.requests.unwrap_or_else(|| api.quotas.defaults.get(what));
    let of_tenant = api.tenant_calls.count_up_to(quota, known.tenant_id, now);
    match of_tenant.check("calls of this tenant") {
        Ok(()) => (of_token, Ok(())),
        Err(Fault { retry_after_seconds, .. }) => {
            (of_tenant, Err(Fault { retry_after_seconds, ..what.reached(quota) }))
        }
    }
}

/// Admits a caller that has the right and calls left. The audit log records a denied call.
///
/// # Errors
///
/// [`FaultKind::Denied`] where the token's role does not include the right; [`FaultKind::RateLimited`];
/// [`FaultKind::Unavailable`] without the database.
pub(crate) async fn admit(api: &Api, known: Known, operation: &Operation) -> Result<Caller, Fault> {
    let Known { caller, role, allowed, .. } = known;
    allowed?;
    if operation.right.is_given(role, caller.platform) {
        return Ok(caller);
    }
    let (needed, role) = (operation.right.name(), role.as_str());
    deny(api, &caller, operation, json!({ "needed": needed, "role": role })).await?;
    let why = format!("{} needs the role {needed}; this token's role is {role}", operation.rpc);
    Err(Fault::new(FaultKind::Denied, why))
}

/// The actor that jobs and the audit log record for calls with this token.
pub(crate) fn actor(token_id: ApiTokenId) -> String {
    format!("token:{token_id}")
}

async fn deny(
    api: &Api,
    caller: &Caller,
    operation: &Operation,
    detail: Value,
) -> Result<(), Fault> {
    let origin = caller.origin();
    Ok(api.store.audit_denial(caller.tenant_id, &origin, operation.rpc, detail).await?)
}

/// The token in the header. The scheme may be written in any case (RFC 9110 section 11.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    let good = scheme.eq_ignore_ascii_case("bearer") && (1..=MAX_TOKEN).contains(&token.len());
    good.then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Option<String> {
        let headers = HeaderMap::from_iter([(AUTHORIZATION, value.parse().unwrap())]);
        bearer(&headers).map(str::to_owned)
    }

    #[test]
    fn takes_the_token_whatever_the_case_of_the_scheme() {
        for scheme in ["Bearer", "bearer", "BEARER"] {
            assert_eq!(read(&format!("{scheme} abc")).as_deref(), Some("abc"));
        }
    }

    #[test]
    fn takes_nothing_else_for_a_token() {
        for value in
            ["abc", "Basic abc", "Bearer ", "Bearer", &format!("Bearer {}", "x".repeat(513))]
        {
            assert_eq!(read(value), None, "{value}");
        }
        assert_eq!(bearer(&HeaderMap::new()), None);
    }
}
