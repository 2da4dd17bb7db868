//! Accounts: the database refuses conflicts between two accounts, and the termination of a protected one.

use model::{
    account::{Account, AccountStatus},
    fault::{Fault, FaultKind},
    ids::AccountId,
    password::{Place, Source},
    site::{SiteAnswer, SiteProof, ToldBy},
    username::Username,
};
use store::{Error, page::Page};
use time::OffsetDateTime;
use tokio::task::JoinSet;

use crate::world::{World, checked, prints, restricted, taken};

use AccountStatus::{Active, Failed, Pending, Suspended, Terminated};

async fn set(
    world: &World,
    id: AccountId,
    from: AccountStatus,
    to: AccountStatus,
) -> Result<bool, Error> {
    let tx = world.store.begin().await?;
    let set = tx.set_account_status(id, from, to).await?;
    tx.commit().await?;
    Ok(set)
}

async fn read(world: &World, id: AccountId) -> Account {
    world.store.account(world.tenant, id).await.unwrap().unwrap()
}

#[tokio::test]
async fn an_account_reads_back_as_written() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    let service = world.service("example.com").await;
    let written = world.new_account(service, server, "example.com");
    world.insert(&written).await.unwrap();

    let seen = read(&world, written.id).await;
    assert!(seen.updated_at > OffsetDateTime::UNIX_EPOCH, "the moment is the database's");
    assert_eq!(Account { updated_at: written.updated_at, ..seen.clone() }, written);
    assert_eq!(seen.terms, fixtures::rows::plan(world.tenant).terms);
    assert_eq!(world.store.account_by_id(written.id).await.unwrap(), Some(seen.clone()));
    assert_eq!(world.store.live_account_of(service).await.unwrap(), Some(seen.clone()));
    let tx = world.store.begin().await.unwrap();
    assert_eq!(tx.lock_account(written.id).await.unwrap(), Some(seen.clone()));
    assert_eq!(tx.live_account_of(service).await.unwrap(), Some(seen));
}

#[tokio::test]
async fn the_proof_of_a_site_reads_back_with_its_moment_until_it_is_removed() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    let account = world.account(server, "example.com").await;
    let answer = SiteAnswer {
        url: "https://example.com/".to_owned(),
        status: 403,
        told_by: ToldBy::DefaultSite,
        told_for: "admin.example.com".to_owned(),
        certificate_sha256: Some("ab".repeat(32)),
    };
    let proof = SiteProof { address: "2001:db8::7".parse().unwrap(), answers: vec![answer] };
    let set = async |proof: Option<&SiteProof>| {
        let tx = world.store.begin().await.unwrap();
        tx.set_site_proof(account, proof).await.unwrap();
        assert!(tx.set_site_proof(AccountId::generate(), proof).await.is_err());
        tx.commit().await.unwrap();
    };
    set(Some(&proof)).await;
    let served = read(&world, account).await.site.unwrap();
    assert_eq!(served.proof, proof);
    assert!(served.at > OffsetDateTime::UNIX_EPOCH, "the moment is the database's");
    let named = world.store.named_account(world.tenant, account).await.unwrap().unwrap();
    assert_eq!(named.account.site, Some(served));
    set(None).await;
    assert_eq!(read(&world, account).await.site, None);

    let half = "UPDATE accounts SET site_proved_at = now()";
    assert_eq!(world.refusal(half).await, checked("accounts_site"));
}

#[tokio::test]
async fn an_identity_is_kept_and_its_password_only_shown_on_demand() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    let account = world.account(server, "example.com").await;
    assert_eq!(world.store.sealed_password(account, Place::Current).await.unwrap(), None);
    let tx = world.store.begin().await.unwrap();
    tx.set_username(account, &"example".parse().unwrap()).await.unwrap();
    tx.set_password(account, &[201, 202], Source::Generated).await.unwrap();
    let missing = tx.set_username(AccountId::generate(), &"other".parse().unwrap()).await;
    assert!(missing.is_err());
    tx.commit().await.unwrap();

    let kept = world.store.sealed_password(account, Place::Current).await.unwrap();
    assert_eq!(kept, Some(vec![201, 202]));
    let seen = read(&world, account).await;
    assert_eq!(seen.username.as_ref().unwrap().as_str(), "example");
    assert!(!prints(&seen, &[201, 202]));
}

