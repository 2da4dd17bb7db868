//! The routes under `/api/v1`: each operation's entry, with the handler that answers it.

use axum::{
    Router,
    extract::{Request, State},
    handler::Handler,
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{MethodFilter, on},
};

use super::{
    Problem, accounts, dead_letters, dns_servers, drift, jobs, plans, servers, services, tenants,
    tokens,
};
use crate::{
    auth,
    handlers::Api,
    operations::{Operation, of},
};

/// All of them.
pub(super) fn v1(api: &Api) -> Router<Api> {
    Routes { api, router: Router::new() }
        .add(const { of("Plans/CreatePlan") }, plans::create)
        .add(const { of("Plans/GetPlan") }, plans::get)
        .add(const { of("Plans/ListPlans") }, plans::list)
        .add(const { of("Servers/RegisterServer") }, servers::register)
        .add(const { of("Servers/GetServer") }, servers::get)
        .add(const { of("Servers/ListServers") }, servers::list)
        .add(const { of("Servers/VerifyServer") }, servers::verify)
        .add(const { of("Servers/SetServerStatus") }, servers::set_status)
        .add(const { of("DnsServers/RegisterDnsServer") }, dns_servers::register)
        .add(const { of("DnsServers/GetDnsServer") }, dns_servers::get)
        .add(const { of("DnsServers/ListDnsServers") }, dns_servers::list)
        .add(const { of("Services/CreateService") }, services::create)
        .add(const { of("Services/GetService") }, services::get)
        .add(const { of("Services/ListServices") }, services::list)
        .add(const { of("Services/ActivateService") }, services::activate)
        .add(const { of("Services/SuspendService") }, services::suspend)
        .add(const { of("Services/UnsuspendService") }, services::unsuspend)
        .add(const { of("Services/TerminateService") }, services::terminate)
        .add(const { of("Accounts/GetAccount") }, accounts::get)
        .add(const { of("Accounts/ListAccounts") }, accounts::list)
        .add(const { of("Accounts/SetAccountProtection") }, accounts::set_protection)
        .add(const { of("Jobs/GetJob") }, jobs::get)
        .add(const { of("Jobs/ListJobs") }, jobs::list)
        .add(const { of("Jobs/WatchJob") }, jobs::watch)
        .add(const { of("Jobs/RetryJob") }, jobs::retry)
        .add(const { of("Jobs/CancelJob") }, jobs::cancel)
        .add(const { of("DeadLetters/GetDeadLetter") }, dead_letters::get)
        .add(const { of("DeadLetters/ListDeadLetters") }, dead_letters::list)
        .add(const { of("DeadLetters/RedriveDeadLetter") }, dead_letters::redrive)
        .add(const { of("DeadLetters/DiscardDeadLetter") }, dead_letters::discard)
        .add(const { of("Drift/GetFinding") }, drift::get)
        .add(const { of("Drift/ListFindings") }, drift::list)
        .add(const { of("Drift/AcceptFinding") }, drift::accept)
        .add(const { of("Drift/HealFinding") }, drift::heal)
        .add(const { of("Drift/GetServerDrift") }, drift::of_server)
        .add(const { of("Drift/SetDriftPolicy") }, drift::set_policy)
        .add(const { of("Drift/ScanServer") }, drift::scan)
        .add(const { of("Tenants/CreateTenant") }, tenants::create)
        .add(const { of("Tenants/GetTenant") }, tenants::get)
        .add(const { of("Tenants/ListTenants") }, tenants::list)
        .add(const { of("Tokens/CreateToken") }, tokens::create)
        .add(const { of("Tokens/GetToken") }, tokens::get)
        .add(const { of("Tokens/ListTokens") }, tokens::list)
        .add(const { of("Tokens/RevokeToken") }, tokens::revoke)
        .router
}

/// Routes in the making.
struct Routes<'a> {
    api: &'a Api,
    router: Router<Api>,
}

impl Routes<'_> {
    /// Adds an operation, behind the right that it needs.
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

/// What a call of an operation is let in by.
#[derive(Clone)]
struct Admission {
    api: Api,
    operation: &'static Operation,
}

/// Lets in who may, and hands the caller to the handler.
async fn admitted(
    State(Admission { api, operation }): State<Admission>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let known = auth::identify(&api, request.headers(), request.extensions(), operation).await?;
    let quota = known.quota;
    let mut response = match auth::admit(&api, known, operation).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(fault) => Problem::from(fault).into_response(),
    };
    quota.write(response.headers_mut());
    Ok(response)
}
