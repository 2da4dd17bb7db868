//! Reads `list-users`.

use model::quota::Limit;
use serde::Deserialize;

use super::{
    objects::{self, List, Object, Reader, Record, Unrecognised},
    programs,
    request::{Refusal, Request},
};

/// A mailbox as its host lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mailbox {
    /// The part of its address before the `@`.
    pub(crate) user: String,
    /// The name to log in with.
    pub(crate) login: String,
    /// Empty for a user without mail.
    pub(crate) address: String,
    pub(crate) real_name: String,
    pub(crate) enabled: bool,
    /// In blocks of 1 KiB; `None` if the host keeps no quotas.
    pub(crate) quota: Option<Limit>,
    pub(crate) used_bytes: Option<u64>,
    pub(crate) extra_addresses: Vec<String>,
    pub(crate) forwards: Vec<String>,
    pub(crate) keeps_mail: bool,
    /// The text that answers each sender; empty for none.
    pub(crate) autoreply: String,
}

/// The values that we read; the hash of the password is not one of them.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub(crate) struct Values<'a> {
    user: Option<List<'a>>,
    unix_username: Option<List<'a>>,
    email_address: Option<List<'a>>,
    real_name: Option<List<'a>>,
    disabled: Option<List<'a>>,
    home_byte_quota: Option<List<'a>>,
    home_byte_quota_used: Option<List<'a>>,
    extra_addresses: Option<List<'a>>,
    forward: Option<List<'a>>,
    deliver_to_user: Option<List<'a>>,
    autoreply_message: Option<List<'a>>,
}

impl Record for Mailbox {
    type Object<'a> = Object<'a, Values<'a>>;

    fn read(Object { name, values }: Self::Object<'_>) -> Result<Self, Unrecognised> {
        objects::check_name(&name)?;
        let reader = Reader(&name);
        let quota = reader.parsed::<u64>(values.home_byte_quota, "home_byte_quota")?;
        // Only the listing with `simple-aliases` says so, and not of every user.
        let keeps_mail = match values.deliver_to_user {
            None => true,
            list => reader.yes(list, "deliver_to_user")?,
        };
        let autoreply = reader.one(values.autoreply_message, "autoreply_message")?;
        Ok(Self {
            user: reader.some(values.user, "user")?,
            login: reader.some(values.unix_username, "unix_username")?,
            address: reader.one(values.email_address, "email_address")?.unwrap_or_default(),
            real_name: reader.one(values.real_name, "real_name")?.unwrap_or_default(),
            enabled: !reader.yes(values.disabled, "disabled")?,
            quota: quota.map(|bytes| match bytes / 1024 {
                0 => Limit::Unlimited,
                blocks => Limit::AtMost(blocks),
            }),
            used_bytes: reader.parsed(values.home_byte_quota_used, "home_byte_quota_used")?,
            extra_addresses: values.extra_addresses.map(|it| it.words()).unwrap_or_default(),
            forwards: values.forward.map(List::all).unwrap_or_default(),
            keeps_mail,
            // The panel prints it on one line (`list-users.pl` of 8.1.0).
            autoreply: autoreply.unwrap_or_default().replace("\\n", "\n"),
        })
    }
}

/// The call that lists the mailboxes of a virtual server, with their forwarding.
pub(crate) fn listing(domain: &str) -> Result<Request, Refusal> {
    Request::on(&programs::mailboxes::LIST, domain)?.switch("simple-aliases")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As recorded (145), shortened.
    const BOB: &str = r#"{"name":"bob.beta","values":{"user":["bob"],"unix_username":["bob.beta"],
        "email_address":["bob@beta.test"],"real_name":["Bob Robert"],"domain":["beta.test"],
        "disabled":["No"],"home_quota":["50 MiB"],"home_byte_quota":["52428800"],
        "home_byte_quota_used":["81920"],"home_files_used":[""],
        "encrypted_password":["$6$SALT$HASH"],"login_permissions":["Email only"]}}"#;

    fn read_one(object: &str) -> Result<Mailbox, Unrecognised> {
        Mailbox::read(serde_json::from_str(object).unwrap())
    }

    #[test]
    fn reads_a_mailbox_without_its_hash() {
        let bob = read_one(BOB).unwrap();
        assert_eq!((bob.user.as_str(), bob.login.as_str()), ("bob", "bob.beta"));
        assert_eq!((bob.quota, bob.used_bytes), (Some(Limit::AtMost(51_200)), Some(81_920)));
        assert!(bob.enabled && bob.keeps_mail && bob.forwards.is_empty());
        assert!(!format!("{bob:?}").contains("HASH"));
    }

    #[test]
    fn reads_forwarding_and_no_quota() {
        let forwarded = BOB.replace(r#""52428800""#, r#""0""#).replace(
            r#""disabled""#,
            r#""forward":["a@x.test"],"deliver_to_user":["No"],"disabled""#,
        );
        let bob = read_one(&forwarded).unwrap();
        assert_eq!((bob.quota, bob.keeps_mail), (Some(Limit::Unlimited), false));
        assert_eq!(bob.forwards, ["a@x.test"]);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let odd = read_one(&BOB.replace(r#""No""#, r#""Maybe""#)).unwrap_err();
        assert_eq!(odd.to_string(), "`disabled` of bob.beta cannot be read");
        assert!(read_one(r#"{"name":"User       Real name","values":{}}"#).is_err());
    }
}
