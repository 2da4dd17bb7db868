//! Databases.

use serde_json::json;
use simulators::virtualmin::EffectKind::{Created, Deleted, Modified};

use super::client::Panel;

const LIST: &str = "program=list-databases&domain=beta.test";
const EXTRA: &str = "program=create-database&domain=beta.test&name=beta_extra&type=mysql";

#[tokio::test]
async fn databases_are_listed_as_recorded() {
    let panel = Panel::with_beta().await;
    assert_eq!(
        panel.text(LIST).await,
        "Database                       Type                 Size            Tables    \n\
         ------------------------------ -------------------- --------------- ----------\n\
         beta                           mysql                16 KiB          0         \n\nExit status: 0\n"
    );
    assert_eq!(
        panel.json(&format!("{LIST}&multiline=")).await["data"],
        json!([{ "name": "beta", "values": {
            "type": ["mysql"], "size": ["16 KiB"], "byte_size": ["16384"], "files": ["1"], "tables": ["0"],
        }}])
    );
    assert_eq!(panel.succeed(EXTRA).await, "Database beta_extra created successfully\n");
    assert_eq!(panel.names(&format!("{LIST}&name-only=")).await, ["beta", "beta_extra"]);
    assert!(panel.names(&format!("{LIST}&name-only=&type=postgres")).await.is_empty());
    assert_eq!(panel.values("beta.test").await["databases_count"], json!(["2"]));
    let delete = "program=delete-database&domain=beta.test&name=beta_extra&type=mysql";
    assert_eq!(panel.succeed(delete).await, "Database beta_extra deleted successfully\n");
    let kinds: Vec<_> = panel.simulator.effects()[1..].iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [Created, Deleted]);
}

#[tokio::test]
async fn refusals_are_in_the_recorded_words() {
    let panel = Panel::with_beta().await;
    panel.succeed(EXTRA).await;
    panel.simulator.add_database("foreign");
    panel.succeed("program=create-domain&domain=sub.beta.test&parent=beta.test&dir=").await;
    let not_enabled = "The specified database type is not enabled in this virtual server";
    for (form, error) in [
        (
            "create-database&domain=beta.test&name=Beta_Extra&type=mysql",
            "A database with the same name and type is already associated with this server",
        ),
        ("create-database&domain=beta.test&name=beta_x&type=oracle", not_enabled),
        ("create-database&domain=beta.test&name=beta_x&type=postgres", not_enabled),
        ("create-database&domain=sub.beta.test&name=x&type=mysql", not_enabled),
        ("create-database&domain=beta.test&name=beta_x", "No database type specified"),
        (
            "create-database&domain=beta.test&name=foreign&type=mysql",
            "A database called foreign already exists",
        ),
        (
            "delete-database&domain=beta.test&name=nosuchdb&type=mysql",
            "The specified database is not associated with this server",
        ),
        ("list-databases", "No domain specified"),
        (
            "modify-database-pass&domain=sub.beta.test&type=mysql&pass=x",
            "The database password can only be changed for a top level virtual server",
        ),
        ("modify-database-pass&domain=no.test&type=mysql&pass=x", "No domain named no.test exists"),
    ] {
        assert_eq!(panel.fail(&format!("program={form}")).await, error, "{form}");
    }
}

#[tokio::test]
async fn the_password_of_databases_is_listed_and_printed() {
    let panel = Panel::with_beta().await;
    let form = "program=modify-database-pass&domain=beta.test&type=mysql&pass=Db-Secret";
    assert_eq!(panel.succeed(form).await, "Changed mysql password for beta.test to Db-Secret\n");
    assert_eq!(panel.values("beta.test").await["password_for_mysql"], json!(["Db-Secret"]));
    assert_eq!(panel.simulator.database_password("beta.test").unwrap(), "Db-Secret");
    let last = panel.simulator.effects().pop().unwrap();
    assert_eq!(last.kind, Modified);
    assert!(!last.arguments.contains(&"Db-Secret".to_owned()));
}
