//! Reads the answer of `create-login-link`, which is a secret.

use model::secret::Secret;
use url::Url;

/// The page that takes a session (recording 240).
const PAGE: &str = "/session_login.cgi";

/// The address in the output; `None` if there is none. The output is kept from every error.
pub(crate) fn read(output: &Secret) -> Option<Secret> {
    let is_link = |line: &&str| {
        Url::parse(line).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https")
                && url.path().ends_with(PAGE)
                && url.query_pairs().any(|(key, value)| key == "session" && !value.is_empty())
        })
    };
    let line = output.expose().lines().map(str::trim).find(is_link)?;
    Some(Secret::from(line.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(output: &str) -> Option<String> {
        read(&Secret::from(output.to_owned())).map(|it| it.expose().to_owned())
    }

    #[test]
    fn finds_the_recorded_address_after_noise() {
        let url = "https://beta.test:10000/session_login.cgi?session=97cc3d2617e618b6";
        let noise = "[21/Nov/2026:02:49:11 +0000] [127.0.0.1] /virtual-server/remote.cgi : odd";
        assert_eq!(link(&format!("{noise}\n{url}\n")).as_deref(), Some(url));
    }

    #[test]
    fn another_text_is_no_link() {
        for output in [
            "",
            "https://beta.test:10000/",
            "https://beta.test:10000/session_login.cgi?session=",
            "javascript:alert(1)//session_login.cgi?session=1",
            "Failed to create login session",
        ] {
            assert_eq!(link(output), None, "{output}");
        }
    }
}