#[tokio::test]
async fn a_list_may_be_of_one_status() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    let pending = world.account(server, "pending.com").await;
    let active = world.account(server, "active.com").await;
    assert!(set(&world, active, Pending, Active).await.unwrap());
    let list = async |status, after: Option<AccountId>| {
        let page = Page { size: 10, after: after.map(AccountId::uuid) };
        let accounts = world.store.accounts(world.tenant, status, page).await.unwrap();
        accounts.into_iter().map(|it| it.account.id).collect::<Vec<_>>()
    };
    assert_eq!(list(None, None).await, [active, pending]);
    assert_eq!(list(Some(Active), None).await, [active]);
    assert_eq!(list(None, Some(active)).await, [pending]);
}

#[tokio::test]
async fn a_domain_is_held_by_one_live_account() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    let first = world.account(server, "example.com").await;
    let second = world.new_account(world.service("other.com").await, server, "example.com");
    let error = world.insert(&second).await.unwrap_err();
    assert!(error.is_taken("accounts_live_domain"), "{error}");

    let other = world.account(server, "third.com").await;
    let meddling = format!("UPDATE accounts SET domain = 'example.com' WHERE id = '{other}'");
    assert_eq!(world.refusal(&meddling).await, taken("accounts_live_domain"));

    assert!(set(&world, first, Pending, Failed).await.unwrap());
    world.insert(&second).await.expect("a failed account frees its domain");
    let error = set(&world, first, Failed, Pending).await.unwrap_err();
    assert!(error.is_taken("accounts_live_domain"), "{error}");
}

#[tokio::test]
async fn a_service_is_carried_by_one_live_account() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    let first = world.account(server, "example.com").await;
    let service = read(&world, first).await.service_id;
    let second = world.new_account(service, server, "other.com");
    let error = world.insert(&second).await.unwrap_err();
    assert!(error.is_taken("accounts_live_service"), "{error}");

    let other = world.account(server, "third.com").await;
    let meddling = format!("UPDATE accounts SET service_id = '{service}' WHERE id = '{other}'");
    assert_eq!(world.refusal(&meddling).await, taken("accounts_live_service"));
}

#[tokio::test]
async fn a_user_name_is_on_a_server_once() {
    let world = World::new().await;
    let (server, elsewhere) = (world.server("vm1", 10).await, world.server("vm2", 10).await);
    let first = world.account(server, "example.com").await;
    let second = world.account(server, "example.net").await;
    let far = world.account(elsewhere, "example.org").await;
    let name = async |account| {
        let tx = world.store.begin().await.unwrap();
        tx.set_username(account, &"example".parse().unwrap()).await?;
        tx.commit().await
    };
    name(first).await.unwrap();
    name(far).await.expect("another server has its own users");
    let error = name(second).await.unwrap_err();
    assert!(error.is_taken("accounts_live_username"), "{error}");
    assert_eq!(
        world.refusal("UPDATE accounts SET username = 'example'").await,
        taken("accounts_live_username")
    );

    let found = async |prefix| world.store.usernames_with_prefix(server, prefix).await.unwrap();
    assert_eq!(found("exam").await, ["example".to_owned()].into());
    assert!(found("exam%").await.is_empty(), "a prefix is not a pattern");
    assert!(set(&world, first, Pending, Failed).await.unwrap());
    assert!(found("exam").await.is_empty());
    name(second).await.expect("a failed account frees its user name");
}

#[tokio::test]
async fn a_user_is_replaced_only_while_its_account_is_pending_and_by_a_free_name() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    let account = world.account(server, "example.com").await;
    let other = world.account(server, "example.org").await;
    let name = |text: &str| text.parse::<Username>().unwrap();
    let tx = world.store.begin().await.unwrap();
    tx.set_username(account, &name("example")).await.unwrap();
    tx.set_username(other, &name("example2")).await.unwrap();
    tx.commit().await.unwrap();
    let rename = async |from: &str, to: &str| {
        let tx = world.store.begin().await.unwrap();
        let renamed = tx.rename_user(account, &name(from), &name(to)).await?;
        tx.commit().await.unwrap();
        Ok::<bool, Error>(renamed)
    };
    let error = rename("example", "example2").await.unwrap_err();
    assert!(error.is_taken("accounts_live_username"), "{error}");
    assert!(rename("example", "example3").await.unwrap());
    assert!(!rename("example", "example4").await.unwrap(), "it has another user by now");
    assert!(set(&world, account, Pending, Active).await.unwrap());
    assert!(!rename("example3", "example4").await.unwrap(), "it is active");
    assert_eq!(read(&world, account).await.username, Some(name("example3")));
}

