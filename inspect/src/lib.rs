//! For people and build machines, and never on a request path: explains tokens, simulates trust policies and generates the
//! narrowest ones.
//!
//! Nothing here verifies a signature, and nothing does I/O. The crate `countersign` verifies.
//!
//! | module | what it decides |
//! |---|---|
//! | [`generate`] | the policy that lets in some workloads and no others |
//! | [`simulate`] | the decision of a policy about a token, condition by condition |
//! | [`token`] | the contents of a token or a claims set |
//! | [`error`] | the ways in which a call is refused |
//!
//! Compiled to WebAssembly, it is the module `inspect` of the npm package, which also exports the crate
//! `countersign-environment`.

#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::string_slice))]

mod document;
pub mod error;
pub mod generate;
pub mod simulate;
pub mod token;
#[cfg(target_arch = "wasm32")]
mod wasm;

pub use error::{Error, Result};
