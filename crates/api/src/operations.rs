//! Every operation of the public API: its RPC, its REST route, the right that it needs, and its command.
//!
//! An operation without an entry is not served: gRPC finds the right by the RPC's name, and each REST route
//! is made from its entry.

use http::Method;
use model::role::Role;

/// An operation of the public API.
#[derive(Debug)]
pub struct Operation {
    /// The RPC as `Service/Method` within [`PACKAGE`].
    pub rpc: &'static str,
    /// The right that the caller's token needs.
    pub right: Right,
    /// The HTTP method of the REST route.
    pub method: Method,
    /// The path of the REST route below `/api/v1`; `{id}` stands for an id.
    pub path: &'static str,
}

/// The right that an operation needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// This role, or a role that includes it.
    Role(Role),
    /// The role `owner` in the platform's tenant.
    Platform,
}

/// The protobuf package of the public API's services.
pub const PACKAGE: &str = "praho.provisioning.v1";

const VIEWER: Right = Right::Role(Role::Viewer);
const OPERATOR: Right = Right::Role(Role::Operator);
const ADMIN: Right = Right::Role(Role::Admin);
const OWNER: Right = Right::Role(Role::Owner);

const GET: Method = Method::GET;
const POST: Method = Method::POST;
const PUT: Method = Method::PUT;
const PATCH: Method = Method::PATCH;
const DELETE: Method = Method::DELETE;

/// Every operation that is served.
pub const OPERATIONS: &[Operation] = &[
    operation("Plans/CreatePlan", ADMIN, POST, "/plans"),
    operation("Plans/UpdatePlan", ADMIN, PATCH, "/plans/{id}"),
    operation("Plans/DeletePlan", ADMIN, DELETE, "/plans/{id}"),
    operation("Plans/GetPlan", VIEWER, GET, "/plans/{id}"),
    operation("Plans/ListPlans", VIEWER, GET, "/plans"),
    operation("Servers/RegisterServer", ADMIN, POST, "/servers"),
    operation("Servers/UpdateServer", ADMIN, PATCH, "/servers/{id}"),
    operation("Servers/DeleteServer", ADMIN, DELETE, "/servers/{id}"),
    operation("Servers/GetServer", VIEWER, GET, "/servers/{id}"),
    operation("Servers/ListServers", VIEWER, GET, "/servers"),
    operation("Servers/VerifyServer", ADMIN, POST, "/servers/{id}/verify"),
    operation("Servers/SetServerStatus", ADMIN, PUT, "/servers/{id}/status"),
    operation("Servers/SetServerShell", ADMIN, PUT, "/servers/{id}/shell"),
    operation("Servers/AllowBreakGlass", ADMIN, PUT, "/servers/{id}/break-glass"),
    operation("Servers/EndBreakGlass", ADMIN, DELETE, "/servers/{id}/break-glass"),
    operation("Servers/ReleaseServerUrl", Right::Platform, POST, "/servers/release-url"),
    operation("Programs/ListPrograms", ADMIN, GET, "/programs"),
    operation("Programs/CallProgram", ADMIN, POST, "/servers/{id}/call"),
    operation("Programs/GetProgramAnswer", ADMIN, GET, "/jobs/{id}/answer"),
    operation("DnsServers/RegisterDnsServer", ADMIN, POST, "/dns-servers"),
    operation("DnsServers/UpdateDnsServer", ADMIN, PATCH, "/dns-servers/{id}"),
    operation("DnsServers/DeleteDnsServer", ADMIN, DELETE, "/dns-servers/{id}"),
    operation("DnsServers/GetDnsServer", VIEWER, GET, "/dns-servers/{id}"),
    operation("DnsServers/ListDnsServers", VIEWER, GET, "/dns-servers"),
    operation("Services/CreateService", OPERATOR, POST, "/services"),
    operation("Services/GetService", VIEWER, GET, "/services/{id}"),
    operation("Services/ListServices", VIEWER, GET, "/services"),
    operation("Services/ActivateService", OPERATOR, POST, "/services/{id}/activate"),
    operation("Services/SuspendService", OPERATOR, POST, "/services/{id}/suspend"),
    operation("Services/UnsuspendService", OPERATOR, POST, "/services/{id}/unsuspend"),
    operation("Services/TerminateService", OPERATOR, POST, "/services/{id}/terminate"),
    operation("Domains/GetDomain", Right::Platform, GET, "/domains/{id}"),
    operation("Domains/AssignDomain", Right::Platform, POST, "/domains/{id}/assign"),
    operation("Accounts/GetAccount", VIEWER, GET, "/accounts/{id}"),
    operation("Accounts/ListAccounts", VIEWER, GET, "/accounts"),
    operation("Accounts/SetAccountProtection", ADMIN, PUT, "/accounts/{id}/protection"),
    operation("Accounts/RevealAccountPassword", OPERATOR, POST, "/accounts/{id}/password/reveal"),
    operation("Accounts/ResetAccountPassword", OPERATOR, POST, "/accounts/{id}/password/reset"),
    operation("Jobs/GetJob", VIEWER, GET, "/jobs/{id}"),
    operation("Jobs/ListJobs", VIEWER, GET, "/jobs"),
    operation("Jobs/WatchJob", VIEWER, GET, "/jobs/{id}/watch"),
    operation("Jobs/RetryJob", OPERATOR, POST, "/jobs/{id}/retry"),
    operation("Jobs/RetryJobs", OPERATOR, POST, "/jobs/retry"),
    operation("Jobs/CancelJob", OPERATOR, POST, "/jobs/{id}/cancel"),
    operation("DeadLetters/GetDeadLetter", VIEWER, GET, "/dead-letters/{id}"),
    operation("DeadLetters/ListDeadLetters", VIEWER, GET, "/dead-letters"),
    operation("DeadLetters/RedriveDeadLetter", OPERATOR, POST, "/dead-letters/{id}/redrive"),
    operation("DeadLetters/DiscardDeadLetter", OPERATOR, POST, "/dead-letters/{id}/discard"),
    operation("Drift/GetFinding", VIEWER, GET, "/findings/{id}"),
    operation("Drift/ListFindings", VIEWER, GET, "/findings"),
    operation("Drift/AcceptFinding", OPERATOR, POST, "/findings/{id}/accept"),
    operation("Drift/HealFinding", OPERATOR, POST, "/findings/{id}/heal"),
    operation("Drift/GetServerDrift", VIEWER, GET, "/servers/{id}/drift"),
    operation("Drift/SetDriftPolicy", ADMIN, PUT, "/servers/{id}/drift-policy"),
    operation("Drift/ScanServer", OPERATOR, POST, "/servers/{id}/scan"),
    operation("Audit/ListAudit", ADMIN, GET, "/audit"),
    operation("Audit/VerifyAudit", Right::Platform, GET, "/audit/verification"),
    operation("Keys/ListKeys", Right::Platform, GET, "/keys"),
    operation("Keys/RotateKeys", Right::Platform, POST, "/keys/rotate"),
    operation("Tenants/CreateTenant", Right::Platform, POST, "/tenants"),
    operation("Tenants/GetTenant", OWNER, GET, "/tenants/{id}"),
    operation("Tenants/ListTenants", OWNER, GET, "/tenants"),
    operation("Tenants/GetTenantQuotas", OWNER, GET, "/tenants/{id}/quotas"),
    operation("Tenants/SetTenantQuotas", Right::Platform, PATCH, "/tenants/{id}/quotas"),
    operation("Publishers/CreatePublisher", Right::Platform, POST, "/publishers"),
    operation("Publishers/DeletePublisher", Right::Platform, DELETE, "/publishers/{id}"),
    operation("Publishers/GetPublisher", Right::Platform, GET, "/publishers/{id}"),
    operation("Publishers/ListPublishers", Right::Platform, GET, "/publishers"),
    operation("Tokens/CreateToken", OWNER, POST, "/tokens"),
    operation("Tokens/GetToken", OWNER, GET, "/tokens/{id}"),
    operation("Tokens/ListTokens", OWNER, GET, "/tokens"),
    operation("Tokens/RevokeToken", OWNER, POST, "/tokens/{id}/revoke"),
];

