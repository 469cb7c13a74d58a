//! The boundary: exports and wire types, no decisions.
//!
//! The hot path is one reused buffer: the host writes a token into it and gets back a number and the slices of the
//! checked texts. Everything else crosses as plain objects.
//!
//! Public only for the crate in inspect/, which reads a verifier's options as the verifier does.

#[cfg(any(all(target_arch = "wasm32", feature = "module"), test))]
mod exchange_options;
#[cfg(all(target_arch = "wasm32", feature = "module"))]
mod exports;
pub mod loose;
pub mod options;
#[cfg(any(all(target_arch = "wasm32", feature = "module"), test))]
mod search;
#[cfg(all(target_arch = "wasm32", feature = "module"))]
mod wire;
