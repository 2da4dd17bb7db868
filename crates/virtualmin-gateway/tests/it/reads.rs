//! Tests of the listing, of single looks and of host inspection.

use std::time::{Duration, Instant};

use contracts::{gateway::v1, status};
use model::fault::{Effect, FaultKind};
use simulators::virtualmin::{Day, Fault, FaultKind as Wrong, Options, WebServer};
use tonic::Request;

use crate::setup::{World, answer, verdict};

#[tokio::test]
async fn an_unverified_host_can_be_inspected() {
    let world = World::new().await;
    let info = world.info().await.unwrap();
    assert_eq!(info.hostname, "simulated.test");
    assert!(info.virtualmin_version.starts_with("8."), "{}", info.virtualmin_version);
    assert!(!info.webmin_version.is_empty());
    assert!(info.programs.contains(&"create-domain".to_owned()), "{:?}", info.programs);
}

#[tokio::test]
async fn an_inspection_tells_what_virtual_servers_can_have() {
    let world = World::new().await;
    world.simulator.switch_feature("mail", false);
    let info = world.info().await.unwrap();
    let features = info.features.unwrap().words;
    assert_eq!(features, ["dir", "dns", "logrotate", "mysql", "ssl", "unix", "web", "webmin"]);
    assert_eq!(info.php_versions.unwrap().words, ["8.2"]);
}

#[tokio::test]
async fn an_optional_program_that_a_host_lacks_or_refuses_leaves_its_answer_unknown() {
    let world = World::new().await;
    let refusal = Wrong::Failure { error: "You are not allowed to list features".to_owned() };
    world.simulator.inject("list-features", Fault::once(refusal));
    let info = world.info().await.unwrap();
    assert_eq!((info.features, info.php_versions.is_some()), (None, true));
    for program in ["list-features", "list-php-versions"] {
        world.simulator.uninstall(program);
    }
    let info = world.info().await.unwrap();
    assert_eq!((info.features, info.php_versions), (None, None));
    assert!(!info.programs.contains(&"list-php-versions".to_owned()), "{:?}", info.programs);
}

#[tokio::test]
async fn a_listing_has_all_virtual_servers_ours_and_others() {
    let world = World::new().await;
    assert_eq!(world.list().await.unwrap(), []);
    world.shop().await;
    for n in 0..30 {
        world.simulator.create_by_hand(&format!("site{n}.example"), &format!("site{n}"));
    }
    let domains = world.list().await.unwrap();
    assert_eq!(domains.len(), 31);
    let ours: Vec<_> = domains.iter().filter(|it| it.marker == world.marker()).collect();
    assert_eq!(ours.len(), 1);
    assert_eq!(ours[0].name, "shop.example");
}

#[tokio::test]
async fn a_host_without_quotas_lists_neither_a_limit_nor_unlimited() {
    let world = World::new().await;
    world.simulator.keep_quotas(false);
    assert_eq!(world.shop().await.quota, None);
    assert_eq!(world.list().await.unwrap()[0].quota, None);
    world.simulator.keep_quotas(true);
    let quota = world.list().await.unwrap()[0].quota;
    assert_eq!(quota, Some(v1::Quota { limit_kib: Some(1024 * 1024) }));
}

#[tokio::test]
async fn a_host_that_lacks_a_required_program_is_refused_with_its_name() {
    let world = World::new().await;
    world.simulator.uninstall("modify-domain");
    let fault = world.info().await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Refused, "{fault}");
    assert!(fault.message.contains("modify-domain"), "{fault}");
}

#[tokio::test]
async fn a_look_shows_the_usage_too() {
    let world = World::new().await;
    world.shop().await;
    let domain = world.get("shop.example").await.unwrap();
    assert_eq!(domain.name, "shop.example");
    assert!(domain.used_bytes.is_some());
    assert!(domain.created_unix_seconds > 0);
}

#[tokio::test]
async fn not_found_comes_only_from_the_panel() {
    let world = World::new().await;
    assert_eq!(verdict(world.get("shop.example").await).0, FaultKind::NotFound);
    for (wrong, kind) in [
        (Wrong::HtmlPage, FaultKind::Protocol),
        (Wrong::TruncatedBody, FaultKind::Protocol),
        (Wrong::Status { status: 503 }, FaultKind::Unavailable),
        (Wrong::LostBeforeEffect, FaultKind::Unavailable),
        // The last: from here on the server is out of service.
        (Wrong::Status { status: 404 }, FaultKind::OutOfService),
    ] {
        world.simulator.inject("list-domains", Fault::once(wrong.clone()));
        let expected = (kind, Effect::NotApplied);
        assert_eq!(verdict(world.get("shop.example").await), expected, "{wrong:?}");
    }
}

