//! Connectors of Vercel Connect, with the projects that they are attached to and the destinations of their triggers.
//!
//! Source: the shapes of `@vercel/sdk` 1.28.35, which a test compares with what is sent.

mod api;
mod plan;
mod run;
mod settings;

pub use plan::{ConnectionChange, ConnectorsReport, DestinationsChange};
pub use run::ConnectorsRun;
pub use settings::{ConnectorSettings, ConnectorsOptions, TriggerDestination};
