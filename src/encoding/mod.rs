//! Strict readers: what they accept has one meaning, whoever reads it next. And the writers of what requests hold.

pub mod base64url;
pub mod bytes;
pub mod date;
pub mod form;
pub mod json;
pub mod text;
pub mod tree;
pub mod url;
pub mod xml;
