//! Countersign proves who is calling and trades that proof for short-lived credentials.
//!
//! The core decides and does no I/O: it never reads a clock, an environment or a socket. `now` is an argument, and
//! what must be fetched comes out as a request for the host to carry out.
//!
//! Modules, from the top down; each may use those below it, and a test holds them to it:
//!
//! | module | what it decides |
//! |---|---|
//! | [`chain`] | which bearer token to send |
//! | [`exchange`] | what an identity is traded for, and how long that is kept |
//! | [`issuer`] | what an issuer's tokens must say, and how long its keys are used |
//! | [`flow`] | what the host is asked to fetch |
//! | [`jwt`] | whether a token is accepted: the one way to a [`jwt::VerifiedToken`] |
//! | [`jose`] | form and signature of a token, keys and key sets |
//! | [`crypto`] | whether a signature is one |
//! | [`encoding`] | the strict readers, and the writers |
//! | [`error`], [`time`], [`secret`] | the words that all of them use |

pub mod chain;
pub mod crypto;
pub mod encoding;
pub mod error;
pub mod exchange;
pub mod flow;
pub mod issuer;
pub mod jose;
pub mod jwt;
pub mod secret;
pub mod time;
#[doc(hidden)]
pub mod wasm;

pub use error::{Error, Result};
