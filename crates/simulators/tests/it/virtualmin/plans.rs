//! Account plans.

use serde_json::json;

use super::client::Panel;

#[tokio::test]
async fn a_plan_is_listed_under_its_id() {
    let panel = Panel::start().await;
    let form = "program=create-plan&name=Starter&quota=1048576&admin-quota=524288&max-mailbox=10&max-doms=5\
                &features=unix+dir+web";
    let output = panel.succeed(form).await;
    let id = output.trim_end().strip_prefix("Created plan Starter with ID ").unwrap().to_owned();

    let plans = panel.json("program=list-plans&multiline=").await;
    assert_eq!(plans["data"][0]["name"], "0");
    assert_eq!(plans["data"][0]["values"]["name"], json!(["Default Plan"]));
    assert_eq!(plans["data"][1]["name"], json!(id));
    let values = &plans["data"][1]["values"];
    assert_eq!(values["server_quota"], json!(["1 GiB"]));
    assert_eq!(values["administrator_block_quota"], json!(["524288"]));
    assert_eq!(values["maximum_doms"], json!(["5"]));
    assert_eq!(values["maximum_mailbox"], json!(["10"]));
    assert_eq!(values["allowed_features"], json!(["unix dir web"]));
}

#[tokio::test]
async fn a_plan_without_limits_has_no_pretty_quota() {
    let panel = Panel::start().await;
    panel.succeed("program=create-plan&name=Starter2").await;
    let plans = panel.json("program=list-plans&multiline=&name=Starter2").await;
    let values = &plans["data"][0]["values"];
    assert_eq!(values["server_block_quota"], json!(["Unlimited"]));
    assert_eq!(values.get("server_quota"), None);
    assert_eq!(values["allowed_features"], json!(["Automatic"]));
}

#[tokio::test]
async fn names_are_unique_and_needed() {
    let panel = Panel::start().await;
    panel.succeed("program=create-plan&name=Starter").await;
    for (form, error) in [
        ("program=create-plan&quota=1000", "Missing --name flag"),
        ("program=create-plan&name=Starter&quota=1", "A plan name Starter already exists"),
        ("program=create-plan&name=B&bandwidth=1", "Unknown parameter --bandwidth"),
        ("program=delete-plan&name=NoPlan", "No plan with name NoPlan was found"),
    ] {
        assert_eq!(panel.fail(form).await, error);
    }
    let deleted = panel.succeed("program=delete-plan&name=Starter").await;
    assert!(deleted.starts_with("Deleted plan Starter with ID "));
    assert_eq!(panel.simulator.plans().len(), 1);
}
