//! Tests of valid user names, and of names derived from domains.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{Username, UsernameError as E, is_reserved};
use crate::domain::DomainName;

fn domain(text: &str) -> DomainName {
    text.parse().unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

fn derived(text: &str) -> String {
    Username::derive(&domain(text), |_| false).unwrap().to_string()
}

#[test]
fn follows_from_the_first_label() {
    for (from, to) in [
        ("example.com", "example"),
        ("test-site.org", "testsite"),
        ("shop.example.co.uk", "shop"),
        ("a.co", "usera"),
        ("ab.ro", "userab"),
        ("3com.com", "user3com"),
    ] {
        assert_eq!(derived(from), to, "{from}");
    }
}

#[test]
fn an_international_label_is_written_in_latin_letters() {
    for (from, to) in [
        ("țară.ro", "tara"),
        ("ȘTIRI-ȚĂRĂNEȘTI.ro", "stiritaranesti"),
        ("întâi.ro", "intai"),
        ("ș.ro", "userusers"),
        ("münchen.de", "munchen"),
        ("gəncə.az", "gence"),
        ("łódź.pl", "lodz"),
        ("локальный.рф", "lokalnyy"),
        ("пример.рф", "primer"),
        ("ελληνικά.gr", "ellinika"),
        ("例え.jp", "lie"),
        ("日本語.jp", "ribenyu"),
        ("почта.рф", "pochta"),
        ("адмін.укр", "useradmin"),
    ] {
        assert_eq!(derived(from), to, "{from}");
    }
}

#[test]
fn both_spellings_of_romanian_letters_give_one_name() {
    // Old keyboards write s and t with a cedilla, the standard (SR 14840) with a comma below.
    for (comma, cedilla) in [("știință.ro", "ştiinţă.ro"), ("moaște.ro", "moaşte.ro")] {
        assert_ne!(domain(comma), domain(cedilla));
        assert_eq!(derived(comma), derived(cedilla));
    }
    assert_eq!(derived("știință.ro"), "stiinta");
}

#[test]
fn a_label_without_any_latin_counterpart_keeps_its_encoded_form() {
    // The Cyrillic hard sign has no sound of its own.
    assert_eq!(domain("ъъъ.рф").first_label(), "xn--z1aaa");
    assert_eq!(derived("ъъъ.рф"), "z1aaa");
}

#[test]
fn never_derives_a_reserved_name() {
    for (from, to) in [
        ("admin.com", "useradmin"),
        ("root.ro", "userroot"),
        ("mail.example.com", "usermail"),
        ("w-w-w.ro", "userwww"),
        ("post-fix.org", "userpostfix"),
        ("s.com", "userusers"),
        ("user.com", "useruser"),
    ] {
        assert_eq!(derived(from), to, "{from}");
    }
}

#[test]
fn leaves_out_candidates_that_a_suffix_makes_reserved() {
    let names: Vec<_> = Username::candidates(&domain("apache.org")).take(3).collect();
    assert_eq!(
        names.iter().map(Username::as_str).collect::<Vec<_>>(),
        ["userapache", "userapache2", "userapache3"]
    );
    let names: BTreeSet<_> = Username::candidates(&domain("stunnel.org")).take(5).collect();
    assert!(
        names.contains("stunnel3") && !names.contains("stunnel4") && names.contains("stunnel5")
    );
}

#[test]
fn a_taken_name_gets_a_number() {
    let taken = BTreeSet::from(["example", "example2", "example4"]);
    let name = Username::derive(&domain("example.com"), |name| taken.contains(name)).unwrap();
    assert_eq!(name.as_str(), "example3");
}

#[test]
fn the_next_name_has_a_higher_number_and_is_free() {
    let name: Username = "example2".parse().unwrap();
    let taken = BTreeSet::from(["example", "example2", "example3"]);
    let next = name.next(&domain("example.com"), |name| taken.contains(name));
    assert_eq!(next.unwrap().as_str(), "example4");
    let first: Username = "example".parse().unwrap();
    assert_eq!(first.next(&domain("example.com"), |_| false).unwrap().as_str(), "example2");
    assert_eq!(first.next(&domain("example.com"), |_| true), None);
    assert_eq!(first.next(&domain("other.com"), |_| false), None);
}

#[test]
fn a_taken_name_of_32_characters_is_cut_for_its_number() {
    let long = "a".repeat(32);
    let name = Username::derive(&domain(&format!("{long}bc.com")), |name| name == long).unwrap();
    assert_eq!(name.as_str(), format!("{}2", "a".repeat(31)));
}

#[test]
fn offers_close_to_ten_thousand_names_of_at_most_32_characters() {
    let names: BTreeSet<_> =
        Username::candidates(&domain(&format!("{}.com", "a".repeat(40)))).collect();
    assert_eq!(names.len(), 9999);
    assert!(names.iter().all(|name| name.as_str().len() == 32));
}

#[test]
fn says_when_all_names_are_taken() {
    assert_eq!(Username::derive(&domain("example.com"), |_| true), Err(E::NoneFree));
}

#[test]
fn refuses_names_that_linux_or_virtualmin_would_not_take() {
    for (text, error) in [
        ("", E::Length(0)),
        ("ab", E::Length(2)),
        ("Example", E::Start('E')),
        ("3com", E::Start('3')),
        ("-abc", E::Start('-')),
        ("éabc", E::Start('é')),
        ("exAmple", E::Character('A')),
        ("exa.mple", E::Character('.')),
        ("exa\nmple", E::Character('\n')),
        ("exa mple", E::Character(' ')),
        ("root", E::Reserved),
        ("www-data", E::Reserved),
    ] {
        assert_eq!(text.parse::<Username>(), Err(error), "{text:?}");
    }
    assert_eq!("a".repeat(33).parse::<Username>(), Err(E::Length(33)));
    for text in ["abc", "site_1", "my-site", &"a".repeat(32)] {
        assert_eq!(text.parse::<Username>().unwrap().as_str(), text);
    }
}

#[test]
fn is_a_checked_string_in_json() {
    let name: Username = "example".parse().unwrap();
    assert_eq!(serde_json::to_string(&name).unwrap(), "\"example\"");
    assert_eq!(serde_json::from_str::<Username>("\"example\"").unwrap(), name);
    assert!(serde_json::from_str::<Username>("\"root\"").is_err());
}

fn any_domain() -> impl Strategy<Value = DomainName> {
    let label = prop_oneof![
        "[a-z0-9]{1,3}",
        "[a-z0-9][a-z0-9-]{0,60}[a-z0-9]",
        "[a-z]{0,3}[à-ÿа-яăâîșțşţ]{1,12}",
        "[\\p{L}]{1,12}",
        Just("mysql".to_owned()),
    ];
    label.prop_filter_map("not a domain name", |label| format!("{label}.com").parse().ok())
}

proptest! {
    #[test]
    fn every_derived_name_is_valid_and_free(domain in any_domain(), taken in 0_usize..300) {
        let taken: BTreeSet<_> = Username::candidates(&domain).take(taken).collect();
        let name = Username::derive(&domain, |name| taken.contains(name)).unwrap();
        prop_assert!(!taken.contains(&name));
        prop_assert!(!is_reserved(name.as_str()));
        prop_assert_eq!(name.as_str().parse(), Ok(name.clone()));
        prop_assert!(name.as_str().bytes().all(|b| b.is_ascii_alphanumeric()));
    }

    #[test]
    fn romanian_letters_lose_their_marks_and_nothing_else(label in "[a-zăâîșțşţ]{3,32}") {
        let plain: String = label
            .chars()
            .map(|c| match c {
                'ă' | 'â' => 'a',
                'î' => 'i',
                'ș' | 'ş' => 's',
                'ț' | 'ţ' => 't',
                c => c,
            })
            .collect();
        prop_assert_eq!(derived(&format!("{label}.ro")), derived(&format!("{plain}.ro")));
    }

    #[test]
    fn candidates_share_the_stem(domain in any_domain(), nth in 0_usize..9990) {
        let stem = Username::stem(&domain);
        let name = Username::candidates(&domain).nth(nth).unwrap();
        prop_assert!(name.as_str().starts_with(&stem), "{stem} {name}");
    }

    #[test]
    fn every_parsed_name_keeps_the_rules(text in "\\PC{0,34}") {
        if let Ok(name) = text.parse::<Username>() {
            let rest = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
            prop_assert!((3..=32).contains(&text.len()) && text.bytes().all(rest));
            prop_assert_eq!(name.to_string(), text);
        }
    }
}
