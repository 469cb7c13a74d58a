//! The arithmetic of the elliptic curves P-256, P-384 and Curve25519, for verification only.
//!
//! Three ideas make it fast and small. One multiplication, in Montgomery's form, serves every prime and every group
//! order. A verification is a sum of multiples of two points that stay the same, the generator and the key, so each has
//! a [`Comb`] that is computed once. And only public data comes here, so that nothing has to run in constant time:
//! never sign with it.

mod comb;
mod edwards;
mod modulus;
#[cfg(test)]
mod tests;
mod weierstrass;

pub use edwards::{Key as EdwardsKey, NotAKey};
pub use weierstrass::{Key as WeierstrassKey, P256, P384};
