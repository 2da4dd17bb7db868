//! PHP of websites.

use serde_json::json;

use super::client::Panel;

const SHOP: &str = "domain=shop.test";

async fn with_website() -> Panel {
    let panel = Panel::with_alpha().await;
    panel.succeed("program=create-domain&domain=shop.test&pass=x&unix=&dir=&web=").await;
    panel
}

#[tokio::test]
async fn mode_version_and_time_are_listed() {
    let panel = with_website().await;
    let values = panel.values("shop.test").await;
    assert_eq!(
        (&values["php_execution_mode"], values.get("php_version")),
        (&json!(["none"]), None)
    );
    let form = format!("program=modify-web&{SHOP}&mode=fpm&php-version=8.2&php-timeout=60");
    assert_eq!(
        panel.succeed(&form).await,
        "Updating server shop.test ..\n    Changing PHP execution mode to fpm ..\n    .. done\n\n    Updating PHP maximum \
         run-time ..\n    .. done\n\n    Changing PHP version to 8.2 ..\n    .. done\n\n    Saving server details ..\n    .. \
         done\n\n.. done\n\nApplying webserver configuration ..\n.. done\n\n"
    );
    let values = panel.values("shop.test").await;
    assert_eq!(values["php_version"], json!(["8.2"]));
    assert_eq!(values["php_max_execution_time"], json!(["60"]));
}

#[tokio::test]
async fn directories_have_versions_of_their_own_unless_fpm_runs_them() {
    let panel = with_website().await;
    let set = format!("program=set-php-directory&{SHOP}&version=8.2&dir=");
    let disabled = "The PHP version cannot be set for virtual servers with PHP disabled";
    assert_eq!(panel.fail(&format!("{set}app")).await, disabled);
    panel.succeed(&format!("program=modify-web&{SHOP}&mode=fpm")).await;
    let only = "FPM version can only be changed for the top-level directory";
    assert_eq!(panel.fail(&format!("{set}app")).await, only);
    panel.succeed(&format!("program=modify-web&{SHOP}&mode=cgi")).await;
    assert_eq!(panel.succeed(&format!("{set}app")).await, "");
    let list = format!("program=list-php-directories&{SHOP}");
    let (root, app) = ("/home/shop/public_html", "/home/shop/public_html/app");
    assert_eq!(panel.names(&format!("{list}&name-only=")).await, [root, app]);
    let listed = panel.json(&format!("{list}&multiline=")).await;
    assert_eq!(
        listed["data"][1],
        json!({ "name": app, "values": {
            "php_version": ["8.2"], "full_version": ["8.2.35"], "execution_mode": ["cgi"],
            "web_root_directory": ["No"],
        }})
    );
    let delete = format!("program=delete-php-directory&{SHOP}&dir=");
    let top = "The PHP version cannot be removed for public_html";
    assert_eq!(panel.fail(&format!("{delete}{root}")).await, top);
    panel.succeed(&format!("{delete}app")).await;
    assert_eq!(panel.names(&format!("{list}&name-only=")).await, [root]);
}

#[tokio::test]
async fn settings_are_listed_as_objects_without_being_asked_for_them() {
    let panel = with_website().await;
    panel.succeed(&format!("program=modify-web&{SHOP}&mode=fpm")).await;
    let form = format!(
        "program=modify-php-ini&{SHOP}&ini-name=memory_limit&ini-value=256M&ini-name=date.timezone&ini-value=UTC"
    );
    assert_eq!(
        panel.succeed(&form).await,
        "Updating shop.test ..\n.. updated 2 variables in 1 files and FPM configuration\n\n"
    );
    let list = format!("program=list-php-ini&{SHOP}&ini-name=memory_limit&ini-name=date.timezone");
    assert_eq!(
        panel.json(&list).await["data"],
        json!([{ "name": "shop.test", "values": { "memory_limit": ["256M"], "date.timezone": ["UTC"] } }])
    );
}

#[tokio::test]
async fn refusals_are_in_the_words_of_the_source() {
    let panel = with_website().await;
    for (form, error) in [
        ("modify-web&domain=no.test&mode=fpm", "Domain no.test does not exist"),
        ("modify-web&domain=shop.test", "Nothing to do"),
        (
            "modify-web&domain=alpha.test&mode=fpm",
            "Virtual server alpha.test does not have a web site enabled",
        ),
        (
            "modify-web&domain=shop.test&mode=mod_perl",
            "The selected PHP execution mode cannot be used with shop.test",
        ),
        (
            "modify-web&domain=shop.test&php-version=5.6",
            "Only the following PHP version are available for shop.test : 8.2",
        ),
        ("modify-web&domain=shop.test&php-timeout=0", "Invalid PHP script timeout in seconds"),
        (
            "modify-php-ini&domain=shop.test&ini-name=memory_limit",
            "The number of names and values must be the same",
        ),
    ] {
        assert_eq!(panel.fail(&format!("program={form}")).await, error, "{form}");
    }
}
