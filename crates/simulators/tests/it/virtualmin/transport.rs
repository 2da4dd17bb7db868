//! HTTP, parameters and envelopes.

use reqwest::{StatusCode, Version};
use serde_json::json;

use super::client::Panel;

#[tokio::test]
async fn answers_in_http_1_0_without_a_length_and_closes() {
    let panel = Panel::start().await;
    let response = panel.post("program=info&json=1&search=host").send().await.unwrap();
    assert_eq!(response.version(), Version::HTTP_10);
    let headers = response.headers().clone();
    assert_eq!(headers["server"], "MiniServ");
    assert_eq!(headers["connection"], "close");
    assert!(headers.contains_key("date"));
    assert!(!headers.contains_key("content-length") && !headers.contains_key("transfer-encoding"));

    let info: serde_json::Value = response.json().await.unwrap();
    assert!(info["output"].as_str().unwrap().starts_with("host: \n    hostname: simulated.test\n"));
    assert!(info["output"].as_str().unwrap().ends_with("    webmin version: 2.660\n"));
}

#[tokio::test]
async fn an_empty_listing_is_an_empty_list_only_with_multiline() {
    let panel = Panel::start().await;
    assert_eq!(
        panel.json("program=list-domains&multiline=").await,
        json!({ "status": "success", "command": "list-domains", "data": [] })
    );
    let junk = panel.json("program=list-domains").await;
    let header = "Domain                         Username        Description                   ";
    assert_eq!(junk["data"][0], json!({ "name": header, "values": {} }));
    assert_eq!(junk["data"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn get_and_query_mean_the_same_as_post_and_body() {
    let panel = Panel::with_alpha().await;
    let path = "/virtual-server/remote.cgi?program=list-domains&json&name-only";
    for (method, path) in [("GET", path), ("POST", path), ("GET", &path.replace("cgi?", "cgi/?"))] {
        let request = panel.request(method, path).basic_auth("praho", Some("simulated-password"));
        let (_, _, body) = panel.answer(request).await;
        let answer: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(answer["data"], json!([{ "name": "alpha.test", "values": {} }]), "{method}");
    }
    let merged = panel.post("name-only=").query(&[("program", "list-domains"), ("json", "1")]);
    assert!(panel.answer(merged).await.2.contains("alpha.test"));
}

#[tokio::test]
async fn a_program_that_does_not_exist_is_told_in_plain_text_without_a_command() {
    let panel = Panel::start().await;
    let ask = async |form: &str| {
        let (status, content_type, body) = panel.answer(panel.post(form)).await;
        assert_eq!((status, content_type.as_str()), (StatusCode::OK, "text/plain"));
        body
    };
    let body = ask("program=create-subdomain&json=1&domain=x.beta.test").await;
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&body).unwrap(),
        json!({ "status": "error", "error": "Remote program create-subdomain does not exist" })
    );
    let xml = "<api error=\"Remote program no-such-program does not exist\" status=\"error\" />\n";
    assert_eq!(ask("program=no-such-program&xml=1").await, xml);
    assert_eq!(ask("program=list-domains%3Bid").await, "ERROR: Invalid remote program name\n");
    assert!(ask("program=list-domains.pl").await.ends_with("list-domains.pl does not exist\n"));
}

#[tokio::test]
async fn without_a_program_the_help_text_comes_even_for_json() {
    let panel = Panel::start().await;
    for form in ["json=1", "program=&json=1", ""] {
        assert!(panel.text(form).await.starts_with("This CGI is designed to be invoked"), "{form}");
    }
    let unread = panel.post("").header("content-type", "application/json");
    let (_, _, body) = panel.answer(unread.body("{\"program\":\"info\"}")).await;
    assert!(body.starts_with("This CGI is designed"));
}

#[tokio::test]
async fn plain_text_ends_with_the_wait_status() {
    let panel = Panel::with_alpha().await;
    assert_eq!(
        panel.text("program=list-domains&name-only=").await,
        "alpha.test\n\nExit status: 0\n"
    );
    let failed = panel.text("program=list-domains&domain=nosuch.test").await;
    assert!(failed.starts_with("Virtual server nosuch.test does not exist\n\n"));
    assert!(failed.ends_with("\n\nExit status: 256\n"));
}

#[tokio::test]
async fn xml_carries_data_as_elements() {
    let panel = Panel::with_alpha().await;
    let (_, content_type, body) =
        panel.answer(panel.post("program=list-domains&xml=1&name-only=")).await;
    assert_eq!(content_type, "application/xml");
    assert_eq!(
        body,
        "<api command=\"list-domains\" status=\"success\">\n  <data name=\"alpha.test\">\n    \
         <values></values>\n  </data>\n</api>\n"
    );
}

#[tokio::test]
async fn the_first_argument_that_is_wrong_is_the_error() {
    let panel = Panel::start().await;
    let cases = [
        ("program=list-domains&multiline=1", "Unknown parameter 1"),
        ("program=disable-domain&domain=a.test&bogus=1", "Unknown parameter --bogus"),
        ("program=disable-domain&why=&domain=a.test", "Unknown parameter a.test"),
        ("program=create-domain&domain=&pass=X&unix=&dir=", "Unknown parameter X"),
        ("program=list-domains&xml=1", "Unknown parameter --xml"),
    ];
    for (form, error) in cases {
        assert_eq!(panel.fail(form).await, error, "{form}");
    }
    let help = panel.json("program=disable-domain&help=").await;
    assert_eq!(help["error"], "Disables all features in the specified virtual server.");
    assert_eq!(help["status"], "failure");
}
