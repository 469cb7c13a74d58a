//! Signatures: one verifier a key.
