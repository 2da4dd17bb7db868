//! What holds for every listing: no values make a parser panic, and no secret is kept.

use std::{collections::BTreeMap, fmt::Debug};

use proptest::prelude::*;
use serde_json::json;

use crate::panel::{
    aliases::Alias,
    databases::Database,
    dns::DnsRecord,
    features::Feature,
    mailboxes::Mailbox,
    objects::{Name, Record},
    php::{self, Directory, Php, Version},
    plans::Plan,
    redirects::Redirect,
    settings::Settings,
    templates::Template,
    usage::Usage,
};

/// Keys that listings have, with values of their forms and of others.
static KEYS: [&str; 24] = [
    "bandwidth_byte_limit",
    "byte_size",
    "code",
    "contact_email",
    "default",
    "destination",
    "disabled",
    "email_address",
    "enabled",
    "home_byte_quota",
    "limit_to_hostname",
    "match_exact_path",
    "match_sub-paths",
    "maximum_mailboxes",
    "php_execution_mode",
    "php_max_execution_time",
    "php_version",
    "server_byte_quota_used",
    "tables",
    "to",
    "type",
    "unix_username",
    "user",
    "web_root_directory",
];

/// Values that some keys take.
static KNOWN: [&str; 10] =
    ["", "0", "7", "Yes", "No", "Unlimited", "*", "Cannot create", "mysql", "/old"];

/// What no record may hold.
const CANARY: &str = "canary-Pa55word";

fn value() -> impl Strategy<Value = String> {
    prop_oneof![prop::sample::select(&KNOWN[..]).prop_map(str::to_owned), "\\PC{0,12}"]
}

fn values() -> impl Strategy<Value = BTreeMap<&'static str, Vec<String>>> {
    let key = prop::sample::select(&KEYS[..]);
    prop::collection::btree_map(key, prop::collection::vec(value(), 1..3), 0..KEYS.len())
}

/// Reads the object as `R`, which may refuse it.
fn try_read<R: Record + Debug>(object: &str) -> Result<(), TestCaseError> {
    let Ok(listed) = serde_json::from_str::<R::Object<'_>>(object) else { return Ok(()) };
    let read = R::read(listed);
    prop_assert!(!format!("{read:?}").contains(CANARY), "{read:?}");
    Ok(())
}

proptest! {
    #[test]
    fn no_values_make_a_parser_panic_and_no_secret_is_kept(
        name in "([a-z/][a-z./@-]{0,12}|\\PC{0,12})",
        mut values in values(),
    ) {
        for key in [
            "password", "hashed_password", "encrypted_password", "password_for_mysql", "password_for_postgres",
        ] {
            values.insert(key, vec![CANARY.to_owned()]);
        }
        let object = json!({ "name": name, "values": values }).to_string();
        try_read::<Alias>(&object)?;
        try_read::<Database>(&object)?;
        try_read::<DnsRecord>(&object)?;
        try_read::<Feature>(&object)?;
        try_read::<Mailbox>(&object)?;
        try_read::<Name>(&object)?;
        try_read::<Directory>(&object)?;
        try_read::<Php>(&object)?;
        try_read::<Version>(&object)?;
        try_read::<php::Settings>(&object)?;
        try_read::<Plan>(&object)?;
        try_read::<Redirect>(&object)?;
        try_read::<Settings>(&object)?;
        try_read::<Template>(&object)?;
        try_read::<Usage>(&object)?;
    }

    #[test]
    fn no_text_of_a_panel_makes_its_reader_panic(text in "(\\PC|\n){0,80}") {
        let output = model::secret::Secret::from(text.clone());
        if let Some(link) = crate::panel::login_link::read(&output) {
            prop_assert!(text.contains(link.expose()));
        }
        let below = format!("a.test\n{text}");
        for problem in crate::panel::validation::problems(&below, "a.test").unwrap_or_default() {
            prop_assert!(!problem.feature.contains('\n') && !problem.text.contains('\n'));
        }
    }
}
