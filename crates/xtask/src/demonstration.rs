//! The first account: every step of a hoster, through the public REST interface.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use testkit::{http, poll};
use tokio::process::Command;

use crate::broker::PUBLISHER;
use crate::progress::follow;
use crate::rest::{Rest, text};
use crate::services::{Panel, Settings};
use crate::terminal::say;

const DOMAIN: &str = "example.ro";
const LIMIT: Duration = Duration::from_secs(90);

/// Creates a plan, a DNS server and two servers, activates a service, and then proves the result.
pub(crate) async fn demonstrate(settings: &Settings) -> Result<()> {
    let rest = Rest::new(settings.client()?, &settings.api_url(), &settings.token);
    let plan = rest
        .post(
            "/plans",
            &json!({
                "name": "starter", "disk_mib": 1024, "bandwidth_mib": 10240,
                "features": ["web", "dns", "mail", "mysql"],
            }),
        )
        .await?;
    say("✓ plan starter");
    add_dns_server(&rest, settings).await?;
    for panel in &settings.panels {
        add_server(&rest, panel).await?;
    }

    let service =
        rest.post("/services", &json!({"plan_id": text(&plan, "id")?, "domain": DOMAIN})).await?;
    let path = format!("/services/{}/activate", text(&service, "id")?);
    let activated = rest.post(&path, &json!({})).await?;
    say(format!("✓ service for {DOMAIN} accepted; its job:"));
    follow(&rest, text(&activated["job"], "id")?).await?;
    let account = text(&activated["account"], "id")?;
    let account = becomes_active(&rest, &format!("/accounts/{account}")).await?;
    say(format!("✓ account {DOMAIN} is active, its user is {}", text(&account, "username")?));
    let answer = &account["site"]["answers"][0];
    say(format!("✓ its website answered: {} {}", text(answer, "url")?, answer["status"]));
    rest.post("/publishers", &json!({ "user_name": PUBLISHER, "role": "operator" })).await?;
    say(format!("✓ commands of the RabbitMQ user {PUBLISHER} count"));
    prove(settings).await
}

async fn add_dns_server(rest: &Rest, settings: &Settings) -> Result<()> {
    let servers = &settings.servers;
    let body = json!({
        "name": "ns", "api_url": servers.powerdns_url, "api_key": servers.powerdns_api_key,
        "nameservers": [servers.dns_addr], "ns_names": ["ns1.gazduire.ro", "ns2.gazduire.ro"],
    });
    rest.post("/dns-servers", &body).await?;
    say(format!("✓ DNS server ns (PowerDNS, {})", servers.dns_addr));
    Ok(())
}

async fn add_server(rest: &Rest, panel: &Panel) -> Result<()> {
    let body = json!({
        "name": panel.name, "url": panel.url(), "username": Panel::USERNAME, "password": panel.password,
        "certificate_sha256": panel.certificate_sha256()?, "ip_address": panel.ip_address,
        "capacity": 100, "reads_per_second": 50, "tags": [],
    });
    let server = rest.post("/servers", &body).await?;
    becomes_active(rest, &format!("/servers/{}", text(&server, "id")?)).await?;
    say(format!("✓ server {} ({}) is verified and active", panel.name, panel.url()));
    Ok(())
}

async fn becomes_active(rest: &Rest, path: &str) -> Result<Value> {
    let outcome = poll(LIMIT, async || match rest.get(path).await {
        Ok(seen) if seen["status"] == "active" => Ok(seen),
        Ok(seen) => Err(seen.to_string()),
        Err(error) => Err(format!("{error:#}")),
    })
    .await;
    outcome.map_err(|last| {
        anyhow::anyhow!(
            "{path} is not active after {LIMIT:?}; it was last: {}",
            last.unwrap_or_default()
        )
    })
}

/// Queries the simulated servers and the name server directly, without PRAHO.
async fn prove(settings: &Settings) -> Result<()> {
    say("\nProof, from outside PRAHO:");
    let mut hosts = 0;
    for panel in &settings.panels {
        let url = format!("{}/state", panel.control_url());
        let state: Value = http::client().get(&url).send().await?.json().await?;
        let domains: Vec<_> = state["domains"]
            .as_array()
            .context("the simulator tells no domains")?
            .iter()
            .filter_map(|domain| domain["domain"].as_str())
            .collect();
        hosts += domains.iter().filter(|domain| **domain == DOMAIN).count();
        let list = if domains.is_empty() { "nothing".to_owned() } else { domains.join(", ") };
        say(format!("  {} hosts {list}", panel.name));
    }
    if hosts != 1 {
        bail!("{DOMAIN} should be on one server, and is on {hosts}");
    }
    let (host, port) = settings.servers.dns_addr.split_once(':').context("not host:port")?;
    let server = format!("@{host}");
    let question = [server.as_str(), "-p", port, "+short", DOMAIN, "A"];
    let answer = Command::new("dig").args(question).output().await.context("cannot run dig")?;
    let answer = String::from_utf8_lossy(&answer.stdout).trim().to_owned();
    say(format!("  $ dig {}\n  {answer}", question.join(" ")));
    if !settings.panels.iter().any(|panel| panel.ip_address == answer) {
        bail!("DNS does not point {DOMAIN} at one of the servers, but says: {answer:?}");
    }
    Ok(())
}
