//! Mailbox users.

use serde_json::json;
use simulators::virtualmin::EffectKind::{Created, Deleted, Modified};

use super::client::Panel;

const BOB: &str =
    "program=create-user&domain=beta.test&user=bob&pass=Secret-1&real=Bob+Robert&quota=51200";
const LIST: &str = "program=list-users&domain=beta.test";

#[tokio::test]
async fn a_mailbox_is_listed_with_the_recorded_keys() {
    let panel = Panel::with_beta().await;
    assert_eq!(panel.succeed(BOB).await, "User bob.beta created successfully\n");
    let answer = panel.json(&format!("{LIST}&multiline=")).await;
    assert_eq!(answer["data"][0]["name"], "bob.beta");
    assert_eq!(
        answer["data"][0]["values"],
        json!({
            "user": ["bob"], "domain": ["beta.test"], "unix_username": ["bob.beta"],
            "real_name": ["Bob Robert"], "encrypted_password": ["$6$SALT$HASHEDPASSWORD"],
            "disabled": ["No"], "no_password_accepted": ["No"],
            "home_directory": ["/home/beta/homes/bob"], "ftp_access": ["No"],
            "login_permissions": ["Email only"], "shell": ["/dev/null"], "user_type": ["Normal user"],
            "home_quota": ["50 MiB"], "home_quota_used": ["80 KiB"], "home_byte_quota": ["52428800"],
            "home_byte_quota_used": ["81920"], "home_files_used": [""],
            "mail_location": ["/home/beta/homes/bob/Maildir"], "mail_storage_type": ["Maildir"],
            "email_address": ["bob@beta.test"],
        })
    );
    let kinds: Vec<_> = panel.simulator.effects().iter().map(|effect| effect.kind).collect();
    assert_eq!(kinds, [Created, Created]);
}

#[tokio::test]
async fn other_layouts_are_the_recorded_ones() {
    let panel = Panel::with_beta().await;
    panel.succeed(BOB).await;
    assert_eq!(
        panel.text(LIST).await,
        "User                 Real name            Mail FTP        DBs  Quota          \n\
         -------------------- -------------------- ---- ---------- ---- ---------------\n\
         bob                  Bob Robert           Yes  No         No   50 MiB         \n\nExit status: 0\n"
    );
    assert_eq!(panel.names(&format!("{LIST}&name-only=")).await, ["bob.beta"]);
    let with_owner = format!("{LIST}&name-only=&include-owner=");
    assert_eq!(panel.names(&with_owner).await, ["beta", "bob.beta"]);
    assert_eq!(panel.names(&format!("{LIST}&email-only=")).await, ["bob@beta.test"]);
    let answer = panel.json(&format!("{LIST}&multiline=&user=zzz")).await;
    assert_eq!(answer["data"], json!([]));
    assert_eq!(panel.fail("program=list-users").await, "No domains or users specified");

    panel.succeed("program=create-domain&domain=alpha.test&pass=x&unix=&dir=").await;
    let ann = "program=create-user&domain=alpha.test&user=ann&pass=x";
    assert_eq!(panel.succeed(ann).await, "User ann.alpha created successfully\n");
    let mut names = panel.names("program=list-users&all-domains=&name-only=").await;
    names.sort();
    assert_eq!(names, ["ann.alpha", "bob.beta"]);
}

#[tokio::test]
async fn refusals_are_in_the_recorded_words() {
    let panel = Panel::with_beta().await;
    panel.succeed(BOB).await;
    let (no_zzz, clash) = (
        "No user named zzz was found in the server beta.test",
        "A user or mail alias with the same name and domain already exists",
    );
    for (form, error) in [
        ("create-user&domain=beta.test&user=bad+user%21&pass=x", "Missing or invalid username"),
        ("create-user&domain=beta.test&pass=x", "No username specified"),
        ("create-user&domain=beta.test&user=carl", "No password specified"),
        ("create-user&user=carl&pass=x", "No domain specified"),
        ("create-user&domain=no.test&user=carl&pass=x", "Virtual server no.test does not exist"),
        ("create-user&domain=beta.test&user=bob&pass=x", clash),
        ("create-user&domain=beta.test&user=1st&pass=x", "Usernames cannot begin with a number"),
        (
            "create-user&domain=beta.test&user=carl&pass=x&quota=9999999",
            "User's quota cannot be higher than domain's quota of 2097152",
        ),
        (
            "modify-user&domain=beta.test&user=bob%40beta.test&real=Bobby",
            "No user named bob@beta.test was found in the server beta.test",
        ),
        ("modify-user&domain=beta.test&user=zzz&pass=x", no_zzz),
        (
            "modify-user&domain=beta.test&user=beta&pass=x",
            "The --pass and --passfile flags cannot be used when editing a domain owner",
        ),
        ("delete-user&domain=beta.test&user=zzz", no_zzz),
        (
            "delete-user&domain=beta.test&user=beta",
            "The user beta is the owner of server beta.test, and so cannot be deleted",
        ),
    ] {
        assert_eq!(panel.fail(&format!("program={form}")).await, error, "{form}");
    }
    assert_eq!(panel.simulator.effects().len(), 2);
}

