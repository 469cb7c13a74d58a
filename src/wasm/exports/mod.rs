//! The functions that the JavaScript wrapper calls, a file for each area. Instants are seconds since the epoch.

mod chain;
mod connect;
mod dev_token;
mod exchanges;
mod operations;
mod questions;
mod state;
mod test_vectors;
mod tokens;
mod verifiers;
mod version;

use talc::wasm::{WasmDynamicTalc, new_wasm_dynamic_allocator};

/// Where all memory comes from, an instance being one thread.
#[global_allocator]
static HEAP: WasmDynamicTalc = new_wasm_dynamic_allocator();
