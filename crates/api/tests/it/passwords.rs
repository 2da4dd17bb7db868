//! Passwords of accounts: given with the activation or a reset, and shown once if they were generated.

use chassis::{SecretString, seal::Keyring};
use futures_util::future::join_all;
use model::ids::AccountId;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::{Answer, KEY, World, finish_job, send, text};

const GIVEN: &str = "a g1ven Passw0rd";

impl World {
    /// Stores a generated password, as the worker does that provisions the account.
    pub(crate) async fn generated(&self, account: &str, password: &str) {
        let id: AccountId = account.parse().unwrap();
        let keyring = Keyring::parse(&SecretString::from(KEY)).unwrap();
        let sealed = keyring.seal(&id.password_context(), password.as_bytes());
        sqlx::query(
            "INSERT INTO account_passwords (account_id, place, sealed, source, show_until)
             VALUES ($1, 'current', $2, 'generated', now() + interval '1 day')",
        )
        .bind(id.uuid())
        .bind(sealed)
        .execute(&self.pool)
        .await
        .unwrap();
    }

    /// The password at a place of the account's rows with its source, opened.
    async fn kept(&self, account: &str, place: &str) -> Option<(String, String)> {
        let id: AccountId = account.parse().unwrap();
        let row: Option<(Vec<u8>, String)> = sqlx::query_as(
            "SELECT sealed, source FROM account_passwords WHERE account_id = $1 AND place = $2",
        )
        .bind(id.uuid())
        .bind(place)
        .fetch_optional(&self.pool)
        .await
        .unwrap();
        let (sealed, source) = row?;
        let keyring = Keyring::parse(&SecretString::from(KEY)).unwrap();
        let opened = keyring.open(&id.password_context(), &sealed).unwrap();
        Some((String::from_utf8(opened.to_vec()).unwrap(), source))
    }

    async fn reveal(&self, account: &str) -> Answer {
        self.post(&format!("/accounts/{account}/password/reveal"), json!({})).await
    }

    async fn reset(&self, account: &str, body: Value) -> Answer {
        self.post(&format!("/accounts/{account}/password/reset"), body).await
    }
}

