//! Handles, by which the host names what lives in an instance.
//!
//! No handle is given twice: the host starts each instance of every module with a block of numbers of its own. So a handle of
//! a lost instance, or of another module, is refused where it is used, and never matches something else.

use std::cell::Cell;

use crate::error::{Error, Result};

thread_local! {
    static NEXT: Cell<u64> = const { Cell::new(0) };
}

/// The largest number that JavaScript counts to exactly.
const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

/// Prepares a new instance: its handles begin with this number, and its panics are written to the console.
pub fn start(first_handle: f64) {
    #[cfg(all(target_arch = "wasm32", feature = "bindings"))]
    console_error_panic_hook::set_once();
    NEXT.set(first_handle as u64);
}

/// A number that names one value of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Handle(u64);

impl Handle {
    /// A number that no other value has.
    fn next() -> Self {
        Self(NEXT.replace(NEXT.get() + 1))
    }

    /// The handle as a number of JavaScript.
    pub fn as_f64(self) -> f64 {
        self.0 as f64
    }

    /// The handle as a number.
    pub fn as_u64(self) -> u64 {
        self.0
    }

    /// Reads a handle. Anything else than a whole number is a fault of the wrapper.
    ///
    /// # Errors
    /// [`Error::Internal`].
    pub fn read(number: f64) -> Result<Self> {
        let whole = number.fract() == 0.0 && (0.0..=MAX_SAFE_INTEGER).contains(&number);
        if whole { Ok(Self(number as u64)) } else { Err(unknown_handle()) }
    }
}

fn unknown_handle() -> Error {
    Error::Internal("unknown handle: the WebAssembly module may have been replaced after a trap")
}

/// Values by handle.
#[derive(Debug)]
pub struct Slab<T> {
    /// In the order of the handles.
    values: Vec<(Handle, T)>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Slab<T> {
    /// An empty slab.
    pub const fn new() -> Self {
        Self { values: Vec::new() }
    }

    /// Keeps a value.
    pub fn insert(&mut self, value: T) -> Handle {
        let handle = Handle::next();
        self.values.push((handle, value));
        handle
    }

    fn position(&self, handle: f64) -> Result<usize> {
        let handle = Handle::read(handle)?;
        self.values.binary_search_by_key(&handle, |(handle, _)| *handle).map_err(|_| unknown_handle())
    }

    /// Returns a value.
    ///
    /// # Errors
    /// [`Error::Internal`] where the handle is not one of this slab.
    pub fn get(&self, handle: f64) -> Result<&T> {
        self.position(handle).map(|index| &self.values[index].1)
    }

    /// Returns a value to change it.
    ///
    /// # Errors
    /// Those of [`Slab::get`].
    pub fn get_mut(&mut self, handle: f64) -> Result<&mut T> {
        self.position(handle).map(|index| &mut self.values[index].1)
    }

    /// Takes a value out.
    ///
    /// # Errors
    /// Those of [`Slab::get`].
    pub fn remove(&mut self, handle: f64) -> Result<T> {
        self.position(handle).map(|index| self.values.remove(index).1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_given_once() {
        start(100.0);
        let (mut texts, mut numbers) = (Slab::new(), Slab::new());
        let (first, other) = (texts.insert("a").as_f64(), numbers.insert(1).as_f64());
        let second = texts.insert("b").as_f64();
        assert_eq!((first, other, second), (100.0, 101.0, 102.0));
        assert_eq!(texts.remove(first), Ok("a"));
        assert_eq!(texts.get(second), Ok(&"b"));
        *texts.get_mut(second).unwrap() = "c";
        assert_eq!(texts.remove(second), Ok("c"));
        assert_eq!(numbers.get(other), Ok(&1));
    }

    #[test]
    fn an_unknown_handle_is_refused() {
        start(7.0);
        let mut slab = Slab::new();
        let known = slab.insert("a").as_f64();
        for handle in [known + 1.0, known + 0.5, -1.0, f64::NAN, f64::INFINITY, 1e300] {
            assert!(slab.get(handle).is_err(), "{handle}");
        }
        slab.remove(known).unwrap();
        let error = slab.remove(known).unwrap_err();
        assert_eq!(error.code(), "ERR_INTERNAL");
    }
}
