//! The README's blocks for a shell, run as they are printed, one after the other.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::symlink,
};

use simulators::virtualmin::Control;
use testkit::{Scratch, Servers, environment, powerdns::PowerDns, program::binary};
use tokio::process::Command;

use crate::system::{Ground, System};

const README: &str = include_str!("../../README.md");
/// The beginning of a block that this test does not run, with the reason.
const NOT_RUN: &str = "# Not run by the test of this README: ";
/// The reasons, in the order of the README. A new one is a decision: name it here too.
const REASONS: [&str; 1] = ["it builds everything, for minutes."];

/// The blocks for a shell.
fn blocks() -> Vec<&'static str> {
    let opened = README.split("\n```sh\n").skip(1);
    opened.map(|rest| rest.split_once("\n```\n").expect("every block has its end").0).collect()
}

#[test]
fn every_block_that_is_not_run_says_why() {
    let reasons = blocks().into_iter().filter_map(|it| it.lines().next()?.strip_prefix(NOT_RUN));
    assert_eq!(reasons.collect::<Vec<_>>(), REASONS);
}

/// A folder like the workspace after `up`: its environment file and its programs.
async fn workspace(system: &System, controls: &[Control]) -> Scratch {
    let folder = Scratch::new("readme");
    let target = folder.path().join("target");
    fs::create_dir_all(target.join("praho")).unwrap();
    symlink(binary("praho").parent().unwrap(), target.join("debug")).unwrap();
    let controls: Vec<_> = controls.iter().map(Control::url).collect();
    let variables = [
        ("PRAHO_API_URL", system.api_url.trim_end_matches("/api/v1").to_owned()),
        ("PRAHO_GRPC_URL", system.grpc_url.clone()),
        ("PRAHO_CA_FILE", system.authority.ca_file().display().to_string()),
        ("PRAHO_API_TOKEN", system.token.clone()),
        ("PRAHO_DNS_ADDR", system.servers.dns_addr.clone()),
        ("PRAHO_VIRTUALMIN_CONTROL_URLS", controls.join(",")),
    ];
    environment::write(&target.join("praho/env"), &variables).unwrap();
    folder
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_block_runs_as_printed() {
    // The domains are the same in every run, so the DNS server is a new one.
    let dns = Scratch::new("readme-dns");
    let powerdns = PowerDns::start(&dns.path().join("powerdns")).await.unwrap();
    let servers = Servers {
        powerdns_url: powerdns.api_url(),
        powerdns_api_key: powerdns.api_key().to_owned(),
        dns_addr: powerdns.dns_addr(),
        ..testkit::servers()
    };
    let system = System::start_on(Ground { servers, ..Ground::default() }).await;
    let mut controls = Vec::new();
    for panel in &system.panels {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        controls.push(Control::start(panel.clone(), listen).await.unwrap());
    }
    let folder = workspace(&system, &controls).await;

    let run: Vec<_> = blocks().into_iter().filter(|it| !it.starts_with(NOT_RUN)).collect();
    assert!(run.len() >= 3, "the blocks of praho, REST and drift");
    let script = run.join("\necho ---- the next block\n");
    let output = Command::new("sh")
        .args(["-euc", &script])
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", folder.path())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let [said, words] = [output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap());
    assert!(output.status.success(), "{said}\n{words}");
    assert_eq!(said.matches("---- the next block").count(), run.len() - 1);

    for domain in ["exemplu.ro", "magazin.ro"] {
        assert!(system.panels.iter().any(|it| it.domain(domain).is_some()), "{domain}: {said}");
    }
    let address = system.dig("exemplu.ro");
    assert!(!address.is_empty() && said.lines().any(|it| it == address), "{address}: {said}");
    let stray = system.panels[0].domain("stray.ro").unwrap();
    assert!(stray.disabled.is_some(), "{said}");
    assert!(!said.contains(&system.token) && !words.contains(&system.token));
}
