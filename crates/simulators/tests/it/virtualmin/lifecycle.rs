//! Disabling, enabling, modifying and deleting.

use serde_json::json;
use simulators::virtualmin::EffectKind::{Created, Deleted, Disabled, Enabled, Modified};

use super::client::Panel;

#[tokio::test]
async fn disabling_and_enabling_are_told_apart_by_the_disabled_key() {
    let panel = Panel::with_alpha().await;
    let output =
        panel.succeed("program=disable-domain&domain=ALPHA.test&why=unpaid+invoice+%2342").await;
    assert_eq!(
        output,
        "Disabling virtual server alpha.test ..\n\nLocking administration user's password ..\n.. done\n\n\
         Saving server details ..\n.. done\n\nAll done!\n"
    );
    let values = panel.values("alpha.test").await;
    assert_eq!(values["disabled"], json!(["Manually (unpaid invoice #42)"]));
    assert_eq!(values["shell_type"], json!(["nologin"]));
    assert!(values["disabled_at"].is_array());
    let again = panel.fail("program=disable-domain&domain=alpha.test&why=again").await;
    assert_eq!(again, "Virtual server alpha.test is already disabled");

    let output = panel.succeed("program=enable-domain&domain=alpha.test").await;
    assert_eq!(
        output,
        "Enabling virtual server alpha.test ..\n\nRestoring administration user's password ..\n.. done\n\n\
         Saving server details ..\n.. done\n\nAll done!\n"
    );
    assert_eq!(panel.values("alpha.test").await.get("disabled"), None);
    let again = panel.fail("program=enable-domain&domain=alpha.test").await;
    assert_eq!(again, "Virtual server alpha.test is not disabled");

    let kinds: Vec<_> = panel.simulator.effects().iter().map(|effect| effect.kind).collect();
    assert_eq!(kinds, [Created, Disabled, Enabled]);
}

#[tokio::test]
async fn lookups_of_single_domains_fail_in_their_own_words() {
    let panel = Panel::start().await;
    for (form, error) in [
        ("program=disable-domain", "No domain specified"),
        ("program=enable-domain", "No domain specified"),
        ("program=disable-domain&domain=no.test", "Virtual server no.test does not exist"),
        ("program=enable-domain&domain=no.test", "Virtual server no.test does not exist"),
        ("program=modify-domain&domain=no.test&quota=1", "Virtual server no.test does not exist."),
        ("program=delete-domain&domain=no.test", "Virtual server no.test does not exist"),
        ("program=delete-domain", "No users or domains specified"),
    ] {
        assert_eq!(panel.fail(form).await, error);
    }
    assert!(panel.simulator.effects().is_empty());
}

#[tokio::test]
async fn a_server_with_nothing_to_switch_off_says_success_and_stays_enabled() {
    let panel = Panel::with_alpha().await;
    panel.succeed("program=create-domain&domain=s.alpha.test&parent=alpha.test&dir=").await;
    panel.succeed("program=disable-domain&domain=alpha.test&subservers=").await;
    assert_eq!(panel.names("program=list-domains&disabled=&name-only=").await, ["alpha.test"]);
}

#[tokio::test]
async fn the_last_of_repeated_values_wins() {
    let panel = Panel::with_alpha().await;
    let form = "program=disable-domain&domain=nosuch.test&domain=alpha.test&why=a&why=b";
    panel.succeed(form).await;
    assert_eq!(panel.values("alpha.test").await["disabled"], json!(["Manually (b)"]));
}

#[tokio::test]
async fn a_schedule_disables_nothing_yet() {
    let panel = Panel::with_alpha().await;
    let output = panel.succeed("program=disable-domain&domain=alpha.test&schedule=30").await;
    assert!(output.starts_with("Setting up disable schedule for alpha.test to "), "{output}");
    assert!(output.ends_with(" ..\n.. done\n"), "{output}");
    let values = panel.values("alpha.test").await;
    assert_eq!(values.get("disabled"), None);
    assert!(values["disable_scheduled_on"].is_array());
}

#[tokio::test]
async fn a_protected_server_is_skipped_with_success() {
    let panel = Panel::with_alpha().await;
    panel.succeed("program=modify-domain&domain=alpha.test&protected=").await;
    assert_eq!(
        panel.succeed("program=disable-domain&domain=alpha.test&why=x").await,
        "Disabling virtual server alpha.test ..\n\n.. skip : protected domain\n\nAll done!\n"
    );
    assert_eq!(
        panel.succeed("program=delete-domain&domain=alpha.test").await,
        "Deleting virtual server alpha.test ..\n.. skip : protected domain\n\n"
    );
    assert_eq!(panel.simulator.domain("alpha.test").unwrap().disabled, None);
    panel.succeed("program=modify-domain&domain=alpha.test&unprotected=").await;
    panel.succeed("program=delete-domain&domain=alpha.test").await;
    assert_eq!(panel.simulator.domain("alpha.test"), None);
}

