//! Certificates of virtual servers.

use serde_json::Value;

use super::client::Panel;

async fn secure() -> Panel {
    let panel = Panel::start().await;
    panel.succeed("program=create-domain&domain=beta.test&pass=x&unix=&dir=&web=&ssl=").await;
    panel
}

/// The values of a key in the answer of `get-ssl`.
async fn shown(panel: &Panel, key: &str) -> Vec<String> {
    let answer = panel.json("program=get-ssl&domain=beta.test").await;
    let pairs = answer["data"].as_array().unwrap().iter();
    let own = pairs.filter(|it| it["name"] == key).map(|it| &it["value"]);
    own.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The lines of the certificate in the answer of `list-certs`.
async fn pem(panel: &Panel) -> String {
    let names = panel.names("program=list-certs&domain=beta.test&cert=").await;
    assert_eq!(names[0], "beta.test");
    names[1..].join("\n")
}

#[tokio::test]
async fn the_first_certificate_is_the_panels_own_as_recorded() {
    let panel = secure().await;
    assert_eq!(shown(&panel, "cn").await, ["*.beta.test"]);
    assert_eq!(shown(&panel, "issuer_cn").await, ["*.beta.test"]);
    assert_eq!(shown(&panel, "alt").await, ["*.beta.test"]);
    assert_eq!(shown(&panel, "type").await, ["ec", "Self-signed"]);
    let end = shown(&panel, "notafter").await.remove(0);
    assert!(end.ends_with(" GMT") && end.len() == "Nov 21 03:05:43 2027 GMT".len(), "{end}");
    let first = pem(&panel).await;
    assert!(first.starts_with("-----BEGIN CERTIFICATE-----\n"), "{first}");
    assert_eq!(pem(&panel).await, first, "a look makes no other");
    assert!(panel.simulator.private_key("beta.test").unwrap().contains("PRIVATE KEY"));
}

#[tokio::test]
async fn another_certificate_is_made_and_installed() {
    let panel = secure().await;
    let first = pem(&panel).await;
    let text = panel.succeed("program=generate-cert&domain=beta.test&self=&alt=beta.test").await;
    assert!(text.starts_with("Generating new self-signed certificate ..\n.. done\n\n"), "{text}");
    assert_ne!(pem(&panel).await, first);
    assert_eq!(shown(&panel, "alt").await, ["*.beta.test", "beta.test"]);

    let made = rcgen::generate_simple_self_signed(["shop.test".to_owned()]).unwrap();
    let line = |pem: String| pem.trim().replace('\n', "\t").replace('+', "%2B");
    let (certificate, key) = (line(made.cert.pem()), line(made.signing_key.serialize_pem()));
    let install = format!("program=install-cert&domain=beta.test&cert={certificate}");
    let wrong = "Certificate problems found : Certificate and private key do not match";
    assert_eq!(panel.fail(&install).await, wrong);
    panel.succeed(&format!("{install}&key={key}")).await;
    assert_eq!(pem(&panel).await, made.cert.pem().replace('\r', "").trim());
    let effects = format!("{:?}", panel.simulator.effects());
    assert!(!effects.contains("PRIVATE KEY"), "{effects}");
}

#[tokio::test]
async fn an_authority_is_asked_only_where_names_resolve() {
    let panel = secure().await;
    for program in ["generate-acme-cert", "generate-letsencrypt-cert"] {
        panel.simulator.set_authority(None);
        let form = format!("program={program}&domain=beta.test");
        let answer = panel.json(&form).await;
        assert_eq!(answer["error"], "Checking hostnames for resolvability ..");
        let full = answer["full_error"].as_str().unwrap();
        assert!(full.ends_with(".. none of the hostnames could be resolved!\n\n"), "{full}");
        panel.simulator.set_authority(Some("Test CA"));
        panel.succeed(&format!("{form}&host=beta.test&renew=")).await;
        assert_eq!(shown(&panel, "issuer_cn").await, ["Test CA"]);
        assert_eq!(shown(&panel, "type").await, ["ec", "Signed by CA"]);
    }
}

#[tokio::test]
async fn refusals_are_in_the_recorded_words() {
    let panel = Panel::with_alpha().await;
    for (form, error) in [
        ("get-ssl", "Missing --domain parameter"),
        ("get-ssl&domain=no.test", "Virtual server no.test does not exist"),
        ("get-ssl&domain=alpha.test", "Virtual server alpha.test does not have an SSL cert"),
        ("list-certs", "No domains or users specified"),
        ("list-certs&domain=alpha.test", "None of the specified virtual servers have an SSL cert"),
        ("generate-cert&domain=alpha.test", "One of the --self or --csr parameters must be given"),
        ("generate-cert&domain=no.test&self=", "No virtual server named no.test found"),
        ("generate-letsencrypt-cert&domain=no.test", "No virtual server named no.test found"),
        ("install-cert&domain=alpha.test", "No new certificates or keys given"),
        ("install-cert&domain=alpha.test&key=%2Fetc%2Fx", "File /etc/x does not exist"),
    ] {
        assert_eq!(panel.fail(&format!("program={form}")).await, error);
    }
}
