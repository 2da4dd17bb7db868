//! Which requests are let in, and which are refused.

use std::time::Duration;

use reqwest::StatusCode;
use simulators::virtualmin::Options;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use super::client::Panel;

const PATH: &str = "/virtual-server/remote.cgi?program=list-domains&json=1";

#[tokio::test]
async fn without_a_password_the_challenge_comes() {
    let panel = Panel::start().await;
    let response = panel.request("GET", PATH).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(response.headers()["www-authenticate"], "Basic realm=\"Webmin Server\"");
    assert!(response.text().await.unwrap().contains("A password is required"));
}

#[tokio::test]
async fn any_other_path_is_the_login_page_with_status_200() {
    let panel = Panel::start().await;
    let request = panel.request("GET", "/virtual-server/index.cgi");
    let (status, content_type, body) =
        panel.answer(request.basic_auth("praho", Some("simulated-password"))).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(content_type, "text/html; Charset=UTF-8");
    assert!(body.contains("<title>Login to Webmin</title>"));
}

#[tokio::test]
async fn put_is_refused_before_the_password_is_asked_for() {
    let panel = Panel::start().await;
    let (status, ..) = panel.answer(panel.request("PUT", PATH)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_user_without_the_right_is_told_so_in_plain_text() {
    let restricted = Some(("owner".to_owned(), "secret".to_owned()));
    let panel = Panel::with(Options { restricted, ..Options::default() }).await;
    let request = panel.request("GET", PATH).basic_auth("owner", Some("secret"));
    let (status, content_type, body) = panel.answer(request).await;
    assert_eq!((status, content_type.as_str()), (StatusCode::OK, "text/plain"));
    assert_eq!(body, "ERROR: You are not allowed to run remote commands\n");
    assert_eq!(panel.simulator.calls("list-domains"), 0);
}

#[tokio::test]
async fn the_fifth_wrong_password_blocks_the_right_one_too() {
    let block_for = Duration::from_secs(1);
    let panel = Panel::with(Options { block_for, ..Options::default() }).await;
    let wrong = async || {
        panel.request("GET", PATH).basic_auth("praho", Some("wrong")).send().await.unwrap().status()
    };
    for _ in 0..4 {
        assert_eq!(wrong().await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(wrong().await, StatusCode::FORBIDDEN);
    let (status, _, body) = panel.answer(panel.post("program=list-domains&json=1")).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(body.contains("Access denied for 127.0.0.1"));

    testkit::eventually("the end of the block", async || {
        let (status, ..) = panel.answer(panel.post("program=list-domains&json=1")).await;
        (status == StatusCode::OK).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_changed_password_is_the_only_right_one() {
    let panel = Panel::start().await;
    panel.simulator.set_password("rotated");
    let status = async |password| {
        let request = panel.request("GET", PATH).basic_auth("praho", Some(password));
        panel.answer(request).await.0
    };
    assert_eq!(status("simulated-password").await, StatusCode::UNAUTHORIZED);
    assert_eq!(status("rotated").await, StatusCode::OK);
}

#[tokio::test]
async fn one_connection_too_many_is_reset() {
    let options = Options { connections_per_address: 2, ..Options::default() };
    let panel = Panel::with(options).await;
    let connect = async || TcpStream::connect(panel.simulator.address()).await.unwrap();
    let (first, _second, mut third) = (connect().await, connect().await, connect().await);
    let error = third.read_u8().await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);

    drop(first);
    testkit::eventually("a free connection", async || {
        panel.post("program=info&json=1").send().await.ok()
    })
    .await;
}
