//! Passwords of accounts are stored nowhere but in their own column, sealed.

use engine::{Injected, Injection, Moment, walk::drive};
use model::{
    account::{ProvisionAccount, ResetAccountPassword},
    fault::{Fault, FaultKind},
    password::Source,
};
use simulators::virtualmin::{Fault as PanelFault, FaultKind as Panel};
use sqlx::AssertSqlSafe;

use crate::world::World;

const GIVEN: &str = "a g1ven Passw0rd";

impl World {
    /// Every row of every table, as PostgreSQL prints it.
    async fn everything_written(&self) -> String {
        let rows = self.rows().await;
        let tables: Vec<String> = sqlx::query_scalar(
            "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'",
        )
        .fetch_all(&rows)
        .await
        .unwrap();
        assert!(tables.len() > 10, "{tables:?}");
        let mut text = String::new();
        for table in tables {
            let query = format!("SELECT coalesce(string_agg(t::text, ''), '') FROM \"{table}\" t");
            let dump: String =
                sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(&rows).await.unwrap();
            text.push_str(&dump);
        }
        text
    }
}

#[tokio::test]
async fn no_table_holds_a_password_of_an_account_in_any_status() {
    let world = World::new().await;
    let standing = world.standing_site().await;

    // The answer is lost, so the password is sent a second time.
    let repeated = world.site().await;
    world.host.inject("create-domain", PanelFault::once(Panel::LostAfterEffect));
    world.completed(&ProvisionAccount { account_id: repeated.account }).await;

    let undone = world.site().await;
    let job = world.file(&ProvisionAccount { account_id: undone.account }).await;
    let injection = Injection {
        step: "activate",
        moment: Moment::AfterEffect,
        injected: Injected::Fault(Fault::new(FaultKind::Refused, "injected")),
    };
    drive(&world.engine, job, &[injection]).await;

    let given = world.site().await;
    let sealed = world.keyring.seal(&given.account.password_context(), GIVEN.as_bytes());
    let tx = world.store.begin().await.unwrap();
    tx.set_password(given.account, &sealed, Source::Given).await.unwrap();
    tx.commit().await.unwrap();
    world.completed(&ProvisionAccount { account_id: given.account }).await;
    assert_eq!(world.password_on_both_sides(&given).await, GIVEN, "none is generated");

    let reset = world.standing_site().await;
    world.completed(&ResetAccountPassword { account_id: reset.account, given: false }).await;
    let text = world.everything_written().await;
    assert!(text.contains(standing.domain.as_str()), "the dump holds what is written");
    for site in [&standing, &repeated, &undone, &given, &reset] {
        let password = world.password(site).await;
        assert!(password.len() >= GIVEN.len());
        assert!(!text.contains(&password), "in the clear");
        let hex: String = password.bytes().map(|byte| format!("{byte:02x}")).collect();
        assert!(!text.contains(&hex), "as bytes");
        let effects = format!("{:?}", world.host.effects_on(site.domain.as_str()));
        assert!(!effects.contains(&password), "in the host's log");
    }
}
