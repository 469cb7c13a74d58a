//! Strict readers: an accepted text has one meaning for every reader. And the writers of request bodies.

pub mod base64url;
pub mod bytes;
pub mod date;
pub mod form;
pub mod json;
pub mod text;
pub mod tree;
pub mod url;
pub mod xml;
