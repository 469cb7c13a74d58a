//! The parts that the WebAssembly modules share: handles, outcomes of requests, conversions. None of them is an export, so
//! a crate that is itself compiled to WebAssembly gets no exports of this one along with them.
//!
//! The conversions, and the allocator of every module, come with the feature `bindings`.

#[cfg(all(target_arch = "wasm32", feature = "bindings"))]
mod convert;
mod handle;
mod outcome;

#[cfg(all(target_arch = "wasm32", feature = "verify"))]
pub use convert::to_json;
#[cfg(all(target_arch = "wasm32", feature = "bindings"))]
pub use convert::{
    Export, read_json_options, read_options, timestamp, to_js, to_json_object, to_object, to_option_value,
};
pub use handle::{Handle, Slab, start};
pub use outcome::{failure, response};

#[cfg(all(target_arch = "wasm32", feature = "bindings"))]
use talc::wasm::{WasmDynamicTalc, new_wasm_dynamic_allocator};

/// The allocator of an instance, which is one thread.
#[cfg(all(target_arch = "wasm32", feature = "bindings"))]
#[global_allocator]
static HEAP: WasmDynamicTalc = new_wasm_dynamic_allocator();
