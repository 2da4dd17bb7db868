//! The routes under `/api/v1`: each operation's entry with its handler.

use axum::{
    Router,
    extract::{Request, State},
    handler::Handler,
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{MethodFilter, on},
};
use contracts::provisioning::v1;
use futures_util::Stream;
use model::fault::Fault;
use serde::de::DeserializeOwned;

use super::{
    Problem,
    answer::{self, Answer},
    input::Input,
};
use crate::{
    bounds::MAX_BODY,
    caller::{Api, Caller},
    door::{self, Passage},
    handlers,
    operations::{Operation, of},
};

// build.rs makes the routes of the contract: each calls the handler of its name.
include!(concat!(env!("OUT_DIR"), "/rest.rs"));

/// All routes of version 1.
pub(super) fn v1(api: &Api) -> Router<Api> {
    operations(Routes { api, router: Router::new() }).router
}

/// Builds the router, one operation at a time.
struct Routes<'a> {
    api: &'a Api,
    router: Router<Api>,
}

impl Routes<'_> {
    /// Adds an operation that answers with one message.
    fn answer<Q, A, F>(
        self,
        operation: &'static Operation,
        handler: impl Fn(Api, Caller, Q) -> F + Clone + Send + Sync + 'static,
    ) -> Self
    where
        Q: DeserializeOwned + Send + 'static,
        A: Answer + 'static,
        F: Future<Output = Result<A, Fault>> + Send,
    {
        self.add(operation, async move |State(api), caller, Input(request): Input<Q>| {
            let answer = handler(api, caller, request).await?;
            Ok::<_, Problem>(answer::response(operation, &answer))
        })
    }

    /// Adds an operation that answers with a stream of messages.
    fn stream<Q, A, S, F>(
        self,
        operation: &'static Operation,
        handler: impl Fn(Api, Caller, Q) -> F + Clone + Send + Sync + 'static,
    ) -> Self
    where
        Q: DeserializeOwned + Send + 'static,
        A: Answer + 'static,
        S: Stream<Item = Result<A, Fault>> + Send + 'static,
        F: Future<Output = Result<S, Fault>> + Send,
    {
        self.add(operation, async move |State(api), caller, Input(request): Input<Q>| {
            let messages = handler(api, caller, request).await?;
            Ok::<_, Problem>(answer::events(messages))
        })
    }

    /// Adds an operation, guarded by the right that it needs.
    fn add<H, T>(mut self, operation: &'static Operation, handler: H) -> Self
    where
        H: Handler<T, Api>,
        T: 'static,
    {
        let method = MethodFilter::try_from(operation.method.clone());
        let method = method.expect("the methods of the table are those that everybody knows");
        let admission = Admission { api: self.api.clone(), operation };
        let answer =
            on(method, handler).route_layer(middleware::from_fn_with_state(admission, admitted));
        self.router = self.router.route(operation.path, answer);
        self
    }
}

/// The state of the layer that admits callers of an operation.
#[derive(Clone)]
struct Admission {
    api: Api,
    operation: &'static Operation,
}

/// Lets the call in, and passes it to the handler.
async fn admitted(
    State(Admission { api, operation }): State<Admission>,
    request: Request,
    next: Next,
) -> Response {
    let Passage { quota, outcome } = door::pass(&api, request, operation, MAX_BODY).await;
    let mut response = match outcome {
        Ok((request, _place)) => next.run(request).await,
        Err(refusal) => Problem::from(refusal).into_response(),
    };
    if let Some(quota) = quota {
        quota.write(response.headers_mut());
    }
    response
}
