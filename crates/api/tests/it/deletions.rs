//! Deletions: refused while something uses the thing; what has ended stays readable.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::unique;

use crate::world::{Answer, World, dns_server, finish_job, id, send, server, text};

async fn delete(world: &World, path: &str) -> Answer {
    send(world.request(Method::DELETE, path)).await
}

async fn delete_once(world: &World, key: &str, path: &str) -> Answer {
    send(world.request(Method::DELETE, path).header("Idempotency-Key", key)).await
}

/// Whether a deletion was refused, with these words.
fn is_refused(answer: &Answer, words: &[&str]) -> bool {
    let detail = text(&answer.body, "detail");
    answer.status == StatusCode::CONFLICT && words.iter().all(|it| detail.contains(it))
}

/// Ends a service and its account as the API and a worker would.
async fn end(world: &World, service: &str, account: &str) {
    world.execute("UPDATE services SET status = 'terminated' WHERE id = $1", service).await;
    world.execute("UPDATE accounts SET protected = false WHERE id = $1", account).await;
    world.execute("UPDATE accounts SET status = 'terminated' WHERE id = $1", account).await;
}

/// Completes every open job as a worker would.
async fn finish_all(world: &World) {
    let open = "SELECT id::text FROM open_jobs";
    let open: Vec<String> = sqlx::query_scalar(open).fetch_all(&world.pool).await.unwrap();
    assert!(!open.is_empty());
    for job in open {
        finish_job(world, &job, "completed").await;
    }
}

