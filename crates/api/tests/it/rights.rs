//! Each role has its operations and no others, in gRPC and REST alike.

use std::collections::BTreeSet;

use api::operations::{OPERATIONS, Operation, PACKAGE};
use reqwest::{Method, StatusCode};
use serde_json::json;
use testkit::unique;
use tonic::{Code, Status, client::Grpc, codegen::http::uri::PathAndQuery};
use tonic_prost::ProstCodec;

use crate::{
    contract::Contract,
    grpc::{channel, with_token},
    world::{World, send},
};

/// The operations that each role adds to the role before it.
const MAY: [(&str, &[&str]); 4] = [
    (
        "viewer",
        &[
            "Accounts/GetAccount",
            "Accounts/ListAccounts",
            "DeadLetters/GetDeadLetter",
            "DeadLetters/ListDeadLetters",
            "DnsServers/GetDnsServer",
            "DnsServers/ListDnsServers",
            "Drift/GetFinding",
            "Drift/GetServerDrift",
            "Drift/ListFindings",
            "Jobs/GetJob",
            "Jobs/ListJobs",
            "Jobs/WatchJob",
            "Plans/GetPlan",
            "Plans/ListPlans",
            "Servers/GetServer",
            "Servers/ListServers",
            "Services/GetService",
            "Services/ListServices",
        ],
    ),
    (
        "operator",
        &[
            "DeadLetters/DiscardDeadLetter",
            "DeadLetters/RedriveDeadLetter",
            "Drift/AcceptFinding",
            "Drift/HealFinding",
            "Drift/ScanServer",
            "Jobs/CancelJob",
            "Jobs/RetryJob",
            "Services/ActivateService",
            "Services/CreateService",
            "Services/SuspendService",
            "Services/TerminateService",
            "Services/UnsuspendService",
        ],
    ),
    (
        "admin",
        &[
            "Accounts/SetAccountProtection",
            "DnsServers/RegisterDnsServer",
            "Drift/SetDriftPolicy",
            "Plans/CreatePlan",
            "Servers/RegisterServer",
            "Servers/SetServerStatus",
            "Servers/VerifyServer",
        ],
    ),
    (
        "owner",
        &[
            "Tenants/CreateTenant",
            "Tenants/GetTenant",
            "Tenants/ListTenants",
            "Tokens/CreateToken",
            "Tokens/GetToken",
            "Tokens/ListTokens",
            "Tokens/RevokeToken",
        ],
    ),
];

fn rpcs() -> BTreeSet<String> {
    Contract::read(PACKAGE).methods.into_keys().collect()
}

#[test]
fn every_rpc_has_its_right() {
    let known: Vec<_> = OPERATIONS.iter().map(|it| it.rpc.to_owned()).collect();
    assert_eq!(known.iter().cloned().collect::<BTreeSet<_>>(), rpcs());
    assert_eq!(known.len(), rpcs().len(), "one entry is there twice");
    let told = MAY.iter().flat_map(|(_, rpcs)| *rpcs).map(|it| (*it).to_owned());
    assert_eq!(told.collect::<BTreeSet<_>>(), rpcs());
}

/// Calls an operation with an empty message through gRPC.
async fn call(world: &World, operation: &Operation, token: &str) -> Result<(), Status> {
    let mut client = Grpc::new(channel(world).await);
    client.ready().await.unwrap();
    let path = PathAndQuery::try_from(format!("/{PACKAGE}.{}", operation.rpc)).unwrap();
    let codec = ProstCodec::<(), ()>::default();
    client.unary(with_token((), token), path, codec).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_may_call_its_operations_and_no_others() {
    let world = World::start().await;
    for (rank, (role, _)) in MAY.iter().enumerate() {
        let token = world.token(role).await;
        let before = world.number("SELECT count(*) FROM audit_log").await;
        let mut refused = 0;
        for operation in OPERATIONS {
            let needed = MAY.iter().position(|(_, rpcs)| rpcs.contains(&operation.rpc)).unwrap();
            let path = operation.path.replace("{id}", "0190d3e8-7b5c-7c3a-9d2e-0a1b2c3d4e5f");
            let mut request = world.bare(operation.method.clone(), &path).bearer_auth(&token);
            if operation.method != Method::GET {
                request = request.header("Idempotency-Key", unique("key")).json(&json!({}));
            }
            let answer = send(request).await;
            let called = call(&world, operation, &token).await;
            if rank >= needed {
                assert!(
                    ![
                        StatusCode::FORBIDDEN,
                        StatusCode::UNAUTHORIZED,
                        StatusCode::METHOD_NOT_ALLOWED
                    ]
                    .contains(&answer.status),
                    "{role}: {operation:?}: {answer:?}"
                );
                // The handler answers for a missing resource, not the router.
                assert!(!answer.body.to_string().contains("no route"), "{answer:?}");
                let code = called.map_or_else(|it| it.code(), |()| Code::Ok);
                assert!(
                    ![Code::PermissionDenied, Code::Unauthenticated, Code::Unimplemented]
                        .contains(&code),
                    "{role}: {operation:?}: {code:?}"
                );
            } else {
                refused += 1;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{role}: {operation:?}");
                assert_eq!(answer.body["type"], "urn:praho:problem:denied");
                let status = called.unwrap_err();
                assert_eq!(status.code(), Code::PermissionDenied, "{role}: {operation:?}");
                for told in [answer.body["detail"].as_str().unwrap(), status.message()] {
                    assert!(told.contains(&format!("the role {}", MAY[needed].0)), "{told}");
                }
            }
        }
        // Calls through both interfaces within one minute make one row; a new minute adds one more.
        let rows = world.number("SELECT count(*) FROM audit_log").await - before;
        assert!((refused..=2 * refused).contains(&rows), "{role}: {rows} rows for {refused}");
    }
    assert_eq!(world.number("SELECT count(*) FROM audit_breaks()").await, 0);
    let told = "SELECT count(*) FROM audit_log WHERE action = 'access.denied'
                AND actor LIKE 'token:%' AND detail->>'role' = 'viewer' AND detail->>'needed' = 'admin'
                AND target = 'operation/Plans/CreatePlan'";
    assert!(world.number(told).await >= 1);
}
