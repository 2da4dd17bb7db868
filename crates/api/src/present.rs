//! Turns `model` values into messages of the public API; each noun has its file.

mod accounts;
mod audit;
mod dead_letters;
mod dns_servers;
mod domains;
mod drift;
mod jobs;
mod keys;
mod plans;
mod programs;
mod publishers;
mod servers;
mod services;
mod tenants;
mod tokens;

pub(crate) use accounts::account;
pub(crate) use audit::audit_entry;
pub(crate) use dead_letters::dead_letter;
pub(crate) use dns_servers::dns_server;
pub(crate) use domains::domain;
pub(crate) use drift::{finding, server_drift};
pub(crate) use jobs::{job, named_job, new_job, step};
pub(crate) use keys::{key, key_rotation};
pub(crate) use plans::plan;
pub(crate) use programs::{program, program_answer};
pub(crate) use publishers::publisher;
pub(crate) use servers::server;
pub(crate) use services::service;
pub(crate) use tenants::{tenant, tenant_quota};
pub(crate) use tokens::token;
