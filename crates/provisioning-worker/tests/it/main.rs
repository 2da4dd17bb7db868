//! The workflows of accounts and servers on real PostgreSQL, RabbitMQ and PowerDNS, through the real
//! gateway and the DNS manager's own workflow, against a simulated Virtualmin.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod apply_plan;
mod call_program;
mod heal;
mod names;
mod outages;
mod panel_faults;
mod provision;
mod quarantine;
mod reset_password;
mod retry;
mod secrecy;
mod service;
mod sites;
mod suspend;
mod terminate;
mod verify;
mod witness;
mod world;
