//! What may go wrong while 300 accounts are being made, and costs none of them.

mod broker;
mod database;
mod killed;
mod messages;
mod network;
mod panels;
mod paused;

/// Enough that each fault strikes in the middle of the work.
const ORDERS: usize = 300;