fn assert_refused(answer: &Answer, words: &str) {
    assert_eq!(answer.status, StatusCode::CONFLICT, "{answer:?}");
    assert_eq!(answer.body["type"], "urn:praho:problem:refused");
    assert!(text(&answer.body, "detail").contains(words), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_activation_may_carry_the_password_of_the_accounts_user() {
    let world = World::start().await;
    world.dns_server().await;
    world.server(10).await;
    let service = world.service().await;
    let path = format!("/services/{service}/activate");
    for (wrong, word) in [
        ("short".to_owned(), "8 to 72"),
        ("x".repeat(73), "8 to 72"),
        ("two lines\nhunter2".to_owned(), "control characters"),
        ("hunter2-țară".to_owned(), "ASCII"),
        (" hunter2-hunter2".to_owned(), "blank"),
    ] {
        let before = world.rows().await;
        let answer = world.post(&path, json!({ "password": wrong })).await;
        assert_eq!(
            (answer.status, answer.wrong_fields()),
            (StatusCode::BAD_REQUEST, vec!["password"])
        );
        assert!(answer.body.to_string().contains(word), "{answer:?}");
        assert!(!answer.body.to_string().contains("hunter2"), "{answer:?}");
        assert_eq!(world.rows().await, before);
    }
    let first = world.post_once("key-1", &path, json!({ "password": GIVEN })).await;
    assert_eq!(first.status, StatusCode::ACCEPTED, "{first:?}");
    let account = text(&first.body["account"], "id");
    let kept = Some((GIVEN.to_owned(), "given".to_owned()));
    assert_eq!(world.kept(&account, "current").await, kept);

    // A password tells no two requests apart: a fast hash of it would help to guess it.
    let again = world.post_once("key-1", &path, json!({ "password": "an0ther-Passw0rd" })).await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!(world.kept(&account, "current").await, kept);
    let late = world.post(&path, json!({ "password": "an0ther-Passw0rd" })).await;
    assert_refused(&late, "ResetAccountPassword");
    assert_eq!(world.kept(&account, "current").await, kept);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generated_password_is_shown_once_with_the_places_to_log_in() {
    let world = World::start().await;
    let (_, account) = world.active_service().await;
    world.execute("UPDATE accounts SET username = 'shop' WHERE id = $1", &account).await;
    world.generated(&account, "g3nerated-Passw0rd").await;
    let path = format!("/accounts/{account}/password/reveal");
    let shown = world.post_once("key-1", &path, json!({})).await;
    assert_eq!(shown.status, StatusCode::OK, "{shown:?}");
    assert_eq!(shown.header("cache-control"), "no-store");
    assert_eq!(shown.body["password"], "g3nerated-Passw0rd");
    let login = &shown.body["account"]["login"];
    assert_eq!(shown.body["account"]["username"], "shop");
    let server =
        world.get(&format!("/servers/{}", text(&shown.body["account"], "server_id"))).await;
    assert_eq!(login["panel_url"], server.body["url"]);
    assert!(text(login, "sftp_host").ends_with(".example.net") && login["sftp_port"] == 22);
    let seen = world.get(&format!("/accounts/{account}")).await;
    assert_eq!(&seen.body["login"], login);

    let again = world.post_once("key-1", &path, json!({})).await;
    assert_refused(&again, "under this request_id already");
    assert_refused(&world.reveal(&account).await, "already shown at 20");
    assert_refused(&world.reveal(&account).await, "ResetAccountPassword");
    let audited = "SELECT count(*) FROM audit_log WHERE action = 'account.reveal_password'";
    assert_eq!(world.number(audited).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_calls_at_once_one_is_shown_the_password() {
    let world = World::start().await;
    let (_, account) = world.active_service().await;
    world.generated(&account, "g3nerated-Passw0rd").await;
    let answers = join_all((0..8).map(|_| world.reveal(&account))).await;
    let shown = answers.iter().filter(|it| it.status == StatusCode::OK).count();
    assert_eq!(shown, 1, "{answers:?}");
    for refused in answers.iter().filter(|it| it.status != StatusCode::OK) {
        assert_refused(refused, "already shown");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_hidden_for_one_of_five_reasons() {
    let world = World::start().await;
    let (_, account) = world.active_service().await;
    assert_refused(&world.reveal(&account).await, "no password of ours");
    world.generated(&account, "g3nerated-Passw0rd").await;
    let set = async |change: &str| {
        let change = format!("UPDATE account_passwords SET {change}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(change)).execute(&world.pool).await.unwrap();
    };
    set("show_until = now() - interval '1 minute'").await;
    assert_refused(&world.reveal(&account).await, "expired at 20");
    set("show_until = NULL").await;
    assert_refused(&world.reveal(&account).await, "does not have the password yet");
    set("source = 'given'").await;
    assert_refused(&world.reveal(&account).await, "given and not generated");

    set("source = 'generated', show_until = now() + interval '1 day'").await;
    let pending = "UPDATE accounts SET status = 'pending' WHERE id = $1";
    world.execute(pending, &account).await;
    assert_refused(&world.reveal(&account).await, "still being made");
    assert_eq!(world.get(&format!("/accounts/{account}")).await.body["login"], json!(null));
    let failed = "UPDATE accounts SET status = 'failed' WHERE id = $1";
    world.execute(failed, &account).await;
    assert_refused(&world.reveal(&account).await, "the account is failed");
    assert_refused(&world.reset(&account, json!({})).await, "the account is failed");

    let stranger = world.foreign_token().await;
    for what in ["reveal", "reset"] {
        let path = format!("/accounts/{account}/password/{what}");
        let request = world.bare(Method::POST, &path).bearer_auth(&stranger);
        let request = request.header("Idempotency-Key", testkit::unique("key")).json(&json!({}));
        assert_eq!(send(request).await.status, StatusCode::NOT_FOUND, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_files_one_job_at_a_time_and_no_old_password_is_shown_meanwhile() {
    let world = World::start().await;
    let (_, account) = world.active_service().await;
    world.generated(&account, "g3nerated-Passw0rd").await;
    let wrong = world.reset(&account, json!({ "password": "short" })).await;
    assert_eq!((wrong.status, wrong.wrong_fields()), (StatusCode::BAD_REQUEST, vec!["password"]));

    let path = format!("/accounts/{account}/password/reset");
    let filed = world.post_once("key-1", &path, json!({ "password": GIVEN })).await;
    assert_eq!(filed.status, StatusCode::ACCEPTED, "{filed:?}");
    let job = text(&filed.body, "id");
    assert_eq!(filed.header("location"), format!("/api/v1/jobs/{job}"));
    assert_eq!(filed.body["kind"], "account.reset_password");
    assert_eq!(filed.body["target"], format!("account/{account}"));
    let kept = Some((GIVEN.to_owned(), "given".to_owned()));
    assert_eq!(world.kept(&account, "pending").await, kept);
    let again = world.post_once("key-1", &path, json!({ "password": "an0ther-Passw0rd" })).await;
    assert_eq!((again.status, text(&again.body, "id")), (StatusCode::ACCEPTED, job.clone()));
    assert_eq!(world.kept(&account, "pending").await, kept);

    assert_refused(&world.reset(&account, json!({})).await, &job);
    assert_refused(&world.reveal(&account).await, &job);
    finish_job(&world, &job, "failed").await;
    assert_eq!(world.reveal(&account).await.body["password"], "g3nerated-Passw0rd");
    let filed = world.reset(&account, json!({})).await;
    assert_eq!(filed.status, StatusCode::ACCEPTED, "{filed:?}");
    let orders = "SELECT string_agg(payload->>'given', ' ' ORDER BY id) = 'true false' AS right
                  FROM jobs WHERE kind = 'account.reset_password'";
    let orders: bool = sqlx::query_scalar(orders).fetch_one(&world.pool).await.unwrap();
    assert!(orders);
    let audited = "SELECT count(*) FROM audit_log WHERE action = 'account.reset_password'";
    assert_eq!(world.number(audited).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_account_gets_another_password_unless_it_has_databases() {
    let world = World::start().await;
    let (_, account) = world.active_service().await;
    world.execute("UPDATE accounts SET status = 'suspended' WHERE id = $1", &account).await;
    let filed = world.reset(&account, json!({})).await;
    assert_eq!(filed.status, StatusCode::ACCEPTED, "{filed:?}");
    finish_job(&world, &text(&filed.body, "id"), "failed").await;
    let features =
        "UPDATE accounts SET terms = jsonb_set(terms, '{features}', '[\"mysql\"]') WHERE id = $1";
    world.execute(features, &account).await;
    assert_refused(&world.reset(&account, json!({})).await, "unsuspend it first");
}
