//! Two companies that want one domain and one panel, with the command `praho` alone.

use serde_json::json;
use simulators::virtualmin::Simulator;
use testkit::unique;

use crate::{
    praho::{Praho, text},
    system::System,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_companies_meet_at_a_domain_and_at_a_panel_and_the_platforms_owner_decides() {
    let system = System::start().await;
    let platform = Praho::new(&system, &system.token);
    let domain = format!("{}.test", unique("shared").to_lowercase());
    platform.done(&["services", "create", &domain, "--plan", "starter"]).await;
    platform.done(&["services", "activate", &domain, "--wait"]).await;

    platform.done(&["tenants", "create", "acme"]).await;
    let acme = platform.first_owner(&system, "acme").await;
    acme.register_dns(&system).await;
    let known = Simulator::start(system.host_options(4)).await.unwrap();
    system.register(&known, json!({ "name": "known" })).await;
    let refused = acme.register("same", &known, known.password()).await;
    assert_eq!(refused.code, 1, "{}{}", refused.words, refused.result);
    assert!(refused.words.contains("the platform's owner can decide"), "{}", refused.words);
    let panel = Simulator::start(system.host_options(3)).await.unwrap();
    let own = acme.register("own", &panel, panel.password()).await;
    assert_eq!(own.code, 0, "{}", own.words);

    acme.service("own", &domain).await;
    let activate = ["services", "activate", &domain, "--wait"];
    let words = acme.fails(4, &activate).await;
    assert!(words.contains(&format!("_praho-challenge.{domain}")), "{words}");
    let words = acme.fails(5, &["domains", "show", &domain]).await;
    assert!(words.contains("owner of the platform's tenant"), "{words}");

    let shown = platform.done(&["domains", "show", &domain]).await;
    for part in
        [&format!("demo: {domain}, active, account active"), &format!("acme: {domain}, created")]
    {
        assert!(shown.contains(part.as_str()), "{part}: {shown}");
    }
    let assign =
        ["domains", "assign", &domain, "--tenant", "acme", "--reason", "the registry says so"];
    let assigned = platform.json(&assign).await;
    assert_eq!([&assigned["proven_for"], &assigned["proof"]], [&json!("acme"), &json!("platform")]);
    let words = acme.fails(4, &activate).await;
    assert!(words.contains("praho domains assign"), "{words}");
    assert!(!words.contains("demo"), "{words}");

    platform.done(&["accounts", "unprotect", &domain]).await;
    platform.done(&["services", "terminate", &domain, "--wait"]).await;
    let made = acme.json(&activate).await;
    assert_eq!(text(&made["account"]["status"]), "active");
    assert!(panel.domain(&domain).is_some());

    let url = format!("https://{}", known.address());
    let release = ["servers", "release-url", &url, "--reason", "the host was sold"];
    assert_eq!(platform.json(&release).await["tenant_name"], "demo");
    acme.done(&["servers", "verify", "same", "--wait"]).await;
}
