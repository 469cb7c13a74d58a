//! The boundary: exports and wire types, no decisions.
//!
//! The hot path is one reused buffer: the host writes a token into it and gets back a number and the places of the
//! checked texts. Everything else crosses as plain objects.

mod exchange_options;
#[cfg(target_arch = "wasm32")]
mod exports;
mod loose;
mod options;
mod search;
#[cfg(target_arch = "wasm32")]
mod wire;
