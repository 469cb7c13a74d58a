//! Takes the messages of panics out of a module: what is left of a panic is the trap.
//!
//! A panic is a fault of this project. The package turns the trap into `ERR_INTERNAL`, whose cause has the stack; the
//! symbols that the build leaves beside the module say which functions those were. The machinery that would put a
//! sentence together is a tenth of the module, and nobody's program reads it.

use anyhow::{Context, Result, ensure};
use walrus::{FunctionBuilder, FunctionKind, Module};

/// What only a panic calls in the standard library, by a part of its name without the hashes that the compiler adds.
const WAYS: &[&str] = &[
    "core::panicking::",
    "std::panicking::",
    "std::alloc::rust_oom",
    "std::thread::local::panic_access_error",
    "core::cell::panic_already_",
    "core::option::expect_failed",
    "core::option::unwrap_failed",
    "core::result::unwrap_failed",
    "core::slice::copy_from_slice_impl::len_mismatch_fail",
    "core::slice::index::slice_index_fail",
    "core::str::slice_error_fail",
    "alloc::alloc::handle_alloc_error",
    "alloc::raw_vec::capacity_overflow",
    "alloc::raw_vec::handle_error",
    "::assert_failed",
    // Only panics print values for programmers.
    "as core::fmt::Debug>::fmt",
];

/// Fewer would mean that the compiler names them differently, and that the module is larger than it has to be.
const AT_LEAST: usize = 20;

/// Makes the functions of [`WAYS`] trap at once. `wasm-opt` then removes what only they have called.
pub fn silence(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut module = Module::from_buffer(wasm).context("wasm-bindgen's module cannot be read")?;
    let is_way = |name: &str| WAYS.iter().any(|way| plain(name).contains(way));
    let found: Vec<_> = module
        .funcs
        .iter_local()
        .filter(|(id, _)| module.funcs.get(*id).name.as_deref().is_some_and(is_way))
        .map(|(id, function)| (id, function.ty()))
        .collect();
    ensure!(found.len() >= AT_LEAST, "only {} functions that panic were found", found.len());
    for (id, ty) in found {
        let (params, results) = module.types.params_results(ty);
        let (params, results) = (params.to_vec(), results.to_vec());
        let mut trap = FunctionBuilder::new(&mut module.types, &params, &results);
        trap.func_body().unreachable();
        let args = params.iter().map(|param| module.locals.add(*param)).collect();
        module.funcs.get_mut(id).kind = FunctionKind::Local(trap.local_func(args));
    }
    Ok(module.emit_wasm())
}

/// A name without hashes: `core[c5930c85a12de822]::panicking::panic_fmt` is `core::panicking::panic_fmt`.
fn plain(name: &str) -> String {
    let mut inside = false;
    let outside = |letter: &char| {
        inside = (inside || *letter == '[') && *letter != ']';
        !inside && *letter != ']'
    };
    name.chars().filter(outside).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_their_hashes() {
        assert_eq!(plain("core[c5930c85a12de822]::panicking::panic_fmt"), "core::panicking::panic_fmt");
        assert_eq!(plain("core::panicking::assert_failed::h1234"), "core::panicking::assert_failed::h1234");
    }
}
