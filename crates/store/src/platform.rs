//! The platform: tenants, their tokens, the audit log, and the answers that are kept for repeats.

pub mod audit;
pub mod idempotency;
pub mod tenants;
pub mod tokens;
