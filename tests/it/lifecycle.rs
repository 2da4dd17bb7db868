//! One service from activation to termination, checked through REST, the panel and the name server.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::system::{System, id};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_lives_and_ends() {
    let system = System::start().await;
    let (service, domain) = system.service().await;
    let activation = system.post(&format!("/services/{service}/activate"), json!({})).await;
    let account = id(&activation["account"]);
    let path = format!("/accounts/{account}");
    let seen = system.until("the account is active", &path, "active").await;
    assert_eq!(seen["domain"], domain);
    let answer = &seen["site"]["answers"][0];
    assert_eq!(
        (&answer["status"], &answer["told_by"]),
        (&json!(200), &json!("default_site")),
        "{seen}"
    );
    assert_eq!(system.creations(&domain), 1);
    let panel = system.panels.iter().find(|it| it.domain(&domain).is_some()).unwrap();
    for name in [domain.clone(), format!("www.{domain}")] {
        assert!(system.dig(&name).starts_with("127.0.0.1"), "{name}: {}", system.dig(&name));
    }
    let job = system.get(&format!("/jobs/{}", id(&activation["job"]))).await;
    assert_eq!(job["status"], "completed");
    let steps = job["steps"].as_array().unwrap();
    assert!(steps.iter().all(|it| it["status"] == "done"), "{job}");

    let reveal = format!("{path}/password/reveal");
    let shown = system.post(&reveal, json!({})).await;
    let on_host = || panel.password_of(&domain).unwrap();
    assert_eq!(shown["password"], on_host());
    assert_eq!(shown["account"]["login"]["sftp_host"], "127.0.0.1");
    let (status, problem) = system.call(Method::POST, &reveal, Some(json!({}))).await;
    assert_eq!(status, StatusCode::CONFLICT, "{problem}");
    let reset = system.post(&format!("{path}/password/reset"), json!({})).await;
    system.until("the password is reset", &format!("/jobs/{}", id(&reset)), "completed").await;
    assert_ne!(shown["password"], on_host());
    assert_eq!(system.post(&reveal, json!({})).await["password"], on_host());
    let generated = [shown["password"].as_str().unwrap().to_owned(), on_host()];
    let given = json!({ "password": "a g1ven Passw0rd" });
    let reset = system.post(&format!("{path}/password/reset"), given).await;
    system.until("the password is set", &format!("/jobs/{}", id(&reset)), "completed").await;
    assert_eq!(on_host(), "a g1ven Passw0rd");
    for service in system.services() {
        let log = service.log();
        assert!(!log.is_empty(), "{} says nothing", service.name());
        for password in generated.iter().map(String::as_str).chain(["a g1ven Passw0rd"]) {
            assert!(!log.contains(password), "{}: {log}", service.name());
        }
    }

    let body = json!({ "reason": "unpaid invoice 7" });
    system.post(&format!("/services/{service}/suspend"), body).await;
    system.until("the account is suspended", &path, "suspended").await;
    assert!(panel.domain(&domain).unwrap().disabled.is_some());

    system.post(&format!("/services/{service}/unsuspend"), json!({})).await;
    system.until("the account is active again", &path, "active").await;
    assert!(panel.domain(&domain).unwrap().disabled.is_none());

    let terminate = format!("/services/{service}/terminate");
    let (status, problem) = system.call(Method::POST, &terminate, Some(json!({}))).await;
    assert_eq!(status, StatusCode::CONFLICT, "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("protect"), "{problem}");
    let (status, _) = system
        .call(Method::PUT, &format!("{path}/protection"), Some(json!({ "protected": false })))
        .await;
    assert_eq!(status, StatusCode::OK);
    system.post(&terminate, json!({})).await;
    system.until("the account is gone", &path, "terminated").await;
    assert!(panel.domain(&domain).is_none());
    assert_eq!(system.dig(&domain), "");
}
