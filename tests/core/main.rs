//! The core as a Rust user meets it: tokens signed by an independent implementation, flows under a clock of the test's.

mod architecture;
mod attacks;
mod deliveries;
mod exchange;
mod fuzzing;
mod issuer;
mod jwk_reasons;
mod key_choice;
mod key_sets;
mod odd_keys;
mod pem;
mod pem_edges;
mod policy_edges;
mod properties;
mod refusals;
mod threads;
mod trust_domain;
mod verification;
mod verifier_edges;
