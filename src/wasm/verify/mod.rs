//! The exports of the module `verify`.

mod test_vectors;
mod tokens;
mod verifiers;
