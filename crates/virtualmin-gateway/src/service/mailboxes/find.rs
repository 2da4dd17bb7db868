//! Finds one mailbox of a virtual server.

use model::{fault::Fault, quota::Limit};
use tokio::time::Instant;

use crate::panel::{
    client::Panel,
    faults::Error,
    mailboxes::{self, Mailbox},
};

/// The mailbox of this name, if there is one.
pub(super) async fn find(
    panel: &Panel,
    domain: &str,
    user: &str,
    deadline: Instant,
) -> Result<Option<Mailbox>, Fault> {
    let listing = mailboxes::listing(domain).map_err(Error::from)?;
    let mailboxes = panel.records::<Mailbox>(&listing, deadline).await?;
    Ok(mailboxes.into_iter().find(|it| it.user == user))
}

/// A quota in blocks of 1 KiB as `create-user` and `modify-user` take it: 0 is unlimited.
pub(super) fn blocks(limit_kib: Option<u64>) -> String {
    limit_kib.unwrap_or(0).to_string()
}

/// Whether the host keeps this quota, if it keeps quotas at all.
pub(super) fn keeps(mailbox: &Mailbox, limit_kib: Option<u64>) -> bool {
    let wanted = limit_kib.filter(|it| *it > 0).map_or(Limit::Unlimited, Limit::AtMost);
    mailbox.quota.is_none_or(|it| it == wanted)
}
