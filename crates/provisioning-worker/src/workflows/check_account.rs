//! The first step of suspending or unsuspending: checks that the account can be switched, and keeps its
//! status.

use engine::{Context, Step};
use model::{
    account::AccountStatus,
    fault::{Fault, FaultKind},
};

use crate::access::{AboutAccount, Access};

/// Reads the account's status and touches nothing. The status tells the undo of a later step whether this job
/// changed it.
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
