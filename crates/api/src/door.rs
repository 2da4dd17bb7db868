//! The way of a call to its handler: its caller, its whole body, and a place among the calls under way.
//!
//! The caller is known before anything is read, so nobody without a token can send a body. The body is read before
//! the call gets its place, so that a slow one takes no place from others.

use axum::{body::Body, extract::Request};
use http_body::Body as _;

use crate::{
    auth, body,
    caller::Api,
    limit::Quota,
    operations::Operation,
    refusal::Refusal,
    shares::{Holder, Place},
};

/// A call that was let in or refused.
pub(crate) struct Passage {
    /// The calls that the token has left, if it is a good one.
    pub(crate) quota: Option<Quota>,
    /// The request with its caller and its whole body, and the place that it holds until it is answered.
    pub(crate) outcome: Result<(Request, Place), Refusal>,
}

/// Lets a call of `operation` in that carries at most `most` bytes.
pub(crate) async fn pass(
    api: &Api,
    request: Request,
    operation: &Operation,
    most: usize,
) -> Passage {
    let known = match auth::identify(api, request.headers(), request.extensions(), operation).await
    {
        Ok(known) => known,
        Err(refusal) => return Passage { quota: None, outcome: Err(refusal) },
    };
    let (quota, holder) = (known.quota, known.holder);
    let outcome = async {
        let caller = auth::admit(api, known, operation).await?;
        let mut request = read(api, request, holder, most).await?;
        request.extensions_mut().insert(caller);
        let place = api.calls.take(holder).await.map_err(Refusal::full)?;
        Ok((request, place))
    };
    Passage { quota: Some(quota), outcome: outcome.await }
}

/// Reads the body of a request, unless it has none.
async fn read(
    api: &Api,
    request: Request,
    holder: Holder,
    most: usize,
) -> Result<Request, Refusal> {
    if request.body().is_end_stream() {
        return Ok(request);
    }
    let _place = api.bodies.take(holder).await.map_err(Refusal::full)?;
    let (parts, body) = request.into_parts();
    let body = body::whole(body, most, api.body_limit).await?;
    Ok(Request::from_parts(parts, Body::from(body)))
}