#[tokio::test]
async fn a_machine_that_keeps_passwords_lists_them() {
    let panel = Panel::with_beta().await;
    panel.succeed(BOB).await;
    assert_eq!(panel.first(LIST).await.get("password"), None);
    panel.simulator.hash_passwords(false);
    assert_eq!(panel.first(LIST).await["password"], json!(["Secret-1"]));
    panel.succeed("program=modify-user&domain=beta.test&user=bob&pass=Secret-2").await;
    assert_eq!(panel.first(LIST).await["password"], json!(["Secret-2"]));
    assert_eq!(panel.simulator.mailbox_password("beta.test", "bob").unwrap(), "Secret-2");
    panel.succeed("program=modify-domain&domain=beta.test&newdomain=gamma.test").await;
    assert_eq!(panel.simulator.mailbox_password("gamma.test", "bob").unwrap(), "Secret-2");
    let logged = serde_json::to_string(&panel.simulator.effects()).unwrap();
    assert!(!logged.contains("Secret-"), "{logged}");
}

#[tokio::test]
async fn settings_of_a_mailbox_change() {
    let panel = Panel::with_beta().await;
    panel.succeed(BOB).await;
    let change = "program=modify-user&domain=beta.test&user=bob";
    let form = format!("{change}&pass=Other-1&quota=102400&real=Rob&enable-ftp=&add-email=info");
    assert_eq!(panel.succeed(&form).await, "User bob.beta updated successfully\n");
    let values = panel.first(LIST).await;
    assert_eq!(values["encrypted_password"], json!(["$6$SALT1$HASHEDPASSWORD"]));
    assert_eq!(values["home_byte_quota"], json!(["104857600"]));
    assert_eq!(values["real_name"], json!(["Rob"]));
    assert_eq!(values["login_permissions"], json!(["Email and FTP"]));
    assert_eq!(values["extra_addresses"], json!(["info@beta.test"]));

    panel.succeed(&format!("{change}&disable=&quota=UNLIMITED")).await;
    let values = panel.first(LIST).await;
    assert_eq!(
        (&values["disabled"], &values["home_quota"]),
        (&json!(["Yes"]), &json!(["Unlimited"]))
    );
    panel.succeed(&format!("{change}&enable=&disable-email=")).await;
    let values = panel.first(LIST).await;
    assert_eq!((&values["disabled"], values.get("email_address")), (&json!(["No"]), None));

    assert_eq!(
        panel.succeed(&format!("{change}&enable-email=&newuser=rob")).await,
        "User rob.beta updated successfully\n"
    );
    let values = panel.first(LIST).await;
    assert_eq!(values["home_directory"], json!(["/home/beta/homes/rob"]));
    assert_eq!(values["email_address"], json!(["rob@beta.test"]));
    assert_eq!(panel.simulator.mailbox_password("beta.test", "rob").unwrap(), "Other-1");
    assert!(panel.simulator.effects()[2..].iter().all(|effect| effect.kind == Modified));
}

#[tokio::test]
async fn mail_is_forwarded_and_answered() {
    let panel = Panel::with_beta().await;
    panel.succeed(BOB).await;
    let change = "program=modify-user&domain=beta.test&user=bob";
    panel.succeed(&format!("{change}&add-forward=a%40b.test&add-forward=c%40d.test")).await;
    let values = panel.first(LIST).await;
    assert_eq!(values["forward_mail_to"], json!(["a@b.test", "c@d.test", "\\bob.beta"]));
    panel.succeed(&format!("{change}&del-forward=a%40b.test&no-local=&autoreply=Away")).await;
    let values = panel.first(&format!("{LIST}&simple-aliases=")).await;
    assert_eq!(values["deliver_to_user"], json!(["No"]));
    assert_eq!(values["forward"], json!(["c@d.test"]));
    assert_eq!(values["autoreply_message"], json!(["Away\\n"]));
}

#[tokio::test]
async fn disabling_a_server_with_mail_locks_its_mailboxes() {
    let panel = Panel::with_beta().await;
    panel.succeed(BOB).await;
    panel.succeed("program=disable-domain&domain=beta.test").await;
    assert_eq!(panel.first(LIST).await["disabled"], json!(["Yes"]));
    panel.succeed("program=enable-domain&domain=beta.test").await;
    assert_eq!(panel.first(LIST).await["disabled"], json!(["No"]));
}

#[tokio::test]
async fn a_deleted_mailbox_leaves_nothing() {
    let panel = Panel::with_beta().await;
    panel.succeed(BOB).await;
    let form = "program=delete-user&domain=beta.test&user=bob";
    assert_eq!(panel.succeed(form).await, "User bob.beta deleted successfully\n");
    assert!(panel.names(&format!("{LIST}&name-only=")).await.is_empty());
    assert_eq!(panel.simulator.mailbox_password("beta.test", "bob"), None);
    assert_eq!(panel.simulator.effects().last().unwrap().kind, Deleted);
    panel.succeed(BOB).await;
}
