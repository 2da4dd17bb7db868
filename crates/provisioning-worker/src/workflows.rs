//! The workflows, one file for each kind of job, and the code that several of them share.
//!
//! A step that changes rows does so in one transaction with its audit row and its event, guarded by the
//! status from which it starts. If the change is already done, the step succeeds without a second event. A
//! step that changes a host calls the gateway, which looks before and after every change, so that a repeat
//! changes nothing twice.

mod apply_plan;
mod call_program;
mod check_account;
mod heal_account;
mod provision_account;
mod quarantine_domain;
mod reset_password;
mod suspend_account;
mod terminate_account;
mod unsuspend_account;
mod verify_server;
mod virtual_server;
mod zone;

use std::sync::Arc;

use chassis::seal::Keyring;
use egress::Egress;
use engine::Registry;
use panels::Virtualmin;
use store::Store;

use crate::{access::Access, config::Site, sites::Sites};

/// The workflows of this service. `keyring` seals the passwords of new accounts; `site` has the ports of websites, and `egress`
/// the addresses that they may have.
///
/// # Errors
///
/// If the TLS library refuses its configuration.
pub fn workflows(
    store: Store,
    keyring: Arc<Keyring>,
    gateway: Virtualmin,
    egress: Egress,
    site: Site,
) -> anyhow::Result<Registry> {
    let access = Access::new(store, keyring, gateway, Sites::new(egress, site)?);
    Ok(Registry::default()
        .with(provision_account::workflow(&access))
        .with(suspend_account::workflow(&access))
        .with(unsuspend_account::workflow(&access))
        .with(terminate_account::workflow(&access))
        .with(heal_account::workflow(&access))
        .with(reset_password::workflow(&access))
        .with(apply_plan::workflow(&access))
        .with(quarantine_domain::workflow(&access))
        .with(verify_server::workflow(&access))
        .with(call_program::workflow(&access)))
}
