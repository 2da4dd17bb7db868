//! Hosting: plans, the services that are sold of them, and the accounts that carry these.

pub mod accounts;
mod entity;
pub mod plans;
pub mod services;

pub(crate) use entity::account;
