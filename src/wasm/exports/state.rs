//! What an instance of the module remembers between calls.

use std::cell::RefCell;

use crate::error::{Error, Result};
use crate::exchange::CacheKeys;
use crate::exchange::cache::Cache;
use crate::issuer::Verifier;
use crate::time::Timestamp;
use crate::wasm::exports::operations::Operation;
use crate::wasm::exports::tokens::Tokens;

/// All that an instance remembers between calls.
pub struct State {
    /// The token that is being read.
    pub tokens: Tokens,
    /// The verifiers that the host has made.
    pub verifiers: Slab<Verifier>,
    /// The credentials that were obtained.
    pub credentials: Cache,
    /// CacheKeys them, once the host has given a key.
    pub cache_keys: Option<CacheKeys>,
    /// The operations that wait for an answer.
    pub operations: Slab<Operation>,
}

thread_local! {
    // Made when the module is compiled, so that no call has to ask whether it is there.
    static STATE: RefCell<State> = const {
        RefCell::new(State {
            tokens: Tokens::new(),
            verifiers: Slab::new(),
            credentials: Cache::new(),
            cache_keys: None,
            operations: Slab::new(),
        })
    };
}

/// Calls with the instance's state.
pub fn with_state<T>(call: impl FnOnce(&mut State) -> T) -> T {
    STATE.with_borrow_mut(call)
}

/// Reads a timestamp as the host counts it: seconds since the epoch.
pub fn timestamp(seconds: f64) -> Result<Timestamp> {
    Timestamp::from_seconds_f64(seconds)
        .ok_or_else(|| Error::option("now", "must be a number of seconds since the epoch"))
}

/// Values under handles, for a host that can hold only numbers. No handle is reused, so that a late response for one value
/// never reaches another.
pub struct Slab<T> {
    next: u32,
    /// In the order of the numbers.
    values: Vec<(u32, T)>,
}

impl<T> Slab<T> {
    const fn new() -> Self {
        Self { next: 0, values: Vec::new() }
    }

    /// Keeps a value and gives it a number.
    pub fn insert(&mut self, value: T) -> u32 {
        let number = self.next;
        self.next = number.checked_add(1).expect("four thousand million numbers are enough");
        self.values.push((number, value));
        number
    }

    fn find(&self, number: u32) -> Result<usize> {
        self.values.binary_search_by_key(&number, |(number, _)| *number).map_err(|_| Error::internal("unknown handle"))
    }

    /// The value of a number.
    pub fn get(&self, number: u32) -> Result<&T> {
        Ok(&self.values[self.find(number)?].1)
    }

    /// The value of a number, to change it.
    pub fn get_mut(&mut self, number: u32) -> Result<&mut T> {
        let index = self.find(number)?;
        Ok(&mut self.values[index].1)
    }

    /// Takes a value out.
    pub fn remove(&mut self, number: u32) -> Option<T> {
        self.find(number).ok().map(|index| self.values.remove(index).1)
    }
}
