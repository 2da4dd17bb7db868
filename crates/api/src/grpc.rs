//! The gRPC interface, `praho.provisioning.v1`: the shared handlers, with faults as statuses and their
//! details.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    extract::{Request as HttpRequest, State},
    middleware::{self, Next},
    response::Response as HttpResponse,
};
use contracts::{provisioning::v1, status::to_status};
use futures_util::{StreamExt, stream::BoxStream};
use http::header::WWW_AUTHENTICATE;
use model::fault::{Effect, Fault, FaultKind};
use tonic::{Code, Request, Response, Status, service::Routes};

use crate::{
    address::{self, Proxies},
    auth,
    bounds::{DEADLINE, MAX_BODY},
    caller::{Api, Caller},
    door::{self, Passage},
    handlers, operations,
};

/// Bytes before a message: whether it is compressed, and its length.
const FRAME: usize = 5;

// build.rs makes the services of the contract: each method calls the handler of its name.
include!(concat!(env!("OUT_DIR"), "/grpc.rs"));

/// The services. Each call has a deadline and an admitted caller.
pub(crate) fn routes(api: Api, proxies: Proxies) -> Routes {
    let router = services(&Face { api: api.clone() }).into_axum_router();
    // The layers cover these routes only: health and reflection are added later and need no token.
    let router = router
        .route_layer(middleware::from_fn_with_state(api, admitted))
        .route_layer(middleware::from_fn(within_deadline))
        .route_layer(middleware::from_fn_with_state(proxies, address::record));
    Routes::from(router)
}

async fn admitted(State(api): State<Api>, request: HttpRequest, next: Next) -> HttpResponse {
    let Some(operation) = operations::behind(request.uri().path()) else {
        return Status::unimplemented("there is no such method").into_http();
    };
    let Passage { quota, outcome } = door::pass(&api, request, operation, FRAME + MAX_BODY).await;
    let mut response = match outcome {
        Ok((request, _place)) => answer(request, next).await,
        Err(refusal) => status(&refusal.fault).into_http(),
    };
    match quota {
        Some(quota) => quota.write(response.headers_mut()),
        None if code(&response) == Code::Unauthenticated => {
            response.headers_mut().insert(WWW_AUTHENTICATE, auth::CHALLENGE);
        }
        None => {}
    }
    response
}

/// Answers a call. Without a handler's word, an internal error is that of a message that cannot be read, which is the
/// caller's error and not ours.
async fn answer(mut request: HttpRequest, next: Next) -> HttpResponse {
    let reached = Reached::default();
    request.extensions_mut().insert(reached.clone());
    let response = next.run(request).await;
    if reached.0.load(Ordering::Relaxed) || code(&response) != Code::Internal {
        return response;
    }
    let words = Status::from_header_map(response.headers());
    let words = words.as_ref().map(Status::message).unwrap_or_default();
    status(&Fault::invalid("body", format!("is not a message of this method: {words}"))).into_http()
}

/// Whether a call has come to its handler.
#[derive(Clone, Default)]
struct Reached(Arc<AtomicBool>);

/// The status of an answer without messages.
fn code(response: &HttpResponse) -> Code {
    Status::from_header_map(response.headers()).map_or(Code::Ok, |it| it.code())
}

/// The deadline ends with the head of the answer, so a watch may last longer.
async fn within_deadline(request: HttpRequest, next: Next) -> HttpResponse {
    match tokio::time::timeout(DEADLINE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let remedy = "no answer in time; ask again with the same request_id";
            status(&Fault::new(FaultKind::Timeout, remedy).with_effect(Effect::Unknown)).into_http()
        }
    }
}

/// Logs a fault and turns it into a status.
fn status(fault: &Fault) -> Status {
    handlers::log(fault);
    to_status(fault)
}

type Answer<A> = Result<Response<A>, Status>;
type Stream<A> = BoxStream<'static, Result<A, Status>>;

#[derive(Clone)]
struct Face {
    api: Api,
}

impl Face {
    /// Calls the handler with the request's caller and message.
    async fn call<Q, A, F>(
        &self,
        request: Request<Q>,
        handler: impl FnOnce(Api, Caller, Q) -> F,
    ) -> Answer<A>
    where
        F: Future<Output = Result<A, Fault>>,
    {
        let (_, mut extensions, message) = request.into_parts();
        if let Some(reached) = extensions.remove::<Reached>() {
            reached.0.store(true, Ordering::Relaxed);
        }
        let caller = extensions
            .remove::<Caller>()
            .ok_or_else(|| status(&Fault::internal("a call without a caller")))?;
        let answer = handler(self.api.clone(), caller, message).await;
        answer.map(Response::new).map_err(|fault| status(&fault))
    }

    /// Calls a handler that answers with a stream.
    async fn stream<Q, A, S, F>(
        &self,
        request: Request<Q>,
        handler: impl FnOnce(Api, Caller, Q) -> F,
    ) -> Answer<Stream<A>>
    where
        S: futures_util::Stream<Item = Result<A, Fault>> + Send + 'static,
        F: Future<Output = Result<S, Fault>>,
    {
        let answer = self.call(request, handler).await?;
        Ok(answer.map(|messages| {
            messages.map(|message| message.map_err(|fault| status(&fault))).boxed()
        }))
    }
}
