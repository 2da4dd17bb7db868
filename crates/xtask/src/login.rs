//! URLs with the login of one user.

use anyhow::{Context, Result};
use url::Url;

/// The URL of a server for another user than the one in it.
///
/// # Errors
/// If it is no URL, or one that takes no user.
pub(crate) fn as_user(url: &str, user: &str, password: &str) -> Result<String> {
    let mut url = Url::parse(url).context("the server's URL is not one")?;
    let named = url.set_username(user).and_then(|()| url.set_password(Some(password)));
    named.ok().context("the server's URL takes no user")?;
    Ok(url.into())
}
