//! The core as a Rust user meets it: tokens signed by an independent implementation, flows under a clock of the test's.

mod architecture;
mod attacks;
mod deliveries;
mod exchange;
mod fuzzing;
mod issuer;
mod key_sets;
mod odd_keys;
mod pem;
mod properties;
mod refusals;
mod threads;
mod verification;
