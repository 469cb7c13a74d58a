//! Strict readers: what they accept has one meaning, whoever reads it next. And the writers of what requests hold.

pub mod base64url;
pub mod date;
pub mod form;
pub mod json;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128;
pub mod url;
pub mod xml;