#[tokio::test]
async fn a_listing_that_is_cut_is_no_shorter_listing() {
    let world = World::new().await;
    world.shop().await;
    world.simulator.inject("list-domains", Fault::once(Wrong::TruncatedBody));
    assert_eq!(verdict(world.list().await).0, FaultKind::Protocol);
    assert_eq!(world.list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_unknown_server_is_not_found() {
    let world = World::new().await;
    let server_id = model::ids::ServerId::generate().to_string();
    let request = v1::InspectHostRequest { server_id, no_cache: true };
    let status_ = world.hosts.clone().inspect_host(request).await.unwrap_err();
    assert_eq!(status::from_status(&status_).kind, FaultKind::NotFound);
}

#[tokio::test]
async fn reads_beyond_the_pace_wait_or_get_a_retry_time() {
    let world = World::with(Options::default(), |it| it.reads_per_second = Some(2)).await;
    let start = Instant::now();
    for _ in 0..4 {
        world.info().await.unwrap();
    }
    assert!(start.elapsed() >= Duration::from_millis(500), "{:?}", start.elapsed());

    let mut request = Request::new(v1::InspectHostRequest {
        server_id: world.server.to_string(),
        no_cache: true,
    });
    request.set_timeout(Duration::from_millis(100));
    let mut client = world.hosts.clone();
    let fault = status::from_status(&client.inspect_host(request).await.unwrap_err());
    assert_eq!((fault.kind, fault.effect), (FaultKind::RateLimited, Effect::NotApplied));
    assert!(fault.retry_after_seconds.is_some());
}

#[tokio::test]
async fn a_change_does_not_wait_for_the_pace_of_reads() {
    let world = World::with(Options::default(), |it| it.reads_per_second = Some(1)).await;
    world.info().await.unwrap();
    let start = Instant::now();
    world.shop().await;
    world.disable("shop.example", "").await.unwrap();
    world.delete("shop.example").await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[tokio::test]
async fn names_are_listed_alone() {
    let world = World::new().await;
    assert!(world.names().await.is_empty());
    world.shop().await;
    world.simulator.create_by_hand("other.example", "other");
    assert_eq!(world.names().await, ["other.example", "shop.example"]);
}

#[tokio::test]
async fn a_validation_tells_what_is_wrong() {
    let world = World::new().await;
    world.shop().await;
    let validate = async |domain: &str| {
        let (server_id, domain) = (world.server.to_string(), domain.to_owned());
        let request = v1::ValidateDomainRequest { server_id, domain };
        answer(world.client.clone().validate_domain(request).await)
    };
    assert_eq!(validate("shop.example").await.unwrap().problems, []);
    world.simulator.set_web_server(WebServer::BrokenConfiguration);
    let problems = validate("shop.example").await.unwrap().problems;
    assert_eq!(problems[0].feature, "Apache website");
    assert_eq!(problems[0].text, "No Apache virtual host for shop.example found");
    assert_eq!(verdict(validate("other.example").await).0, FaultKind::NotFound);
}

#[tokio::test]
async fn usage_has_disk_databases_and_days_of_transfer() {
    let world = World::new().await;
    world.shop().await;
    world.simulator.edit("shop.example", |it| {
        let day = |date: &str, web| Day { date: date.to_owned(), web, mail: 1 };
        it.contents.transfer = vec![day("2026-11-20", 777), day("2026-11-21", 5)];
    });
    let usage = async |domain: &str, from: &str| {
        let request = v1::GetUsageRequest {
            server_id: world.server.to_string(),
            domain: domain.to_owned(),
            from_date: from.to_owned(),
            ..v1::GetUsageRequest::default()
        };
        answer(world.client.clone().get_usage(request).await)
    };
    let all = usage("shop.example", "").await.unwrap();
    assert_eq!((all.disk_bytes, all.database_bytes, all.days.len()), (Some(110_592), None, 2));
    assert_eq!(all.days[0].bytes["web"], 777);
    let late = usage("shop.example", "2026-11-21").await.unwrap();
    assert_eq!((late.days.len(), late.days[0].date.as_str()), (1, "2026-11-21"));
    assert_eq!(verdict(usage("other.example", "").await).0, FaultKind::NotFound);
    let odd = usage("shop.example", "yesterday").await.unwrap_err();
    assert_eq!(odd.violations[0].field, "from_date");
}
