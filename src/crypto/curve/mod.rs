//! The arithmetic of the elliptic curves P-256, P-384, P-521 and Curve25519, for verification only.
//!
//! Three ideas make it fast and small.
//!
//! - One multiplication, in Montgomery's form, serves the primes of NIST. In limbs with signs nearly all of these primes
//!   are zeros, which the compiler leaves out ([`field`]). That of Curve25519 is fiat-crypto's ([`field25519`]).
//! - Scalars are never multiplied: ECDSA's two quotients are one division each ([`modulus`]), and Ed25519's hash value is
//!   folded.
//! - A verification is a sum of multiples of two points that stay the same, the generator and the key, so each has a
//!   table that is computed once ([`comb`]).
//!
//! Only public data comes here, so that nothing has to run in constant time: never sign with it.

mod comb;
mod edwards;
mod field;
mod field25519;
mod limbs;
mod modulus;
#[cfg(test)]
mod tests;
mod weierstrass;

pub use edwards::{Key as EdwardsKey, NotAKey};
pub use weierstrass::{Key as WeierstrassKey, P256, P384, P521};
