//! Zones that the panel serves itself.

use serde_json::{Value, json};
use simulators::virtualmin::EffectKind;

use super::client::Panel;

async fn with_zone() -> Panel {
    let panel = Panel::start().await;
    panel.succeed("program=create-domain&domain=beta.test&pass=x&unix=&dir=&web=&dns=&mail=").await;
    panel
}

const MODIFY: &str = "program=modify-dns&domain=beta.test";

/// The types and values of a name's records.
async fn records(panel: &Panel, name: &str) -> Vec<Value> {
    let answer = panel.json("program=get-dns&domain=beta.test&multiline=").await;
    let data = answer["data"].as_array().unwrap().iter();
    data.filter(|it| it["name"] == name).map(|it| it["values"].clone()).collect()
}

#[tokio::test]
async fn a_new_zone_has_the_recorded_records() {
    let panel = with_zone().await;
    let names = panel.names("program=get-dns&domain=beta.test&name-only=").await;
    let apex = "beta.test.";
    let rest = ["www", "webmail", "admin", "mail"].map(|it| format!("{it}.beta.test."));
    let expected = [&[apex; 3].map(str::to_owned)[..], &rest[..], &[apex; 2].map(str::to_owned)];
    assert_eq!(names, expected.concat());
    let table = panel.text("program=get-dns&domain=beta.test").await;
    for line in [
        "Record                         Type  Value                                   ",
        "beta.test.                     NS    ns1.simulated.test.                     ",
        "www                            A     127.0.0.1                               ",
        "beta.test.                     MX    5 mail.beta.test.                       ",
        "beta.test.                     SPF   v=spf1 a mx a:beta.test ip4:127.0.0.1   ",
    ] {
        assert!(table.lines().any(|it| it == line), "{line:?} in {table}");
    }
    let www = &records(&panel, "www.beta.test.").await[0];
    assert_eq!((&www["type"], &www["class"]), (&json!(["A"]), &json!(["IN"])));
    assert_eq!((&www["value"], www.get("ttl")), (&json!(["127.0.0.1"]), None));
    let soa = &records(&panel, "beta.test.").await[0];
    assert_eq!(soa["value"].as_array().unwrap().len(), 7);
}

#[tokio::test]
async fn records_are_added_and_removed_in_the_recorded_words() {
    let panel = with_zone().await;
    let text = |what: &str| {
        format!(
            "Updating server beta.test ..\n    {what} 1 DNS records ..\n    .. done\n\n.. done\n\n"
        )
    };
    for record in ["add-record=app+A+192.0.2.10", "add-record=_test+TXT+hello%3Dworld"] {
        assert_eq!(panel.succeed(&format!("{MODIFY}&{record}")).await, text("Adding"));
    }
    panel.succeed(&format!("{MODIFY}&add-record-with-ttl=ttl+a+600+192.0.2.11")).await;
    let ttl = &records(&panel, "ttl.beta.test.").await[0];
    assert_eq!((&ttl["ttl"], &ttl["type"]), (&json!(["600"]), &json!(["A"])));
    assert_eq!(panel.succeed(&format!("{MODIFY}&remove-record=app+A")).await, text("Deleting"));
    assert!(records(&panel, "app.beta.test.").await.is_empty());
    let missing = panel.succeed(&format!("{MODIFY}&remove-record=nosuch+A")).await;
    assert!(missing.contains("    .. no matching records found!\n\n.. done\n"), "{missing}");
    let again = panel.succeed(&format!("{MODIFY}&add-record=_test+TXT+hello%3Dworld")).await;
    assert!(again.contains(".. a record named _test.beta.test. already exists\n"), "{again}");
    let kinds = panel.simulator.effects_on("beta.test").into_iter().map(|it| it.kind);
    assert_eq!(kinds.filter(|it| *it == EffectKind::Modified).count(), 4);
}

#[tokio::test]
async fn a_type_that_does_not_exist_is_written_and_an_update_takes_two_arguments() {
    let panel = with_zone().await;
    panel.succeed(&format!("{MODIFY}&add-record=app+bogus+x")).await;
    assert_eq!(records(&panel, "app.beta.test.").await[0]["type"], json!(["BOGUS"]));
    panel.succeed(&format!("{MODIFY}&update-record=www+A%0Aweb+A+192.0.2.1")).await;
    assert!(records(&panel, "www.beta.test.").await.is_empty());
    assert_eq!(records(&panel, "web.beta.test.").await[0]["value"], json!(["192.0.2.1"]));
}

#[tokio::test]
async fn refusals_are_in_the_recorded_words() {
    let panel = with_zone().await;
    panel.succeed("program=create-domain&domain=alpha.test&pass=x&unix=&dir=").await;
    for (form, error) in [
        ("get-dns", "Missing --domain parameter"),
        ("get-dns&domain=no.test", "Virtual server no.test does not exist"),
        ("get-dns&domain=alpha.test", "Virtual server alpha.test does not have DNS enabled"),
        ("modify-dns&domain=beta.test", "Nothing to do"),
        ("modify-dns&add-record=a+A+192.0.2.1", "No domains specified"),
        ("modify-dns&domain=no.test&remove-record=a+A", "Domain no.test does not exist"),
        (
            "modify-dns&domain=alpha.test&remove-record=a+A",
            "Virtual server alpha.test does not have a DNS domain",
        ),
    ] {
        assert_eq!(panel.fail(&format!("program={form}")).await, error);
    }
    let halted = panel.json(&format!("{MODIFY}&add-record=a+A+nonsense")).await;
    assert_eq!(halted["error"], "Updating server beta.test ..");
    assert_eq!(panel.simulator.zone("beta.test").len(), 9);
}
