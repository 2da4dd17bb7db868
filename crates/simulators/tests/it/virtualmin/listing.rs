//! `list-domains` and the other lists.

use serde_json::json;

use super::client::Panel;

async fn panel() -> Panel {
    let panel = Panel::with_alpha().await;
    let beta = "program=create-domain&domain=beta.test&pass=x&desc=Beta+site&unix=&dir=&web=&dns=&mail=&ssl=\
                &mysql=&logrotate=&webmin=";
    panel.succeed(beta).await;
    panel.succeed("program=create-domain&domain=sub.alpha.test&parent=alpha.test&dir=").await;
    panel
}

#[tokio::test]
async fn every_value_is_a_list_of_strings() {
    let panel = panel().await;
    let values = panel.values("beta.test").await;
    for (key, value) in [
        ("type", "Top-level server"),
        ("description", "Beta site"),
        ("username", "beta"),
        ("features", "unix dir dns mail web ssl logrotate mysql webmin"),
        ("plugins", ""),
        ("plan", "Default Plan"),
        ("plan_id", "0"),
        ("template", "Default Settings"),
        ("ip_address", "127.0.0.1 (Shared)"),
        ("server_quota", "2 GiB"),
        ("server_block_quota", "2097152"),
        ("contact_email", "beta@beta.test"),
        ("hashed_password", "$6$SALT$HASHEDPASSWORD"),
        ("password_for_mysql", "SECRET"),
        ("maximum_sub-servers", "Cannot create"),
        ("maximum_alias_servers", "*"),
        ("shell_type", "ssh"),
        ("html_directory", "/home/beta/public_html"),
    ] {
        assert_eq!(values[key], json!([value]), "{key}");
    }
    let used_by = ["webmin (beta.test)", "dovecot (beta.test)", "postfix (beta.test)"];
    assert_eq!(values["ssl_cert_used_by"], json!(used_by));
    let id = values["id"][0].as_str().unwrap();
    assert!((14..=16).contains(&id.len()) && id.chars().all(|c| c.is_ascii_digit()), "{id}");
    assert_eq!(values.get("disabled"), None);
    assert_eq!(values.get("protected"), None);
}

#[tokio::test]
async fn the_later_of_the_two_multiline_flags_decides_the_detail() {
    let panel = panel().await;
    let form = "program=list-domains&multiline=&simple-multiline=&domain=alpha.test";
    let values = &panel.json(form).await["data"][0]["values"];
    assert_eq!(values["server_quota"], json!(["2 GiB"]));
    assert_eq!(values.get("server_quota_used"), None);
    assert_eq!(panel.values("alpha.test").await["server_quota_used"], json!(["108 KiB"]));

    let text = panel.succeed("program=list-domains&simple-multiline=&domain=alpha.test").await;
    assert!(text.starts_with("alpha.test\n    ID: "), "{text}");
}

#[tokio::test]
async fn selectors_and_filters_choose_and_the_owner_sorts() {
    let panel = panel().await;
    panel.succeed("program=disable-domain&domain=beta.test&why=unpaid").await;
    let id = panel.simulator.domain("beta.test").unwrap().id;
    for (filter, names) in [
        ("", vec!["alpha.test", "sub.alpha.test", "beta.test"]),
        ("toplevel=", vec!["alpha.test", "beta.test"]),
        ("subserver=", vec!["sub.alpha.test"]),
        ("parent=alpha.test", vec!["sub.alpha.test"]),
        ("alias=", vec![]),
        ("no-alias=", vec!["alpha.test", "sub.alpha.test", "beta.test"]),
        ("with-feature=web", vec!["beta.test"]),
        ("without-feature=web", vec!["alpha.test", "sub.alpha.test"]),
        ("disabled=", vec!["beta.test"]),
        ("enabled=&toplevel=", vec!["alpha.test"]),
        ("user=alpha", vec!["alpha.test", "sub.alpha.test"]),
        ("plan=default+plan&toplevel=", vec!["alpha.test", "beta.test"]),
        (&format!("id={id}"), vec!["beta.test"]),
        ("domain=beta.test&domain=alpha.test", vec!["alpha.test", "beta.test"]),
    ] {
        let form = format!("program=list-domains&name-only=&{filter}");
        assert_eq!(panel.names(&form).await, names, "{filter}");
    }
    assert_eq!(panel.names("program=list-domains&user-only=&toplevel=").await, ["alpha", "beta"]);
    assert_eq!(panel.names(&format!("program=list-domains&id-only=&id={id}")).await, [id]);
}

#[tokio::test]
async fn a_lookup_that_finds_nothing_fails_the_whole_call() {
    let panel = panel().await;
    for (selector, error) in [
        ("domain=alpha.test&domain=nosuch.test", "Virtual server nosuch.test does not exist"),
        ("domain=BETA.TEST", "Virtual server BETA.TEST does not exist"),
        ("user=nosuch", "No top-level domain owned by nosuch exists"),
        ("id=99", "No virtual server with ID 99 exists"),
    ] {
        let form = format!("program=list-domains&multiline=&{selector}");
        assert_eq!(panel.fail(&form).await, error);
    }
}

#[tokio::test]
async fn the_machine_lists_what_it_offers() {
    let panel = Panel::start().await;
    let features = panel.json("program=list-features&multiline=").await;
    assert_eq!(
        features["data"][5],
        json!({ "name": "webalizer", "values": {
            "automatic": ["No"], "default": ["No"], "description": ["Webalizer reporting"],
            "enabled": ["No"], "source": ["Core"],
        }})
    );
    let php = panel.json("program=list-php-versions&multiline=").await;
    assert_eq!(
        php["data"],
        json!([{ "name": "8.2", "values": {
            "cli": ["/bin/php8.2"], "command": ["/bin/php-cgi8.2"], "fpm_support": ["Yes"],
            "full_version": ["8.2.35"], "php_modes": ["fpm fcgid cgi"],
        }}])
    );
    let templates = panel.json("program=list-templates&multiline=").await;
    assert_eq!(templates["data"][0]["values"]["name"], json!(["Default Settings"]));
    assert_eq!(templates["data"][1]["name"], "1");
    assert!(panel.names("program=list-commands&name-only=").await.contains(&"info".to_owned()));
}

#[tokio::test]
async fn a_feature_that_is_switched_off_is_listed_so_and_refused() {
    let panel = Panel::start().await;
    let enabled = async || {
        let features = panel.json("program=list-features&multiline=").await;
        let features = features["data"].as_array().unwrap().clone();
        features.into_iter().find(|it| it["name"] == "mysql").unwrap()["values"]["enabled"].clone()
    };
    let create = "program=create-domain&domain=shop.test&pass=x&unix=&dir=&mysql=";
    panel.simulator.switch_feature("mysql", false);
    assert_eq!(enabled().await, json!(["No"]));
    assert_eq!(
        panel.fail(create).await,
        "The --mysql option cannot be used unless the feature is enabled in the module configuration"
    );
    panel.simulator.switch_feature("mysql", true);
    assert_eq!(enabled().await, json!(["Yes"]));
    panel.succeed(create).await;
}
