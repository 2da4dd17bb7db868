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

#[tokio::test]
async fn a_plan_is_changed_by_its_id_and_limits_are_taken_off() {
    let panel = Panel::start().await;
    panel.succeed("program=create-plan&name=Starter&quota=1000&max-doms=5&max-bw=7000").await;
    let id = panel.simulator.plans()[1].id.clone();
    let plan = format!("program=modify-plan&id={id}");
    let text = panel
        .succeed(&format!("{plan}&new-name=Big&no-quota=&max-doms=9&no-max-bw=&max-alias=2"))
        .await;
    assert_eq!(text, format!("Modified plan Big with ID {id}\n"));
    let values = panel.first(&format!("program=list-plans&id={id}")).await;
    assert_eq!(values["name"], json!(["Big"]));
    assert_eq!(values["server_block_quota"], json!(["Unlimited"]));
    assert_eq!(values["maximum_bw"], json!(["Unlimited"]));
    assert_eq!((&values["maximum_doms"], &values["maximum_alias"]), (&json!(["9"]), &json!(["2"])));
    for (form, error) in [
        ("modify-plan&id=7", "No plan with ID 7 was found"),
        ("modify-plan", "Either the --id or --name parameter must be given"),
        ("modify-plan&name=Big&new-name=default+plan", "A plan named default plan already exists"),
        ("modify-plan&name=Big&no-max-x=", "Unknown parameter --no-max-x"),
        ("create-plan&name=big", "A plan name big already exists"),
        ("create-plan&name=B&quota=1GB", "--quota must be followed by a quota in blocks"),
        ("list-plans&name=Starter", "No plan with name Starter was found"),
    ] {
        assert_eq!(panel.fail(&format!("program={form}")).await, error);
    }
}

#[tokio::test]
async fn a_template_is_cloned_changed_and_deleted_but_not_one_of_the_panel() {
    let panel = Panel::start().await;
    let text = panel.succeed("program=create-template&name=Shops&clone=0").await;
    let id = panel.simulator.templates()[2].id.clone();
    assert_eq!(text, format!("Created template Shops with ID {id}\n"));
    let change = format!("program=modify-template&id={id}&setting=dns_ttl&value=600");
    assert_eq!(panel.succeed(&change).await, "Modified 1 settings in template Shops\n");
    let settings = panel.succeed(&format!("program=get-template&id={id}")).await;
    assert!(settings.contains("dns_ttl: 600\n") && settings.contains("name: Shops\n"));
    let listed = panel.json("program=list-templates&multiline=").await;
    assert_eq!(listed["data"][2]["values"]["custom_web"], json!(["Custom"]));
    assert_eq!(listed["data"][1]["values"]["custom_dns"], json!(["Default"]));
    for (form, error) in [
        ("create-template&name=Shops&empty=", "A template with the same name already exists"),
        ("create-template&name=B&clone=7", "The template to clone does not exist"),
        ("get-template&name=NoTmpl", "No template with name NoTmpl found"),
        ("delete-template&id=0", "Default settings templates cannot be deleted"),
    ] {
        assert_eq!(panel.fail(&format!("program={form}")).await, error);
    }
    panel.succeed(&format!("program=delete-template&id={id}")).await;
    assert_eq!(panel.simulator.templates().len(), 2);
}
