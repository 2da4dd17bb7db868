//! Tests of accepted and refused domain names, by example and by property.

use proptest::prelude::*;

use super::{DomainName, DomainNameError as E};

fn parse(input: &str) -> Result<DomainName, E> {
    input.parse()
}

fn name(input: &str) -> DomainName {
    parse(input).unwrap_or_else(|error| panic!("{input:?}: {error}"))
}

fn refused(inputs: &[&str], error: E) {
    for input in inputs {
        assert_eq!(parse(input), Err(error), "{input:?}");
    }
}

#[test]
fn accepts_names_at_any_depth() {
    for input in ["a.bc", "example.com", "shop.example.co.uk", "3com.com", "a-b.example", "x--y.ro"]
    {
        assert_eq!(name(input).as_str(), input);
    }
}

#[test]
fn accepts_test_and_example_names_for_demos() {
    for input in ["alpha.test", "shop.example", "example.com"] {
        assert_eq!(name(input).as_str(), input);
    }
}

#[test]
fn lowers_case_and_drops_one_trailing_dot() {
    assert_eq!(name("Example.COM."), name("example.com"));
}

#[test]
fn turns_international_names_into_punycode_and_back() {
    let munich = name("MÜNCHEN.de");
    assert_eq!(munich.as_str(), "xn--mnchen-3ya.de");
    assert_eq!(munich, name("XN--Mnchen-3YA.de"));
    assert_eq!(unicode(&munich), "münchen.de");
    assert_eq!(name("пример。рф").as_str(), "xn--e1afmkfd.xn--p1ai");
}

#[test]
fn refuses_an_empty_name() {
    refused(&["", "."], E::Empty);
}

#[test]
fn refuses_a_domain_without_a_dot() {
    refused(&["example", "example.", "com"], E::SingleLabel);
}

#[test]
fn refuses_empty_labels() {
    refused(&["a..com", ".example.com", "example.com..", "..", "例。。com"], E::EmptyLabel);
}

#[test]
fn refuses_hyphens_at_the_edge_of_a_label() {
    refused(&["-a.com", "a-.com", "a.-b.com", "a.com-", "-ü.com"], E::EdgeHyphen);
}

#[test]
fn refuses_other_characters_and_names_them() {
    for (input, c) in [
        ("a_b.com", '_'),
        ("a b.com", ' '),
        (" a.com", ' '),
        ("a.com\n", '\n'),
        ("a\0.com", '\0'),
        ("*.a.com", '*'),
        ("http://a.com", ':'),
        ("me@a.com", '@'),
    ] {
        refused(&[input], E::Character(c));
    }
}

#[test]
fn refuses_broken_international_names() {
    let disguised_underscore = "a\u{ff3f}b.com";
    refused(&["xn--a.com", "xn--99999999.com", "a\u{a0}b.com", "\u{85}.com"], E::International);
    refused(&[disguised_underscore, "a\u{ff0d}.com"], E::International);
}

#[test]
fn counts_octets_in_the_ascii_form() {
    let label = "a".repeat(63);
    assert!(parse(&format!("{label}.com")).is_ok());
    refused(&[&format!("{label}a.com")], E::LabelTooLong(64));
    let longest = format!("{label}.{label}.{label}.{}", "b".repeat(61));
    assert_eq!(name(&longest).as_str().len(), 253);
    refused(&[&format!("{longest}b"), &"a.".repeat(100_000)], E::TooLong);
}

#[test]
fn refuses_names_under_four_octets() {
    refused(&["a.b", "a.b."], E::TooShort);
}

#[test]
fn refuses_ip_addresses() {
    refused(&["192.0.2.1", "2001:db8::1", "[2001:db8::1]", "::"], E::IpAddress);
    refused(
        &["1.2.3", "1.2.3.4.", "１.２.３.４", "example.42", "127.0x1", "a.0x"],
        E::NumericTopLabel,
    );
}

#[test]
fn refuses_special_use_names() {
    for special in super::SPECIAL_USE {
        refused(
            &[special, &format!("a.{special}"), &format!("A.{special}.")],
            E::SpecialUse(special),
        );
    }
    assert!(parse("local.com").is_ok());
}

#[test]
fn refuses_the_www_prefix_that_virtualmin_refuses() {
    refused(&["www.example.com", "WWW.com"], E::Www);
    assert!(parse("www2.example.com").is_ok());
}

#[test]
fn knows_its_labels() {
    let shop = name("shop.example.co.uk");
    assert_eq!(shop.labels().collect::<Vec<_>>(), ["shop", "example", "co", "uk"]);
    assert_eq!(shop.first_label(), "shop");
}

#[test]
fn is_a_checked_string_in_json() {
    let json = serde_json::to_string(&name("Example.com")).unwrap();
    assert_eq!(json, "\"example.com\"");
    assert_eq!(
        serde_json::from_str::<DomainName>("\"EXAMPLE.com.\"").unwrap(),
        name("example.com")
    );
    let error = serde_json::from_str::<DomainName>("\"www.a.com\"").unwrap_err().to_string();
    assert!(error.contains("leave www. out"), "{error}");
}

/// The name as people read it.
fn unicode(name: &DomainName) -> String {
    idna::domain_to_unicode(name.as_str()).0
}

/// Checks the properties of every accepted name that DNS, Virtualmin and the database rely on.
fn keeps_its_promises(name: &DomainName) {
    let text = name.as_str();
    assert!((4..=253).contains(&text.len()) && name.labels().count() >= 2, "{text}");
    assert!(!text.starts_with("www."), "{text}");
    for label in name.labels() {
        assert!((1..=63).contains(&label.len()), "{text}");
        assert!(!label.starts_with('-') && !label.ends_with('-'), "{text}");
        let ldh = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        assert!(label.bytes().all(ldh), "{text}");
    }
    assert_eq!(parse(text).as_ref(), Ok(name));
    assert_eq!(parse(&unicode(name)).as_ref(), Ok(name));
}

proptest! {
    #[test]
    fn accepts_every_well_formed_ascii_name(
        labels in prop::collection::vec("[a-z0-9]([a-z0-9]{0,20}[a-z0-9])?", 1..6),
        top in "(com|org|test|co\\.uk|[a-z]{2})",
    ) {
        prop_assume!(labels[0] != "www");
        let text = format!("{}.{top}", labels.join("."));
        let parsed = name(&text);
        prop_assert_eq!(parsed.as_str(), text.as_str());
        prop_assert_eq!(&parsed, &name(&format!("{}.", text.to_uppercase())));
        keeps_its_promises(&parsed);
    }

    #[test]
    fn every_accepted_name_keeps_the_rules(text in "\\PC{0,40}(\\.\\PC{0,12}){0,3}(\\.com)?") {
        if let Ok(parsed) = parse(&text) {
            keeps_its_promises(&parsed);
        }
    }

    #[test]
    fn accepted_letters_of_any_script_keep_its_promises(text in "[\\p{L}\\p{Nd}-]{1,30}\\.(com|рф)") {
        if let Ok(parsed) = parse(&text) {
            keeps_its_promises(&parsed);
        }
    }
}

#[test]
fn the_names_above_end_with_two_labels() {
    let name: DomainName = "a.b.co.uk".parse().unwrap();
    assert_eq!(name.with_parents().collect::<Vec<_>>(), ["a.b.co.uk", "b.co.uk", "co.uk"]);
    let name: DomainName = "acme.ro".parse().unwrap();
    assert_eq!(name.with_parents().collect::<Vec<_>>(), ["acme.ro"]);
}