#[tokio::test]
async fn a_protected_account_is_neither_terminated_nor_deleted() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    let account = world.account(server, "example.com").await;
    assert!(set(&world, account, Pending, Active).await.unwrap());

    let fault = Fault::from(set(&world, account, Active, Terminated).await.unwrap_err());
    assert_eq!(fault.kind, FaultKind::Refused);
    assert!(fault.message.contains("protected"), "{fault}");
    for statement in ["UPDATE accounts SET status = 'terminated'", "DELETE FROM accounts"] {
        assert_eq!(world.refusal(statement).await, restricted("account_protected"), "{statement}");
    }
    // One statement cannot also remove the protection: that is a separate decision.
    let at_once = "UPDATE accounts SET protected = false, status = 'terminated'";
    assert_eq!(world.refusal(at_once).await, restricted("account_protected"));

    let tx = world.store.begin().await.unwrap();
    assert!(tx.set_protection(account, false).await.unwrap());
    assert!(!tx.set_protection(account, false).await.unwrap());
    tx.commit().await.unwrap();
    assert!(set(&world, account, Active, Terminated).await.unwrap());
}

#[tokio::test]
async fn a_status_changes_only_from_the_one_expected() {
    let world = World::new().await;
    let server = world.server("vm1", 10).await;
    let account = world.account(server, "example.com").await;
    assert!(!set(&world, account, Active, Suspended).await.unwrap());
    assert!(set(&world, account, Pending, Active).await.unwrap());
    assert!(!set(&world, account, Pending, Active).await.unwrap());
    assert_eq!(read(&world, account).await.status, Active);
}

#[tokio::test]
async fn a_servers_count_follows_its_accounts() {
    let world = World::new().await;
    let (server, elsewhere) = (world.server("vm1", 10).await, world.server("vm2", 10).await);
    let counts = async || {
        let count = async |id| world.store.server_by_id(id).await.unwrap().unwrap().accounts;
        (count(server).await, count(elsewhere).await)
    };
    let account = world.account(server, "example.com").await;
    assert_eq!(counts().await, (1, 0));
    assert!(set(&world, account, Pending, Active).await.unwrap());
    assert_eq!(counts().await, (1, 0));
    world.meddle(&format!("UPDATE accounts SET server_id = '{elsewhere}'")).await.unwrap();
    assert_eq!(counts().await, (0, 1));
    world.meddle("UPDATE accounts SET protected = false").await.unwrap();
    assert!(set(&world, account, Active, Terminated).await.unwrap());
    assert_eq!(counts().await, (0, 0));
    world.meddle("DELETE FROM accounts").await.unwrap();
    assert_eq!(counts().await, (0, 0));
}

#[tokio::test]
async fn a_full_server_takes_no_more() {
    let world = World::new().await;
    let server = world.server("vm1", 1).await;
    world.account(server, "first.com").await;
    let second = world.new_account(world.service("second.com").await, server, "second.com");
    let fault = Fault::from(world.insert(&second).await.unwrap_err());
    assert_eq!(fault.kind, FaultKind::Busy);
    assert_eq!(world.refusal("UPDATE servers SET accounts = 2").await, checked("servers_capacity"));
}

#[tokio::test]
async fn twenty_at_once_never_exceed_the_capacity() {
    let world = World::new().await;
    let server = world.server("vm1", 7).await;
    let mut tasks = JoinSet::new();
    for number in 0..20 {
        let domain = format!("site{number}.com");
        let account = world.new_account(world.service(&domain).await, server, &domain);
        let store = world.store.clone();
        tasks.spawn(async move {
            let tx = store.begin().await.unwrap();
            tx.insert_account(&account).await?;
            tx.commit().await
        });
    }
    let (mut stored, mut refused) = (0, 0);
    for result in tasks.join_all().await {
        match result {
            Ok(()) => stored += 1,
            Err(Error::Refused { constraint, .. }) if constraint == "servers_capacity" => {
                refused += 1
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!((stored, refused), (7, 13));
    assert_eq!(world.store.server_by_id(server).await.unwrap().unwrap().accounts, 7);
}