#[tokio::test]
async fn settings_change_also_while_disabled() {
    let panel = Panel::with_alpha().await;
    panel.succeed("program=disable-domain&domain=alpha.test").await;
    let form = "program=modify-domain&domain=alpha.test&quota=1500000&uquota=900000&bw=5000000000\
                &email=owner%40example.net&desc=Caf%C3%A9";
    let output = panel.succeed(form).await;
    assert_eq!(
        output,
        "Updating virtual server alpha.test ..\n\n    Modifying administration user ..\n    .. done\n\n    \
         Changing disk quota ..\n    .. done\n\n    Saving server details ..\n    .. done\n\n.. done\n\nAll done\n"
    );
    let values = panel.values("alpha.test").await;
    assert_eq!(values["server_quota"], json!(["1.43 GiB"]));
    assert_eq!(values["user_quota"], json!(["878.9 MiB"]));
    assert_eq!(values["bandwidth_limit"], json!(["4.65 GiB"]));
    assert_eq!(values["contact_email"], json!(["owner@example.net"]));
    assert_eq!(values["description"], json!(["Café"]));
    assert_eq!(values["disabled"], json!(["Manually"]));

    panel.succeed("program=modify-domain&domain=alpha.test&quota=UNLIMITED&uquota=0&bw=NONE").await;
    let values = panel.values("alpha.test").await;
    for key in ["server_quota", "server_block_quota", "user_block_quota", "bandwidth_byte_limit"] {
        assert_eq!(values[key], json!(["Unlimited"]), "{key}");
    }
}

#[tokio::test]
async fn bad_settings_are_refused_and_an_unknown_plan_is_not() {
    let panel = Panel::with_alpha().await;
    for (setting, error) in [
        ("quota=1GB", "Quota must be a number of blocks"),
        ("quota=-1", "Quota must be a number of blocks"),
        ("quota=", "Quota must be a number of blocks"),
        ("bw=UNLIMITED", "Bandwidth limit must be a number of bytes, or NONE"),
        ("desc=has%3A+colon", "Description cannot contain the : character"),
        ("newdomain=alpha.test", "A domain called alpha.test already exists"),
    ] {
        let form = format!("program=modify-domain&domain=alpha.test&{setting}");
        assert_eq!(panel.fail(&form).await, error, "{setting}");
    }
    let before = panel.simulator.domain("alpha.test");
    panel.succeed("program=modify-domain&domain=alpha.test&plan=NoSuchPlan").await;
    assert_eq!(panel.simulator.domain("alpha.test"), before);
}

#[tokio::test]
async fn a_new_name_keeps_user_home_and_sub_servers() {
    let panel = Panel::with_alpha().await;
    panel.succeed("program=create-domain&domain=s.alpha.test&parent=alpha.test&dir=").await;
    let form = "program=modify-domain&domain=alpha.test&newdomain=alpha2.test";
    assert!(panel.succeed(form).await.starts_with("Updating virtual server alpha2.test ..\n\n"));
    assert_eq!(panel.simulator.domain("alpha.test"), None);
    let renamed = panel.simulator.domain("alpha2.test").unwrap();
    assert_eq!((renamed.username.as_str(), renamed.home.as_str()), ("alpha", "/home/alpha"));
    let sub = panel.simulator.domain("s.alpha.test").unwrap();
    assert_eq!(sub.parent(), Some("alpha2.test"));

    panel.succeed("program=modify-domain&domain=alpha2.test&pass=hunter2&user=alphatwo").await;
    let changed = panel.simulator.domain("alpha2.test").unwrap();
    assert_eq!((changed.password_changes, changed.username.as_str()), (1, "alphatwo"));
    assert_eq!(panel.simulator.effects_on("alpha2.test")[1].kind, Modified);
}

#[tokio::test]
async fn deleting_takes_sub_servers_along_and_an_unknown_name_deletes_nothing() {
    let panel = Panel::with_alpha().await;
    panel.succeed("program=create-domain&domain=s.alpha.test&parent=alpha.test&dir=").await;
    panel.fail("program=delete-domain&domain=alpha.test&domain=nosuch.test").await;
    assert_eq!(panel.simulator.domains().len(), 2);

    let output = panel.succeed("program=delete-domain&domain=alpha.test").await;
    assert_eq!(
        output,
        "Deleting virtual server alpha.test ..\n    Deleting sub-server s.alpha.test ..\n        \
         Deleting mail aliases ..\n        .. done\n\n        Deleting home directory ..\n        .. done\n\n        \
         Deleting server details for s.alpha.test ..\n        .. done\n\n    .. done\n\n    \
         Deleting mail aliases ..\n    .. done\n\n    Deleting home directory ..\n    .. done\n\n    \
         Deleting administration user ..\n    .. done\n\n    Deleting administration group ..\n    .. done\n\n    \
         Deleting server details for alpha.test ..\n    .. done\n\n.. deleted\n\n"
    );
    assert!(panel.simulator.domains().is_empty());
    assert_eq!(panel.simulator.effects_on("s.alpha.test").last().unwrap().kind, Deleted);
}
