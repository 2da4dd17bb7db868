//! Virtualmin hosts and DNS servers.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::{World, dns_server, finish_job, id, send, server, text};

fn with(mut body: Value, field: &str, value: Value) -> Value {
    body[field] = value;
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_registered_sealed_and_to_be_verified() {
    let world = World::start().await;
    let body = with(server(50), "ip_addresses", json!(["2001:db8::7", "192.0.2.7"]));
    let made = world.post("/servers", body).await;
    let id = id(&made);
    assert_eq!(made.body["status"], "unverified");
    assert_eq!(made.body["certificate_sha256"], "0f".repeat(32), "in its normal form");
    assert_eq!(made.body["ip_addresses"], json!(["192.0.2.7", "2001:db8::7"]));
    assert_eq!(made.body["reads_per_second"], 0);
    assert_eq!(
        (&made.body["without_quotas"], &made.body["features"]),
        (&json!("refuse"), &json!([]))
    );
    assert_eq!(
        made.body.get("keeps_quotas").unwrap_or(&Value::Null),
        &Value::Null,
        "not known yet"
    );
    assert!(!made.body.to_string().contains("panel-password-7"));
    let found = world.get(&format!("/servers/{id}")).await;
    assert_eq!(found.body, made.body);
    let jobs = world.get(&format!("/jobs?kind=server.verify&target=server/{id}")).await.body;
    assert_eq!(jobs["jobs"].as_array().unwrap().len(), 1, "{jobs}");

    let sealed: Vec<u8> = sqlx::query_scalar("SELECT sealed_secret FROM server_credentials")
        .fetch_one(&world.pool)
        .await
        .unwrap();
    let keys = chassis::SecretString::from("test:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    let keyring = chassis::seal::Keyring::parse(&keys).unwrap();
    let opened = keyring.open(&format!("server/{id}/password"), &sealed).unwrap();
    assert_eq!(*opened, b"panel-password-7");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_server_is_refused_and_leaves_nothing() {
    let world = World::start().await;
    let before = world.rows().await;
    let good = || server(10);
    for (field, value) in [
        ("name", json!("x".repeat(300))),
        ("url", json!("http://vm1.example.net:10000")),
        ("url", json!("https://root:panel-password-7@vm1.example.net:10000")),
        ("url", json!("https://vm1.example.net:10000/virtual-server/remote.cgi")),
        ("username", json!("")),
        ("password", json!("")),
        ("password", json!("panel-password-7\nprogram=delete-domain")),
        ("certificate_sha256", json!("")),
        ("certificate_sha256", json!("0f")),
        ("ip_address", json!("224.0.0.1")),
        ("capacity", json!(0)),
        ("capacity", json!(100_001)),
        ("reads_per_second", json!(1001)),
        ("tags", json!(["Not a tag"])),
        ("without_quotas", json!("perhaps")),
    ] {
        let named = if field == "ip_address" { "ip_addresses" } else { field };
        let answer = world.post_once("key", "/servers", with(good(), field, value)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{field}: {answer:?}");
        assert_eq!(answer.wrong_fields(), [named]);
        assert!(!answer.body.to_string().contains("panel-password-7"), "{answer:?}");
    }
    let both = with(good(), "trust_system_authorities", json!(true));
    assert_eq!(world.post("/servers", both).await.wrong_fields(), ["certificate_sha256"]);
    assert_eq!(world.post("/servers", json!({})).await.wrong_fields().len(), 7);
    assert_eq!(world.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_and_a_url_are_registered_once() {
    let world = World::start().await;
    let first = server(10);
    id(&world.post("/servers", first.clone()).await);
    let before = world.rows().await;
    for field in ["name", "url"] {
        let answer = world.post("/servers", with(server(10), field, first[field].clone())).await;
        assert_eq!((answer.status, answer.wrong_fields()), (StatusCode::CONFLICT, vec![field]));
    }
    assert_eq!(world.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_url_of_another_tenant_is_registered_like_any_other() {
    let world = World::start().await;
    let known = server(10);
    let first = id(&world.post("/servers", known.clone()).await);
    world.execute("UPDATE servers SET verified_at = now() WHERE id = $1", &first).await;
    let stranger = world.foreign_token().await;
    let register = async |url: &Value| {
        let body = with(server(10), "url", url.clone());
        let request = world.bare(Method::POST, "/servers").bearer_auth(&stranger);
        let request = request.header("Idempotency-Key", testkit::unique("key")).json(&body);
        let mut answer = send(request).await;
        for field in ["id", "name", "url", "created_at"] {
            answer.body[field] = Value::Null;
        }
        (answer.status, answer.body)
    };
    let taken = register(&known["url"]).await;
    assert_eq!(taken.0, StatusCode::CREATED, "{taken:?}");
    assert_eq!(taken, register(&json!("https://unknown.example.net:10000")).await);
    assert_eq!(world.number("SELECT count(*) FROM servers WHERE verified_at IS NULL").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platforms_owner_releases_a_url_and_says_why() {
    let world = World::start().await;
    let known = server(10);
    let first = id(&world.post("/servers", known.clone()).await);
    let body = json!({ "url": known["url"], "reason": "the host was sold" });
    let release = async |body: &Value| world.post("/servers/release-url", body.clone()).await;
    let none = release(&body).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND, "it was never verified: {none:?}");
    let open = "UPDATE servers SET status = 'active', verified_at = now() WHERE id = $1";
    world.execute(open, &first).await;
    assert_eq!(release(&json!({ "url": "vm1" })).await.wrong_fields(), ["url", "reason"]);
    let stranger = world.foreign_token().await;
    let denied = world.bare(Method::POST, "/servers/release-url").bearer_auth(&stranger);
    let denied = denied.header("Idempotency-Key", testkit::unique("key")).json(&body);
    assert_eq!(send(denied).await.status, StatusCode::FORBIDDEN);

    let released = release(&body).await;
    let expected =
        json!({ "url": known["url"], "tenant_name": "demo", "server_name": known["name"] });
    assert_eq!((released.status, released.body), (StatusCode::OK, expected));
    let seen = world.get(&format!("/servers/{first}")).await.body;
    assert_eq!(seen["status"], "unverified");
    assert!(text(&seen, "status_reason").contains("platform's owner"), "{seen}");
    let told = "SELECT count(*) FROM audit_log WHERE action = 'server.release'
        AND detail->>'reason' = 'the host was sold'";
    assert_eq!(world.number(told).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_another_url_takes_accounts_once_it_is_verified() {
    let world = World::start().await;
    let server = world.server(10).await;
    let path = format!("/servers/{server}");
    let elsewhere = json!({ "url": "https://vm-new.example.net:10000" });
    let patch = async |body: &Value| send(world.request(Method::PATCH, &path).json(body)).await;
    let moved = patch(&elsewhere).await;
    assert_eq!(moved.body["server"]["status"], "unverified", "{moved:?}");
    assert_eq!(world.get(&path).await.body, moved.body["server"]);

    let status = async |status: &str| {
        let put = world.request(Method::PUT, &format!("{path}/status"));
        send(put.json(&json!({ "status": status }))).await
    };
    let by_hand = "UPDATE servers SET status = 'draining' WHERE id = $1";
    world.execute(by_hand, &server).await;
    let refused = status("active").await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{refused:?}");
    world.execute("UPDATE servers SET verified_at = now() WHERE id = $1", &server).await;
    assert_eq!(status("active").await.status, StatusCode::OK);
    patch(&elsewhere).await;
    assert_eq!(world.get(&path).await.body["status"], "active", "it has that URL already");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_verified_again_once_the_last_try_has_ended() {
    let world = World::start().await;
    let server = id(&world.post("/servers", server(10)).await);
    let path = format!("/servers/{server}/verify");
    let first = world.post(&path, json!({})).await;
    assert_eq!(first.status, StatusCode::ACCEPTED);
    let job = text(&first.body, "id");
    assert_eq!(first.header("location"), format!("/api/v1/jobs/{job}"));
    assert_eq!(world.number("SELECT count(*) FROM jobs").await, 1, "registration filed it");
    finish_job(&world, &job, "failed").await;
    let second = world.post(&path, json!({})).await;
    assert_ne!(text(&second.body, "id"), job);
    assert_eq!(second.body["kind"], "server.verify");
    assert_eq!(world.number("SELECT count(*) FROM jobs").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_changed_in_what_is_given_and_verified_if_it_is_reached_otherwise() {
    let world = World::start().await;
    let server = world.server(10).await;
    let path = format!("/servers/{server}");
    let before = world.get(&path).await.body;
    let patch = async |body: Value| send(world.request(Method::PATCH, &path).json(&body)).await;

    let grown = patch(json!({
        "capacity": 20, "tags": ["ssd"], "reads_per_second": 5, "without_quotas": "accept",
    }))
    .await;
    let mut expected = before.clone();
    expected["without_quotas"] = json!("accept");
    (expected["capacity"], expected["tags"]) = (json!(20), json!(["ssd"]));
    expected["reads_per_second"] = json!(5);
    assert_eq!((&grown.body["server"], &grown.body["job"]), (&expected, &Value::Null));
    assert_eq!(world.get(&path).await.body, expected);
    let jobs = world.number("SELECT count(*) FROM jobs").await;

    let sealed = "SELECT count(DISTINCT sealed_secret) FROM server_credentials";
    let fault = "UPDATE servers SET fault = '{\"kind\": \"out_of_service\", \"message\": \"it refuses us\"}',
        fault_since = now(), fault_stops = 'calls' WHERE id = $1";
    world.execute(fault, &server).await;
    assert_eq!(world.number(sealed).await, 1);
    let before = world.everything_written().await;
    let changed = patch(json!({ "password": "panel-password-8", "no_tags": true })).await;
    assert_eq!(changed.body["job"]["kind"], "server.verify", "{changed:?}");
    assert_eq!((&changed.body["server"]["tags"]), &json!([]));
    assert_eq!(world.number("SELECT count(*) FROM jobs").await, jobs + 1);
    let after = world.everything_written().await;
    assert!(after != before && !after.contains("panel-password-8"));

    world.execute("UPDATE servers SET accounts = 7 WHERE id = $1", &server).await;
    let rows = world.rows().await;
    for (field, body) in [
        ("capacity", json!({ "capacity": 6 })),
        ("url", json!({ "url": "http://vm1.example.net:10000" })),
        ("certificate_sha256", json!({ "certificate_sha256": "0F" })),
        ("ip_addresses", json!({ "ip_addresses": ["here"] })),
        ("no_tags", json!({ "tags": ["ssd"], "no_tags": true })),
        ("reads_per_second", json!({ "reads_per_second": 1001 })),
        ("without_quotas", json!({ "without_quotas": "perhaps" })),
    ] {
        let answer = patch(body).await;
        assert_eq!((answer.status, answer.wrong_fields()), (StatusCode::BAD_REQUEST, vec![field]));
    }
    assert_eq!(world.rows().await, rows);
    let other = world.server(10).await;
    let name = world.get(&format!("/servers/{other}")).await.body["name"].clone();
    let taken = patch(json!({ "name": name })).await;
    assert_eq!((taken.status, taken.wrong_fields()), (StatusCode::CONFLICT, vec!["name"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_shows_what_its_host_can_do() {
    let world = World::start().await;
    let body = with(server(10), "without_quotas", json!("accept"));
    let server = id(&world.post("/servers", body).await);
    let facts = "UPDATE servers SET keeps_quotas = false, features = '{mail,web}', php_versions = '{8.2}' WHERE id = $1";
    world.execute(facts, &server).await;
    let seen = world.get(&format!("/servers/{server}")).await.body;
    assert_eq!((&seen["keeps_quotas"], &seen["without_quotas"]), (&json!(false), &json!("accept")));
    assert_eq!(
        (&seen["features"], &seen["php_versions"]),
        (&json!(["mail", "web"]), &json!(["8.2"]))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_sets_a_server_aside_and_back() {
    let world = World::start().await;
    let server = world.server(10).await;
    let set = async |server: &str, body: Value| {
        let path = format!("/servers/{server}/status");
        send(world.request(Method::PUT, &path).json(&body)).await
    };
    let draining = json!({ "status": "draining", "reason": "new disks" });
    let answer = set(&server, draining.clone()).await;
    assert_eq!((answer.status, &answer.body["status"]), (StatusCode::OK, &json!("draining")));
    assert_eq!(world.get(&format!("/servers/{server}")).await.body, answer.body);
    assert_eq!(answer.body["status_reason"], "new disks");
    let before = world.rows().await;
    assert_eq!(set(&server, draining).await.body, answer.body, "it is so already");
    assert_eq!(world.rows().await, before);

    // A person's status replaces a status that a health check has set.
    world.execute("UPDATE servers SET status = 'unavailable' WHERE id = $1", &server).await;
    let back = set(&server, json!({ "status": "active" })).await;
    assert_eq!((&back.body["status"], &back.body["status_reason"]), (&json!("active"), &json!("")));
    for (body, field) in [
        (json!({ "status": "degraded" }), "status"),
        (json!({}), "status"),
        (json!({ "status": "draining", "reason": "x".repeat(201) }), "reason"),
    ] {
        let answer = set(&server, body).await;
        assert_eq!((answer.status, answer.wrong_fields()), (StatusCode::BAD_REQUEST, vec![field]));
    }
    let unverified = id(&world.post("/servers", crate::world::server(10)).await);
    let refused = set(&unverified, json!({ "status": "active" })).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{refused:?}");
    let audited = "SELECT count(*) FROM audit_log WHERE action = 'server.status'";
    assert_eq!(world.number(audited).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_maintenance_makes_held_jobs_due() {
    let world = World::start().await;
    let server = world.server(10).await;
    let set = async |status: &str| {
        let path = format!("/servers/{server}/status");
        send(world.request(Method::PUT, &path).json(&json!({ "status": status }))).await
    };
    set("maintenance").await;
    let hold =
        "UPDATE jobs SET delayed = true, due_at = now() + interval '1 hour', held_since = now(),
            held_until = now() + interval '1 day'
         WHERE target = 'server/' || $1::uuid";
    world.execute(hold, &server).await;
    assert_eq!(set("active").await.status, StatusCode::OK);
    let due = "SELECT count(*) FROM jobs WHERE NOT delayed AND due_at <= now()";
    assert_eq!(world.number(due).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_shows_its_fault_and_a_verification_tries_it_at_once() {
    let world = World::start().await;
    let server = world.server(10).await;
    let fault = "UPDATE servers SET fault_since = now(), fault_stops = 'calls',
            fault = '{\"kind\": \"out_of_service\", \"message\": \"it refuses us\"}'
         WHERE id = $1";
    world.execute(fault, &server).await;
    let later = "UPDATE server_pace SET try_at = now() + interval '1 hour' WHERE server_id = $1";
    world.execute(later, &server).await;
    let seen = world.get(&format!("/servers/{server}")).await.body;
    assert_eq!((&seen["fault"], &seen["fault_stops"]), (&json!("it refuses us"), &json!("calls")));
    assert!(seen["fault_since"].is_string(), "{seen}");

    let job = "SELECT id::text FROM jobs WHERE kind = 'server.verify'";
    let job: String = sqlx::query_scalar(job).fetch_one(&world.pool).await.unwrap();
    finish_job(&world, &job, "completed").await;
    let answer = world.post(&format!("/servers/{server}/verify"), json!({})).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    let due = "SELECT count(*) FROM server_pace WHERE try_at <= now()";
    assert_eq!(world.number(due).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inner_address_is_registered_only_if_the_operator_allows_it() {
    let settings = [("EGRESS__ALLOW", "192.0.2.0/24"), ("EGRESS__ALLOW_PLAINTEXT", "false")];
    let world = World::with(&settings).await;
    for url in [
        "https://169.254.169.254",
        "https://[::ffff:127.0.0.1]:10000",
        "https://2130706433",
        "https://10.0.0.5:9200",
        "https://[fd00:ec2::254]",
    ] {
        let answer = world.post("/servers", with(server(10), "url", json!(url))).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{url}: {answer:?}");
        assert_eq!(answer.wrong_fields(), ["url"]);
        assert!(answer.body.to_string().contains("[egress] allow"), "{answer:?}");
    }
    let inner = with(server(10), "ip_addresses", json!(["10.0.0.5"]));
    assert_eq!(world.post("/servers", inner).await.wrong_fields(), ["ip_addresses"]);
    let good = with(dns_server(), "nameservers", json!(["192.0.2.53:53"]));
    let good = with(good, "api_url", json!("https://ns1.example.net:8081"));
    for (field, value) in [
        ("api_url", json!("http://ns1.example.net:8081")),
        ("api_url", json!("https://127.0.0.1:8081")),
        ("nameservers", json!(["192.0.2.53:53", "10.0.0.5:53"])),
    ] {
        let answer = world.post("/dns-servers", with(good.clone(), field, value)).await;
        assert_eq!(answer.wrong_fields(), [field], "{answer:?}");
    }
    let path = format!("/dns-servers/{}", id(&world.post("/dns-servers", good).await));
    let change = json!({ "api_url": "https://10.0.0.5" });
    let changed = send(world.request(Method::PATCH, &path).json(&change)).await;
    assert_eq!(changed.wrong_fields(), ["api_url"], "{changed:?}");
    let path = format!("/servers/{}", id(&world.post("/servers", server(10)).await));
    let change = json!({ "url": "https://10.0.0.5:10000" });
    let changed = send(world.request(Method::PATCH, &path).json(&change)).await;
    assert_eq!(changed.wrong_fields(), ["url"], "{changed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dns_server_is_registered_or_refused_whole() {
    let world = World::start().await;
    let made = world.post("/dns-servers", dns_server()).await;
    let id = id(&made);
    assert_eq!(world.get(&format!("/dns-servers/{id}")).await.body, made.body);
    assert_eq!(world.get("/dns-servers").await.body["dns_servers"], json!([made.body]));
    assert!(!made.body.to_string().contains("powerdns-key-7"));
    let before = world.rows().await;
    for (field, value) in [
        ("name", json!("")),
        ("api_url", json!("ftp://127.0.0.1")),
        ("api_url", json!("http://127.0.0.1:8081/api/v1")),
        ("api_key", json!("two words")),
        ("nameservers", json!([])),
        ("nameservers", json!(["127.0.0.1"])),
        ("ns_names", json!(["ns1"])),
        ("ns_names", json!([])),
        ("hostmaster", json!("nobody")),
    ] {
        let answer = world.post("/dns-servers", with(dns_server(), field, value)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{field}: {answer:?}");
        assert_eq!(answer.wrong_fields(), [field]);
    }
    let again = with(dns_server(), "name", made.body["name"].clone());
    assert_eq!(world.post("/dns-servers", again).await.status, StatusCode::CONFLICT);
    assert_eq!(world.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dns_server_is_changed_in_what_is_given_and_its_zones_are_applied() {
    let world = World::start().await;
    let made = world.post("/dns-servers", dns_server()).await;
    assert_eq!(made.body["hostmaster"], "hostmaster@example.net");
    let path = format!("/dns-servers/{}", id(&made));
    let change = json!({
        "ns_names": ["ns7.example.net"], "hostmaster": "dns.admin@example.net", "api_key": "powerdns-key-8",
        "glue": [{ "name": "ns7.example.net", "addresses": ["192.0.2.53", "2001:db8::53"] }],
        "secondaries": ["192.0.2.54", "[2001:db8::54]:5353"],
    });
    let changed = send(world.request(Method::PATCH, &path).json(&change)).await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    assert_eq!(changed.body["job"]["kind"], "dns_server.apply");
    let mut expected = made.body.clone();
    expected["ns_names"] = json!(["ns7.example.net"]);
    expected["hostmaster"] = json!("dns.admin@example.net");
    expected["glue"] =
        json!([{ "name": "ns7.example.net", "addresses": ["192.0.2.53", "2001:db8::53"] }]);
    expected["secondaries"] = json!(["192.0.2.54:53", "[2001:db8::54]:5353"]);
    assert_eq!(changed.body["dns_server"], expected);
    assert_eq!(world.get(&path).await.body, expected);
    assert!(!world.everything_written().await.contains("powerdns-key-8"));

    let before = world.rows().await;
    for (field, value) in [
        ("api_url", json!("ftp://127.0.0.1")),
        ("ns_names", json!(["ns1"])),
        ("hostmaster", json!("nobody")),
        ("glue", json!([{ "name": "ns9.example.net", "addresses": ["192.0.2.53"] }])),
        ("glue", json!([{ "name": "ns7.example.net", "addresses": ["here"] }])),
        ("secondaries", json!(["ns9.example.net"])),
    ] {
        let answer = send(world.request(Method::PATCH, &path).json(&json!({ field: value }))).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{field}: {answer:?}");
        assert_eq!(answer.wrong_fields(), [field]);
    }
    assert_eq!(world.rows().await, before);
}
