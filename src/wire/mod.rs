//! Plain structs that cross the boundary to the host: serde derives, and no decisions.
//!
//! In the WebAssembly modules their TypeScript types are generated from these structs, so a renamed field fails the
//! TypeScript compiler.

mod chain;
mod error;
mod operation;

pub use chain::{
    CacheReport, ChainReport, ChainSource, FoundCredential, LoginState, ResolutionResult, SourceResult, SourceResults,
};
pub use error::{CauseDetails, ErrorDetails, ProviderDetails, UnusableKeyDetails};
pub use operation::{CredentialLookup, KeyDetails, KeyLoad, PendingRequest, Progress};
