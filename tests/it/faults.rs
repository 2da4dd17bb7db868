//! Faults during the provisioning of many accounts, none of which may be lost.

mod broker;
mod database;
mod killed;
mod messages;
mod network;
mod panels;
mod paused;

/// Enough orders that each fault happens in the middle of the work.
const ORDERS: usize = 150;
