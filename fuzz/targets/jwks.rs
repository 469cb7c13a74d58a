#![no_main]

#[path = "../fuzz_targets.rs"]
#[allow(dead_code, reason = "one body of several")]
mod fuzz_targets;

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::key_set(data));
