//! Reads from `list-domains` how a virtual server keeps the password of its administrator.
//!
//! Nothing else reads these keys of the listing. What is read stays a secret and leaves the gateway nowhere.

use std::borrow::Cow;

use model::secret::Secret;
use serde::Deserialize;

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
}

/// The password of the virtual server `name`, the only one in the listing; `None` if the listing shows none.
///
/// # Errors
/// If the listing is of another virtual server, or has two passwords.
pub(crate) fn read(listed: Vec<Listed<'_>>, name: &str) -> Result<Option<Kept>, &'static str> {
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
    match (one(values.password)?, one(values.hashed_password)?) {
        (Some(password), _) => Ok(Some(Kept::Plain(password))),
        (None, Some(hash)) => Ok(Some(Kept::Hashed(hash))),
        (None, None) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(values: &str) -> Result<Option<Kept>, &'static str> {
        let data = format!(r#"[{{"name":"a.example","values":{values}}}]"#);
        read(serde_json::from_str(&data).unwrap(), "a.example")
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
    fn a_listing_of_another_virtual_server_is_refused() {
        let data = r#"[{"name":"b.example","values":{"password":["x"]}}]"#;
        assert!(read(serde_json::from_str(data).unwrap(), "a.example").is_err());
        assert!(read(Vec::new(), "a.example").is_err());
    }
}
