//! Hosting: plans, services, and the accounts that carry services.

pub mod accounts;
mod entity;
pub mod plans;
pub mod services;

pub(crate) use entity::account;
