//! Environment variables of a Vercel project, kept in step with the outputs of another program; connectors of a team, kept in
//! step with a file.
//!
//! The crate does no I/O: it tells its host which requests to send to Vercel's REST API.
//!
//! | module | what it decides |
//! |---|---|
//! | [`operations`] | how a run crosses to the host: a handle, and the next request |
//! | [`sync`], [`pull`] | the runs: what is requested next, and what a response means for it |
//! | [`plan`] | what has to be done, and in which order it can be done safely |
//! | [`connectors`] | the same for connectors: what is wanted, the plan, the run |
//! | [`api`] | the requests to Vercel's REST API, and what its responses mean |
//! | [`settings`] | what is wanted |
//! | [`row`] | what is there |
//! | [`ownership_marker`] | whose a variable is |
//! | [`source`], [`dotenv`] | the outputs of other programs, as variables |
//! | [`names`] | what can be a variable |
//! | [`run`] | how far a run is, and how often it tries again |
//! | [`error`] | the ways in which a run fails |

#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::string_slice))]

pub mod api;
pub mod connectors;
pub mod dotenv;
pub mod error;
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

pub use error::{Error, Result};
