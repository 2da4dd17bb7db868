//! Mail aliases.

use serde_json::json;
use simulators::virtualmin::EffectKind::{Created, Deleted};

use super::client::Panel;

const LIST: &str = "program=list-aliases&domain=beta.test";
const TEAM: &str =
    "program=create-alias&domain=beta.test&from=team&to=bob%40beta.test&to=ext%40example.net";

#[tokio::test]
async fn an_alias_is_listed_after_those_of_every_mail_domain() {
    let panel = Panel::with_beta().await;
    assert_eq!(panel.succeed(TEAM).await, "Alias for team@beta.test created successfully\n");
    let names = ["abuse", "webmaster", "hostmaster", "postmaster", "team"];
    assert_eq!(panel.names(&format!("{LIST}&name-only=")).await, names);
    let addresses = names.map(|name| format!("{name}@beta.test"));
    assert_eq!(panel.names(&format!("{LIST}&email-only=")).await, addresses);
    let listed = panel.json(&format!("{LIST}&multiline=")).await;
    let object = |at: usize| listed["data"][at].clone();
    let abuse = json!({ "name": "abuse@beta.test", "values": { "to": ["owner@example.net"] } });
    assert_eq!(object(0), abuse);
    let to = ["bob@beta.test", "ext@example.net"];
    assert_eq!(object(4), json!({ "name": "team@beta.test", "values": { "to": to } }));
    assert_eq!(
        panel.text(LIST).await,
        "Alias                Destination                                                \n\
         -------------------- -----------------------------------------------------------\n\
         abuse                owner@example.net                                          \n\
         webmaster            owner@example.net                                          \n\
         hostmaster           owner@example.net                                          \n\
         postmaster           owner@example.net                                          \n\
         team                 bob@beta.test, ext@example.net                             \n\nExit status: 0\n"
    );
}

#[tokio::test]
async fn a_catch_all_is_refused_by_one_program_and_made_by_the_other() {
    let panel = Panel::with_beta().await;
    let refused = "program=create-alias&domain=beta.test&from=*&to=bob%40beta.test";
    assert_eq!(panel.fail(refused).await, "Invalid alias name : Missing or invalid username");
    let simple = "program=create-simple-alias&domain=beta.test&from=*&forward=bob%40beta.test";
    assert_eq!(panel.succeed(simple).await, "Alias for @beta.test created successfully\n");
    assert_eq!(panel.names(&format!("{LIST}&name-only=")).await[4], "*");
    let delete = "program=delete-alias&domain=beta.test&from=*";
    assert_eq!(panel.succeed(delete).await, "Alias for @beta.test deleted successfully\n");
    assert_eq!(panel.names(&format!("{LIST}&name-only=")).await.len(), 4);
    let kinds: Vec<_> = panel.simulator.effects()[1..].iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [Created, Deleted]);
}

#[tokio::test]
async fn refusals_are_in_the_recorded_words() {
    let panel = Panel::with_alpha().await;
    panel.succeed("program=create-domain&domain=beta.test&pass=x&unix=&dir=&mail=").await;
    panel.succeed(TEAM).await;
    let to = "to=a%40b.test";
    for (form, error) in [
        (
            format!("create-alias&domain=beta.test&from=team&{to}"),
            "An alias for the same email address already exists",
        ),
        ("create-alias&domain=beta.test&from=x1".into(), "No destination addresses specified"),
        (format!("create-alias&domain=beta.test&{to}"), "No from address specified"),
        (
            format!("create-alias&domain=beta.test&from=a%40beta.test&{to}"),
            "No domain name is needed in the --from parameter",
        ),
        (
            format!("create-alias&domain=alpha.test&from=a&{to}"),
            "Virtual server alpha.test does not have email enabled",
        ),
        (
            "delete-alias&domain=beta.test&from=nosuch".into(),
            "No alias for the email address nosuch@beta.test exists",
        ),
        ("list-aliases".into(), "No domains or users specified"),
        ("list-aliases&domain=no.test".into(), "Virtual server no.test does not exist"),
    ] {
        assert_eq!(panel.fail(&format!("program={form}")).await, error, "{form}");
    }
}

#[tokio::test]
async fn aliases_follow_the_address_of_the_owner() {
    let panel = Panel::with_beta().await;
    panel.succeed("program=modify-domain&domain=beta.test&email=new%40example.net").await;
    assert_eq!(panel.first(LIST).await["to"], json!(["new@example.net"]));
}
