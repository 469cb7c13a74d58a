//! What people and build machines ask about a token, and what a request path never does: what it says, which trust
//! policies let it in, and which policy lets in nothing else.
//!
//! Nothing here verifies a signature, and nothing does I/O. Whoever wants to trust a token asks the crate `countersign`.
//!
//! | module | what it decides |
//! |---|---|
//! | [`boundary`] | how a question and its answer cross to JavaScript: JSON text both ways |
//! | [`env`] | how a project's environment variables are kept in step |
//! | [`generate`] | the policy that lets in some workloads and nobody else |
//! | [`simulate`] | what a policy would make of a token, condition by condition |
//! | [`token`] | what a token or a claims set says |
//! | [`error`] | the ways in which a question is refused |

pub mod boundary;
mod document;
pub mod env;
pub mod error;
pub mod generate;
pub mod simulate;
pub mod token;
#[cfg(target_arch = "wasm32")]
mod wasm;

pub use error::{Error, Result};
