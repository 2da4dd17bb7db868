//! Who calls: a bearer token, known by its SHA-256.

use chassis::propagation::{self, Correlation};
use http::{Extensions, HeaderMap, HeaderValue, header::AUTHORIZATION};
use model::fault::{Fault, FaultKind};
use sha2::{Digest, Sha256};

use crate::handlers::{Api, Caller};

/// Characters of a token; ours have about 50.
const MAX_TOKEN: usize = 512;
/// How to ask again (RFC 6750 section 3).
pub(crate) const CHALLENGE: HeaderValue = HeaderValue::from_static("Bearer realm=\"praho\"");

/// A token as the database knows it.
pub(crate) fn token_sha256(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

/// The caller behind a request that `RequestLayer` has seen.
///
/// # Errors
///
/// [`FaultKind::Unauthenticated`] without a token that is known; [`FaultKind::Unavailable`].
pub(crate) async fn identify(
    api: &Api,
    headers: &HeaderMap,
    extensions: &Extensions,
) -> Result<Caller, Fault> {
    let unknown = |why| Fault::new(FaultKind::Unauthenticated, why);
    let token = bearer(headers)
        .ok_or_else(|| unknown("send the header `authorization: Bearer <API token>`"))?;
    let known = api.store.caller(token_sha256(token)).await?;
    let known = known.ok_or_else(|| unknown("the API token is not known, or was revoked"))?;
    let correlation = extensions.get::<Correlation>().cloned();
    Ok(Caller {
        tenant_id: known.tenant_id,
        actor: format!("token:{}", known.token_id),
        correlation_id: correlation.unwrap_or_else(Correlation::generate).to_string(),
        traceparent: propagation::current_traceparent(),
    })
}

/// The token in the header, whose scheme may be written in any case (RFC 9110 section 11.1).
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
