//! Environment variables kept in step, against a model of Vercel's REST API: what holds for every project, every wish and
//! every moment in which a run can be cut off.

mod attempts;
mod connectors;
mod model;
mod properties;
mod scripted;
mod take_over;
