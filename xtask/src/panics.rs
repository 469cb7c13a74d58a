//! Takes the messages of panics out of a module: what is left of a panic is the trap.
//!
//! A panic is a fault of this project. The package turns the trap into `ERR_INTERNAL`, whose cause has the stack; the
//! symbols that the build leaves beside the module say which functions those were. The machinery that would put a
//! sentence together is a tenth of the module, and nobody's program reads it.

use std::collections::HashMap;

use anyhow::{Context, Result, bail, ensure};
use walrus::ir::{Call, Visitor, dfs_in_order};
use walrus::{FunctionBuilder, FunctionId, FunctionKind, Module};

use crate::unread;

/// What only a panic calls in the standard library, by a part of its name without the hashes that the compiler adds.
const PANICS: &[&str] = &[
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
    "core::time::Duration::from_secs_f64::panic",
    "alloc::alloc::handle_alloc_error",
    "alloc::raw_vec::capacity_overflow",
    "alloc::raw_vec::handle_error",
    "::assert_failed",
];

/// What puts texts together for `format!` and its like. Only panics may need it, and where they do not, it goes too.
const FORMATTING: &[&str] = &["core::fmt::", "alloc::fmt::"];

/// Fewer would mean that the compiler names them differently, and that the module is larger than it has to be.
const AT_LEAST: usize = 20;

/// Takes panics out of what the linker has written: the functions, and the data that only they read.
pub fn silence(linked: &[u8]) -> Result<Vec<u8>> {
    let mut wasm = linked.to_vec();
    unread::blank(&mut wasm, |name| goes(&plain(name)))?;
    trap(&wasm)
}

/// Makes panics trap at once, and with them all formatting; `wasm-opt` then removes what only they have called.
///
/// # Errors
/// Where anything but a panic formats: that would trap too.
fn trap(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut module = Module::from_buffer(wasm).context("the compiled module cannot be read")?;
    for section in unread::SECTIONS {
        module.customs.remove_raw(section);
    }
    let names: HashMap<FunctionId, String> = module
        .funcs
        .iter_local()
        .map(|(id, _)| (id, plain(module.funcs.get(id).name.as_deref().unwrap_or(""))))
        .collect();
    let is = |id: &FunctionId, ways: &[&str]| names.get(id).is_some_and(|name| is(name, ways));
    let panics = names.keys().filter(|id| is(id, PANICS)).count();
    ensure!(panics >= AT_LEAST, "only {panics} functions that panic were found");
    if let Some((caller, formatting)) = formats(&module, &|id| is(id, PANICS), &|id| is(id, FORMATTING)) {
        bail!("{} formats, by {}: put the text together without `core::fmt`", names[&caller], names[&formatting]);
    }
    let gone: Vec<_> = names.iter().filter(|(_, name)| goes(name)).map(|(id, _)| *id).collect();
    for id in gone {
        let ty = module.funcs.get(id).ty();
        let (params, results) = module.types.params_results(ty);
        let (params, results) = (params.to_vec(), results.to_vec());
        let mut trap = FunctionBuilder::new(&mut module.types, &params, &results);
        trap.func_body().unreachable();
        let args = params.iter().map(|param| module.locals.add(*param)).collect();
        module.funcs.get_mut(id).kind = FunctionKind::Local(trap.local_func(args));
    }
    Ok(module.emit_wasm())
}

/// Whether a function of this name goes.
fn goes(name: &str) -> bool {
    is(name, PANICS) || is(name, FORMATTING)
}

/// Whether a name has one of these parts.
fn is(name: &str, ways: &[&str]) -> bool {
    ways.iter().any(|way| name.contains(way))
}

/// What formats although it does not panic, and what it calls for it.
fn formats(
    module: &Module,
    panics: &dyn Fn(&FunctionId) -> bool,
    formatting: &dyn Fn(&FunctionId) -> bool,
) -> Option<(FunctionId, FunctionId)> {
    module.funcs.iter_local().filter(|(id, _)| !panics(id) && !formatting(id)).find_map(|(caller, function)| {
        let mut calls = Calls::default();
        dfs_in_order(&mut calls, function, function.entry_block());
        Some((caller, calls.0.into_iter().find(|called| formatting(called))?))
    })
}

/// The functions that a function calls by name.
#[derive(Default)]
struct Calls(Vec<FunctionId>);

impl<'i> Visitor<'i> for Calls {
    fn visit_call(&mut self, call: &Call) {
        self.0.push(call.func);
    }
}

/// A name as people write it, without hashes: of `core[c5930c85a12de822]::panicking::panic_fmt` remains
/// `core::panicking::panic_fmt`.
fn plain(name: &str) -> String {
    let name = rustc_demangle::demangle(name).to_string();
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

    /// A module with `write` of `core::fmt`, a function that panics by it, and another one that calls it too if it `formats`.
    fn module(formats: bool) -> Vec<u8> {
        let mut module = Module::default();
        let mut function = |name: &str, called: &[FunctionId]| {
            let mut function = FunctionBuilder::new(&mut module.types, &[], &[]);
            function.name(name.to_owned());
            called.iter().for_each(|called| {
                function.func_body().call(*called);
            });
            let id = function.finish(vec![], &mut module.funcs);
            module.exports.add(name, id);
            id
        };
        let write = function("core[c5930c85a12de822]::fmt::write", &[]);
        let panic = function("core[c5930c85a12de822]::panicking::panic_fmt", &[write]);
        for number in 0..AT_LEAST {
            function(&format!("std::panicking::{number}"), &[]);
        }
        let called = [panic, write];
        function("countersign::error::say", &called[..1 + usize::from(formats)]);
        module.emit_wasm()
    }

    #[test]
    fn panics_and_what_they_format_with_become_traps() {
        let module = Module::from_buffer(&trap(&module(false)).expect("a module")).expect("a module");
        for (id, function) in module.funcs.iter_local() {
            let mut calls = Calls::default();
            dfs_in_order(&mut calls, function, function.entry_block());
            let name = module.funcs.get(id).name.as_deref().expect("a name");
            assert_eq!(calls.0.len(), usize::from(name.starts_with("countersign")), "{name}");
        }
    }

    #[test]
    fn what_would_trap_without_being_a_panic_is_refused() {
        let refused = trap(&module(true)).expect_err("it formats").to_string();
        assert!(refused.starts_with("countersign::error::say formats, by core::fmt::write"), "{refused}");
        let refused = trap(&Module::default().emit_wasm()).expect_err("no panics").to_string();
        assert!(refused.starts_with("only 0 functions"), "{refused}");
    }

    #[test]
    fn names_lose_their_hashes() {
        assert_eq!(plain("core[c5930c85a12de822]::panicking::panic_fmt"), "core::panicking::panic_fmt");
        assert_eq!(plain("core::panicking::assert_failed::h1234"), "core::panicking::assert_failed::h1234");
    }
}
