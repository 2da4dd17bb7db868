//! The web server's own answers, without a program: errors, the login page, the help text.

use super::http::Head;

const HTML: &str = "text/html; Charset=utf-8";

/// The answer to a request without `program`.
pub(super) const HELP: &str = "This CGI is designed to be invoked by other programs wanting
to perform some Virtualmin action programatically, such as
creating or modifying domains and users.

You must supply at least the CGI parameter 'program', which
specifies which of the Virtualmin command-line scripts to
run. You must also supply appropriate parameters to the
program, similar to those that it accepts on the Unix command
line. For example, the change the password for a server, you
would request a URL like :

http://yourserver:10000/virtual-server/remote.cgi?program=modify-domain&domain=foo.com&pass=somenewpassword

All output from the command will be returned to the caller.
";

/// The answer to a user without the right, in any requested format.
pub(super) const NOT_ALLOWED: &str = "ERROR: You are not allowed to run remote commands\n";

/// A complete answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Page {
    pub(super) head: Head,
    pub(super) body: String,
}

impl Page {
    /// Plain text with status 200.
    pub(super) fn text(body: impl Into<String>) -> Self {
        Self { head: Head::success("text/plain"), body: body.into() }
    }

    /// 401, with the challenge.
    pub(super) fn unauthorized() -> Self {
        let explanation = "A password is required to access this web server. Please try again.";
        let mut page = Self::error("401 Unauthorized", explanation);
        page.head.challenge = true;
        page
    }

    /// 403 for a blocked address; `just_now` if this request caused the block.
    pub(super) fn blocked(address: &str, just_now: bool) -> Self {
        let reason = if just_now {
            ". The host has been blocked because of too many authentication failures."
        } else {
            ""
        };
        let text = format!("Access denied for {address}{reason}");
        Self::error(&format!("403 {text}"), "")
    }

    /// 400 for a method other than GET, HEAD and POST.
    pub(super) fn bad_method(method: &str) -> Self {
        Self::error(&format!("400 Bad Request method {method}"), "")
    }

    /// Any other status.
    pub(super) fn status(status: u16) -> Self {
        let reason = http::StatusCode::from_u16(status).ok().and_then(|s| s.canonical_reason());
        Self::error(&format!("{status} {}", reason.unwrap_or("Error")), "")
    }

    /// The login page, with status 200.
    pub(super) fn login() -> Self {
        let body = "<!DOCTYPE html>\n<html>\n<head><title>Login to Webmin</title></head>\n<body>\n\
            <form class='ui_form' action='/session_login.cgi' method='post'>\n\
            You must enter a username and password to login to the Webmin server.\n\
            <input name=\"user\"><input name=\"pass\" type=\"password\">\n</form>\n</body></html>\n";
        Self { head: Head::success("text/html; Charset=UTF-8"), body: body.into() }
    }

    fn error(status: &str, explanation: &str) -> Self {
        let title = status.replacen(' ', " &mdash; ", 1);
        let body = format!(
            "<html>\n<head>\n<title>{title}</title></head>\n<body class=\"err-body\">\
             <h2 class=\"err-head\">{title}</h2>\n<p class=\"err-content\">{explanation}</p>\n</body></html>\n"
        );
        let head = Head { status: status.into(), content_type: HTML, challenge: false };
        Self { head, body }
    }
}
