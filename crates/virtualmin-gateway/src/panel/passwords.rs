//! Reads from `list-domains` how a virtual server keeps the passwords of its administrator and of its databases.
//!
//! Nothing else reads these keys of the listing. What is read stays a secret and leaves the gateway nowhere.

use std::borrow::Cow;

use model::secret::Secret;
use serde::Deserialize;
use subtle::ConstantTimeEq;

/// The passwords of a virtual server, as far as its listing shows them.
#[derive(Debug, Default)]
pub(crate) struct Passwords {
    pub(crate) administrator: Option<Kept>,
    /// Those of its logins to databases.
    pub(crate) mysql: Option<Secret>,
    pub(crate) postgres: Option<Secret>,
}

/// The password of an administrator as its host lists it.
#[derive(Clone, Debug)]
pub(crate) enum Kept {
    /// The password itself, where the panel's template has passwords stored as plain text.
    Plain(Secret),
    /// A hash of it, with a salt.
    Hashed(Secret),
}

/// One object of `data`.
#[derive(Deserialize)]
pub(crate) struct Listed<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    values: Values,
}

#[derive(Deserialize)]
struct Values {
    password: Option<Vec<Secret>>,
    hashed_password: Option<Vec<Secret>>,
    password_for_mysql: Option<Vec<Secret>>,
    password_for_postgres: Option<Vec<Secret>>,
}

/// Compares two secrets in a time that depends on their lengths alone.
pub(crate) fn same(one: &Secret, other: &Secret) -> bool {
    one.expose().as_bytes().ct_eq(other.expose().as_bytes()).into()
}

/// The passwords of the virtual server `name`, the only one in the listing.
///
/// # Errors
/// If the listing is of another virtual server, or has two passwords for one thing.
pub(crate) fn read(listed: Vec<Listed<'_>>, name: &str) -> Result<Passwords, &'static str> {
    let Ok([Listed { name: listed, values }]) = <[Listed<'_>; 1]>::try_from(listed) else {
        return Err("the listing is not of one virtual server");
    };
    if listed != name {
        return Err("the listing is not of the virtual server asked for");
    }
    let one = |list: Option<Vec<Secret>>| match list.map(<[Secret; 1]>::try_from) {
        None => Ok(None),
        Some(Ok([secret])) => Ok(Some(secret)),
        Some(Err(_)) => Err("a virtual server has not one password"),
    };
    let administrator = match (one(values.password)?, one(values.hashed_password)?) {
        (Some(password), _) => Some(Kept::Plain(password)),
        (None, hash) => hash.map(Kept::Hashed),
    };
    let (mysql, postgres) = (one(values.password_for_mysql)?, one(values.password_for_postgres)?);
    Ok(Passwords { administrator, mysql, postgres })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(values: &str) -> Result<Passwords, &'static str> {
        let data = format!(r#"[{{"name":"a.example","values":{values}}}]"#);
        read(serde_json::from_str(&data).unwrap(), "a.example")
    }

    fn listed(values: &str) -> Result<Option<Kept>, &'static str> {
        all(values).map(|it| it.administrator)
    }

    #[test]
    fn reads_the_password_or_its_hash_and_prints_neither() {
        let plain = listed(r#"{"password":["p : \"w"],"id":["1"]}"#).unwrap();
        assert!(matches!(&plain, Some(Kept::Plain(it)) if it.expose() == "p : \"w"));
        assert!(!format!("{plain:?}").contains("p : "));
        let hashed = listed(r#"{"hashed_password":["$6$a$b"]}"#).unwrap();
        assert!(matches!(&hashed, Some(Kept::Hashed(it)) if it.expose() == "$6$a$b"));
        assert!(listed(r#"{"id":["1"]}"#).unwrap().is_none());
        assert!(listed(r#"{"password":["a","b"]}"#).is_err());
    }

    #[test]
    fn reads_the_passwords_of_databases_apart_and_prints_none() {
        let read = all(r#"{"hashed_password":["$6$a$b"],"password_for_mysql":["db : pw"]}"#);
        let read = read.unwrap();
        assert!(read.mysql.as_ref().is_some_and(|it| same(it, &"db : pw".to_owned().into())));
        assert!(read.postgres.is_none());
        assert!(!format!("{read:?}").contains("db : pw"));
    }

    #[test]
    fn a_listing_of_another_virtual_server_is_refused() {
        let data = r#"[{"name":"b.example","values":{"password":["x"]}}]"#;
        assert!(read(serde_json::from_str(data).unwrap(), "a.example").is_err());
        assert!(read(Vec::new(), "a.example").is_err());
    }
}