/// The commands on RabbitMQ: the routing key, and the operation that it calls.
///
/// Its RPC answers `ServiceOperation` or `Job`. An operation of `Accounts` gets the live account of the service that the
/// command names.
pub const COMMANDS: &[(&str, &str)] = &[
    ("service.activate", "Services/ActivateService"),
    ("service.suspend", "Services/SuspendService"),
    ("service.unsuspend", "Services/UnsuspendService"),
    ("service.terminate", "Services/TerminateService"),
    ("service.reset_password", "Accounts/ResetAccountPassword"),
];

const fn operation(
    rpc: &'static str,
    right: Right,
    method: Method,
    path: &'static str,
) -> Operation {
    Operation { rpc, right, method, path }
}

/// Finds the operation of an RPC. Callers use `const { }`, so that a route without an entry does not compile.
pub(crate) const fn of(rpc: &str) -> &'static Operation {
    let mut rest = OPERATIONS;
    while let [first, others @ ..] = rest {
        if same(first.rpc.as_bytes(), rpc.as_bytes()) {
            return first;
        }
        rest = others;
    }
    panic!("the operation has no entry in OPERATIONS")
}

/// Compares two byte strings; `==` is not const yet.
const fn same(mut one: &[u8], mut other: &[u8]) -> bool {
    loop {
        match (one, other) {
            ([], []) => return true,
            ([a, one_rest @ ..], [b, other_rest @ ..]) if *a == *b => {
                (one, other) = (one_rest, other_rest);
            }
            _ => return false,
        }
    }
}

/// Finds the operation of a gRPC path, `/package.Service/Method`.
pub(crate) fn behind(path: &str) -> Option<&'static Operation> {
    let rpc = path.strip_prefix('/')?.strip_prefix(PACKAGE)?.strip_prefix('.')?;
    OPERATIONS.iter().find(|it| it.rpc == rpc)
}

impl Right {
    /// Whether a token with this role has the right; `platform` is true for the platform's tenant.
    pub fn is_given(self, role: Role, platform: bool) -> bool {
        match self {
            Self::Role(needed) => role.includes(needed),
            Self::Platform => platform && role == Role::Owner,
        }
    }

    /// The needed role in words, for the message of a denied call.
    pub fn name(self) -> String {
        match self {
            Self::Role(role) => role.as_str().to_owned(),
            Self::Platform => "owner of the platform's tenant".to_owned(),
        }
    }
}
