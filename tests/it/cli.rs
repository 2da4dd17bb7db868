//! An operator who uses only the command `praho`.

use serde_json::{Value, json};
use simulators::virtualmin::{Fault, FaultKind, Simulator};
use testkit::{eventually, unique};

use crate::{
    praho::{Praho, text},
    system::System,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_tenant_needs_nothing_but_praho() {
    let system = System::start().await;
    let platform = Praho::new(&system, &system.token);
    let tenant = platform.json(&["tenants", "create", "acme"]).await;
    let praho = platform.first_owner(&system, "acme").await;
    let tenants = praho.json(&["tenants", "list"]).await;
    assert_eq!(tenants, json!({ "tenants": [tenant], "next_page_token": "" }));
    let nothing = json!({ "servers": [], "next_page_token": "" });
    assert_eq!(praho.json(&["servers", "list"]).await, nothing);

    let set = ["tenants", "quotas", "set", "acme", "--plans"];
    platform.done(&[&set[..], &["0"]].concat()).await;
    let refused = praho.fails(4, &["plans", "create", "second"]).await;
    assert!(refused.contains("the tenant's quota plans is 0"), "{refused}");
    platform.done(&[&set[..], &["default"]].concat()).await;
    let quotas = praho.json(&["tenants", "quotas", "get", "acme"]).await;
    assert_eq!(
        (&quotas["quotas"][2]["name"], &quotas["quotas"][2]["quota"]),
        (&json!("plans"), &json!(1000))
    );
    let shown = praho.done(&["tenants", "quotas", "get", "acme"]).await;
    assert!(shown.contains("open_jobs") && shown.contains("100000"), "{shown}");

    praho.register_dns(&system).await;
    let panel = Simulator::start(system.host_options(3)).await.unwrap();
    let registered = praho.register("own", &panel, panel.password()).await;
    assert_eq!(registered.code, 0, "{}", registered.words);
    let server: Value = serde_json::from_str(&registered.result).unwrap();
    assert_eq!(server["status"], "active");

    let domain = format!("{}.test", unique("cli").to_lowercase());
    let service = praho.service("own", &domain).await;
    let account = praho.activates(&service).await;
    assert!(panel.domain(&domain).is_some() && !system.dig(&domain).is_empty());
    let shown = praho.done(&["accounts", "get", &account]).await;
    assert!(shown.contains("answers 200 at 127.0.0.13"), "{shown}");

    let suspend = ["services", "suspend", &domain, "--reason", "unpaid invoice 7", "--wait"];
    assert_eq!(praho.json(&suspend).await["account"]["status"], "suspended");
    assert!(panel.domain(&domain).unwrap().disabled.is_some());
    let again = praho.json(&["services", "unsuspend", &service, "--wait"]).await;
    assert_eq!(again["account"]["status"], "active");
    assert!(panel.domain(&domain).unwrap().disabled.is_none());

    let listed = praho.done(&["accounts", "list"]).await;
    assert!(listed.contains("own") && !listed.contains(&account), "names, not ids: {listed}");
    let wide = praho.done(&["accounts", "list", "-o", "wide"]).await;
    assert!(wide.contains(&account) && wide.contains("own"), "{wide}");
    let jobs = praho.done(&["jobs", "list", "--target", &format!("account/{domain}")]).await;
    assert!(jobs.lines().skip(1).all(|it| it.contains(&domain)), "{jobs}");
    let words = praho.fails(2, &["jobs", "list", "--target", "nope"]).await;
    assert!(words.contains("target: is not a target"), "{words}");

    let terminate = ["services", "terminate", &domain, "--wait"];
    let words = praho.fails(4, &terminate).await;
    assert!(words.contains(&format!("praho accounts unprotect {domain}")), "{words}");
    assert!(panel.domain(&domain).is_some());
    assert_eq!(praho.json(&["accounts", "unprotect", &domain]).await["protected"], false);
    assert_eq!(praho.json(&terminate).await["service"]["status"], "terminated");
    assert!(panel.domain(&domain).is_none());
    assert_eq!(praho.json(&["accounts", "get", &account]).await["status"], "terminated");
    let key = &system.servers.powerdns_api_key;
    praho.never_said(&[&praho.token, panel.password(), key]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_has_the_rights_of_its_role_until_it_is_revoked() {
    let system = System::start().await;
    let owner = Praho::new(&system, &system.token);
    let made = owner.json(&["tokens", "create", "helpdesk", "--role", "viewer"]).await;
    let viewer = Praho::new(&system, text(&made["secret"]));
    viewer.done(&["plans", "list"]).await;
    let words = viewer.fails(5, &["plans", "create", "mine"]).await;
    assert!(words.contains("needs the role admin"), "{words}");

    let id = text(&made["token"]["id"]);
    assert!(owner.done(&["tokens", "list"]).await.contains(id));
    owner.done(&["tokens", "revoke", id]).await;
    let words = viewer.fails(5, &["plans", "list"]).await;
    assert!(words.contains("--token-file"), "{words}");
    viewer.never_said(&[&viewer.token]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sold_account_can_be_logged_into() {
    let system = System::start().await;
    let praho = Praho::new(&system, &system.token);
    let (given, later) = ("a g1ven Passw0rd", "a l4ter Passw0rd");
    let domain = format!("{}.test", unique("login").to_lowercase());
    praho.done(&["services", "create", &domain, "--plan", "starter"]).await;
    let activate = ["services", "activate", &domain, "--password-stdin", "--wait"];
    let ended = praho.run_reading(&format!("{given}\n"), &activate).await;
    assert_eq!(ended.code, 0, "{}", ended.words);
    let panel = system.panels.iter().find(|it| it.domain(&domain).is_some()).unwrap();
    let on_host = || panel.password_of(&domain).unwrap();
    assert_eq!(on_host(), given);
    let shown = praho.done(&["accounts", "get", &domain]).await;
    assert!(shown.contains("https://127.0.0.1:") && shown.contains("127.0.0.1 port 22"), "{shown}");
    let words = praho.fails(4, &["accounts", "password", "reveal", &domain]).await;
    assert!(words.contains("given and not generated"), "{words}");

    let file = praho.secret(later);
    let reset = ["accounts", "password", "reset", &domain, "--wait"];
    let file = ["--password-file", file.to_str().unwrap()];
    praho.done(&[&reset[..], &file].concat()).await;
    assert_eq!(on_host(), later);

    let ended = praho.run(&reset).await;
    assert!(
        ended.code == 0 && ended.words.contains("praho accounts password reveal"),
        "{}",
        ended.words
    );
    praho.never_said(&[given, later, &on_host()]);
    let shown = praho.json(&["accounts", "password", "reveal", &domain]).await;
    assert_eq!(shown["password"], on_host());
    let words = praho.fails(4, &["accounts", "password", "reveal", &domain]).await;
    assert!(words.contains("already shown") && words.contains("password reset ACCOUNT"), "{words}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_failure_has_an_exit_code_and_a_hint() {
    let system = System::start().await;
    let praho = Praho::new(&system, &system.token);
    let nobody = "0190d3e8-7b5c-7c3a-9d2e-0a1b2c3d4e5f";
    praho.fails(2, &["services", "create", "no-dot", "--plan", "starter"]).await;
    praho.fails(3, &["services", "activate", nobody]).await;
    praho.fails(2, &["services", "create", "a.test", "--plan", "no-such-plan"]).await;
    let unknown = Praho::new(&system, "praho_unknown");
    unknown.fails(5, &["accounts", "list"]).await;
    unknown.never_said(&["praho_unknown"]);

    let panel = Simulator::start(system.host_options(3)).await.unwrap();
    let refused = praho.register("locked", &panel, "not-the-password").await;
    assert_eq!(refused.code, 1, "{}", refused.words);
    assert!(refused.words.contains("praho jobs retry"), "{}", refused.words);
    praho.never_said(&[&system.token, "not-the-password"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_job_can_be_retried() {
    let system = System::start().await;
    let praho = Praho::new(&system, &system.token);
    let worker = system.service_named("worker 1");
    worker.kill().await;
    let domain = format!("{}.test", unique("cli").to_lowercase());
    let service = praho.json(&["services", "create", &domain, "--plan", "starter"]).await;
    let filed = praho.json(&["services", "activate", text(&service["id"])]).await;
    let job = text(&filed["job"]["id"]);
    praho.done(&["jobs", "cancel", job]).await;
    worker.start_again().await;

    let words = praho.fails(1, &["jobs", "watch", job]).await;
    assert!(words.contains("is cancelled") && words.contains("praho jobs retry"), "{words}");
    assert_eq!(system.creations(&domain), 0);
    assert_eq!(praho.json(&["jobs", "retry", job, "--wait"]).await["status"], "completed");
    assert_eq!(system.creations(&domain), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failed_jobs_are_retried_together_after_a_look() {
    let system = System::start().await;
    let praho = Praho::new(&system, &system.token);
    let refuse = |panel: &Simulator| {
        let error = "The moon is in the wrong house".to_owned();
        panel.inject("create-domain", Fault::always(FaultKind::Failure { error }));
    };
    system.panels.iter().for_each(|it| refuse(it));
    let mut domains = Vec::new();
    for _ in 0..3 {
        let domain = format!("{}.test", unique("many").to_lowercase());
        let service = praho.json(&["services", "create", &domain, "--plan", "starter"]).await;
        praho.fails(1, &["services", "activate", text(&service["id"]), "--wait"]).await;
        domains.push(domain);
    }
    system.panels.iter().for_each(|it| it.clear_faults());

    let many = ["jobs", "retry", "--status", "failed", "--since", "1h"];
    let three = json!([{ "kind": "account.provision", "fault": "refused", "jobs": 3 }]);
    let found = json!({ "jobs": three, "next_page_token": "" });
    let nothing = json!({ "jobs": [], "next_page_token": "" });
    assert_eq!(praho.json(&[&many[..], &["--dry-run"]].concat()).await, found);
    let others = [&many[..], &["--fault", "unavailable", "--yes"]].concat();
    assert_eq!(praho.json(&others).await, nothing);
    let words = praho.fails(2, &many).await;
    assert!(words.contains("--yes"), "nobody can be asked here: {words}");
    assert!(domains.iter().all(|domain| system.creations(domain) == 0));

    assert_eq!(praho.json(&[&many[..], &["--yes"]].concat()).await, found);
    eventually("all three are hosted", async || {
        domains.iter().all(|domain| system.creations(domain) == 1).then_some(())
    })
    .await;
    assert_eq!(praho.json(&[&many[..], &["--dry-run"]].concat()).await, nothing);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_letter_is_redriven_or_discarded() {
    let system = System::start().await;
    let praho = Praho::new(&system, &system.token);
    for panel in &system.panels {
        let error = "The moon is in the wrong house".to_owned();
        panel.inject("create-domain", Fault::always(FaultKind::Failure { error }));
    }
    for domain in ["again", "never"] {
        let domain = format!("{}.test", unique(domain).to_lowercase());
        let service = praho.json(&["services", "create", &domain, "--plan", "starter"]).await;
        let words = praho.fails(1, &["services", "activate", text(&service["id"]), "--wait"]).await;
        assert!(words.contains("the wrong house"), "{words}");
    }
    let open = ["dead-letters", "list", "--status", "open"];
    let letters = eventually("both are dead letters", async || {
        let letters = praho.json(&open).await["dead_letters"].take();
        (letters.as_array().unwrap().len() == 2).then_some(letters)
    })
    .await;
    let [never, again] = [0, 1].map(|it| text(&letters[it]["id"]));
    assert!(praho.done(&["dead-letters", "show", again]).await.contains("the wrong house"));

    system.panels.iter().for_each(|it| it.clear_faults());
    let redriven = praho.json(&["dead-letters", "redrive", again, "--wait"]).await;
    assert_eq!(redriven["job"]["status"], "completed");
    let active = praho.json(&["accounts", "list", "--status", "active"]).await;
    assert_eq!(active["accounts"].as_array().unwrap().len(), 1);
    let discarded = praho.json(&["dead-letters", "discard", never]).await;
    assert_eq!(discarded["status"], "discarded");
    assert_eq!(praho.json(&open).await["dead_letters"], json!([]));
    praho.fails(4, &["dead-letters", "redrive", never]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drift_is_scanned_listed_accepted_and_healed() {
    let system = System::start().await;
    let praho = Praho::new(&system, &system.token);
    let domain = format!("{}.test", unique("cli").to_lowercase());
    let service = praho.json(&["services", "create", &domain, "--plan", "starter"]).await;
    praho.activates(text(&service["id"])).await;
    let number = system.panels.iter().position(|it| it.domain(&domain).is_some()).unwrap();
    let (panel, server) = (&system.panels[number], &*format!("vm{}", number + 1));
    let scan = ["drift", "scan", server, "--wait"];
    let well = json!({ "findings": [], "next_page_token": "" });
    assert_eq!(praho.json(&scan).await, well);

    assert!(panel.create_by_hand("stray.test", "stray"));
    assert!(panel.edit(&domain, |it| it.limits.quota_blocks = 7));
    let found = praho.json(&scan).await["findings"].take();
    let fields = [0, 1].map(|it| text(&found[it]["field"]));
    assert_eq!((found.as_array().unwrap().len(), fields.contains(&"unknown")), (2, true));
    let finding = |field| text(&found[fields.iter().position(|it| *it == field).unwrap()]["id"]);
    let (stray, quota) = (finding("unknown"), finding("quota"));
    let open = ["drift", "list", "--server", server, "--status", "open"];
    assert_eq!(praho.json(&open).await["findings"], found);
    assert!(praho.done(&["drift", "show", stray]).await.contains("stray.test"));

    assert_eq!(praho.json(&["drift", "accept", stray]).await["status"], "accepted");
    assert_eq!(praho.json(&["drift", "heal", quota, "--wait"]).await["status"], "completed");
    assert_eq!(panel.domain(&domain).unwrap().limits.quota_blocks, 1024 * 1024);
    assert_eq!(praho.json(&scan).await, well);
    let words = praho.fails(4, &["drift", "heal", quota]).await;
    assert!(words.contains("closed"), "{words}");

    let policy = ["drift", "policy", server, "--terms", "heal", "--unknown", "quarantine"];
    assert_eq!(praho.json(&policy).await["unknown_policy"], "quarantine");
    assert_eq!(praho.json(&["drift", "status", server]).await["terms_policy"], "heal");
    assert!(panel.create_by_hand("late.test", "late"));
    let job = text(&praho.json(&scan).await["findings"][0]["job_id"]).to_owned();
    praho.done(&["jobs", "watch", &job]).await;
    assert!(panel.domain("late.test").unwrap().disabled.is_some());
    assert!(panel.domain("stray.test").unwrap().disabled.is_none(), "it was accepted");

    panel.inject("list-domains", Fault::always(FaultKind::HtmlPage));
    let words = praho.fails(1, &scan).await;
    assert!(words.contains(&format!("praho drift status {server}")), "{words}");
    assert_eq!(praho.json(&["drift", "status", server]).await["failures"], 1);
    praho.fails(3, &["drift", "scan", "vm9"]).await;
    praho.never_said(&[&praho.token, panel.password()]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_grows_with_its_accounts_and_what_nothing_uses_is_deleted() {
    let system = System::start().await;
    let praho = Praho::new(&system, &system.token);
    let domain = format!("{}.test", unique("cli").to_lowercase());
    praho.service("vm1", &domain).await;
    praho.fails(4, &["services", "activate", &domain]).await;
    praho.json(&["servers", "update", "vm1", "--tags", "vm1"]).await;
    praho.json(&["services", "activate", &domain, "--wait"]).await;
    let grow = ["plans", "update", "vm1", "--disk-mib", "2048", "--apply"];
    let dry = praho.json(&[&grow[..], &["--dry-run"]].concat()).await;
    assert_eq!((&dry["accounts"], &dry["plan"]["disk_mib"]), (&json!(1), &json!(2048)));
    assert_eq!(praho.json(&["plans", "get", "vm1"]).await["disk_mib"], 1024);
    let words = praho.fails(2, &grow).await;
    assert!(words.contains("--yes"), "nobody can be asked here: {words}");
    let job = praho.json(&[&grow[..], &["--yes", "--wait"]].concat()).await;
    assert_eq!((&job["kind"], &job["status"]), (&json!("plan.apply"), &json!("completed")));
    eventually("the panel has the quota", async || {
        let seen = system.panels[0].domain(&domain).unwrap().limits.quota_blocks;
        (seen == 2048 * 1024).then_some(())
    })
    .await;
    let wider = ["plans", "update", "vm1", "--unlimited", "disk-mib", "--mailboxes", "7"];
    let wider = praho.json(&wider).await;
    assert_eq!((&wider["disk_mib"], &wider["mailboxes"]), (&Value::Null, &json!(7)));

    let words = praho.fails(2, &["plans", "delete", "vm1"]).await;
    assert!(words.contains("--yes"), "nobody can be asked here: {words}");
    for (thing, name) in [("plans", "vm1"), ("servers", "vm1"), ("dns-servers", "ns")] {
        let words = praho.fails(4, &[thing, "delete", name, "--yes"]).await;
        assert!(words.contains(&domain) && words.contains("terminate"), "{words}");
    }
    praho.json(&["accounts", "unprotect", &domain]).await;
    praho.json(&["services", "terminate", &domain, "--wait"]).await;
    for (thing, name) in [("plans", "vm1"), ("servers", "vm1"), ("dns-servers", "ns")] {
        assert_eq!(praho.json(&[thing, "delete", name, "--yes"]).await["name"], name);
        praho.fails(3, &[thing, "get", name]).await;
        praho.fails(3, &[thing, "delete", name, "--yes"]).await;
    }
    let ended = praho.json(&["accounts", "get", &domain]).await;
    assert_eq!((&ended["plan_name"], &ended["server_name"]), (&json!("vm1"), &json!("vm1")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_set_aside_and_opened_again() {
    let system = System::start().await;
    let praho = Praho::new(&system, &system.token);
    let reason = ["--reason", "new disks"];
    let set = ["servers", "set-status", "vm1", "draining"];
    assert_eq!(praho.json(&[&set[..], &reason].concat()).await["status"], "draining");
    for _ in 0..2 {
        let domain = format!("{}.test", unique("cli").to_lowercase());
        let service = praho.json(&["services", "create", &domain, "--plan", "starter"]).await;
        praho.json(&["services", "activate", text(&service["id"]), "--wait"]).await;
        assert!(system.panels[1].domain(&domain).is_some());
    }
    assert!(praho.done(&["servers", "list"]).await.contains("new disks"));
    praho.json(&["servers", "set-status", "vm1", "maintenance"]).await;
    let words = praho.fails(4, &["drift", "scan", "vm1", "--wait"]).await;
    assert!(words.contains("maintenance"), "{words}");
    assert_eq!(praho.json(&["servers", "set-status", "vm1", "active"]).await["status"], "active");
    let scan = praho.json(&["drift", "scan", "vm1", "--wait"]).await;
    assert_eq!(scan["findings"], json!([]));
    praho.fails(2, &["servers", "set-status", "vm1", "degraded"]).await;
}
