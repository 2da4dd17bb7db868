//! The workflows, one file for each kind of job, and the code that several of them share.
//!
//! A step that changes rows does so in one transaction with its audit row and its event, guarded by the
//! status from which it starts. If the change is already done, the step succeeds without a second event. A
//! step that changes a host calls the gateway, which looks before and after every change, so that a repeat
//! changes nothing twice.

mod check_account;
pub(crate) mod heal_account;
pub(crate) mod provision_account;
pub(crate) mod quarantine_domain;
pub(crate) mod suspend_account;
pub(crate) mod terminate_account;
pub(crate) mod unsuspend_account;
pub(crate) mod verify_server;
mod virtual_server;
mod zone;