/// Deletes a thing, and checks what holds for every deletion.
async fn is_deleted(world: &World, list: &str, path: &str) {
    let before = world.get(path).await.body;
    let foreign = world.foreign_token().await;
    let foreign = send(world.bare(Method::DELETE, path).bearer_auth(foreign)).await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND, "{path}");
    let (key, rows) = (unique("key"), world.number("SELECT count(*) FROM audit_log").await);
    let deleted = delete_once(world, &key, path).await;
    assert_eq!((deleted.status, &deleted.body), (StatusCode::OK, &before), "{path}");
    assert_eq!(delete_once(world, &key, path).await.body, before, "a repeat is answered alike");
    assert_eq!(delete(world, path).await.status, StatusCode::NOT_FOUND, "{path}");
    assert_eq!(world.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    let patch = world.request(Method::PATCH, path).json(&json!({}));
    assert_eq!(send(patch).await.status, StatusCode::NOT_FOUND, "{path}");
    let named = format!("/{list}/{}", text(&before, "name"));
    assert_eq!(world.get(&named).await.status, StatusCode::NOT_FOUND, "{named}");
    let listed = world.get(&format!("/{list}")).await.body;
    assert!(!listed.to_string().contains(&text(&before, "id")), "{listed}");
    assert_eq!(world.number("SELECT count(*) FROM audit_log").await, rows + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_deleted_once_nothing_is_sold_on_it() {
    let world = World::start().await;
    let (service, account) = world.active_service().await;
    let sold = world.get(&format!("/services/{service}")).await.body;
    let (plan, domain) = (text(&sold, "plan_id"), text(&sold, "domain"));
    let path = format!("/plans/{plan}");
    let refused = delete(&world, &path).await;
    let words = ["1 service (", domain.as_str(), "terminate its services"];
    assert!(is_refused(&refused, &words), "{refused:?}");
    // The service ends before its account does.
    world.execute("UPDATE services SET status = 'terminated' WHERE id = $1", &service).await;
    let refused = delete(&world, &path).await;
    assert!(is_refused(&refused, &["1 service (", domain.as_str()]), "{refused:?}");
    end(&world, &service, &account).await;

    let job = "INSERT INTO open_jobs (id, tenant_id, kind, target, queue, lane, payload, actor, correlation_id)
        SELECT gen_random_uuid(), tenant_id, 'plan.apply', 'plan/' || id, 'bulk', 'bulk', '{}', 'test', 'test'
        FROM plans WHERE id = $1";
    world.execute(job, &plan).await;
    let refused = delete(&world, &path).await;
    assert!(is_refused(&refused, &["1 open job (plan.apply ", "wait for its jobs"]), "{refused:?}");
    finish_all(&world).await;

    is_deleted(&world, "plans", &path).await;
    let ended = world.get(&format!("/services/{service}")).await.body;
    assert_eq!(ended["plan_name"], sold["plan_name"], "history stays");
    let again = world.post(&format!("/services/{service}/activate"), json!({})).await;
    assert!(is_refused(&again, &["terminated"]), "{again:?}");
    let on_it = json!({ "plan_id": plan, "domain": format!("{}.example", unique("site")) });
    let on_it = world.post("/services", on_it).await;
    assert_eq!((on_it.status, on_it.wrong_fields()), (StatusCode::BAD_REQUEST, vec!["plan_id"]));
    id(&world.post("/plans", json!({ "name": sold["plan_name"] })).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_deleted_once_it_is_empty_and_its_credentials_are_erased() {
    let world = World::start().await;
    let (service, account) = world.active_service().await;
    let hosted = world.get(&format!("/accounts/{account}")).await.body;
    let path = format!("/servers/{}", text(&hosted, "server_id"));
    let refused = delete(&world, &path).await;
    let domain = text(&hosted, "domain");
    let words = ["1 account (", domain.as_str(), "1 open job (server.verify ", "draining"];
    assert!(is_refused(&refused, &words), "{refused:?}");
    end(&world, &service, &account).await;
    let refused = delete(&world, &path).await;
    assert!(is_refused(&refused, &["is used by 1 open job (server.verify "]), "{refused:?}");
    finish_all(&world).await;

    // A job of an account that has failed still holds the server's slot while it is undone.
    let undone = "INSERT INTO open_jobs (id, tenant_id, kind, target, queue, lane, payload, resource, actor, correlation_id)
        SELECT gen_random_uuid(), tenant_id, 'account.provision', 'account/' || id, 'provisioning', 'bulk', '{}',
            'server/' || server_id || '/mutation', 'test', 'test'
        FROM accounts WHERE id = $1";
    world.execute(undone, &account).await;
    let refused = delete(&world, &path).await;
    assert!(is_refused(&refused, &["1 open job (account.provision "]), "{refused:?}");
    finish_all(&world).await;

    let finding = "INSERT INTO drift_findings (id, tenant_id, server_id, domain, field, severity, wanted, seen)
        SELECT gen_random_uuid(), tenant_id, id, 'stray.ro', 'unknown', 'info', 'none', 'one' FROM servers WHERE id = $1";
    world.execute(finding, &text(&hosted, "server_id")).await;
    let sweep = world.post(&format!("{path}/scan"), json!({})).await;
    assert_eq!(sweep.status, StatusCode::OK, "{sweep:?}");
    let before = world.get(&path).await.body;
    is_deleted(&world, "servers", &path).await;

    let erased =
        "SELECT (SELECT count(*) FROM server_credentials) + (SELECT count(*) FROM server_pace)
        + (SELECT count(*) FROM server_sweeps)";
    assert_eq!(world.number(erased).await, 0);
    let ended = world.get(&format!("/accounts/{account}")).await.body;
    assert_eq!(ended["server_name"], hosted["server_name"], "history stays");
    let findings = world.get(&format!("/findings?server_id={}", text(&hosted, "server_id"))).await;
    assert_eq!(findings.body["findings"][0]["status"], "closed");
    assert_eq!(findings.body["findings"][0]["server_name"], hosted["server_name"]);
    let jobs = world.get(&format!("/jobs?target=server/{}", text(&hosted, "server_id"))).await;
    assert_eq!(jobs.body["jobs"][0]["target_name"], hosted["server_name"]);
    for path in [format!("{path}/scan"), format!("{path}/verify")] {
        let answer = world.post(&path, json!({})).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}: {answer:?}");
    }
    let nowhere = world.service().await;
    let nowhere = world.post(&format!("/services/{nowhere}/activate"), json!({})).await;
    assert!(is_refused(&nowhere, &["no server can take the account"]), "{nowhere:?}");

    let mut same = server(10);
    (same["name"], same["url"]) = (before["name"].clone(), before["url"].clone());
    id(&world.post("/servers", same).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dns_server_is_deleted_once_no_zone_is_wanted_on_it_and_its_key_is_erased() {
    let world = World::start().await;
    let (service, account) = world.active_service().await;
    let listed = world.get("/dns-servers").await.body;
    let dns = listed["dns_servers"][0].clone();
    let (path, dns_id) = (format!("/dns-servers/{}", text(&dns, "id")), text(&dns, "id"));
    let zone = "INSERT INTO zones (id, tenant_id, account_id, dns_server_id, name)
        SELECT gen_random_uuid(), tenant_id, $1, id, 'shop.example' FROM dns_servers";
    world.execute(zone, &account).await;
    let refused = delete(&world, &path).await;
    let words = ["1 zone (shop.example)", "terminate the services of its zones"];
    assert!(is_refused(&refused, &words), "{refused:?}");
    // Its account is being terminated: the job that removes the zone comes next.
    let unwanted = "UPDATE zones SET wanted = false WHERE dns_server_id = $1";
    world.execute(unwanted, &dns_id).await;
    let refused = delete(&world, &path).await;
    assert!(is_refused(&refused, &["1 zone (shop.example)"]), "{refused:?}");
    end(&world, &service, &account).await;
    for (kind, target) in
        [("dns.apply", "'zone/' || zone.id"), ("dns_server.apply", "'dns-server/' || $1")]
    {
        let job = format!(
            "INSERT INTO open_jobs (id, tenant_id, kind, target, queue, lane, payload, resource, actor,
                correlation_id)
             SELECT gen_random_uuid(), tenant_id, '{kind}', {target}, 'dns', 'bulk', '{{}}', 'dns-server/' || $1 || '/zone',
                'test', 'test'
             FROM zones zone WHERE dns_server_id::text = $1"
        );
        let job = sqlx::query(sqlx::AssertSqlSafe(job)).bind(&dns_id).execute(&world.pool).await;
        assert_eq!(job.unwrap().rows_affected(), 1);
        let refused = delete(&world, &path).await;
        let words = format!("is used by 1 open job ({kind} ");
        assert!(is_refused(&refused, &[&words]), "{refused:?}");
        finish_all(&world).await;
    }

    is_deleted(&world, "dns-servers", &path).await;
    let keys = "SELECT count(*) FROM dns_servers WHERE sealed_api_key IS NOT NULL";
    assert_eq!(world.number(keys).await, 0);
    let unpublished = world.service().await;
    let refused = world.post(&format!("/services/{unpublished}/activate"), json!({})).await;
    assert!(is_refused(&refused, &["no DNS server is registered"]), "{refused:?}");
    let mut same = dns_server();
    same["name"] = dns["name"].clone();
    let again = world.post("/dns-servers", same).await;
    assert_ne!(Value::from(id(&again)), dns["id"]);
}
