//! The settings of the API's own sections.

use std::collections::HashMap;

use api::{Config, ForwardedBy};

/// The configuration with these settings beside those that must be there, or its faults in words.
fn load(settings: &[(&str, &str)]) -> Result<Config, String> {
    let required = [
        ("DATABASE__URL", "postgres://praho@127.0.0.1/praho"),
        ("AMQP__URL", "amqp://127.0.0.1"),
        ("SECRETS__KEYS", crate::world::KEY),
    ];
    let all = required.iter().chain(settings);
    let variables: HashMap<_, _> =
        all.map(|(name, value)| (format!("PRAHO__{name}"), (*value).to_owned())).collect();
    chassis::config::load_from(None, variables).map_err(|faults| faults.to_string())
}

#[test]
fn no_proxy_is_trusted_unless_it_is_named() {
    assert!(load(&[]).unwrap().http.proxies.trusted.is_empty());
    let named = [
        ("HTTP__TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.7, 2001:db8::/32"),
        ("HTTP__FORWARDED_BY", "forwarded"),
    ];
    let proxies = load(&named).unwrap().http.proxies;
    let trusted: Vec<_> = proxies.trusted.iter().map(ToString::to_string).collect();
    assert_eq!(trusted, ["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32"]);
    assert_eq!(proxies.header, ForwardedBy::Forwarded);
}

#[test]
fn a_wrong_setting_is_named_with_its_remedy() {
    for (name, value, words) in [
        ("HTTP__TRUSTED_PROXIES", "10.0.0.0/8,nowhere", "entry 2 is not a network"),
        ("HTTP__FORWARDED_BY", "via", "write x-forwarded-for or forwarded"),
        ("CALLS__AT_A_TIME", "3", "calls.at_a_time"),
        ("CALLS__UNREAD_BODIES", "0", "calls.unread_bodies"),
        ("CALLS__BODY_SECONDS", "31", "calls.body_seconds"),
        ("CALLS__WATCHES", "1", "calls.watches"),
        ("CALLS__WATCH_CHECK_SECONDS", "0", "calls.watch_check_seconds"),
        ("RATE_LIMIT__WRONG_TOKENS", "0", "rate_limit.wrong_tokens"),
    ] {
        let faults = load(&[(name, value)]).unwrap_err();
        assert!(faults.contains(words), "{name}: {faults}");
    }
}
