//! A simulated Virtualmin server: `/virtual-server/remote.cgi` over HTTPS, byte for byte as a real one answered.
//!
//! It was written from recorded exchanges with Webmin 2.660 and Virtualmin GPL 8.1.0, and knows none of the crates
//! that talk to it. It serves the programs that provisioning needs, keeps its state across restarts
//! when told where, logs each effect it has, and goes wrong in the ways real servers do when asked to. It also serves
//! the websites of its virtual servers when told where.
//!
//! Known differences: plain text comes in one piece instead of line by line; two simultaneous `disable-domain` or
//! `delete-domain` calls for one domain do not both succeed; usage texts are shorter.

mod arguments;
mod auth;
mod backup;
mod by_hand;
mod certificate;
mod clock;
mod command_line;
mod connection;
mod contents;
mod control;
mod dns_record;
mod effect;
mod envelope;
mod fault;
mod host;
mod http;
mod journal;
mod listing;
mod mutations;
mod options;
mod outcome;
mod pages;
mod plan;
mod programs;
mod request;
mod server;
mod service;
mod settings_template;
mod shared;
mod simulator;
mod site_certificate;
mod sites;
mod size;
mod state;
mod virtual_server;
mod web_server;
mod world;
mod xml;
mod zone;

pub use backup::{Archive, BackupRun, BackupSchedule};
pub use command_line::CommandLine;
pub use contents::{Contents, Day, MailAlias, Mailbox, Php, Redirect};
pub use control::Control;
pub use dns_record::DnsRecord;
pub use effect::{Effect, EffectKind};
pub use fault::{Armed, Fault, FaultKind};
pub use options::{Options, SiteAddresses};
pub use plan::{Limits, Plan};
pub use settings_template::Template;
pub use simulator::Simulator;
pub use virtual_server::{Disabled, Kind, VirtualServer};
pub use web_server::WebServer;
