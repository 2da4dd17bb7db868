//! The gRPC interface, `praho.provisioning.v1`: the shared handlers, with faults as statuses and their
//! details.

use axum::{
    extract::{Request as HttpRequest, State},
    middleware::{self, Next},
    response::Response as HttpResponse,
};
use contracts::{provisioning::v1, status::to_status};
use futures_util::{StreamExt, stream::BoxStream};
use http::header::WWW_AUTHENTICATE;
use model::fault::{Effect, Fault, FaultKind};
use tonic::{Request, Response, Status, service::Routes};
use tower::limit::GlobalConcurrencyLimitLayer;

use crate::{
    auth,
    bounds::{DEADLINE, MAX_BODY, MAX_CONCURRENT},
    caller::{Api, Caller},
    handlers, operations,
};

// build.rs makes the services of the contract: each method calls the handler of its name.
include!(concat!(env!("OUT_DIR"), "/grpc.rs"));

/// The services. Each call has a deadline and an admitted caller.
pub(crate) fn routes(api: Api) -> Routes {
    let router = services(&Face { api: api.clone() }).into_axum_router();
    // The layers cover these routes only: health and reflection are added later and need no token.
    let router = router
        .route_layer(middleware::from_fn_with_state(api, admitted))
        .route_layer(GlobalConcurrencyLimitLayer::new(MAX_CONCURRENT))
        .route_layer(middleware::from_fn(within_deadline));
    Routes::from(router)
}

async fn admitted(State(api): State<Api>, mut request: HttpRequest, next: Next) -> HttpResponse {
    let Some(operation) = operations::behind(request.uri().path()) else {
        return Status::unimplemented("there is no such method").into_http();
    };
    let known = auth::identify(&api, request.headers(), request.extensions(), operation).await;
    let known = match known {
        Ok(known) => known,
        Err(fault) => {
            let mut response = status(&fault).into_http();
            if fault.kind == FaultKind::Unauthenticated {
                response.headers_mut().insert(WWW_AUTHENTICATE, auth::CHALLENGE);
            }
            return response;
        }
    };
    let quota = known.quota;
    let mut response = match auth::admit(&api, known, operation).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(fault) => status(&fault).into_http(),
    };
    quota.write(response.headers_mut());
    response
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
