//! What a plan removes and adds, as it is sent, and that a zone changed by it needs no other.

use proptest::prelude::*;

use super::*;

fn record(name: &str, kind: &str, ttl_seconds: Option<u32>, value: &str) -> DnsRecord {
    let values = vec![value.to_owned()];
    DnsRecord { name: name.to_owned(), listed_kind: kind.to_owned(), ttl_seconds, values }
}

fn value(value: &str, ttl_seconds: Option<u32>) -> Value {
    Value { value: value.to_owned(), ttl_seconds }
}

fn www(kind: Kind) -> Set {
    Set { name: "www.beta.test".to_owned(), kind }
}

fn sent(set: &Set, wish: &Wish, zone: &[DnsRecord]) -> Vec<String> {
    let form = wish.plan(set, zone).request("beta.test", set, zone).unwrap().form();
    let pairs = form_urlencoded::parse(form.as_bytes()).skip(3);
    pairs.map(|(flag, value)| format!("{flag}={value}")).collect()
}

#[test]
fn only_what_differs_is_sent_and_a_value_only_if_another_record_stays() {
    let zone = [
        record("www.beta.test", "A", None, "192.0.2.1"),
        record("www.beta.test", "A", None, "192.0.2.2"),
        record("beta.test", "A", None, "192.0.2.1"),
    ];
    let set = www(Kind::A);
    let wish = Wish::Are(vec![value("192.0.2.2", None), value("192.0.2.3", Some(600))]);
    let expected = [
        "remove-record=www.beta.test. A 192.0.2.1",
        "add-record-with-ttl=www.beta.test. A 600 192.0.2.3",
    ];
    assert_eq!(sent(&set, &wish, &zone), expected);
    let all = ["remove-record=www.beta.test. A"; 2];
    assert_eq!(sent(&set, &Wish::Lacks(None), &zone), all);
    let one = Wish::Lacks(Some("192.0.2.2".to_owned()));
    assert_eq!(sent(&set, &one, &zone), ["remove-record=www.beta.test. A 192.0.2.2"]);
    assert!(Wish::Has(value("192.0.2.1", None)).plan(&set, &zone).is_done());
    let shorter = Wish::Has(value("192.0.2.1", Some(60)));
    let expected = [
        "remove-record=www.beta.test. A 192.0.2.1",
        "add-record-with-ttl=www.beta.test. A 60 192.0.2.1",
    ];
    assert_eq!(sent(&set, &shorter, &zone), expected);
}

#[test]
fn spf_is_removed_under_the_type_that_the_panel_shows() {
    let zone = [record("beta.test", "SPF", None, "v=spf1 a")];
    let set = Set { name: "beta.test".to_owned(), kind: Kind::Txt };
    let wish = Wish::Are(vec![value("v=spf1 mx", None)]);
    let expected = ["remove-record=beta.test. SPF", "add-record=beta.test. TXT v=spf1 mx"];
    assert_eq!(sent(&set, &wish, &zone), expected);
}

#[test]
fn an_address_of_ipv6_is_the_same_in_each_of_its_forms() {
    let zone = [record("www.beta.test", "AAAA", None, "2001:db8:0:0::1")];
    let wish = Wish::Are(vec![value("2001:db8::1", None)]);
    assert!(wish.plan(&www(Kind::Aaaa), &zone).is_done());
}

#[test]
fn a_cname_has_no_neighbours() {
    let zone = [record("www.beta.test", "A", None, "192.0.2.1")];
    let alias = Wish::Has(value("other.example.", None));
    let refused = |kind, wish: &Wish, zone: &[DnsRecord]| {
        let set = www(kind);
        wish.plan(&set, zone).check(&set, zone).is_err()
    };
    assert!(refused(Kind::Cname, &alias, &zone));
    assert!(!refused(Kind::Cname, &alias, &[]));
    let zone = [record("www.beta.test", "CNAME", None, "other.example.")];
    assert!(refused(Kind::A, &Wish::Has(value("192.0.2.1", None)), &zone));
    assert!(!refused(Kind::Cname, &Wish::Are(vec![value("third.example.", None)]), &zone));
}

fn values() -> impl Strategy<Value = Vec<Value>> {
    let one = (0..5_u8, proptest::option::of(1..3_u32));
    let value = one.prop_map(|(n, ttl)| value(&format!("192.0.2.{n}"), ttl));
    proptest::collection::vec(value, 0..5).prop_map(|mut all| {
        all.sort_by(|one, other| one.value.cmp(&other.value));
        all.dedup_by(|one, other| one.value == other.value);
        all
    })
}

proptest! {
    #[test]
    fn a_zone_that_was_changed_by_a_plan_needs_no_other(before in values(), wanted in values()) {
        let set = www(Kind::A);
        let listed = |it: &Value| record(&set.name, "A", it.ttl_seconds, &it.value);
        let zone: Vec<_> = before.iter().map(listed).collect();
        let wish = Wish::Are(wanted);
        let Plan { removed, added } = wish.plan(&set, &zone);
        let stays = zone.iter().filter(|it| !removed.contains(it)).cloned();
        let after: Vec<_> = stays.chain(added.into_iter().map(listed)).collect();
        prop_assert!(wish.plan(&set, &after).is_done(), "{:?}", after);
    }
}
