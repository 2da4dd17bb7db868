//! The door to RabbitMQ: the topology as one table, the outbox relay, consumers.
//!
//! This crate exposes nothing of lapin. Connections come back by themselves and declare the topology again,
//! so a wiped broker is whole before the first message.

mod broker;
mod consumer;
mod delivery;
mod error;
mod event;
mod line;
mod publisher;
mod relay;
mod subscription;
mod telemetry;
pub mod topology;
mod wire;

pub use broker::{Broker, BrokerConfig};
pub use delivery::{Delivery, Verdict};
pub use error::{Error, Result};
pub use event::CloudEvent;
pub use relay::Relay;
