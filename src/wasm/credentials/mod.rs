//! The exports of the module `credentials`.

mod chain;
mod connect;
mod dev_token;
mod exchanges;
mod keys;

pub use exchanges::start;
