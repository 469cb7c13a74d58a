//! Strict readers: what they accept has one meaning, whoever reads it next.

pub mod base64url;
pub mod json;
