//! The simulated Virtualmin server, asked what the recorded one was asked.

mod access;
mod client;
mod control;
mod creation;
mod faults;
mod lifecycle;
mod listing;
mod persistence;
mod plans;
mod transport;
