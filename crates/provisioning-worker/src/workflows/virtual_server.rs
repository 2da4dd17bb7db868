//! The virtual server that an account is to have: its row as a request to the gateway.

use contracts::{conversions::ceiling, gateway::v1};
use model::{
    account::Account,
    fault::{Fault, FaultKind},
};

/// What to ask of the gateway, but for the job that asks.
///
/// # Errors
///
/// `Internal` if the account has no user name yet.
pub(super) fn creation(
    account: &Account,
    sealed_password: Vec<u8>,
) -> Result<v1::CreateDomainRequest, Fault> {
    let username = account.username.as_ref();
    let username =
        username.ok_or_else(|| Fault::internal(format!("account {} has no user", account.id)))?;
    let terms = &account.terms;
    Ok(v1::CreateDomainRequest {
        server_id: account.server_id.to_string(),
        fence: None,
        domain: account.domain.to_string(),
        username: username.to_string(),
        sealed_password,
        account_id: account.id.to_string(),
        marker: Account::marker(account.id),
        features: terms.features.iter().map(|it| it.as_str().to_owned()).collect(),
        limits: Some(v1::Limits {
            disk_mib: ceiling(terms.disk_mib),
            bandwidth_mib: ceiling(terms.bandwidth_mib),
            mailboxes: ceiling(terms.mailboxes),
            databases: ceiling(terms.databases),
        }),
    })
}

/// The result of taking back a change, where a virtual server that is not there, or not ours, is none of our
/// business: nothing of ours is left to take back.
pub(super) fn of_ours(undone: Result<(), Fault>) -> Result<(), Fault> {
    match undone {
        Err(fault) if matches!(fault.kind, FaultKind::NotFound | FaultKind::Conflict) => Ok(()),
        undone => undone,
    }
}
