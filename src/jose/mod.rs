//! JSON Web Signatures and keys: compact serialization (RFC 7515), keys and key sets (RFC 7517, 7518, 8037), and keys in PEM.

pub mod compact;
pub mod header;
pub mod jwk;
pub mod jwks;
pub mod pem;

pub use compact::{Scratch, Unverified};
pub use header::Header;
pub use jwk::Jwk;
pub use jwks::{Jwks, KeyReport};
