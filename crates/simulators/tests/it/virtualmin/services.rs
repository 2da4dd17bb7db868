//! The servers of the machine, and what it tells of itself.

use serde_json::json;

use super::client::Panel;

#[tokio::test]
async fn a_stopped_server_is_down_and_a_restart_brings_it_back() {
    let panel = Panel::start().await;
    assert!(panel.simulator.stop_service("web", false));
    let down = panel.first("program=list-server-statuses").await;
    assert_eq!(
        (&down["status"], &down["description"]),
        (&json!(["Down"]), &json!(["Apache Webserver"]))
    );
    let text = panel.succeed("program=restart-server&server=web").await;
    assert_eq!(text, "Restarting server web ...\n.. done\n\n");
    assert_eq!(panel.first("program=list-server-statuses").await["status"], json!(["Up"]));

    assert!(panel.simulator.stop_service("web", true));
    let answer = panel.json("program=restart-server&server=web&reload=").await;
    assert_eq!(answer["error"], "Reloading server web ...");
    for (form, error) in [
        ("restart-server", "Missing name of server to restart"),
        (
            "restart-server&server=x",
            "Server x does not exist. Valid servers are : web dns mail mysql fpm",
        ),
        (
            "restart-server&server=fpm",
            "When restarting the FPM server, either the --version or --domain flag must be given",
        ),
    ] {
        assert_eq!(panel.fail(&format!("program={form}")).await, error);
    }
}

#[tokio::test]
async fn several_sections_are_searched_for() {
    let panel = Panel::start().await;
    let text = panel.succeed("program=info&search=load&search=mem").await;
    assert!(text.starts_with("load: \n    * 2.63\n") && text.contains("\nmem: \n    * "), "{text}");
    assert!(!text.contains("host:"), "{text}");
}
