//! Hosting: plans, services, and the accounts that carry services.

pub mod accounts;
pub mod domains;
mod entity;
pub mod passwords;
pub mod plans;
mod quotas;
pub mod services;
mod site_proofs;

pub(crate) use entity::account;
