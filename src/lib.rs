//! Countersign proves who is calling and trades that proof for short-lived credentials.
//!
//! The core decides and does no I/O: it never reads a clock, an environment or a socket. `now` is an argument, and
//! what must be fetched comes out as a request for the host to carry out.
//!
//! Modules, from the top down; each may use those below it, and a test holds them to it:
//!
//! | module | what it decides |
//! |---|---|
//! | [`bindings`] | handles and outcomes of requests, as the WebAssembly modules share them |
//! | [`wire`] | what crosses to the host, as plain structs |
//! | [`chain`] | which bearer token to send |
//! | [`exchange`] | what an identity is traded for, and how long that is kept |
//! | [`issuer`] | what an issuer's tokens must say, and how long its keys are used |
//! | [`flow`] | what the host is asked to fetch |
//! | [`jwt`] | whether a token is accepted: the one way to a [`jwt::VerifiedToken`] |
//! | [`jose`] | form and signature of a token, keys and key sets |
//! | [`crypto`] | whether a signature is one |
//! | [`options`] | options as callers pass them |
//! | [`encoding`] | the strict readers, and the writers |
//! | [`error`], [`time`], [`secret`] | the words that all of them use |

// A panic must not print a token: these would put the text into its message.
#![cfg_attr(not(test), deny(clippy::expect_used, clippy::string_slice, clippy::unwrap_used))]

pub mod bindings;
pub mod chain;
pub mod crypto;
pub mod encoding;
pub mod error;
pub mod exchange;
pub mod flow;
pub mod issuer;
pub mod jose;
pub mod jwt;
pub mod options;
pub mod secret;
pub mod time;
#[cfg(all(target_arch = "wasm32", any(feature = "verify", feature = "credentials")))]
mod wasm;
pub mod wire;

pub use error::{Error, Result};
