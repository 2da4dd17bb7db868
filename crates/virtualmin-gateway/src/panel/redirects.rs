//! Reads `list-redirects`.

use serde::Deserialize;

use super::{
    objects::{self, List, Object, Reader, Record, Unrecognised},
    programs,
    request::{Refusal, Request},
};

/// A redirect as its host lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Redirect {
    pub(crate) path: String,
    pub(crate) destination: String,
    pub(crate) scope: Scope,
    /// The HTTP status, if one is set.
    pub(crate) code: Option<u16>,
    /// The only host name for which it is.
    pub(crate) host: Option<String>,
}

/// Which paths are redirected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The path and all below it, each to its like below the destination.
    Path,
    /// The path and all below it, to the one destination.
    Below,
    /// The path alone.
    Exact,
}

impl Scope {
    pub(crate) const ALL: [Self; 3] = [Self::Path, Self::Below, Self::Exact];

    /// The word for it in our contract.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Below => "below",
            Self::Exact => "exact",
        }
    }
}

/// The values that we read.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub(crate) struct Values<'a> {
    destination: Option<List<'a>>,
    #[serde(rename = "match_sub-paths")]
    sub_paths: Option<List<'a>>,
    match_exact_path: Option<List<'a>>,
    code: Option<List<'a>>,
    limit_to_hostname: Option<List<'a>>,
}

impl Record for Redirect {
    type Object<'a> = Object<'a, Values<'a>>;

    fn read(Object { name, values }: Self::Object<'_>) -> Result<Self, Unrecognised> {
        objects::check_name(&name)?;
        let reader = Reader(&name);
        let below = reader.yes(values.sub_paths, "match_sub-paths")?;
        let exact = reader.yes(values.match_exact_path, "match_exact_path")?;
        let scope = match (below, exact) {
            (false, false) => Scope::Path,
            (true, false) => Scope::Below,
            (false, true) => Scope::Exact,
            (true, true) => return Err(reader.wrong("match_exact_path")),
        };
        // Apache's directive may have a word instead (`Redirect permanent`), which we do not set.
        let code = reader.one(values.code, "code")?.and_then(|it| it.parse().ok());
        Ok(Self {
            destination: reader.some(values.destination, "destination")?,
            scope,
            code,
            host: reader.one(values.limit_to_hostname, "limit_to_hostname")?,
            path: name.into_owned(),
        })
    }
}

/// The call that lists the redirects of a website.
pub(crate) fn listing(domain: &str) -> Result<Request, Refusal> {
    Request::on(&programs::php::LIST_REDIRECTS, domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(sub_paths: &str, exact: &str) -> Result<Redirect, Unrecognised> {
        let object = format!(
            r#"{{"name":"/old","values":{{"destination":["/new"],"type":["Redirect"],"match_sub-paths":["{sub_paths}"],
                "match_exact_path":["{exact}"],"code":["301"],"protocols":["http https"],"directives":["Redirect"]}}}}"#
        );
        Redirect::read(serde_json::from_str(&object).unwrap())
    }

    #[test]
    fn reads_which_paths_are_redirected() {
        for (sub_paths, exact, scope) in
            [("No", "No", Scope::Path), ("Yes", "No", Scope::Below), ("No", "Yes", Scope::Exact)]
        {
            let redirect = read(sub_paths, exact).unwrap();
            assert_eq!((redirect.scope, redirect.code), (scope, Some(301)));
            assert_eq!((redirect.path.as_str(), redirect.host), ("/old", None));
        }
        assert!(read("Yes", "Yes").is_err());
        assert!(read("", "No").is_err());
    }
}
