//! Renaming, limits, login links and validation of virtual servers.

use serde_json::json;
use simulators::virtualmin::{EffectKind::Modified, WebServer};

use super::client::Panel;

#[tokio::test]
async fn a_renamed_server_keeps_what_it_has() {
    let panel = Panel::with_alpha().await;
    let form =
        "program=rename-domain&domain=alpha.test&new-domain=alpha9.test&auto-user=&auto-home=";
    assert_eq!(
        panel.succeed(form).await,
        "Changing domain name to alpha9.test ..\n.. done\n\nChanging administration user to alpha9 ..\n.. done\n\n\
         Changing home directory to /home/alpha9 ..\n.. done\n\nModifying administration user ..\n.. done\n\n\
         Moving home directory ..\n.. done\n\nUpdating users ..\n.. done\n\nUpdating aliases for contact address ..\n\
         .. done\n\nUpdating paths in web app database ..\n.. done\n\nSaving server details ..\n.. done\n\n"
    );
    let values = panel.values("alpha9.test").await;
    assert_eq!(values["username"], json!(["alpha9"]));
    assert_eq!(values["home_directory"], json!(["/home/alpha9"]));
    assert_eq!(panel.simulator.domain("alpha.test"), None);
    assert_eq!(panel.simulator.password_of("alpha9.test").as_deref(), Some("x"));
    assert_eq!(panel.simulator.effects().last().unwrap().kind, Modified);
}

#[tokio::test]
async fn sub_servers_follow_a_renamed_server() {
    let panel = Panel::with_beta().await;
    panel.succeed("program=create-domain&domain=sub.beta.test&parent=beta.test&dir=").await;
    panel.succeed("program=rename-domain&domain=beta.test&new-domain=gamma.test").await;
    let values = panel.values("sub.beta.test").await;
    assert_eq!(values["parent_domain"], json!(["gamma.test"]));
    assert_eq!(values["username"], json!(["beta"]));
}

#[tokio::test]
async fn refusals_are_in_the_words_of_the_source() {
    let panel = Panel::with_alpha().await;
    panel.succeed("program=create-domain&domain=beta.test&pass=x&unix=&dir=").await;
    for (form, error) in [
        ("rename-domain&domain=alpha.test", "No changes specified"),
        (
            "rename-domain&domain=no.test&new-domain=a.test",
            "Virtual server no.test does not exist.",
        ),
        (
            "rename-domain&domain=alpha.test&new-domain=beta.test",
            "A virtual server with the same domain name already exists",
        ),
        (
            "rename-domain&domain=alpha.test&new-user=beta",
            "A user with the same name already exists",
        ),
        ("rename-domain&domain=alpha.test&multiline=", "Unknown parameter --multiline"),
        ("modify-domain&domain=alpha.test&user=beta", "A user named beta already exists"),
        ("modify-limits&domain=no.test", "Virtual server no.test does not exist."),
        (
            "modify-limits&domain=alpha.test&max-doms=x",
            "Maximum sub-servers must be a number, NONE or UNLIMITED",
        ),
        ("create-login-link", "One of --domain or --user must be provided"),
        ("create-login-link&domain=no.test", "No virtual server named no.test found"),
        ("create-login-link&domain=alpha.test", "Virtual server alpha.test has no Webmin login"),
        ("validate-domains", "No virtual servers to validate specified"),
        ("validate-domains&domain=alpha.test", "No features to validate specified"),
    ] {
        assert_eq!(panel.fail(&format!("program={form}")).await, error, "{form}");
    }
}

#[tokio::test]
async fn limits_are_listed_as_they_were_set() {
    let panel = Panel::with_alpha().await;
    let form = "program=modify-limits&domain=alpha.test&max-doms=5&max-mailboxes=10&max-aliases=0";
    assert_eq!(panel.succeed(form).await, "Successfully updated limits for alpha\n");
    let values = panel.values("alpha.test").await;
    for (key, value) in [
        ("maximum_sub-servers", "5"),
        ("maximum_mailboxes", "10"),
        ("maximum_aliases", "0"),
        ("maximum_databases", "Unlimited"),
    ] {
        assert_eq!(values[key], json!([value]), "{key}");
    }
    panel.succeed("program=modify-limits&user=alpha&max-doms=NONE&max-mailboxes=UNLIMITED").await;
    let values = panel.values("alpha.test").await;
    assert_eq!(values["maximum_sub-servers"], json!(["Cannot create"]));
    assert_eq!(values["maximum_mailboxes"], json!(["Unlimited"]));
}

#[tokio::test]
async fn each_login_link_is_another() {
    let panel = Panel::start().await;
    panel.succeed("program=create-domain&domain=beta.test&pass=x&unix=&dir=&webmin=").await;
    let form = "program=create-login-link&domain=beta.test";
    let links = [panel.succeed(form).await, panel.succeed(&format!("{form}&lifetime=60")).await];
    let expected = panel.simulator.sessions();
    let expected: Vec<_> = expected
        .iter()
        .map(|it| format!("https://beta.test:10000/session_login.cgi?session={it}\n"))
        .collect();
    assert_eq!(links.to_vec(), expected);
    assert_ne!(links[0], links[1]);
}

#[tokio::test]
async fn a_validation_fails_if_anything_is_wrong() {
    let panel = Panel::start().await;
    panel.succeed("program=create-domain&domain=plus2.test&pass=x&unix=&dir=&web=").await;
    let form = "program=validate-domains&domain=plus2.test&all-features=";
    let answer = panel.json(form).await;
    assert_eq!(
        answer["data"],
        json!([{ "name": "plus2.test", "status": "success", "errors": [] }])
    );
    let text = "plus2.test\n    All features are good\n\nExit status: 0\n";
    assert_eq!(panel.text(form).await, text);
    panel.simulator.set_web_server(WebServer::BrokenConfiguration);
    let answer = panel.json(form).await;
    assert_eq!(
        (answer["status"].as_str(), answer["error"].as_str()),
        (Some("failure"), Some("plus2.test"))
    );
    let full = "plus2.test\n    Apache website : No Apache virtual host for plus2.test found\n";
    assert_eq!(answer["full_error"], full);
}
