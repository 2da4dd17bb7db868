//! The simulated Virtualmin server, with requests that were recorded with the real one.

mod access;
mod aliases;
mod backups;
mod certificates;
mod client;
mod conformance;
mod control;
mod creation;
mod databases;
mod dns;
mod faults;
mod features;
mod lifecycle;
mod listing;
mod mailboxes;
mod persistence;
mod php;
mod plans;
mod redirects;
mod renaming;
mod services;
mod sites;
mod transport;
