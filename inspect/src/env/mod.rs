//! Environment variables of a Vercel project, kept in step with what another program has put out.
//!
//! | module | what it decides |
//! |---|---|
//! | [`sync`], [`pull`] | the runs: what is asked next, and what the answer means for it |
//! | [`plan`] | what has to be done, and in which order it can be done safely |
//! | [`api`] | the requests to Vercel's REST API, and what its answers mean |
//! | [`settings`] | what is wanted |
//! | [`row`] | what is there |
//! | [`ownership_marker`] | whose a variable is |
//! | [`source`], [`dotenv`] | what other programs have put out, as variables |
//! | [`names`] | what can be a variable |
//! | [`run`], [`operations`] | how a run crosses to the host |

pub mod api;
pub mod dotenv;
#[cfg(target_arch = "wasm32")]
mod exports;
pub mod names;
pub mod operations;
pub mod ownership_marker;
pub mod plan;
pub mod pull;
pub mod row;
pub mod run;
pub mod settings;
pub mod source;
pub mod sync;
