//! The door to RabbitMQ: the topology as one table, the outbox relay, consumers.
//!
//! Nothing of lapin leaves this crate. Connections come back by themselves, and with them the
//! topology, so that a wiped broker is whole again before the first message.

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
