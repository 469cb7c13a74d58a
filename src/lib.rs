//! Countersign proves who is calling and trades that proof for short-lived credentials.
//!
//! The core decides and does no I/O: it never reads a clock, an environment or a socket. `now` is an argument, and
//! what must be fetched comes out as a request for the host to carry out.

pub mod crypto;
pub mod error;
pub mod secret;
pub mod time;
#[cfg(target_arch = "wasm32")]
mod wasm;

pub use error::{Error, Result};
