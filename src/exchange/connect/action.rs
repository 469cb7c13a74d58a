//! The calls of the service.

use std::time::Duration;

/// How long one attempt may take: the service may have to ask the provider first.
pub const TIMEOUT: Duration = Duration::from_secs(15);

/// The actions of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Give a token.
    Token,
    /// End a subject's tokens.
    Revoke,
    /// Ask a user to agree.
    Authorize,
    /// Ask an operator to install the connector.
    Install,
    /// Say what the connector is.
    Describe,
    /// Create the connector of an MCP server, or link it to the project.
    Provision,
}
