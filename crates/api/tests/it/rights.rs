//! Each role has its operations and no others, in gRPC and REST alike.

use std::collections::{BTreeMap, BTreeSet};

use api::operations::{OPERATIONS, Operation, PACKAGE};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::unique;
use tonic::{Code, Status, client::Grpc, codegen::http::uri::PathAndQuery};
use tonic_prost::ProstCodec;

use crate::{
    contract::Contract,
    grpc::{channel, with_token},
    world::{World, send, text},
};

/// The roles, each of which includes the ones before it.
const ROLES: [&str; 4] = ["viewer", "operator", "admin", "owner"];

/// The role that each operation needs, as a rank in [`ROLES`], by the name of its RPC without the service.
///
/// It is read from the committed OpenAPI document, so that a changed right is seen there before the tests agree with it.
fn needed() -> BTreeMap<String, usize> {
    let document: Value =
        serde_json::from_str(include_str!("../../../../proto/openapi.json")).unwrap();
    let paths = document["paths"].as_object().unwrap().values();
    let operations = paths.flat_map(|path| path.as_object().unwrap().values());
    operations
        .map(|operation| {
            let description = text(operation, "description");
            let (_, role) = description.split_once("Needs the role `").unwrap();
            let rank = ROLES.iter().position(|it| role.starts_with(it)).unwrap();
            (text(operation, "operationId"), rank)
        })
        .collect()
}

#[test]
fn every_rpc_has_its_right() {
    let rpcs: BTreeSet<_> = Contract::read(PACKAGE).methods.into_keys().collect();
    let known: Vec<_> = OPERATIONS.iter().map(|it| it.rpc.to_owned()).collect();
    assert_eq!(known.iter().cloned().collect::<BTreeSet<_>>(), rpcs);
    assert_eq!(known.len(), rpcs.len(), "one entry is there twice");
    assert_eq!(needed().len(), rpcs.len(), "two RPCs have the same name");
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
    let needed = needed();
    for (rank, role) in ROLES.into_iter().enumerate() {
        let token = world.token(role).await;
        let denied = "SELECT count(*) FROM audit_log WHERE action = 'access.denied'";
        let before = world.number(denied).await;
        let mut refused = 0;
        for operation in OPERATIONS {
            let (_, method) = operation.rpc.split_once('/').unwrap();
            let needed = needed[method];
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
                    assert!(told.contains(&format!("the role {}", ROLES[needed])), "{told}");
                }
            }
        }
        // Calls through both interfaces within one minute make one row; a new minute adds one more.
        let rows = world.number(denied).await - before;
        assert!((refused..=2 * refused).contains(&rows), "{role}: {rows} rows for {refused}");
    }
    assert_eq!(world.audit_breaks().await, 0);
    let told = "SELECT count(*) FROM audit_log WHERE action = 'access.denied'
                AND actor LIKE 'token:%' AND detail->>'role' = 'viewer' AND detail->>'needed' = 'admin'
                AND target = 'operation/Plans/CreatePlan'";
    assert!(world.number(told).await >= 1);
}
