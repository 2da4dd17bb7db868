//! The simulated Virtualmin server, with requests that were recorded with the real one.

mod access;
mod backups;
mod certificates;
mod client;
mod conformance;
mod control;
mod creation;
mod dns;
mod faults;
mod lifecycle;
mod listing;
mod mailboxes;
mod persistence;
mod plans;
mod services;
mod sites;
mod transport;
