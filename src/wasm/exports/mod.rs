//! The functions that the JavaScript wrapper calls, a file for each area. Instants are seconds since the epoch.

mod chain;
mod connect;
mod exchanges;
mod flights;
mod probes;
mod questions;
mod refresh;
mod start;
mod state;
mod tokens;
mod verifiers;
