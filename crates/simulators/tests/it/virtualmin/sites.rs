//! The websites of virtual servers.

use std::net::{Ipv4Addr, SocketAddr};

use reqwest::{Client, Response, redirect};
use simulators::virtualmin::{Options, SiteAddresses, WebServer};
use testkit::free_port;

use super::client::Panel;

/// A host with websites, and a client for them.
struct Sites {
    panel: Panel,
    addresses: SiteAddresses,
}

impl Sites {
    async fn start() -> Self {
        let addresses = SiteAddresses::new(Ipv4Addr::LOCALHOST.into(), free_port(), free_port());
        let panel = Panel::with(Options { sites: Some(addresses), ..Options::default() }).await;
        Self { panel, addresses }
    }

    async fn create(&self, domain: &str, features: &str) {
        let user = domain.split('.').next().unwrap();
        let form = format!(
            "program=create-domain&domain={domain}&user={user}&pass=x&unix=&dir=&{features}"
        );
        self.panel.succeed(&form).await;
    }

    async fn ask(&self, scheme: &str, name: &str, at: SocketAddr) -> reqwest::Result<Response> {
        let client = Client::builder()
            .resolve(name, at)
            .redirect(redirect::Policy::none())
            .tls_danger_accept_invalid_certs(true)
            .tls_info(true)
            .no_proxy()
            .build()?;
        client.get(format!("{scheme}://{name}:{}/", at.port())).send().await
    }

    /// The page for a host name, by HTTP.
    async fn page(&self, name: &str) -> String {
        self.ask("http", name, self.addresses.http).await.unwrap().text().await.unwrap()
    }

    /// The certificate that is shown for a host name.
    async fn certificate(&self, name: &str) -> Vec<u8> {
        let answer = self.ask("https", name, self.addresses.https).await.unwrap();
        let info = answer.extensions().get::<reqwest::tls::TlsInfo>().unwrap();
        info.peer_certificate().unwrap().to_vec()
    }
}

#[tokio::test]
async fn each_name_gets_its_site_and_all_others_the_first() {
    let sites = Sites::start().await;
    assert!(sites.page("b.test").await.contains("Debian Default Page"));
    sites.create("b.test", "web=").await;
    sites.create("a.test", "web=").await;
    sites.create("c.test", "mail=").await;
    for (name, site) in [
        ("a.test", "a.test"),
        ("www.b.test", "b.test"),
        ("c.test", "a.test"),
        ("x.invalid", "a.test"),
    ] {
        let page = sites.page(name).await;
        assert!(page.contains(&format!("<title>{site} ")), "{name}: {page}");
    }
    let moved = sites.ask("http", "admin.b.test", sites.addresses.http).await.unwrap();
    assert_eq!(
        (moved.status().as_u16(), &moved.headers()["location"]),
        (301, &"https://b.test:10000/".parse().unwrap())
    );
    sites.panel.succeed("program=disable-domain&domain=b.test").await;
    assert!(sites.page("b.test").await.contains("Website Disabled"));
}

#[tokio::test]
async fn each_site_with_tls_has_a_certificate_of_its_own() {
    let sites = Sites::start().await;
    sites.create("a.test", "web=&ssl=").await;
    sites.create("b.test", "web=&ssl=").await;
    let [a, b, other] = [
        sites.certificate("a.test").await,
        sites.certificate("b.test").await,
        sites.certificate("x.invalid").await,
    ];
    assert_ne!(a, b);
    assert_eq!(a, other, "the first site's");
}

#[tokio::test]
async fn a_web_server_can_be_ill() {
    let sites = Sites::start().await;
    sites.create("b.test", "web=").await;
    let simulator = &sites.panel.simulator;
    simulator.set_web_server(WebServer::BrokenConfiguration);
    sites.create("a.test", "web=").await;
    assert!(sites.page("a.test").await.contains("<title>b.test "), "the site is not loaded");
    assert!(sites.page("b.test").await.contains("<title>b.test "));
    simulator.set_web_server(WebServer::Cut);
    assert!(sites.ask("http", "a.test", sites.addresses.http).await.is_err());
    simulator.set_web_server(WebServer::Failing { status: 503 });
    let failing = sites.ask("http", "a.test", sites.addresses.http).await.unwrap();
    assert_eq!(failing.status().as_u16(), 503);
    simulator.set_web_server(WebServer::Well);
    assert!(sites.page("a.test").await.contains("<title>a.test "));
}

#[tokio::test]
async fn the_configuration_is_checked_by_the_panel() {
    let panel = Panel::start().await;
    assert!(panel.succeed("program=check-config").await.contains("Apache is installed"));
    panel.simulator.set_web_server(WebServer::BrokenConfiguration);
    let answer = panel.json("program=check-config").await;
    assert_eq!(answer["status"], "failure", "{answer}");
    assert!(
        answer["full_error"].as_str().unwrap().starts_with("ERROR: Apache configuration"),
        "{answer}"
    );
}
