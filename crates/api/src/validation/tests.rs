//! Tests of the rules: accepted values with their normal forms, and the errors for the rest.

use egress::Egress;
use proptest::prelude::*;
use regex::Regex;

use super::*;
use crate::forms::PASSWORD;

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|it| (*it).to_owned()).collect()
}

/// Public hosts, this machine, and networks of documentation.
fn egress() -> Egress {
    let allow = ["127.0.0.0/8", "192.0.2.0/24", "2001:db8::/32"];
    Egress::new(allow.map(|it| it.parse().unwrap()), true)
}

#[test]
fn a_form_reports_all_errors_at_once() {
    let mut form = Form::default();
    form.read("name", name(""));
    form.read("tags", tags(&texts(&["ok", "Not ok"])));
    let fault = form.fault();
    let fields: Vec<_> = fault.violations.iter().map(|it| it.field.as_str()).collect();
    assert_eq!(fields, ["name", "tags"]);
    assert!(fault.violations[1].message.starts_with("tag 2: give"), "{fault}");
}

#[test]
fn a_name_is_a_label() {
    for good in ["a", "a-1", &"x".repeat(63)] {
        assert_eq!(name(good).as_deref(), Ok(good));
    }
    for bad in ["", "-a", "a-", "A", "a_b", "a b", "ü", "a\n", &"x".repeat(64), &"x".repeat(300)] {
        assert!(name(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn tags_are_limited_and_stored_without_doubles() {
    assert_eq!(tags(&texts(&["b", "a", "b"])).unwrap().len(), 2);
    let many: Vec<String> = (0..33).map(|it| format!("t{it}")).collect();
    assert!(tags(&many[..32]).is_ok());
    assert!(tags(&many).is_err());
}

#[test]
fn features_are_known_and_fit_together() {
    assert_eq!(features(&texts(&["ssl", "web", "web"])).unwrap().len(), 2);
    assert!(features(&texts(&["php"])).unwrap_err().contains("web, ssl, dns, mail, mysql"));
    assert!(features(&texts(&["ssl"])).unwrap_err().contains("add web"));
}

#[test]
fn a_feature_is_read_wherever_it_stands() {
    let many = [&["web"; 30][..], &["colour"]].concat();
    assert!(features(&texts(&many)).unwrap_err().contains("unknown"));
    assert_eq!(features(&texts(&many[..30])).unwrap().len(), 1);
}

#[test]
fn a_page_has_a_size_and_a_token_of_ours() {
    assert_eq!(page(0, "").unwrap(), Page { size: 100, after: None });
    assert_eq!(page(1000, "").unwrap().size, 1000);
    let id = Uuid::now_v7();
    assert_eq!(page(1, &id.to_string()).unwrap().after, Some(id));
    let fault = page(1001, "yesterday").unwrap_err();
    assert_eq!(fault.violations.len(), 2, "{fault}");
}

#[test]
fn only_a_full_page_has_a_next_page() {
    let ids = [Uuid::now_v7(), Uuid::now_v7()];
    let token = |size| next_page_token(Page { size, after: None }, &ids, |it| *it);
    assert_eq!(token(2), ids[1].to_string());
    assert_eq!(token(3), "");
}

#[test]
fn a_word_outside_the_list_is_answered_with_the_list() {
    let word = |it: bool| if it { "yes" } else { "no" };
    assert_eq!(choice("", &[true, false], word), Ok(None));
    assert_eq!(choice("no", &[true, false], word), Ok(Some(false)));
    assert!(choice("maybe", &[true, false], word).unwrap_err().contains("yes, no"));
}

#[test]
fn text_is_one_line_of_bounded_length() {
    assert_eq!(reason("  unpaid ").as_deref(), Ok("unpaid"));
    assert!(reason(&"ü".repeat(200)).is_ok());
    for bad in ["a\nb", "a\tb", "a\0b", "a\u{85}b", &"x".repeat(201)] {
        assert!(reason(bad).is_err(), "{bad:?}");
    }
    assert_eq!(external_id(""), Ok(None));
    assert!(external_id(&"x".repeat(129)).is_err());
}

#[test]
fn a_key_is_visible_and_may_be_left_out() {
    assert_eq!(request_id("").unwrap(), None);
    assert_eq!(request_id("order-7").unwrap(), Some("order-7"));
    for bad in ["a b", "é", "a\n", &"x".repeat(256)] {
        assert_eq!(request_id(bad).unwrap_err().violations[0].field, "request_id");
    }
}

#[test]
fn an_error_about_a_credential_never_shows_it() {
    assert!(credential("p w: \"x\" ü").is_ok());
    for bad in ["", "secret\nmore", &"secret".repeat(100)] {
        assert!(!credential(bad).unwrap_err().contains("secret"), "{bad:?}");
    }
}

#[test]
fn a_new_password_is_typed_alike_everywhere_and_no_error_shows_it() {
    let new = |text: &str| new_password(text.to_owned().into());
    assert!(new("").unwrap().is_none());
    for good in ["8 chars!", "--\"'`$\\:;&=%+#", &"x".repeat(72)] {
        assert_eq!(new(good).unwrap().unwrap().expose(), good);
    }
    for bad in [
        "secret7",
        &"secret".repeat(13),
        "secret\nmore",
        "secret ă more",
        " secret more",
        "secret more ",
    ] {
        let fault = new(bad).unwrap_err();
        assert_eq!(fault.violations[0].field, "password", "{bad:?}");
        assert!(!fault.message.contains("secret"), "{bad:?}");
    }
}

#[test]
fn a_panel_is_https_and_nothing_after_the_port() {
    for (text, normal) in [
        ("https://vm1.example.net:10000", "https://vm1.example.net:10000"),
        ("https://VM1.example.net:10000/", "https://vm1.example.net:10000"),
        ("https://192.0.2.7:443", "https://192.0.2.7"),
        ("https://[2001:DB8::7]:10000", "https://[2001:db8::7]:10000"),
    ] {
        assert_eq!(server_url(&egress(), text).as_deref(), Ok(normal));
    }
    for bad in [
        "",
        "vm1.example.net",
        "http://vm1.example.net",
        "https://",
        "https://root:hunter2@vm1.example.net",
        "https://root@vm1.example.net",
        "https://vm1.example.net/virtual-server",
        "https://vm1.example.net?x=hunter2",
        "https://vm1.example.net#x",
        "file:///etc/passwd",
        &format!("https://{}.example.net", "x".repeat(300)),
    ] {
        let problem = server_url(&egress(), bad).unwrap_err();
        assert!(problem.contains("write it like https://"), "{problem}");
        assert!(!problem.contains("hunter2"), "{problem}");
    }
    assert!(dns_api_url(&egress(), "http://127.0.0.1:8081").is_ok());
}

#[test]
fn addresses_are_of_one_host_each() {
    let read = addresses(&egress(), "192.0.2.7", &texts(&["2001:db8::7", "192.0.2.7"])).unwrap();
    assert_eq!(read.len(), 2);
    assert!(addresses(&egress(), "", &[]).unwrap_err().contains("at least one"));
    for bad in ["0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255", "192.0.2.7/24", "x"] {
        assert!(addresses(&egress(), bad, &[]).unwrap_err().starts_with("address 1"), "{bad}");
    }
    let many: Vec<String> = (0..17).map(|it| format!("192.0.2.{it}")).collect();
    assert!(addresses(&egress(), "", &many[..16]).is_ok());
    assert!(addresses(&egress(), "", &many).is_err());
}

#[test]
fn an_inner_address_is_refused_in_each_form_unless_the_operator_allows_it() {
    let open = Egress::default();
    for host in [
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "[::ffff:127.0.0.1]",
        "169.254.169.254",
        "10.0.0.5",
        "[fd00:ec2::254]",
    ] {
        let problem = server_url(&open, &format!("https://{host}:9200")).unwrap_err();
        assert!(problem.contains("[egress] allow"), "{host}: {problem}");
        assert!(dns_api_url(&open, &format!("https://{host}:9200")).is_err(), "{host}");
        let problem = name_servers(&open, &[format!("{host}:53")]).unwrap_err();
        assert!(problem.starts_with("entry 1: "), "{host}: {problem}");
    }
    for address in ["127.0.0.1", "10.0.0.5", "::ffff:10.0.0.5", "192.0.2.7"] {
        let problem = addresses(&open, address, &[]).unwrap_err();
        assert!(problem.contains("address 1: is an address of"), "{problem}");
    }
    for url in ["http://ns1.example.net:8081", "http://1.1.1.1:8081"] {
        assert!(dns_api_url(&open, url).unwrap_err().contains("use https://"), "{url}");
    }
    assert_eq!(server_url(&open, "https://1.1.1.1").as_deref(), Ok("https://1.1.1.1"));
    assert_eq!(server_url(&egress(), "https://2130706433").as_deref(), Ok("https://127.0.0.1"));
}

#[test]
fn a_pin_may_have_colons_and_capitals() {
    let pin = "0f".repeat(32);
    let printed = vec!["0F"; 32].join(":");
    assert_eq!(certificate_sha256(&printed).as_deref(), Ok(pin.as_str()));
    for bad in ["", "0f", &"zz".repeat(32), &"0f".repeat(33), &"ü".repeat(32)] {
        assert!(certificate_sha256(bad).is_err(), "{bad}");
    }
}

#[test]
fn name_servers_have_a_host_and_a_port() {
    let read = name_servers(
        &egress(),
        &texts(&["NS1.example.net:53", "192.0.2.53:53", "[2001:db8::53]:5300"]),
    );
    assert_eq!(read.unwrap(), ["ns1.example.net:53", "192.0.2.53:53", "[2001:db8::53]:5300"]);
    for bad in
        ["ns1.example.net", "ns1:0", "ns1:65536", ":53", "a b:53", "u@h:53", "h/x:53", "::1:53"]
    {
        assert!(
            name_servers(&egress(), &texts(&[bad])).unwrap_err().starts_with("entry 1"),
            "{bad}"
        );
    }
    assert!(name_servers(&egress(), &[]).is_err());
    assert!(ns_names(&texts(&["ns1.example.net", "ns1.example.net."])).unwrap().len() == 1);
    assert!(ns_names(&texts(&["ns1"])).is_err());
}

/// Whether a text has a form, as a client that reads the OpenAPI document would say.
fn fits(text: &str, form: Text) -> bool {
    let pattern = Regex::new(form.pattern).unwrap();
    let length = text.chars().count();
    (form.least..=form.most).contains(&length) && (text.is_empty() || pattern.is_match(text))
}

proptest! {
    #[test]
    fn the_documented_forms_are_those_of_the_rules(
        text in prop_oneof!["[a-z0-9-]{0,65}", "[ -~]{0,300}", "[!-~]{0,300}", "[a-z\u{0}-\u{a0}]{0,4}"]
    ) {
        prop_assert_eq!(name(&text).is_ok(), fits(&text, NAME));
        prop_assert_eq!(api_key(&text).is_ok(), fits(&text, API_KEY));
        prop_assert_eq!(credential(&text).is_ok(), fits(&text, CREDENTIAL));
        prop_assert_eq!(external_id(&text).is_ok(), fits(&text, EXTERNAL_ID));
        prop_assert_eq!(reason(&text).is_ok(), fits(&text, REASON));
        prop_assert_eq!(queue(&text).is_ok(), fits(&text, QUEUE));
        if !text.is_empty() {
            prop_assert_eq!(request_id(&text).is_ok(), fits(&text, REQUEST_ID));
            let password = new_password(Secret::from(text.clone()));
            prop_assert_eq!(password.is_ok(), fits(&text, PASSWORD));
        }
    }

    #[test]
    fn no_input_causes_a_panic(text in any::<String>(), more in prop::collection::vec(any::<String>(), 0..3)) {
        let _ = (name(&text), reason(&text), external_id(&text), credential(&text), queue(&text));
        let _ = (server_url(&egress(), &text), dns_api_url(&egress(), &text), certificate_sha256(&text), api_key(&text));
        let _ = (request_id(&text).is_ok(), page(0, &text).is_ok());
        let _ = (addresses(&egress(), &text, &more), name_servers(&egress(), &more), ns_names(&more), tags(&more), features(&more));
    }

    #[test]
    fn a_normal_form_stays_as_it_is(host in "[a-z][a-z0-9]{0,20}\\.[a-z]{2,6}", port in 1..u16::MAX) {
        let url = server_url(&egress(), &format!("https://{host}:{port}/")).unwrap();
        prop_assert_eq!(server_url(&egress(), &url).unwrap(), url.clone());
        let server = name_servers(&egress(), &[format!("{host}:{port}")]).unwrap();
        prop_assert_eq!(name_servers(&egress(), &server).unwrap(), server);
    }
}
