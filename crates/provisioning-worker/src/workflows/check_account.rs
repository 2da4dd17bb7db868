//! The first step of switching an account off or on: whether that makes sense, and how it stood before.

use engine::{Context, Step};
use model::{
    account::AccountStatus,
    fault::{Fault, FaultKind},
};

use crate::access::{AboutAccount, Access};

/// Reads the account's status; touches nothing. The undo of a later step needs to know whether it was
/// this job that changed it.
pub(super) struct CheckAccount(pub(super) Access);

impl<O: AboutAccount> Step<O> for CheckAccount {
    const NAME: &'static str = "check-account";
    type Output = AccountStatus;

    async fn run(&self, cx: &Context<'_, O>) -> Result<AccountStatus, Fault> {
        match self.0.account(cx).await?.status {
            status @ (AccountStatus::Active | AccountStatus::Suspended) => Ok(status),
            status => Err(Fault::new(
                FaultKind::Refused,
                format!("the account is {}: there is nothing to switch", status.as_str()),
            )),
        }
    }
}
